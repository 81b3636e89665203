"""Every collective once: what it does to four numbers, and how long it takes.

    torchrun --nproc-per-node 4 Examples/pytorch/hello_collectives.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/hello_collectives.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.distributed as dist


def timed(name: str, body: Callable[[], object]) -> None:
    """Prints what ``body`` returns and the time it took, by the script's clock."""
    dist.barrier()
    start = time.perf_counter()
    result = body()
    print(f"{name:15} {result}  {(time.perf_counter() - start) * 1e3:.3f} ms")


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    mine = torch.arange(4.0) + 10 * rank

    def all_reduce() -> list[float]:
        total = mine.clone()
        dist.all_reduce(total)
        return total.tolist()

    def broadcast() -> list[float]:
        values = mine.clone()
        dist.broadcast(values, src=size - 1)
        return values.tolist()

    def all_gather() -> list[list[float]]:
        parts = [torch.empty(4) for _ in range(size)]
        dist.all_gather(parts, mine)
        return [part[:1].tolist() for part in parts]

    def all_to_all() -> list[float]:
        received = torch.empty(size)
        dist.all_to_all_single(received, torch.full((size,), float(rank)))
        return received.tolist()

    def ring() -> list[float]:
        received = torch.empty(4)
        request = dist.isend(mine, (rank + 1) % size)
        dist.recv(received, (rank - 1) % size)
        request.wait()
        return received.tolist()

    def objects() -> list[object]:
        names: list[object] = [None] * size
        dist.all_gather_object(names, {"rank": rank})
        return names

    for body in (all_reduce, broadcast, all_gather, all_to_all, ring, objects):
        timed(body.__name__, body)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
