"""Combining what the members of a group contribute, in the order in which gloo combines it.

Floating-point addition is not associative, so the order decides the last bits. Gloo's all-reduce is a segmented ring:
the buffer is cut into as many chunks as there are members, each chunk travels down the ring, and every member it passes
adds its own values (gloo/allreduce.cc). Chunk ``c`` sets out at member ``c - 1`` and ends at member ``c``:

    x[c-1],  then  x[c-2] + (...),  then  x[c-3] + (...),  ...,  last  x[c] + (...)        (indices modulo the members)

``reduce`` and ``reduce_scatter`` of gloo combine in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from uniference.wire import Reduction

Combine = Callable[[Tensor, Tensor, Tensor], None]
"""Combines a member's own values with those received so far, elementwise, into the third tensor (1-D, same dtype)."""

SEGMENT_BYTES = 1 << 20
"""Gloo sends no more than this in one message of a ring (``kMaxSegmentSize``)."""

GATHERED_ELEMENTS = 1 << 15
"""Up to so many elements of all members together are put into order first, which takes few calls; above, chunk by
chunk, which takes no copy."""


def chunk_elements(whole: int, element_bytes: int, members: int) -> int:
    """Elements in each member's chunk of a buffer of ``whole`` elements; the last chunks may be short or empty.

    The formula is that of gloo's ring: S segments of equal size, S a multiple of the members and at least two for each.
    """
    total_bytes = whole * element_bytes
    wanted = max(divide_up(total_bytes, SEGMENT_BYTES), 2 * members)
    segments = divide_up(wanted, members) * members
    segment_elements = divide_up(divide_up(total_bytes, segments), element_bytes)
    return segments // members * segment_elements


def divide_up(number: int, divisor: int) -> int:
    return -(-number // divisor)


def reduce_into(
    result: Tensor, contributions: Sequence[Tensor], reduction: Reduction, whole: int, start: int = 0
) -> None:
    """Combines the contributions as gloo does.

    ``result`` and each of ``contributions`` (one for each member, in group order) are 1-D, of one dtype and length:
    elements ``start`` and following of a buffer of ``whole`` elements. They do not overlap.
    """
    members = len(contributions)
    average = reduction is Reduction.AVERAGE
    is_truth = result.dtype is torch.bool
    if is_truth:
        # Gloo calculates with bytes: the sum of two true values is 2, which is true as well.
        result = result.view(torch.uint8)
        contributions = [contribution.view(torch.uint8) for contribution in contributions]
    combine = combination(reduction, result.dtype)
    if members == 1:
        result.copy_(contributions[0])
    elif is_order_free(reduction, result.dtype, members):
        fold(result, contributions, combine)
    elif result.numel() * members <= GATHERED_ELEMENTS:
        reduce_gathered(result, contributions, combine, whole, start)
    else:
        reduce_by_chunks(result, contributions, combine, whole, start)
    if average:
        result.div_(members)
    if is_truth and result.numel() < whole:
        # The slices that gloo's reduce_scatter_tensor hands out have been copied as true and false.
        result.copy_(result != 0)


def reduce_complex_into(
    result: Tensor, contributions: Sequence[Tensor], reduction: Reduction, whole: int, start: int = 0
) -> None:
    """Likewise for complex numbers, of which gloo adds the parts and torch divides the sums for an average."""
    parts = [torch.view_as_real(contribution).view(-1) for contribution in contributions]
    total = Reduction.SUM if reduction is Reduction.AVERAGE else reduction
    reduce_into(torch.view_as_real(result).view(-1), parts, total, 2 * whole, 2 * start)
    if reduction is Reduction.AVERAGE:
        result.div_(len(contributions))


def is_order_free(reduction: Reduction, dtype: torch.dtype, members: int) -> bool:
    """Whether every order gives the same bits: integers, and sums and products of two."""
    if not dtype.is_floating_point:
        return True
    return members == 2 and reduction not in (Reduction.MINIMUM, Reduction.MAXIMUM)


def fold(result: Tensor, contributions: Sequence[Tensor], combine: Combine) -> None:
    """``contributions`` in the order in which they travel, at least two."""
    combine(contributions[1], contributions[0], result)
    for own in contributions[2:]:
        combine(own, result, result)


def reduce_by_chunks(
    result: Tensor, contributions: Sequence[Tensor], combine: Combine, whole: int, start: int
) -> None:
    """Chunk by chunk, without a copy of anything."""
    members = len(contributions)
    chunk = chunk_elements(whole, result.element_size(), members)
    end = start + result.numel()
    for number in range(start // chunk, divide_up(end, chunk)):
        part = slice(max(number * chunk, start) - start, min((number + 1) * chunk, end) - start)
        travelling = [contributions[(number - 1 - step) % members][part] for step in range(members)]
        fold(result[part], travelling, combine)


def reduce_gathered(
    result: Tensor, contributions: Sequence[Tensor], combine: Combine, whole: int, start: int
) -> None:
    """All chunks at once, after the elements have been put into the order in which they travel."""
    members = len(contributions)
    order = travel_order(whole, start, result.numel(), result.element_size(), members)
    travelling = torch.cat(tuple(contributions)).index_select(0, order).view(members, -1).unbind()
    fold(result, travelling, combine)


@lru_cache(maxsize=256)
def travel_order(whole: int, start: int, count: int, element_bytes: int, members: int) -> Tensor:
    """Where in the concatenated contributions (``count`` elements each) the elements are that meet at each step.

    An int64 tensor of ``members * count`` entries, step by step.
    """
    element = torch.arange(count, device="cpu")
    chunk = (element + start) // chunk_elements(whole, element_bytes, members)
    steps = torch.arange(members, device="cpu").unsqueeze(1)
    return ((chunk - 1 - steps) % members * count + element).reshape(-1)


def combination(reduction: Reduction, dtype: torch.dtype) -> Combine:
    """How two values are combined. Minimum and maximum of floats are those of C++, as in gloo, where NaN differs."""
    if dtype.is_floating_point:
        return FLOAT_COMBINATIONS.get(reduction) or COMBINATIONS[reduction]
    return COMBINATIONS[reduction]


def smaller(own: Tensor, received: Tensor, result: Tensor) -> None:
    """``std::min``: the first one unless the second one is smaller."""
    torch.where(received < own, received, own, out=result)


def larger(own: Tensor, received: Tensor, result: Tensor) -> None:
    """``std::max``: the first one unless it is smaller than the second one."""
    torch.where(own < received, received, own, out=result)


def calling(function: Callable[..., Tensor]) -> Combine:
    """A combination by one of torch's operations."""

    def combine(own: Tensor, received: Tensor, result: Tensor) -> None:
        function(own, received, out=result)

    return combine


COMBINATIONS: dict[Reduction, Combine] = {
    Reduction.SUM: calling(torch.add),
    Reduction.AVERAGE: calling(torch.add),
    Reduction.PRODUCT: calling(torch.mul),
    Reduction.MINIMUM: calling(torch.minimum),
    Reduction.MAXIMUM: calling(torch.maximum),
    Reduction.BITWISE_AND: calling(torch.bitwise_and),
    Reduction.BITWISE_OR: calling(torch.bitwise_or),
    Reduction.BITWISE_XOR: calling(torch.bitwise_xor),
}

FLOAT_COMBINATIONS: dict[Reduction, Combine] = {Reduction.MINIMUM: smaller, Reduction.MAXIMUM: larger}
