"""``flex_attention`` as one kernel: on tensors without values, and what part of its scores it computes.

Torch without its compiler runs it by operations that hold all scores, and traces its functions anew for every backward
pass. On a GPU programs compile it. So on tensors without values it is one kernel forward and one backward, whose
results have the shapes of torch's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._higher_order_ops.flex_attention import (
    flex_attention,
    flex_attention_backward,
    flex_attention_fake_impl,
)

CAUSAL_SHARE = 0.5
"""The part of all scores below the diagonal: what is taken where a mask has no values to tell."""

NUMBER_OF_BLOCKS = 2
FULL_BLOCKS = 4
BLOCK_SIZES = slice(-3, -1)
"""Places in the tuple into which ``BlockMask.as_tuple`` takes a mask apart."""


class FlexAttention(torch.autograd.Function):
    """Forward and backward as torch's operators see them, with nothing traced."""

    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any, rest: tuple[Any, ...]) -> Any:
        with torch._C._AutoDispatchBelowAutograd():
            out, logsumexp, max_scores = flex_attention(query, key, value, *rest)
        ctx.save_for_backward(query, key, value, out, logsumexp)
        ctx.rest = rest
        ctx.mark_non_differentiable(max_scores)
        return out, logsumexp, max_scores

    @staticmethod
    def backward(ctx: Any, gradient: Any, logsumexp_gradient: Any, _: Any) -> Any:
        query, key, value, out, logsumexp = ctx.saved_tensors
        score_mod, block_mask, scale, options, *buffers = ctx.rest
        with torch._C._AutoDispatchBelowAutograd():
            gradients = flex_attention_backward(
                query, key, value, out, logsumexp, gradient, logsumexp_gradient, score_mod, score_mod, block_mask,
                scale, options, *buffers,
            )  # fmt: skip
        return (*gradients[:3], None)


def without_values(operator: Any, arguments: Any) -> Any:
    """What the operators give, with shapes alone; ``None`` for other operators."""
    if operator is flex_attention:
        return flex_attention_fake_impl(*arguments)
    if operator is flex_attention_backward:
        query, key, value = arguments[:3]
        return torch.empty_like(query), torch.empty_like(key), torch.empty_like(value), ()
    return None


def share_of_scores(operator: Any, arguments: Any) -> float:
    """Which part of all scores the kernel computes: the blocks that its mask leaves, whole."""
    if operator is not flex_attention and operator is not flex_attention_backward:
        return 1.0
    mask = arguments[4 if operator is flex_attention else 9]
    counts = [mask[place] for place in (NUMBER_OF_BLOCKS, FULL_BLOCKS) if mask[place] is not None]
    from uniference import fake

    if not all(fake.has_values(count) for count in counts):
        return CAUSAL_SHARE
    query_length, key_length = int(mask[0]), int(mask[1])
    query_block, key_block = mask[BLOCK_SIZES]
    rows = counts[0].numel() / counts[0].shape[-1]
    left = sum(float(count.sum().item()) for count in counts) * query_block * key_block
    return min(1.0, float(left / (rows * query_length * key_length)))


def install() -> None:
    """From now on, in this process, ``flex_attention`` is differentiated by `FlexAttention`."""
    kernels: Any = flex_attention.py_kernels

    def differentiate(query: Any, key: Any, value: Any, *rest: Any) -> Any:
        return FlexAttention.apply(query, key, value, rest)  # type: ignore[no-untyped-call]

    kernels[torch._C.DispatchKey.Autograd] = differentiate
    flex_attention._dispatch_cache.clear()
