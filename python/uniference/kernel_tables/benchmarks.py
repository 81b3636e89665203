"""The kernels that ``uniference calibrate kernels`` measures: which sizes, and what each one calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional

Call = Callable[[], object]

ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
WIDTHS = (256, 1024, 2048, 4096, 8192, 16384)
BATCHES = (1, 4, 16, 64)
PROMPT_LENGTHS = (16, 64, 128, 256, 512, 1024, 2048, 4096)
CACHE_LENGTHS = (16, 128, 512, 1024, 2048, 4096, 8192, 16384)
HEADS = ((32, 8, 128), (32, 32, 128), (8, 1, 128), (12, 12, 64), (9, 3, 64))
"""Heads, key and value heads, head size: those of Llama and others, whole and divided."""

CACHES = 256_000_000
"""Bytes of operands after which a processor's caches hold none of the first ones any more."""
MOST_COPIES = 32


@dataclass(frozen=True)
class Benchmark:
    """One kernel of given sizes. Making it allocates nothing."""

    kind: str
    """The kind of its table."""
    element_type: str
    key: tuple[int, ...]
    """Its key in the table; of attention the first number is a place in ``HEADS``."""
    flops: float
    moved_bytes: float
    """Bytes that it has to read and write."""
    operands: Callable[[torch.device], Call]
    """Allocates operands and returns the call on them."""
    scratch_bytes: float = 0.0
    """What it may allocate besides: scores, where no kernel avoids them."""

    @property
    def copies(self) -> int:
        """So many operands that none are found in a cache, as weights are not from step to step."""
        return max(2, min(MOST_COPIES, round(CACHES / max(1.0, self.moved_bytes))))

    @property
    def memory(self) -> float:
        """Bytes that measuring it may need."""
        return self.copies * self.moved_bytes + self.scratch_bytes

    def calls(self, device: torch.device) -> list[Call]:
        """The same call on each copy of the operands."""
        return [self.operands(device) for _ in range(self.copies)]


AXES = {
    "matrix_multiplication": ("rows", "columns", "inner"),
    "prompt_attention": ("batch", "length"),
    "decoding_attention": ("batch", "length"),
    "normalization": ("rows", "columns"),
}
"""What the sizes of each kind are called, in the order of the tables' axes."""

CALLED = {
    "matrix_multiplication": "aten::mm",
    "prompt_attention": "aten::scaled_dot_product_attention",
    "decoding_attention": "aten::scaled_dot_product_attention",
    "normalization": "aten::native_layer_norm",
}
"""The operation of PyTorch that is measured for each kind."""


def benchmarks(element_types: Sequence[str], largest: int) -> list[Benchmark]:
    """All kernels up to a size, the coarse grid of each kind first, so that whoever stops early has a whole one.

    Args:
        largest: the largest value of any size.
    """
    found = [(level, kernel) for name in element_types for level, kernel in _kernels(name, largest)]
    return [kernel for _, kernel in sorted(found, key=lambda entry: entry[0])]


def _kernels(name: str, largest: int) -> Iterator[tuple[int, Benchmark]]:
    """Kernels in an element type, each with how late it comes: how many of its sizes are not on the coarse grid."""
    width = getattr(torch, name).itemsize
    rows, widths, batches = (_upto(largest, values) for values in (ROWS, WIDTHS, BATCHES))
    for m_level, m in rows:
        for n_level, n in widths:
            yield m_level + n_level, _normalization(name, width, m, n)
            for k_level, k in widths:
                yield m_level + n_level + k_level, _product(name, width, m, n, k)
    for place, heads in enumerate(HEADS):
        for batch_level, batch in batches:
            for level, length in _upto(largest, PROMPT_LENGTHS):
                late = level + batch_level + (place > 0)
                yield late, _attention("prompt_attention", name, width, place, heads, batch, length, length)
            for level, length in _upto(largest, CACHE_LENGTHS):
                late = level + batch_level + (place > 0)
                yield late, _attention("decoding_attention", name, width, place, heads, batch, 1, length)


def _upto(largest: int, values: Sequence[int]) -> list[tuple[int, int]]:
    """Values up to the largest with 0 for every third one, the first and the last, and 1 for the others."""
    kept = [value for value in values if value <= largest] or [largest]
    return [(0 if place % 3 == 0 or place == len(kept) - 1 else 1, value) for place, value in enumerate(kept)]


def _product(name: str, width: int, m: int, n: int, k: int) -> Benchmark:
    def operands(device: torch.device) -> Call:
        rows, weights = _ones(name, device, m, k), _ones(name, device, n, k)
        # As a linear layer has them: weights by output, so that the product reads them along their rows.
        return partial(torch.mm, rows, weights.t())

    return Benchmark(
        "matrix_multiplication", name, (m, n, k), 2.0 * m * n * k, float(width * (m * k + n * k + m * n)), operands
    )


def _normalization(name: str, width: int, rows: int, columns: int) -> Benchmark:
    def operands(device: torch.device) -> Call:
        values, weights = _ones(name, device, rows, columns), _ones(name, device, columns)
        return partial(functional.layer_norm, values, (columns,), weights, weights)

    moved = float(width * 2 * rows * columns)
    return Benchmark("normalization", name, (rows, columns), 5.0 * rows * columns, moved, operands)


def _attention(
    kind: str, name: str, width: int, place: int, heads: tuple[int, int, int], batch: int, queries: int, keys: int
) -> Benchmark:
    count, shared, size = heads

    def operands(device: torch.device) -> Call:
        query = _ones(name, device, batch, count, queries, size)
        key, value = (_ones(name, device, batch, shared, keys, size) for _ in range(2))
        return partial(
            functional.scaled_dot_product_attention,
            query, key, value, is_causal=queries > 1, enable_gqa=count != shared,
        )  # fmt: skip

    pairs = queries * (queries + 1) / 2 if queries > 1 else keys
    moved = float(width * batch * size * (2 * count * queries + 2 * shared * keys))
    flops, scores = 4.0 * batch * count * size * pairs, 4.0 * batch * count * queries * keys
    return Benchmark(kind, name, (place, batch, keys), flops, moved, operands, scores)


def _ones(name: str, device: torch.device, *sizes: int) -> torch.Tensor:
    return torch.ones(sizes, dtype=getattr(torch, name), device=device)
