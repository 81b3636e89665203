"""Scripts as users write them print under ``uniference run`` what they print under torchrun, the same file."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
from typing import Any

import pytest

FOLDER = pathlib.Path(__file__).parent / "scripts"
CLUSTER = pathlib.Path(__file__).resolve().parents[3] / "Examples" / "four-jetsons.yaml"


def printed(command: list[Any], attempts: int = 1) -> list[str]:
    """The lines that ranks have printed, in an order that does not depend on which was quicker."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "UNIFERENCE_PYTHON": sys.executable}
    with subprocess.Popen([str(part) for part in command], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            output, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            assert attempts > 1, "it does not end"
            return printed(command, attempts - 1)
    assert process.returncode == 0, output + errors
    return sorted(re.sub(r"^\[\d+\] ", "", line) for line in output.splitlines())


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
    # On a busy machine torchrun's processes sometimes stay when all has been printed.
    real = printed([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", ranks,
                    FOLDER / script], attempts=3)
    simulated = printed([uniference, "run", "-n", ranks, "--cluster", CLUSTER, "--no-record", FOLDER / script])

    assert simulated == real
    assert len(simulated) == lines
