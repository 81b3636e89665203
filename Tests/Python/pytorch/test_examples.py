"""The examples in Examples/pytorch: what they print, and when by virtual time, is what is kept beside them.

UNIFERENCE_UPDATE_GOLDEN=1 writes what they print now instead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from cases import slow

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
    "smollm2-tensor-3": (3, ["smollm2.py", "--strategy", "tensor", "--tokens", "6"]),
    "smollm2-pipeline-2": (2, ["smollm2.py", "--strategy", "pipeline", "--tokens", "6"]),
    "smollm2-pipeline-3": (3, ["smollm2.py", "--strategy", "pipeline", "--tokens", "6"]),
    "smollm2-sequence-2": (2, ["smollm2.py", "--strategy", "sequence", "--tokens", "6"]),
}


SLOW = {"pipeline_schedules-GPipe", "smollm2-pipeline-2", "smollm2-pipeline-3", "smollm2-sequence-2"}


@pytest.mark.parametrize(
    "name", [slow(name) if name in SLOW else name for name in EXAMPLES])
def test_an_example_prints_what_it_did_when_it_did(run, name):
    ranks, (script, *arguments) = EXAMPLES[name]
    done = run(ranks, FOLDER / script, *arguments, options=(*ROOFLINE, "--json"))
    assert done.code == 0, done.errors
    figures = json.loads(done.errors[done.errors.rindex("\n{\n") if "\n{\n" in done.errors else 0 :])
    lines = sorted(done.output.splitlines(), key=lambda line: int(line[1 : line.index("]")]))
    text = "".join(f"{line}\n" for line in lines)
    text += f"{figures['total_s'] * 1e3:.6f} ms, {figures['messages']} messages\n"
    golden = GOLDEN / f"{name}.txt"
    if "UNIFERENCE_UPDATE_GOLDEN" in os.environ:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.slow
def test_smollm2_says_what_one_process_and_transformers_do():
    single = subprocess.run(
        [sys.executable, FOLDER / "smollm2.py", "--check", "--tokens", "6"], capture_output=True, text=True)
    assert single.returncode == 0, single.stderr
    question, answer, _, verdict = single.stdout.splitlines()
    assert verdict.startswith("transformers agrees: the same 6 tokens")
    spread = [name for name in EXAMPLES if name.startswith("smollm2")]
    assert len(spread) == 4
    for name in spread:
        assert (GOLDEN / f"{name}.txt").read_text().startswith(f"[0] {question}\n[0] {answer}\n"), name
