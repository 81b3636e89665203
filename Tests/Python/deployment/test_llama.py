"""SmolLM2's text is the same on one device and on several, simulated and deployed, and both worlds write records."""

import json
import os
import subprocess
import sys

import pytest
from cases import slow

from deployment.conftest import CLUSTER, ROOT

PROMPT = ("--prompt", "What is gravity?", "--generate", "64")


def text_of(output: str) -> str:
    """What comes before the speed."""
    return output.rsplit("\n\n", 1)[0]


@pytest.fixture(scope="module")
def expected(programs) -> str:
    """One device's text, simulated."""
    end = programs.simulate(programs.library("LlamaProgram"), 1, *PROMPT)
    assert end.code == 0, end.errors
    text = text_of(end.output)
    assert text.startswith("Gravity is a fundamental concept in physics")
    return text


STRATEGIES = [
    ("pipeline=2", 2),
    *(
        slow(strategy, ranks)
        for strategy, ranks in [
            ("single", 1),
            ("tensor=3", 3),
            ("pipeline=3", 3),
            ("pipeline=5", 5),
            ("tensor=3,pipeline=2", 6),
            ("sequence=2", 2),
            ("sequence=3", 3),
            ("sequence=4", 4),
        ]
    ),
]


@pytest.mark.parametrize(("strategy", "ranks"), STRATEGIES)
def test_text_is_that_of_one_device(programs, expected, strategy, ranks):
    ends = programs.deploy(programs.library("LlamaProgram"), ranks, "--strategy", strategy, *PROMPT)
    assert [end.code for end in ends] == [0] * ranks, [end.errors for end in ends]
    assert text_of(ends[0].output) == expected
    assert [end.output for end in ends[1:]] == [""] * (ranks - 1)


@pytest.mark.slow
def test_records_of_both_worlds_lie_side_by_side(programs, tmp_path):
    library = programs.library("LlamaProgram")
    arguments = ("--strategy", "tensor=3", "--generate", "4")
    predicted, real = tmp_path / "predicted.run", tmp_path / "real.run"
    simulated = programs.simulate(library, 3, *arguments, options=("--record", predicted))
    assert simulated.code == 0, simulated.errors
    options = ("--record", real, "--cluster", CLUSTER)
    ends = programs.deploy(library, 3, *arguments, options=options)
    assert [end.code for end in ends] == [0] * 3, [end.errors for end in ends]
    compared = subprocess.run(
        [programs.uniference, "compare", predicted, real, "--json"], check=True, capture_output=True, text=True
    )
    activities = {activity["time"]["name"]: activity for activity in json.loads(compared.stdout)["activities"]}
    # The same program does the same operations in both worlds.
    names = ["linear", "attention", "rmsNorm"] + [name for name in activities if "allReduce" in name]
    assert len(names) > 3
    for name in names:
        assert activities[name]["a_count"] == activities[name]["b_count"] > 0
        assert activities[name]["time"]["b_s"] > 0
    assert json.loads((real / "run.json").read_text())["devices"][:3] == ["jetson-0", "jetson-1", "jetson-2"]
    assert (real / "operations.csv").read_text().count("\n") > 1000


def test_swift_ranks_and_a_pytorch_rank_are_members_of_one_group(programs):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "3"]
    ended = subprocess.run(
        [*command, ROOT / "Examples" / "MixedRanks" / "mixed_ranks.py", programs.library("MixedRanks")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
    )
    assert ended.returncode == 0, ended.stderr
    assert "2 Swift ranks agree with PyTorch" in ended.stdout
