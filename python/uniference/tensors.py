"""Tensors' elements on the wire and in shared memory."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from uniference.arena import Segment

DATA_TYPES = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16, torch.int32,
    torch.int64, torch.bool, torch.complex64, torch.complex128, torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16,
    torch.uint32, torch.uint64, torch.complex32,
)  # fmt: skip
"""Element types in the order of their numbers in the bridge's protocol."""

HERE = ("cpu", "cuda")
"""Types of devices whose memory can be read as it is. Where there is a real GPU, its tensors are not simulated."""

OTHER_FLOAT8 = 18
"""The number of all other element types of one byte, which are floats."""

DATA_TYPE_CODES = {dtype: code for code, dtype in enumerate(DATA_TYPES)}


def data_type_code(dtype: torch.dtype) -> int:
    """The number of an element type in the bridge's protocol.

    Raises ``TypeError`` for those that have none, such as quantized ones.
    """
    code = DATA_TYPE_CODES.get(dtype)
    if code is not None:
        return code
    if dtype.itemsize == 1 and dtype.is_floating_point:
        return OTHER_FLOAT8
    raise TypeError(f"{dtype} cannot be sent between ranks; the element types that can are {DATA_TYPES}")


class Span(NamedTuple):
    """Consecutive bytes of shared memory."""

    segment: Segment
    offset_bytes: int
    size_bytes: int


def is_fake(value: Any) -> bool:
    """Whether a tensor has no values; a DTensor if its local part has none."""
    from uniference import fake

    return isinstance(value, Tensor) and not fake.has_values(value)


def as_real(tensor: Tensor) -> Tensor:
    """A complex tensor as the real one of its parts, which shares its memory; others as they are."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def in_memory_order(tensor: Tensor) -> Tensor:
    """A view whose elements come in the order in which they lie in memory; tensors with gaps as they are.

    Gloo reduces and broadcasts memory, whatever the strides.
    """
    if tensor.is_contiguous():
        return tensor
    order = sorted(range(tensor.dim()), key=tensor.stride, reverse=True)
    permuted = tensor.permute(order)
    return permuted if permuted.is_contiguous() else tensor


def size_bytes(tensors: Sequence[Tensor]) -> int:
    """Bytes of all the elements."""
    if len(tensors) == 1:
        return tensors[0].numel() * tensors[0].element_size()
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def is_plain(tensor: Tensor) -> bool:
    """Whether the elements are one after another in memory that can be read as it is."""
    # Described GPUs have their elements in this machine's memory.
    return tensor.is_contiguous() and tensor.device.type in HERE and not tensor.is_neg() and not tensor.is_conj()


def write_elements(segment: Segment, offset_bytes: int, tensors: Sequence[Tensor]) -> None:
    """Puts the elements of all the tensors, one after another, into shared memory."""
    for tensor in tensors:
        size = tensor.numel() * tensor.element_size()
        if size == 0:
            continue
        if is_plain(tensor):
            ctypes.memmove(segment.address + offset_bytes, tensor.data_ptr(), size)
        else:
            segment.tensor(offset_bytes, tensor.dtype, tensor.numel()).view(tensor.shape).copy_(tensor)
        offset_bytes += size


def read_elements(tensors: Sequence[Tensor], spans: Sequence[Span]) -> None:
    """Fills the tensors, one after another, with the bytes of the spans, one after another.

    Raises ``RuntimeError`` unless there are as many of them.
    """
    expected, present = size_bytes(tensors), sum(span.size_bytes for span in spans)
    if expected != present:
        raise RuntimeError(f"the result of a communication has {present} bytes, but its tensors take {expected}")
    if len(spans) == 1 and len(tensors) == 1 and expected:
        return fill(tensors[0], spans)
    rest = iter(spans)
    span = Span(None, 0, 0)  # type: ignore[arg-type]
    for tensor in tensors:
        needed = tensor.numel() * tensor.element_size()
        parts = []
        while needed:
            if span.size_bytes == 0:
                span = next(rest)
            part = span._replace(size_bytes=min(needed, span.size_bytes))
            parts.append(part)
            span = Span(span.segment, span.offset_bytes + part.size_bytes, span.size_bytes - part.size_bytes)
            needed -= part.size_bytes
        if parts:
            fill(tensor, parts)


def fill(tensor: Tensor, spans: Sequence[Span]) -> None:
    """Fills a tensor that is not empty with as many bytes."""
    if not is_plain(tensor):
        tensor.copy_(joined(spans, tensor.dtype).view(tensor.shape))
        return
    target = tensor.data_ptr()
    for span in spans:
        ctypes.memmove(target, span.segment.address + span.offset_bytes, span.size_bytes)
        target += span.size_bytes


def joined(spans: Sequence[Span], dtype: torch.dtype) -> Tensor:
    """The elements of all spans as a 1-D tensor, which shares the memory if there is one span only."""
    if len(spans) == 1:
        (span,) = spans
        return span.segment.tensor(span.offset_bytes, dtype, span.size_bytes // dtype.itemsize)
    result = torch.empty(sum(span.size_bytes for span in spans) // dtype.itemsize, dtype=dtype, device="cpu")
    if result.numel():
        fill(result, spans)
    return result
