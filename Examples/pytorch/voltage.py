"""Sequence parallelism as in Voltage (Hu and Li, ICDCS 2024), with the all-gather behind the computing.

    torchrun --nproc-per-node 4 Examples/pytorch/voltage.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/voltage.py

Every rank has all weights and a range of positions. A layer needs everybody's rows for its keys and values, so these
are gathered, asynchronously: meanwhile the rank normalises its own rows and computes their queries.
"""

from __future__ import annotations

import time

import torch
import torch.distributed as dist
from torch import nn

LAYERS, HIDDEN, HEADS, ROWS_PER_RANK = 4, 128, 4, 32


class Layer(nn.Module):
    """A transformer layer without a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.feed_forward_norm = nn.LayerNorm(HIDDEN), nn.LayerNorm(HIDDEN)
        self.query, self.key_value = nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 2 * HIDDEN)
        self.output = nn.Linear(HIDDEN, HIDDEN)
        self.feed_forward = nn.Sequential(nn.Linear(HIDDEN, 4 * HIDDEN), nn.GELU(), nn.Linear(4 * HIDDEN, HIDDEN))

    def forward(self, hidden: torch.Tensor, overlaps: bool, is_split: bool = True) -> torch.Tensor:
        """The rows of ``hidden`` [row, element], attending to everybody's rows where the sequence is split."""
        gathered, work = gather(hidden, overlaps) if is_split else (hidden, None)
        query = self.query(self.norm(hidden))
        if work is not None:
            work.wait()
        key, value = self.key_value(self.norm(gathered)).chunk(2, dim=-1)
        attended = nn.functional.scaled_dot_product_attention(heads(query), heads(key), heads(value))
        hidden = hidden + self.output(attended.transpose(0, 1).flatten(1))
        return hidden + self.feed_forward(self.feed_forward_norm(hidden))


def heads(rows: torch.Tensor) -> torch.Tensor:
    """[row, element] as [head, row, element]."""
    return rows.view(len(rows), HEADS, -1).transpose(0, 1)


def gather(hidden: torch.Tensor, overlaps: bool) -> tuple[torch.Tensor, dist.Work | None]:
    """Everybody's rows, there at once or when the work has been waited for."""
    gathered = torch.empty(dist.get_world_size() * len(hidden), HIDDEN)
    work = dist.all_gather(list(gathered.chunk(dist.get_world_size())), hidden, async_op=overlaps)
    return gathered, work


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(8)
    layers = [Layer() for _ in range(LAYERS)]
    inputs = torch.randn(size * ROWS_PER_RANK, HIDDEN)
    own = slice(rank * ROWS_PER_RANK, (rank + 1) * ROWS_PER_RANK)
    with torch.inference_mode():
        expected = inputs
        for layer in layers:
            expected = layer(expected, overlaps=False, is_split=False)
        for overlaps in (False, True):
            dist.barrier()
            start = time.perf_counter()
            hidden = inputs[own]
            for layer in layers:
                hidden = layer(hidden, overlaps)
            seconds = time.perf_counter() - start
            torch.testing.assert_close(hidden, expected[own])
            if rank == 0:
                print(f"{'overlapped' if overlaps else 'waiting':10} all-gathers: {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
