"""How many bytes an operation moves between a device's memory and its processor."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

PICKING = frozenset({"embedding", "index_select", "gather", "index", "_unsafe_index", "take"})
"""Operations that read, of their first argument, as much as they return."""

REPLACING = frozenset({"index_copy_", "index_fill_", "index_put_", "_index_put_impl_", "scatter_"})
"""Operations in place that write single rows or elements of their first argument and leave the others."""

ACCUMULATING = frozenset({"index_add_", "scatter_add_", "scatter_reduce_"})
"""Likewise, and that read what was there."""

OVERWRITING = frozenset(
    {"copy_", "_foreach_copy_", "fill_", "zero_", "_foreach_zero_", "normal_", "uniform_", "random_", "bernoulli_",
     "exponential_", "log_normal_", "cauchy_", "geometric_", "eye_", "arange_"}
)  # fmt: skip
"""Operations in place that do not read what was there."""


PLACING = REPLACING | ACCUMULATING


@dataclass(frozen=True)
class Placement:
    """Which part of its first argument an operation of `REPLACING` or `ACCUMULATING` accesses."""

    elements: int
    is_accumulating: bool


@dataclass(frozen=True)
class Access:
    """Which tensors an operation reads and writes."""

    name: str
    read: list[Tensor]
    written: list[Tensor]
    placement: Placement | None
    """How much of the only tensor written is accessed; ``None`` for all."""

    @staticmethod
    def of(function: Any, arguments: Any, keywords: Any, result: Any) -> Access:
        """What a call of the operation accesses. Results that share memory with an argument are that argument."""
        name = function._overloadpacket.__name__
        read: list[Tensor] = []
        written: list[Tensor] = []
        for position, (argument_name, is_written, is_output) in enumerate(argument_roles(function)):
            value = arguments[position] if position < len(arguments) else keywords.get(argument_name)
            tensors = list(tensors_in(value))
            if is_written:
                written += tensors
            is_overwritten = is_output or (is_written and (name in OVERWRITING or name in PLACING))
            if not is_overwritten and not is_shape_giver(name):
                read += tensors
        results = result if isinstance(result, (tuple, list)) and len(function._schema.returns) > 1 else (result,)
        for value, returned in zip(results, function._schema.returns):
            if returned.alias_info is None:
                written += tensors_in(value)
        return Access(name, read, written, placement(name, arguments, keywords) if name in PLACING else None)


@functools.cache
def argument_roles(function: Any) -> tuple[tuple[str, bool, bool], ...]:
    """Of each argument in the order of the schema its name, whether it is written to, and whether it is only there for
    that (``out=``)."""
    return tuple(
        (argument.name, is_written := argument.alias_info is not None and argument.alias_info.is_write,
         is_written and argument.kwarg_only)
        for argument in function._schema.arguments
    )  # fmt: skip


def is_shape_giver(name: str) -> bool:
    """Whether the operation takes only shape and type from its argument: ``zeros_like``, ``new_ones``."""
    return name.endswith("_like") or name.startswith("new_")


def bytes_read(access: Access) -> float:
    """Bytes of the distinct memory that is read: of a table from which rows are picked only as much as is picked."""
    if access.name in PICKING and access.read:
        picked = sum(element_bytes(tensor) for tensor in access.written)
        return float(distinct_bytes(access.read[1:]) + picked)
    if access.placement is not None and access.placement.is_accumulating:
        return float(distinct_bytes(access.read)) + bytes_written(access)
    return float(distinct_bytes(access.read))


def bytes_written(access: Access) -> float:
    """Bytes of the distinct memory that is written."""
    if access.placement is not None:
        return float(access.placement.elements * access.written[0].element_size())
    return float(distinct_bytes(access.written))


def distinct_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of the tensors, where the same view of the same memory counts once, and no memory more than it has."""
    views: dict[int, dict[Any, int]] = {}
    sizes: dict[int, int] = {}
    total = 0
    for tensor in tensors:
        if tensor.layout is not torch.strided:
            total += sparse_bytes(tensor)
            continue
        storage = tensor.untyped_storage()
        view = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
        views.setdefault(storage._cdata, {})[view] = element_bytes(tensor)
        sizes[storage._cdata] = storage.nbytes()
    return total + sum(min(sum(parts.values()), sizes[storage]) for storage, parts in views.items())


def element_bytes(tensor: Tensor) -> int:
    """Bytes of a tensor's elements; those of an expanded dimension are one and the same."""
    counts = (size for size, stride in zip(tensor.shape, tensor.stride()) if stride != 0 or size == 0)
    return math.prod(counts) * tensor.element_size()


def sparse_bytes(tensor: Tensor) -> int:
    """Bytes of the values and indices of a sparse tensor; of another layout, as if it were dense."""
    if tensor.layout is torch.sparse_coo:
        parts = [tensor._indices(), tensor._values()]
    elif tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        parts = [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    elif tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        parts = [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    else:
        return tensor.numel() * tensor.element_size()
    return sum(part.numel() * part.element_size() for part in parts)


def placement(name: str, arguments: Any, keywords: Any) -> Placement:
    """What a call of an operation of `PLACING` accesses."""
    target = arguments[0]
    if name in ("index_put_", "_index_put_impl_"):
        is_accumulating = bool(arguments[3] if len(arguments) > 3 else keywords.get("accumulate", False))
        return Placement(indexed_elements(target, arguments[1], arguments[2]), is_accumulating)
    dimension, index = arguments[1], arguments[2]
    is_accumulating = name in ACCUMULATING or "reduce" in keywords
    if name.startswith("scatter"):
        return Placement(index.numel(), is_accumulating)
    row = target.numel() // max(1, target.shape[dimension]) if target.dim() else 1
    return Placement(index.numel() * row, is_accumulating)


def indexed_elements(target: Tensor, indices: Any, values: Tensor) -> int:
    """How many elements ``target[indices]`` has; of a mask, whose number of ones is not known, those of ``values``."""
    given = [index for index in indices if index is not None]
    if any(index.dtype in (torch.bool, torch.uint8) for index in given):
        return values.numel()
    rest = math.prod(
        size for axis, size in enumerate(target.shape) if axis >= len(indices) or indices[axis] is None
    )
    picked = torch.broadcast_shapes(*(index.shape for index in given))  # type: ignore[no-untyped-call]
    return int(math.prod(picked) * rest)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors in nested lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from tensors_in(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from tensors_in(entry)
