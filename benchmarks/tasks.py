"""A stage is what one query of Spark runs at once, as its event log has it: how long its tasks took."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

CONF = (
    '"spark.eventLog.enabled" = "true", "spark.eventLog.compress" = "false", "spark.eventLog.rolling.enabled" = "false"'
)
THOUSAND = 1000  # milliseconds


@dataclass(frozen=True)
class Stage:
    tasks: tuple[float, ...]  # seconds of each

    @property
    def longest(self) -> float:
        return max(self.tasks)

    @property
    def median(self) -> float:
        return statistics.median(self.tasks)

    def __str__(self) -> str:
        return f"longest task {self.longest:.1f} s of {len(self.tasks)} with a median of {self.median:.1f} s"


class Log:
    """The event log of the one session that writes into a folder, read as it grows."""

    def __init__(self, folder: Path) -> None:
        self.conf = f'{CONF}, "spark.eventLog.dir" = "{folder.as_uri()}"'
        self._folder, self._read = folder, 0

    def stages(self) -> list[Stage]:
        """Those that ended since the last call."""
        (path,) = self._folder.iterdir()
        lines = path.read_text().split("\n")[:-1]
        tasks: dict[tuple[int, int], list[float]] = {}
        for event in map(json.loads, lines[self._read :]):
            if event["Event"] == "SparkListenerTaskEnd":
                stage, told = (event["Stage ID"], event["Stage Attempt ID"]), event["Task Info"]
                tasks.setdefault(stage, []).append((told["Finish Time"] - told["Launch Time"]) / THOUSAND)
        self._read = len(lines)
        return [Stage(tuple(taken)) for taken in tasks.values()]
