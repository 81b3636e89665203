"""Weights that are damaged, or that are not what their file says: one line that names what is wrong, exit code 65."""

from __future__ import annotations

import pathlib
import random
import subprocess
from typing import Any

import gguf
import numpy
import pytest

from . import tiny_llama

BAD_INPUT = 65


def simulate(uniference: pathlib.Path, weights: pathlib.Path, *options: str) -> subprocess.CompletedProcess[str]:
    scenario = tiny_llama.write_scenario(weights.parent, weights)
    return subprocess.run(
        [uniference, "simulate", scenario, "--no-record", *options], capture_output=True, text=True)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in tiny_llama.tensors().items() if key != name}


def changed(name: str, tensor: Any) -> dict[str, Any]:
    return tiny_llama.tensors() | {name: tensor}


def test_the_model_itself_runs(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = simulate(uniference, tiny_llama.write(tmp_path / "tiny.gguf"), "--values")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("weights", "layers", "problem"), [
    (without("blk.1.ffn_up.weight"), 2, "has no tensor 'blk.1.ffn_up.weight'"),
    (tiny_llama.tensors(), 3, "has no tensor 'blk.2.attn_norm.weight'"),
    (changed("blk.0.attn_k.weight", numpy.zeros((8, 32), numpy.float32)), 2,
     "model.layers.0.self_attn.k_proj.weight: the checkpoint has [8, 32], the configuration"),
    (changed("blk.0.attn_q.bias", numpy.zeros(32, numpy.float32)), 2, "has the tensor blk.0.attn_q.bias [32]"),
    (changed("rope_freqs.weight", numpy.ones(4, numpy.float32)), 2, "has the tensor rope_freqs.weight [4]"),
    (changed("blk.0.ffn_up.weight", (numpy.zeros((64, 84), numpy.uint8), gguf.GGMLQuantizationType.Q2_K)), 2,
     "blk.0.ffn_up.weight is stored as Q2_K, which is not supported; float32, "),
])
def test_what_does_not_fit_is_named(
        uniference: pathlib.Path, tmp_path: pathlib.Path, weights: dict[str, Any], layers: int, problem: str) -> None:
    done = simulate(uniference, tiny_llama.write(tmp_path / "tiny.gguf", weights, layers), "--values")
    assert done.returncode == BAD_INPUT
    assert done.stderr.count("\n") == 1 and problem in done.stderr, done.stderr


def test_a_file_that_is_cut_off_is_named(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    path = tiny_llama.write(tmp_path / "tiny.gguf")
    path.write_bytes(path.read_bytes()[:-1000])
    done = simulate(uniference, path, "--values")
    assert done.returncode == BAD_INPUT
    assert "the file is cut off or corrupt" in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_damaged_files_give_an_answer_or_an_error(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    path = tiny_llama.write(tmp_path / "tiny.gguf")
    whole = path.read_bytes()
    # The head, in which a damaged bit may mean anything, is most of the first 8 KB.
    source = random.Random(1)
    for case in range(120):
        damaged = bytearray(whole)
        for _ in range(source.randrange(1, 4)):
            damaged[source.randrange(8000)] ^= 1 << source.randrange(8)
        path.write_bytes(damaged[:source.randrange(len(damaged))] if case % 5 == 0 else damaged)
        done = simulate(uniference, path)
        assert done.returncode in (0, BAD_INPUT), (case, done.returncode, done.stderr)
        assert done.stderr.count("\n") <= 1, (case, done.stderr)
