"""Runs that are killed at random moments leave nothing. `killing.py` does the same by the hundred."""

from __future__ import annotations

import os

import pytest
from killing import KINDS, kill_some

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for processes in /proc")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_killed_run_leaves_nothing(uniference, kind):
    seed = int(os.environ.get("UNIFERENCE_TEST_SEED", 1))
    print(f"seed {seed}")
    for finding in kill_some(str(uniference), [kind], 1, seed):
        assert not finding.problems, f"seed {seed}, {finding}"
