"""Every collective once: what it does to four numbers, and how long it takes.

    torchrun --nproc-per-node 4 Examples/pytorch/hello_collectives.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/hello_collectives.py

Every rank checks its own results; rank 0 prints its own, with the time by the script's clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.distributed as dist

ELEMENTS = 4


def values_of(rank: int) -> torch.Tensor:
    """The numbers that a rank starts with: 10 times its rank, and the next three."""
    return torch.arange(float(ELEMENTS)) + 10 * rank


def all_reduce(rank: int, size: int) -> tuple[object, object]:
    """The sum over all ranks."""
    total = values_of(rank)
    dist.all_reduce(total)
    return total.tolist(), sum(values_of(other) for other in range(size)).tolist()


def broadcast(rank: int, size: int) -> tuple[object, object]:
    """The last rank's numbers."""
    values = values_of(rank)
    dist.broadcast(values, src=size - 1)
    return values.tolist(), values_of(size - 1).tolist()


def all_gather(rank: int, size: int) -> tuple[object, object]:
    """Everybody's numbers."""
    parts = [torch.empty(ELEMENTS) for _ in range(size)]
    dist.all_gather(parts, values_of(rank))
    return [part.tolist() for part in parts], [values_of(other).tolist() for other in range(size)]


def all_to_all_single(rank: int, size: int) -> tuple[object, object]:
    """One number from each rank, meant for this one: 10 times the sender's rank, plus the receiver's."""
    received = torch.empty(size)
    dist.all_to_all_single(received, torch.arange(float(size)) + 10 * rank)
    return received.tolist(), [10.0 * other + rank for other in range(size)]


def ring(rank: int, size: int) -> tuple[object, object]:
    """The numbers of the rank before, while this rank's go to the next one."""
    received = torch.empty(ELEMENTS)
    request = dist.isend(values_of(rank), (rank + 1) % size)
    dist.recv(received, (rank - 1) % size)
    request.wait()
    return received.tolist(), values_of((rank - 1) % size).tolist()


def all_gather_object(rank: int, size: int) -> tuple[object, object]:
    """Everybody's object, pickled on the way."""
    gathered: list[object] = [None] * size
    dist.all_gather_object(gathered, {"rank": rank})
    return gathered, [{"rank": other} for other in range(size)]


def barrier(rank: int, size: int) -> tuple[object, object]:
    """Nothing but waiting for each other."""
    dist.barrier()
    return "all here", "all here"


OPERATIONS: tuple[Callable[[int, int], tuple[object, object]], ...] = (
    all_reduce, broadcast, all_gather, all_to_all_single, ring, all_gather_object, barrier)


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    if size < 2:
        raise SystemExit("1 rank has nobody to talk to: start at least 2")
    print(f"hello from rank {rank} of {size}")
    for operation in OPERATIONS:
        dist.barrier()
        start = time.perf_counter()
        result, expected = operation(rank, size)
        seconds = time.perf_counter() - start
        if result != expected:
            raise SystemExit(f"{operation.__name__} gave rank {rank} {result}, expected {expected}")
        if rank == 0:
            print(f"{operation.__name__:17} {result}  {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
