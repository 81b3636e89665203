"""Which cases of a parametrized test are slow."""

from collections.abc import Iterable
from typing import Any

import pytest


def slow(*values: Any) -> Any:
    """A case for ``make test-all``: what it is a case of is covered by a quicker one."""
    return pytest.param(*values, marks=pytest.mark.slow)


def slow_but(quick: int, cases: Iterable[Any]) -> list[Any]:
    """The cases, of which all but the first ones are slow."""
    return [case if index < quick else slow(case) for index, case in enumerate(cases)]
