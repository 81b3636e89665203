"""Ways to run a model over several devices, timed.

    torchrun --nproc-per-node 2 Examples/validation/models.py
    uniference run -n 2 --cluster Examples/four-jetsons.yaml Examples/validation/models.py --cases prefill decode
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
import torch.distributed as dist
from blocks import FEED_FORWARD, HEADS, HIDDEN, Block
from timing import report
from torch import nn
from torch.nn.parallel import DistributedDataParallel

LAYERS, POSITIONS, SEQUENCES, MICRO_BATCHES = 2, 256, 32, 4
STAGGER_S = 1e-3
Action = Callable[[], object]


def tensor_parallel_mlp() -> Action:
    """Column-parallel, then row-parallel, and an all-reduce."""
    size = dist.get_world_size()
    first, second = torch.randn(4 * HIDDEN // size, HIDDEN), torch.randn(HIDDEN, 4 * HIDDEN // size)
    rows = torch.randn(POSITIONS, HIDDEN)

    def action() -> None:
        result = nn.functional.gelu(rows @ first.T) @ second.T
        dist.all_reduce(result)

    return action


def split_blocks() -> list[Block]:
    """Blocks of which every rank has some heads and columns."""
    return [Block(dist.get_rank(), dist.get_world_size()) for _ in range(LAYERS)]


def prefill() -> Action:
    """A prompt's pass through tensor-parallel Llama blocks."""
    blocks, prompt = split_blocks(), torch.randn(1, POSITIONS, HIDDEN)

    def action() -> None:
        rows = prompt
        for block in blocks:
            rows = block(rows)

    return action


def decode() -> Action:
    """One more token of each of several sequences through tensor-parallel Llama blocks."""
    blocks, tokens = split_blocks(), torch.randn(SEQUENCES, 1, HIDDEN)
    heads = HEADS // dist.get_world_size()
    cache = torch.randn(2, SEQUENCES, heads, POSITIONS, HIDDEN // HEADS)

    def action() -> None:
        rows = tokens
        for block in blocks:
            rows = block(rows, (cache[0], cache[1]))

    return action


def pipeline() -> Action:
    """Micro-batches through stages of consecutive layers (GPipe, arXiv 1811.06965)."""
    rank, size = dist.get_rank(), dist.get_world_size()
    blocks = [Block() for _ in range(LAYERS)]
    shape = (1, POSITIONS // MICRO_BATCHES, HIDDEN)
    inputs = torch.randn(shape)

    def action() -> None:
        sends = []
        for _ in range(MICRO_BATCHES):
            rows = inputs
            if rank > 0:
                rows = torch.empty(shape)
                dist.recv(rows, rank - 1)
            for block in blocks:
                rows = block(rows)
            if rank < size - 1:
                sends.append(dist.isend(rows, rank + 1))
        for send in sends:
            send.wait()

    return action


def voltage(overlaps: bool) -> Action:
    """Each rank has a range of positions and all weights (Voltage, Hu and Li, ICDCS 2024).

    Every layer gathers all rows for its keys and values; overlapped, the rank computes its queries meanwhile.
    """
    size = dist.get_world_size()
    blocks, own = [Block() for _ in range(LAYERS)], torch.randn(1, POSITIONS // size, HIDDEN)

    def action() -> None:
        rows = own
        for block in blocks:
            gathered = torch.empty(1, POSITIONS, HIDDEN)
            work = dist.all_gather(list(gathered.chunk(size, dim=1)), rows, async_op=overlaps)
            queries = block.queries(block.normalise(rows, 0))
            if overlaps:
                work.wait()
            keys, values = block.keys_and_values(block.normalise(gathered, 0))
            rows = block.feed_forward(rows + block.attend(queries, keys, values))

    return action


def data_parallel_step() -> Action:
    """Forward, backward with gradients averaged in buckets, and an update."""
    model = DistributedDataParallel(
        nn.Sequential(nn.Linear(HIDDEN, FEED_FORWARD), nn.GELU(), nn.Linear(FEED_FORWARD, HIDDEN)), bucket_cap_mb=4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    inputs, targets = torch.randn(2, POSITIONS, HIDDEN)

    def action() -> None:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()

    return action


CASES: dict[str, tuple[str, bool, Callable[[], Action]]] = {
    "mlp": ("tensor-parallel MLP", False, tensor_parallel_mlp),
    "prefill": ("tensor-parallel Llama block, prefill", False, prefill),
    "decode": ("tensor-parallel Llama block, decode", False, decode),
    "pipeline": ("pipeline of micro-batches", False, pipeline),
    "voltage": ("Voltage", False, lambda: voltage(overlaps=False)),
    "voltage-overlapped": ("Voltage, overlapped", False, lambda: voltage(overlaps=True)),
    "ddp": ("DDP step", True, data_parallel_step),
}


def main() -> None:
    """Times each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--repetitions", type=int, default=7)
    options = parser.parse_args()
    dist.init_process_group("gloo")
    torch.manual_seed(dist.get_rank())
    for case in options.cases:
        name, needs_gradients, make = CASES[case]
        with torch.inference_mode(not needs_gradients):
            report(name, make(), options.repetitions, stagger_s=STAGGER_S, meets=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
