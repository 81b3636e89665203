"""Which kernel a torch operation is on a device, and of what sizes: what measured tables know it by."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch

OTHER, MATRIX_MULTIPLICATION, ATTENTION, NORMALIZATION = range(4)
"""The kinds of kernels, by their numbers in the bridge's protocol."""

LARGEST_SIZE = 2**32 - 1


class KernelShape(NamedTuple):
    """A kind of kernel and its sizes; those that the kind does not have are 0."""

    kind: int = OTHER
    batch: int = 0
    heads: int = 0
    key_value_heads: int = 0
    rows: int = 0
    """Of the left matrix; queries of attention."""
    inner: int = 0
    """Columns of the left matrix; the size of attention's heads."""
    columns: int = 0
    """Of the right matrix; keys of attention."""


PRODUCTS = {"mm": 0, "bmm": 0, "_int_mm": 0, "_scaled_mm": 0, "addmm": 1, "baddbmm": 1}
"""Products of two matrices, and the place of the left one among the arguments."""

VECTOR_PRODUCTS = {"mv": 0, "addmv": 1}
"""Products of a matrix and a vector, likewise."""

ATTENTIONS = frozenset(
    {"_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_flash_attention",
     "_scaled_dot_product_efficient_attention", "_scaled_dot_product_cudnn_attention",
     "_scaled_dot_product_fused_attention_overrideable"}
)  # fmt: skip
"""Attention as one kernel, of queries, keys and values ``[batch, heads, positions, head size]``."""

ROW_WISE = frozenset({"native_layer_norm", "_fused_rms_norm", "_softmax", "_log_softmax"})
"""Norms of each row of their first argument, along the last dimension or a normalized shape."""


def kernel_shape(name: str, arguments: Any) -> KernelShape:
    """The kernel of the operation called ``name``, without namespace and overload."""
    shape = _kernel_shape(name.rstrip("_") if name.endswith("_") else name, arguments)
    return shape if max(shape) <= LARGEST_SIZE else KernelShape()


def _kernel_shape(name: str, arguments: Any) -> KernelShape:
    if (place := PRODUCTS.get(name)) is not None:
        left, right = arguments[place].shape, arguments[place + 1].shape
        batch = int(left[0]) if len(left) == 3 else 1
        return KernelShape(
            MATRIX_MULTIPLICATION, batch, rows=int(left[-2]), inner=int(left[-1]), columns=int(right[-1])
        )
    if (place := VECTOR_PRODUCTS.get(name)) is not None:
        rows, inner = arguments[place].shape
        # The matrix is read once, as the weights of a linear layer are for one row.
        return KernelShape(MATRIX_MULTIPLICATION, 1, rows=1, inner=int(inner), columns=int(rows))
    if name in ATTENTIONS:
        query, key = arguments[0].shape, arguments[1].shape
        return KernelShape(
            ATTENTION, int(query[0]), int(query[1]), int(key[1]), int(query[2]), int(query[3]), int(key[2])
        )
    if name in ROW_WISE and isinstance(arguments[0], torch.Tensor) and arguments[0].dim() > 0:
        columns = normalized_columns(name, arguments)
        elements = arguments[0].numel()
        return KernelShape(NORMALIZATION, rows=elements // columns if columns else 0, columns=columns)
    return KernelShape()


def normalized_columns(name: str, arguments: Any) -> int:
    """How many elements are normalized together."""
    if name in ("native_layer_norm", "_fused_rms_norm"):
        return math.prod(int(length) for length in arguments[1])
    return int(arguments[0].shape[arguments[1]])
