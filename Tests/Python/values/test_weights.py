"""Weight files beside the Python packages that write them: what is stored, and what it stands for."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import gguf
import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Examples" / "pytorch"))

from smollm2.checkpoint import checkpoint_path  # noqa: E402

# Where a block's scales are, in half precision.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208], "F32": [], "F16": [], "BF16": []}
ROWS, BLOCKS = 7, 5


def random_blocks(kind: gguf.GGMLQuantizationType, seed: int) -> numpy.ndarray:
    """Rows of blocks of random bits whose scales are finite, and as large as in real files."""
    random = numpy.random.default_rng(seed)
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    if elements == 1:
        values = random.standard_normal((ROWS, 32 * BLOCKS)).astype(numpy.float32)
        return gguf.quantize(values, kind).view(numpy.uint8)
    blocks = random.integers(0, 256, (ROWS, BLOCKS, size), dtype=numpy.uint8)
    for place in SCALES[kind.name]:
        scales = random.normal(0, 0.1, (ROWS, BLOCKS, 1)).astype(numpy.float16)
        blocks[:, :, place:place + 2] = scales.view(numpy.uint8)
    return blocks.reshape(ROWS, BLOCKS * size)


def read(uniference: pathlib.Path, file: pathlib.Path, tensor: str, target: pathlib.Path) -> numpy.ndarray:
    subprocess.run([uniference, "weights", file, "--tensor", tensor, "--npy", target], check=True)
    return numpy.load(target)


@pytest.fixture(scope="module")
def random_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, dict[str, numpy.ndarray]]:
    """A file with a tensor of each kind, and their values by the package gguf."""
    path = tmp_path_factory.mktemp("weights") / "random.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    expected = {}
    for seed, name in enumerate(SCALES):
        kind = gguf.GGMLQuantizationType[name]
        blocks = random_blocks(kind, seed)
        writer.add_tensor(name, blocks, raw_dtype=kind)
        expected[name] = gguf.dequantize(blocks, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path, expected


@pytest.mark.parametrize("name", SCALES)
def test_elements_are_those_of_the_package_gguf(
        uniference: pathlib.Path, random_file: tuple[pathlib.Path, dict[str, numpy.ndarray]], tmp_path: pathlib.Path,
        name: str) -> None:
    path, expected = random_file
    numpy.testing.assert_array_equal(read(uniference, path, name, tmp_path / "w.npy"), expected[name])


def test_a_real_file_has_the_same_tensors(uniference: pathlib.Path) -> None:
    path = checkpoint_path()
    listing = subprocess.run([uniference, "weights", path, "--json"], check=True, capture_output=True, text=True).stdout
    expected = [(tensor.name, [int(length) for length in reversed(tensor.shape)], tensor.tensor_type.name)
                for tensor in gguf.GGUFReader(path).tensors]
    names = {"F32": "float32", "F16": "float16"}
    assert [(entry["name"], entry["shape"], entry["stored_as"]) for entry in json.loads(listing)["tensors"]] == [
        (name, shape, names.get(kind, kind)) for name, shape, kind in expected]
