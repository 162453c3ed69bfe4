"""Cases of a strategy, drawn at once: one Spark job looks at all of them, where hypothesis would start one for each."""

from typing import TypeVar

import hypothesis
from hypothesis.strategies import SearchStrategy

Case = TypeVar("Case")


def drawn(strategy: SearchStrategy[Case], count: int) -> list[Case]:
    """So many cases, the same each time: without the simplest one, which hypothesis begins with."""
    cases: list[Case] = []

    @hypothesis.settings(
        max_examples=count + 1,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def keep(case: Case) -> None:
        cases.append(case)

    keep()
    assert len(cases) > count, f"{strategy} has {len(cases)} cases: {count + 1} were wanted"
    return cases[1 : count + 1]
