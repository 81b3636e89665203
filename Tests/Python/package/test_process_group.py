"""The process group under the real engine gives what gloo gives."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import torch
from cases import slow_but

SCRIPT = pathlib.Path(__file__).parent / "scripts" / "check_against_gloo.py"
CLUSTER = pathlib.Path(__file__).resolve().parents[3] / "Examples" / "four-jetsons.yaml"


def run(command: list[Any], **variables: str) -> None:
    environment = dict(os.environ, OMP_NUM_THREADS="1", UNIFERENCE_PYTHON=sys.executable, **variables)
    finished = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, text=True, timeout=240
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def is_same(one: Any, other: Any) -> bool:
    """Equal bit for bit."""
    if isinstance(one, torch.Tensor):
        if not isinstance(other, torch.Tensor) or (one.dtype, one.shape) != (other.dtype, other.shape):
            return False
        one, other = one.contiguous().view(-1), other.contiguous().view(-1)
        return one.numel() == 0 or torch.equal(one.view(torch.uint8), other.view(torch.uint8))
    if isinstance(one, (list, tuple)):
        return isinstance(other, type(one)) and len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def described(result: Any) -> str:
    """An error by its name."""
    return result if isinstance(result, str) else "a result"


@pytest.mark.parametrize("ranks", slow_but(1, [3, 2, 4]))
def test_every_operation_gives_what_gloo_gives(ranks, tmp_path, uniference):
    real, simulated = tmp_path / "gloo", tmp_path / "simulated"
    real.mkdir()
    simulated.mkdir()
    run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", ranks, SCRIPT, real])
    run([uniference, "run", "-n", ranks, "--cluster", CLUSTER, "--no-record", SCRIPT, simulated])

    different, compared = [], 0
    for rank in range(ranks):
        expected = torch.load(real / f"{rank}.pt")
        found = torch.load(simulated / f"{rank}.pt")
        assert [name for name, _ in expected] == [name for name, _ in found]
        for (name, one), (_, other) in zip(expected, found):
            compared += 1
            if not is_same(one, other):
                different.append(f"rank {rank}: {name}: gloo {described(one)}, simulated {described(other)}")

    assert compared > 250 * ranks
    assert not different, "\n".join(different)
