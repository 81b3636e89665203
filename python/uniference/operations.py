"""What each torch operation costs: FLOPs and bytes, for clocks that come from a device's figures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from uniference.tensors import data_type_code

COMMUNICATION_NAMESPACES = frozenset({"c10d", "_c10d_functional", "_c10d_functional_autograd", "_dtensor"})
"""Operations that the bridge charges by itself."""

FREE_OPERATIONS = frozenset(
    {"detach", "empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "_unsafe_view", "set_",
     "resize_", "lift_fresh", "is_same_size", "_local_scalar_dense", "item", "prim_layout", "device", "sym_size"}
)
"""Operations that touch no element, though their schemas do not say that they are views."""


@dataclass(frozen=True)
class Operation:
    """One torch operation that was computed, and what it asks of a device."""

    name: str
    """Without namespace and overload: ``mm``."""
    data_type: int
    """The element type in which it computes, by its number in the bridge's protocol."""
    flops: float
    """Floating-point operations; a multiply-add counts as two."""
    bytes_read: float
    bytes_written: float


class OperationRecorder(TorchDispatchMode):
    """Takes down every operation that torch executes while it is active: forward, backward, optimizer; on tensors with
    values and on fake ones.

    FLOPs of contractions come from torch's own registry (``torch.utils.flop_counter``); every other operation counts
    one for each element of its result. Bytes are those of the distinct tensors read and written: views are free, a
    tensor passed twice is read once, and an operation in place writes what it has read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[Operation] = []
        self._is_paused = False

    def take(self) -> list[Operation]:
        """What has been computed since the last call, in order."""
        operations, self._operations = self._operations, []
        return operations

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Takes nothing down meanwhile: for what the bridge itself does."""
        former, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = former

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        keywords = keywords or {}
        result = function(*arguments, **keywords)
        if not self._is_paused:
            operation = describe(function, arguments, keywords, result)
            if operation is not None:
                self._operations.append(operation)
        return result


def describe(function: Any, arguments: Any, keywords: Any, result: Any) -> Operation | None:
    """The operation with its cost, or ``None`` for one that costs a device nothing."""
    packet = function._overloadpacket
    name = packet.__name__
    if function.namespace in COMMUNICATION_NAMESPACES or name in FREE_OPERATIONS or is_view(function):
        return None
    inputs = list(tensors_in((arguments, keywords)))
    outputs = list(tensors_in(result))
    if not outputs:
        return None
    output_elements = float(sum(tensor.numel() for tensor in outputs))
    count = flop_registry.get(packet)
    flops = float(count(*arguments, **keywords, out_val=result)) if count else output_elements
    return Operation(
        name, data_type_code((inputs or outputs)[0].dtype), flops, gathered_bytes(name, inputs, outputs),
        distinct_bytes(outputs))


def is_view(function: Any) -> bool:
    """Whether the result shares memory with an argument that the operation does not write to."""
    returned = [value.alias_info for value in function._schema.returns if value.alias_info is not None]
    return bool(returned) and not any(alias.is_write for alias in returned)


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in nested lists, tuples and dictionaries."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from tensors_in(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from tensors_in(entry)


def distinct_bytes(tensors: list[torch.Tensor]) -> float:
    """Bytes of the tensors, each object counted once. An expanded dimension takes no memory."""
    total = 0
    for tensor in {id(tensor): tensor for tensor in tensors}.values():
        elements = 1
        for size, stride in zip(tensor.shape, tensor.stride()):
            elements *= size if stride != 0 or size == 0 else 1
        total += elements * tensor.element_size()
    return float(total)


def gathered_bytes(name: str, inputs: list[torch.Tensor], outputs: list[torch.Tensor]) -> float:
    """Bytes read: all of the inputs, but of a table from which rows are picked only as much as is picked."""
    if name in ("embedding", "index_select", "gather", "index") and inputs:
        return distinct_bytes(inputs[1:]) + distinct_bytes(outputs)
    return distinct_bytes(inputs)
