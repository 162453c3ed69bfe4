"""A carrier does a piece of work that can be done in two ways: the driver alone, while it fits, else the cluster."""

from dataclasses import dataclass

DRIVER, CLUSTER = "driver", "cluster"
SHARE = 4  # the driver may use one part in so many of its memory
MEGABYTE = 10**6


@dataclass(frozen=True)
class Load:
    """A piece of work: `count` things of what `name` says, `needed` bytes of the driver.

    most: what the setting allows the driver, `limit` its name; chosen: what the section's setting `carrier` says.
    """

    count: int
    name: str
    needed: int
    most: int
    limit: str
    chosen: str


def choose(load: Load, section: str, memory: int, connect: bool) -> tuple[str, str]:
    """Who carries it, and why: never one that cannot. memory: bytes that the driver has; connect: it is a client's.

    >>> choose(Load(5, "edges", 10**6, 9, "driver_edges", "auto"), "components", 16 << 30, False)
    ('driver', '5 edges take about 1 MB of the 4,294 MB that it may use')
    """
    usable = memory // SHARE
    size = f"{load.count:,} {load.name} take about {load.needed // MEGABYTE:,} MB of the {usable // MEGABYTE:,} MB that"
    if load.chosen == CLUSTER:
        return CLUSTER, f"{section}.carrier says so"
    if connect:
        return CLUSTER, "the driver is behind Spark Connect"
    if load.needed > usable:
        return CLUSTER, f"{size} the driver may use"
    if load.chosen != DRIVER and load.count > load.most:
        return CLUSTER, f"{load.count:,} {load.name} are more than {section}.{load.limit} = {load.most:,}"
    return DRIVER, f"{size} it may use"
