"""The examples in Examples/pytorch: what they print, and when by virtual time, is what is kept beside them.

UNIFERENCE_UPDATE_GOLDEN=1 writes what they print now instead.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from .conftest import ROOT

FOLDER = ROOT / "Examples" / "pytorch"
GOLDEN = FOLDER / "golden"
ROOFLINE = ("--compute", "roofline")

EXAMPLES = {
    "hello_collectives": (4, ["hello_collectives.py"]),
    "tensor_parallel_mlp": (4, ["tensor_parallel_mlp.py"]),
    "ddp_training_step": (4, ["ddp_training_step.py"]),
    "fsdp2_step": (4, ["fsdp2_step.py"]),
    "pipeline_schedules-GPipe": (4, ["pipeline_schedules.py", "--schedule", "GPipe"]),
    "pipeline_schedules-1F1B": (4, ["pipeline_schedules.py", "--schedule", "1F1B"]),
    "ring_attention": (4, ["ring_attention.py"]),
    "voltage": (4, ["voltage.py"]),
    "smollm2-tensor-3": (3, ["smollm2.py", "--strategy", "tensor", "--tokens", "12"]),
    "smollm2-pipeline-2": (2, ["smollm2.py", "--strategy", "pipeline", "--tokens", "12"]),
    "smollm2-pipeline-3": (3, ["smollm2.py", "--strategy", "pipeline", "--tokens", "12"]),
    "smollm2-sequence-2": (2, ["smollm2.py", "--strategy", "sequence", "--tokens", "12"]),
    "smollm2-sequence-4": (4, ["smollm2.py", "--strategy", "sequence", "--tokens", "12"]),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_it_did_when_it_did(run, name):
    ranks, (script, *arguments) = EXAMPLES[name]
    done = run(ranks, FOLDER / script, *arguments, options=(*ROOFLINE, "--json"))
    assert done.code == 0, done.errors
    figures = json.loads(done.errors[done.errors.rindex("\n{\n") if "\n{\n" in done.errors else 0 :])
    lines = sorted(done.output.splitlines(), key=lambda line: int(line[1 : line.index("]")]))
    text = "".join(f"{line}\n" for line in lines) + f"{figures['total_s'] * 1e3:.6f} ms, {figures['messages']} messages\n"
    golden = GOLDEN / f"{name}.txt"
    if "UNIFERENCE_UPDATE_GOLDEN" in os.environ:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def tokens(output: str) -> list[int]:
    return json.loads(output[output.index("{") : output.rindex("}") + 1])["tokens"]


def test_smollm2_generates_what_one_process_and_transformers_do(run):
    single = subprocess.run(
        [sys.executable, FOLDER / "smollm2.py", "--json", "--check", "--tokens", "12"], capture_output=True, text=True)
    assert single.returncode == 0, single.stderr
    assert "transformers agrees" in single.stdout
    for strategy, ranks in (("tensor", 3), ("pipeline", 2), ("pipeline", 3), ("sequence", 2), ("sequence", 3)):
        done = run(ranks, FOLDER / "smollm2.py", "--strategy", strategy, "--tokens", "12", "--json", options=ROOFLINE)
        assert tokens(done.output) == tokens(single.stdout), f"{strategy}={ranks}"
