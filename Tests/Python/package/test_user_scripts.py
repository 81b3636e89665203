"""Scripts as users write them print under ``uniference run`` what they print under torchrun, the same file."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest

FOLDER = pathlib.Path(__file__).parent / "scripts"
CLUSTER = pathlib.Path(__file__).resolve().parents[3] / "Examples" / "four-jetsons.yaml"


def printed(command: list[Any]) -> list[str]:
    """The lines that ranks have printed, in an order that does not depend on which was quicker."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "UNIFERENCE_PYTHON": sys.executable}
    done = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(re.sub(r"^\[\d+\] ", "", line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("script, ranks, lines", [
    ("training_loop.py", 2, 10),
    ("exchanges_and_meshes.py", 4, 92),
    ("everyday.py", 4, 127),
    ("profiled_operations.py", 2, 300),
    ("futures_and_joins.py", 2, 34),
    ("sparse_sums.py", 3, 48),
    ("compiled_models.py", 2, 88),
])
def test_a_script_prints_what_it_prints_under_torchrun(script, ranks, lines, uniference):
    real = printed([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", ranks,
                    FOLDER / script])
    simulated = printed([uniference, "run", "-n", ranks, "--cluster", CLUSTER, "--no-record", FOLDER / script])

    assert simulated == real
    assert len(simulated) == lines
