"""A Llama block, and how two or more ranks share it."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch.nn import functional

HIDDEN, HEADS, FEED_FORWARD = 768, 12, 2048
EPSILON = 1e-5


class Block:
    """One rank's heads and feed-forward columns of a block (Megatron-LM, arXiv 1909.08053), or all of them."""

    def __init__(self, part: int = 0, degree: int = 1) -> None:
        generator = torch.Generator().manual_seed(3)

        def weight(rows: int, columns: int) -> torch.Tensor:
            return torch.randn(rows, columns, generator=generator) / columns**0.5

        self._head_size = HIDDEN // HEADS
        self._is_split = degree > 1
        self._norms = torch.ones(2, HIDDEN)
        self._query, self._key, self._value, self._output = (weight(HIDDEN, HIDDEN) for _ in range(4))
        self._gate, self._up = weight(FEED_FORWARD, HIDDEN), weight(FEED_FORWARD, HIDDEN)
        self._down = weight(HIDDEN, FEED_FORWARD)
        if self._is_split:
            for name in ("_query", "_key", "_value", "_gate", "_up"):
                setattr(self, name, getattr(self, name).chunk(degree, dim=0)[part].contiguous())
            for name in ("_output", "_down"):
                setattr(self, name, getattr(self, name).chunk(degree, dim=1)[part].contiguous())

    def normalise(self, rows: torch.Tensor, index: int) -> torch.Tensor:
        """Root-mean-square normalisation before attention (0) or feed-forward (1)."""
        return functional.rms_norm(rows, (HIDDEN,), self._norms[index], EPSILON)

    def keys_and_values(self, normalised: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[batch, heads, positions, size] each."""
        return self._heads(normalised @ self._key.T), self._heads(normalised @ self._value.T)

    def queries(self, normalised: torch.Tensor) -> torch.Tensor:
        """[batch, heads, positions, size]."""
        return self._heads(normalised @ self._query.T)

    def attend(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Attention to all keys, and the output projection, summed over the ranks that share the block."""
        attended = functional.scaled_dot_product_attention(queries, keys, values)
        return self._sum(attended.transpose(1, 2).flatten(2) @ self._output.T)

    def feed_forward(self, rows: torch.Tensor) -> torch.Tensor:
        """The rows with their feed-forward part added."""
        normalised = self.normalise(rows, 1)
        inner = functional.silu(normalised @ self._gate.T) * (normalised @ self._up.T)
        return rows + self._sum(inner @ self._down.T)

    def __call__(self, rows: torch.Tensor, cache: tuple[torch.Tensor, torch.Tensor] | None = None) -> torch.Tensor:
        """[batch, positions, hidden] to the same; ``cache`` holds the keys and values of former positions."""
        normalised = self.normalise(rows, 0)
        keys, values = self.keys_and_values(normalised)
        if cache is not None:
            keys, values = torch.cat((cache[0], keys), dim=2), torch.cat((cache[1], values), dim=2)
        return self.feed_forward(rows + self.attend(self.queries(normalised), keys, values))

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        return projected.unflatten(2, (-1, self._head_size)).transpose(1, 2)

    def _sum(self, partial: torch.Tensor) -> torch.Tensor:
        if self._is_split:
            dist.all_reduce(partial)
        return partial
