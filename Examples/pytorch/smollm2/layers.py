"""What a Llama is made of, for any range of heads and of feed-forward columns."""

from __future__ import annotations

import torch
from torch.nn import functional

from .checkpoint import Checkpoint, Configuration


class Rotary:
    """Rotary position embedding of interleaved pairs, which is how GGUF files order the rows of a head.

    Source: Su et al., RoFormer, arXiv 2104.09864, equation 34.
    """

    def __init__(self, configuration: Configuration, length: int) -> None:
        size = configuration.head_size
        frequencies = configuration.rope_theta ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
        angles = torch.arange(length, dtype=torch.float32)[:, None] * frequencies
        self._cosine, self._sine = angles.cos(), angles.sin()

    def __call__(self, heads: torch.Tensor, positions: slice) -> torch.Tensor:
        """Turns ``heads`` [head, position, element]."""
        even, odd = heads[..., 0::2], heads[..., 1::2]
        cosine, sine = self._cosine[positions], self._sine[positions]
        return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2)


class Layer:
    """A decoder layer, or one of ``degree`` equal parts of it: consecutive heads and feed-forward columns."""

    def __init__(self, checkpoint: Checkpoint, index: int, rotary: Rotary, part: int = 0, degree: int = 1) -> None:
        configuration = checkpoint.configuration
        self._rotary = rotary
        self._head_size = configuration.head_size
        self._epsilon = configuration.norm_epsilon
        name = f"blk.{index}"
        heads = self._rows(configuration.head_count, part, degree)
        key_value_heads = self._rows(configuration.key_value_head_count, part, degree)
        columns = share(configuration.feed_forward_size, part, degree)
        self._attention_norm = checkpoint.tensor(f"{name}.attn_norm")
        self._query = checkpoint.tensor(f"{name}.attn_q", rows=heads)
        self._key = checkpoint.tensor(f"{name}.attn_k", rows=key_value_heads)
        self._value = checkpoint.tensor(f"{name}.attn_v", rows=key_value_heads)
        self._output = checkpoint.tensor(f"{name}.attn_output", columns=heads)
        self._feed_forward_norm = checkpoint.tensor(f"{name}.ffn_norm")
        self._gate = checkpoint.tensor(f"{name}.ffn_gate", rows=columns)
        self._up = checkpoint.tensor(f"{name}.ffn_up", rows=columns)
        self._down = checkpoint.tensor(f"{name}.ffn_down", columns=columns)
        self._keys: list[torch.Tensor] = []
        self._values: list[torch.Tensor] = []

    def _rows(self, head_count: int, part: int, degree: int) -> slice:
        heads = share(head_count, part, degree)
        return slice(heads.start * self._head_size, heads.stop * self._head_size)

    def attend(self, context: torch.Tensor, positions: slice, own: slice | None = None) -> torch.Tensor:
        """This part's attention over all positions so far, before the residual is added.

        Args:
            context: hidden states [position, hidden] whose keys and values are new.
            positions: which positions these are.
            own: those of ``context`` for which an output is wanted; all unless given.
        """
        normalised = self._normalise(context, self._attention_norm)
        self._keys.append(self._rotary(self._heads(normalised @ self._key.T), positions))
        self._values.append(self._heads(normalised @ self._value.T))
        own = own or slice(0, len(context))
        rows = slice(positions.start + own.start, positions.start + own.stop)
        query = self._rotary(self._heads(normalised[own] @ self._query.T), rows)
        keys, values = torch.cat(self._keys, dim=1), torch.cat(self._values, dim=1)
        mask = torch.arange(keys.shape[1]) <= torch.arange(rows.start, rows.stop)[:, None]
        attended = functional.scaled_dot_product_attention(query, keys, values, mask, enable_gqa=True)
        self._keys, self._values = [keys], [values]
        return attended.transpose(0, 1).flatten(1) @ self._output.T

    def feed_forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """This part's feed-forward network (SwiGLU), before the residual is added."""
        normalised = self._normalise(hidden, self._feed_forward_norm)
        return (functional.silu(normalised @ self._gate.T) * (normalised @ self._up.T)) @ self._down.T

    def forget(self) -> None:
        """Forgets all positions."""
        self._keys, self._values = [], []

    def _normalise(self, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(hidden, weight.shape, weight, self._epsilon)

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        return projected.view(len(projected), -1, self._head_size).transpose(0, 1)


class Vocabulary:
    """The table of embeddings, which is also the last layer's weight, or the rows of it that one rank has."""

    def __init__(self, checkpoint: Checkpoint, part: int = 0, degree: int = 1) -> None:
        configuration = checkpoint.configuration
        self.rows = share(configuration.vocabulary_size, part, degree)
        self._table = checkpoint.tensor("token_embd", rows=self.rows)
        self._norm = checkpoint.tensor("output_norm")
        self._epsilon = configuration.norm_epsilon

    def embed(self, tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings of the tokens that are in this part; zeros for the others."""
        is_here = (tokens >= self.rows.start) & (tokens < self.rows.stop)
        embedded = functional.embedding(torch.where(is_here, tokens - self.rows.start, 0), self._table)
        return embedded * is_here[:, None]

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Scores of this part's tokens after one hidden state [hidden]."""
        normalised = functional.rms_norm(hidden, self._norm.shape, self._norm, self._epsilon)
        return self._table @ normalised


def share(count: int, part: int, degree: int) -> slice:
    """The ``part``-th of ``degree`` equal ranges.

    Raises:
        SystemExit: ``count`` cannot be divided.
    """
    if count % degree:
        raise SystemExit(
            f"{count} cannot be split among {degree} ranks: {count} % {degree} = {count % degree}, must be 0")
    size = count // degree
    return slice(part * size, (part + 1) * size)
