"""Ways to spread the model over ranks. Each turns new tokens into the next one, which all callers of ``next_token`` get
that need it."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.distributed as dist

from .checkpoint import Checkpoint
from .layers import Layer, Rotary, Vocabulary


class Strategy(Protocol):
    """One rank's part of the model."""

    def next_token(self, tokens: list[int], start: int) -> int:
        """Appends ``tokens`` at position ``start`` and chooses the likeliest next one. Rank 0 gets it right; ranks that
        do not need it may get anything."""

    def forget(self) -> None:
        """Forgets all tokens: the next ones stand at position 0."""


class SingleDevice:
    """The whole model here."""

    def __init__(self, checkpoint: Checkpoint, length: int) -> None:
        rotary = Rotary(checkpoint.configuration, length)
        self._layers = [Layer(checkpoint, index, rotary) for index in range(checkpoint.configuration.layer_count)]
        self._vocabulary = Vocabulary(checkpoint)

    def logits(self, tokens: list[int], start: int) -> torch.Tensor:
        """Scores of the token after the last one."""
        hidden = self._vocabulary.embed(torch.tensor(tokens))
        positions = slice(start, start + len(tokens))
        for layer in self._layers:
            hidden = hidden + layer.attend(hidden, positions)
            hidden = hidden + layer.feed_forward(hidden)
        return self._vocabulary.logits(hidden[-1])

    def forget(self) -> None:
        """See `Strategy`."""
        forget(self._layers)

    def next_token(self, tokens: list[int], start: int) -> int:
        """See `Strategy`."""
        return int(self.logits(tokens, start).argmax())


class TensorParallel:
    """Every rank has some heads, columns and tokens of the vocabulary (Megatron-LM, arXiv 1909.08053)."""

    def __init__(self, checkpoint: Checkpoint, length: int) -> None:
        rank, degree = dist.get_rank(), dist.get_world_size()
        rotary = Rotary(checkpoint.configuration, length)
        self._layers = [
            Layer(checkpoint, index, rotary, rank, degree) for index in range(checkpoint.configuration.layer_count)]
        self._vocabulary = Vocabulary(checkpoint, rank, degree)

    def forget(self) -> None:
        """See `Strategy`."""
        forget(self._layers)

    def next_token(self, tokens: list[int], start: int) -> int:
        """See `Strategy`. All ranks get the token."""
        hidden = self._vocabulary.embed(torch.tensor(tokens))
        dist.all_reduce(hidden)
        positions = slice(start, start + len(tokens))
        for layer in self._layers:
            attended = layer.attend(hidden, positions)
            dist.all_reduce(attended)
            hidden = hidden + attended
            forwarded = layer.feed_forward(hidden)
            dist.all_reduce(forwarded)
            hidden = hidden + forwarded
        return self._likeliest(self._vocabulary.logits(hidden[-1]))

    def _likeliest(self, logits: torch.Tensor) -> int:
        """Each rank offers its best token; the best of these wins, the first one at a tie."""
        score, index = logits.max(dim=0)
        offer = torch.tensor([score.item(), index.item() + self._vocabulary.rows.start], dtype=torch.float64)
        offers = [torch.empty_like(offer) for _ in range(dist.get_world_size())]
        dist.all_gather(offers, offer)
        return int(max(offers, key=lambda entry: entry[0])[1])


class Pipeline:
    """Every rank has some consecutive layers; hidden states go from rank to rank."""

    def __init__(self, checkpoint: Checkpoint, length: int) -> None:
        configuration = checkpoint.configuration
        self._rank, self._degree = dist.get_rank(), dist.get_world_size()
        self._hidden_size = configuration.hidden_size
        rotary = Rotary(configuration, length)
        first = self._rank * configuration.layer_count // self._degree
        end = (self._rank + 1) * configuration.layer_count // self._degree
        self._layers = [Layer(checkpoint, index, rotary) for index in range(first, end)]
        self._is_first, self._is_last = self._rank == 0, self._rank == self._degree - 1
        self._vocabulary = Vocabulary(checkpoint) if self._is_first or self._is_last else None

    def forget(self) -> None:
        """See `Strategy`."""
        forget(self._layers)

    def next_token(self, tokens: list[int], start: int) -> int:
        """See `Strategy`. The first and the last rank get the token."""
        if self._is_first:
            hidden = self._vocabulary.embed(torch.tensor(tokens))
        else:
            hidden = torch.empty(len(tokens), self._hidden_size)
            dist.recv(hidden, self._rank - 1)
        positions = slice(start, start + len(tokens))
        for layer in self._layers:
            hidden = hidden + layer.attend(hidden, positions)
            hidden = hidden + layer.feed_forward(hidden)
        return self._pass_on(hidden)

    def _pass_on(self, hidden: torch.Tensor) -> int:
        token = torch.zeros(1, dtype=torch.int64)
        if self._is_last:
            token[0] = self._vocabulary.logits(hidden[-1]).argmax()
            if not self._is_first:
                dist.send(token, 0)
        else:
            dist.send(hidden, self._rank + 1)
            if self._is_first:
                dist.recv(token, self._degree - 1)
        return int(token)


class SequenceParallel(SingleDevice):
    """Every rank has all weights and a range of the prompt's positions, as in Voltage (arXiv 2311.03703).

    Before each layer the ranks' rows are gathered, so that everybody computes all keys and values, but queries,
    attention and feed-forward for its own rows only. Afterwards rank 0 has all keys and values and decodes alone: a
    single token has nothing to split.
    """

    def __init__(self, checkpoint: Checkpoint, length: int) -> None:
        super().__init__(checkpoint, length)
        self._rank, self._degree = dist.get_rank(), dist.get_world_size()

    def next_token(self, tokens: list[int], start: int) -> int:
        """See `Strategy`. After the prompt only rank 0 computes."""
        if start == 0:
            return self._prefill(tokens)
        return super().next_token(tokens, start) if self._rank == 0 else 0

    def _prefill(self, tokens: list[int]) -> int:
        count = len(tokens)
        rows = -(-count // self._degree)
        own = slice(min(self._rank * rows, count), min((self._rank + 1) * rows, count))
        hidden = self._vocabulary.embed(torch.tensor(tokens))[own]
        for layer in self._layers:
            context = self._gather(hidden, rows)[:count]
            hidden = hidden + layer.attend(context, slice(0, count), own)
            hidden = hidden + layer.feed_forward(hidden)
        last = (count - 1) // rows
        token = torch.zeros(1, dtype=torch.int64)
        if self._rank == last:
            token[0] = self._vocabulary.logits(hidden[-1]).argmax()
        dist.broadcast(token, last)
        return int(token)

    def _gather(self, hidden: torch.Tensor, rows: int) -> torch.Tensor:
        """Everybody's rows, those of the last ranks padded to equal blocks."""
        block = torch.zeros(rows, hidden.shape[1])
        block[: len(hidden)] = hidden
        gathered = torch.empty(rows * self._degree, hidden.shape[1])
        dist.all_gather(list(gathered.chunk(self._degree)), block)
        return gathered


def forget(layers: list[Layer]) -> None:
    """Empties the layers' keys and values."""
    for layer in layers:
        layer.forget()


STRATEGIES = {
    "single": SingleDevice, "tensor": TensorParallel, "pipeline": Pipeline, "sequence": SequenceParallel}
