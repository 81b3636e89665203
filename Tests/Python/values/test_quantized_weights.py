"""GGUF files of quantised weights: values are what the file holds, memory and time are of how it holds them."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import gguf
import numpy
import pytest

from . import tiny_llama

FORMATS = {name: gguf.GGMLQuantizationType[name] for name in ("Q4_0", "Q4_1", "Q8_0")}


def simulate(uniference: pathlib.Path, scenario: pathlib.Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [uniference, "simulate", scenario, "--json", "--no-record", *options],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def models(folder: pathlib.Path, kind: gguf.GGMLQuantizationType) -> tuple[pathlib.Path, pathlib.Path, int]:
    """The tiny model with quantised matrices, the same values as float32, and the bytes of the former's tensors."""
    stored: dict[str, Any] = {}
    plain: dict[str, numpy.ndarray] = {}
    size = 0
    for name, tensor in tiny_llama.tensors().items():
        if tensor.ndim == 1:
            stored[name] = plain[name] = tensor
            size += tensor.nbytes
            continue
        blocks = gguf.quants.quantize(tensor, kind)
        stored[name] = (blocks, kind)
        plain[name] = gguf.quants.dequantize(blocks, kind)
        size += blocks.nbytes
    return (tiny_llama.write(folder / "quantized.gguf", stored), tiny_llama.write(folder / "plain.gguf", plain), size)


def scenario(folder: pathlib.Path, weights: pathlib.Path, strategy: str) -> pathlib.Path:
    (folder / weights.stem).mkdir(exist_ok=True)
    return tiny_llama.write_scenario(folder / weights.stem, weights, strategy)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("strategy", ["single", "tensor=2", "pipeline=2"])
def test_values_are_those_that_the_file_holds(
    uniference: pathlib.Path, tmp_path: pathlib.Path, name: str, strategy: str
) -> None:
    quantized, plain, _ = models(tmp_path, FORMATS[name])
    predictions = [
        simulate(uniference, scenario(tmp_path, weights, strategy), "--values") for weights in (quantized, plain)
    ]
    assert predictions[0]["tokens"] == predictions[1]["tokens"]
    assert predictions[0]["peak_memory_bytes"] < predictions[1]["peak_memory_bytes"]


@pytest.mark.parametrize("name", FORMATS)
def test_memory_is_that_of_the_file_with_values_and_without(
    uniference: pathlib.Path, tmp_path: pathlib.Path, name: str
) -> None:
    quantized, plain, size = models(tmp_path, FORMATS[name])
    path = scenario(tmp_path, quantized, "single")
    with_values, without_values = simulate(uniference, path, "--values"), simulate(uniference, path)
    for figure in ("total_s", "peak_memory_bytes", "time_to_first_token_s"):
        assert with_values[figure] == without_values[figure], figure
    whole = simulate(uniference, scenario(tmp_path, plain, "single"))
    float32 = sum(tensor.nbytes for tensor in tiny_llama.tensors().values())
    assert whole["peak_memory_bytes"][0] - without_values["peak_memory_bytes"][0] == float32 - size


def test_a_scenario_cannot_choose_another_format(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    quantized, _, _ = models(tmp_path, FORMATS["Q4_0"])
    path = scenario(tmp_path, quantized, "single")
    done = subprocess.run([uniference, "simulate", path, "--set", "quantization=q8_0"], capture_output=True, text=True)
    assert done.returncode == 65
    assert done.stderr == (
        "uniference: error: --set quantization: the scenario's weights say so already; leave one of them out\n"
    )
