"""How many floating-point operations a torch operation takes. A multiply-add counts as two.

Contractions and attention are counted by torch's own formulas (``torch.utils.flop_counter``), which count attention as
if no position were masked; of a causal mask only what it leaves is counted here, as kernels skip the rest. What the
formulas leave out is counted by the same rule.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop_count, sdpa_flop_count

from uniference.traffic import Access, tensors_in

MOVING = frozenset(
    {"copy", "clone", "_to_copy", "cat", "stack", "zeros", "zeros_like", "new_zeros", "ones", "ones_like",
     "new_ones", "full", "full_like", "new_full", "scalar_tensor", "fill", "zero", "eye", "arange", "embedding",
     "index_select", "gather", "index", "_unsafe_index", "take", "index_copy", "index_fill", "scatter",
     "slice_scatter", "select_scatter", "diagonal_scatter", "as_strided_scatter", "slice_backward",
     "select_backward", "constant_pad_nd", "roll", "flip", "repeat", "repeat_interleave", "where", "masked_fill",
     "masked_select", "tril", "triu", "split_with_sizes_copy", "_foreach_copy", "_foreach_zero", "im2col",
     "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "one_hot", "_pin_memory", "nonzero", "complex",
     "view_as_real_copy", "_reshape_copy"}
)  # fmt: skip
"""Operations that only move, fill or convert, whether in place or not: their cost is their bytes."""


def operation_flops(function: Any, arguments: Any, keywords: Any, result: Any, access: Access) -> float:
    """FLOPs of a call: the formula's of a contraction; none of what only moves elements; of a reduction one for each
    element reduced; of anything else one for each element written, softmax and normalisations included, since their
    time is that of their bytes."""
    formula = contraction_formula(function)
    if formula is not None:
        return float(formula(*arguments, **keywords, out_val=result)) * causal_share(function, arguments, keywords)
    if out_of_place_name(function) in MOVING:
        return 0.0
    if access.placement is not None:
        return float(access.placement.elements if access.placement.is_accumulating else 0)
    counted = access.read if torch.Tag.reduction in function.tags else access.written
    return float(sum(tensor.numel() for tensor in counted))


@functools.cache
def causal_places(function: Any) -> tuple[int, int, int] | None:
    """Where an operation of attention has its queries, its keys, and whether its mask is causal."""
    names = [argument.name for argument in function._schema.arguments]
    wanted = ("query", "key", "is_causal")
    return (names.index("query"), names.index("key"), names.index("is_causal")) if set(wanted) <= set(names) else None


def causal_share(function: Any, arguments: Any, keywords: Any) -> float:
    """Which part of all pairs of queries and keys an operation of attention computes: with a causal mask those of a
    query and the keys up to its own place."""
    places = causal_places(function)
    if places is None:
        return 1.0
    query, key, flag = places
    is_causal = arguments[flag] if flag < len(arguments) else keywords.get("is_causal", False)
    if not is_causal:
        return 1.0
    queries, keys = int(arguments[query].shape[-2]), int(arguments[key].shape[-2])
    below = min(queries, keys)
    pairs = below * (below + 1) // 2 + max(0, queries - keys) * keys
    return pairs / max(1, queries * keys)


def operator_formula(operator: Any) -> Callable[..., Any] | None:
    """Torch's formula for an operator on functions, such as ``flex_attention``."""
    return flop_registry.get(operator)


@functools.cache
def contraction_formula(function: Any) -> Callable[..., Any] | None:
    """The formula of an operation or of its form that is not in place."""
    packet = function._overloadpacket
    plain = getattr(torch.ops.aten, out_of_place_name(function), packet) if function.namespace == "aten" else packet
    return flop_registry.get(packet) or flop_registry.get(plain) or OWN_FORMULAS.get(out_of_place_name(function))


@functools.cache
def out_of_place_name(function: Any) -> str:
    """``add`` for ``add_``."""
    return str(function._overloadpacket.__name__).rstrip("_")


def vector_product_flops(*arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of ``mv``, ``addmv``, ``dot`` and ``vdot``: two for each pair of elements multiplied. The largest operand has one
    element for each."""
    return 2 * max(int(tensor.numel()) for tensor in tensors_in(arguments))


def outer_product_flops(*arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of ``addr``: two for each element of the result."""
    return 2 * int(out_val.numel())


def integer_product_flops(left: Any, right: Any, *arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of ``_int_mm`` and others of two matrices: 2 m n k."""
    return 2 * int(out_val.numel()) * int(left.shape[-1])


def summed_batches_flops(bias: Any, left: Any, right: Any, *arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of ``addbmm``: 2 b m n k."""
    return int(2 * math.prod(left.shape) * right.shape[-1])


def grouped_product_flops(left: Any, right: Any, *arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of ``_grouped_mm``: each row meets one group's matrix; with rows in common (both 2-D), all of them one."""
    if left.dim() == 2 and right.dim() == 2:
        return int(2 * math.prod(left.shape) * right.shape[-1])
    return 2 * int(out_val.numel()) * int(left.shape[-1])


def attention_flops(query: Any, key: Any, value: Any, *arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of the fused attention for the CPU."""
    return int(sdpa_flop_count(query.shape, key.shape, value.shape))  # type: ignore[no-untyped-call]


def attention_backward_flops(
    gradient: Any, query: Any, key: Any, value: Any, *arguments: Any, out_val: Any, **keywords: Any
) -> int:
    """Of its backward."""
    shapes = gradient.shape, query.shape, key.shape, value.shape
    return int(sdpa_backward_flop_count(*shapes))  # type: ignore[no-untyped-call]


def convolution_flops(data: Any, weight: Any, *arguments: Any, out_val: Any, **keywords: Any) -> int:
    """Of ``mkldnn_convolution``: each element of the result sums over a filter."""
    return int(2 * out_val.numel() * math.prod(weight.shape[1:]))


OWN_FORMULAS: dict[str, Callable[..., int]] = {
    "mv": vector_product_flops,
    "addmv": vector_product_flops,
    "dot": vector_product_flops,
    "vdot": vector_product_flops,
    "addr": outer_product_flops,
    "_int_mm": integer_product_flops,
    "_grouped_mm": grouped_product_flops,
    "addbmm": summed_batches_flops,
    "_scaled_dot_product_flash_attention_for_cpu": attention_flops,
    "_scaled_dot_product_flash_attention_for_cpu_backward": attention_backward_flops,
    "_scaled_dot_product_fused_attention_overrideable": attention_flops,
    "mkldnn_convolution": convolution_flops,
}
"""Contractions that torch's registry does not have, by name."""
