"""What only the environment of the bench can tell: `make bench-null` runs it first."""

import pytest

from benchmarks.rivals import HASHERS
from tests import pictures


@pytest.mark.parametrize(("package", "size"), list(zip(HASHERS, (64, 256, 256), strict=True)))
def test_a_rival_is_its_own_package(package: str, size: int) -> None:
    found = HASHERS[package](pictures.photograph(1)).ravel()
    assert len(found) == size
    assert size / 4 < found.sum() < 3 * size / 4
