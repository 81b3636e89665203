"""Prints what profilers see of each operation: the same names, shapes and asynchrony under gloo and in simulation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as functional
from torch.nn.parallel import DistributedDataParallel

NAMESPACES = ("gloo:", "nccl:", "c10d::", "_c10d_functional::")


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def ones(*shape: int) -> torch.Tensor:
    return torch.ones(*shape)


def operations(rank: int, size: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    group, right, left = list(range(size)), (rank + 1) % size, (rank - 1) % size
    parts = lambda: [ones(2) for _ in group]  # noqa: E731
    at = lambda root, tensors: tensors if rank == root else None  # noqa: E731
    complex_ones = torch.ones(3, dtype=torch.complex64)
    model = DistributedDataParallel(torch.nn.Linear(3, 2))
    sending = rank % 2 == 0
    yield "all_reduce", lambda: dist.all_reduce(ones(3, 4))
    yield "all_reduce, asynchronous", lambda: dist.all_reduce(ones(3, 4), async_op=True).wait()
    yield "all_reduce, complex", lambda: dist.all_reduce(complex_ones)
    yield "all_reduce, sparse", lambda: dist.all_reduce(torch.eye(4).to_sparse())
    yield "all_reduce_coalesced", lambda: dist.all_reduce_coalesced([ones(2), ones(3, 2)])
    yield "reduce", lambda: dist.reduce(ones(5), 1)
    yield "broadcast", lambda: dist.broadcast(ones(5, 1), 0)
    yield "all_gather", lambda: dist.all_gather(parts(), ones(2))
    yield "all_gather_into_tensor", lambda: dist.all_gather_into_tensor(ones(2 * size), ones(2))
    yield "all_gather_coalesced", lambda: dist.all_gather_coalesced([[ones(2), ones(3)] for _ in group],
                                                                    [ones(2), ones(3)])
    yield "gather", lambda: dist.gather(ones(2), at(0, parts()), 0)
    yield "scatter", lambda: dist.scatter(ones(2), at(1, parts()), 1)
    yield "reduce_scatter", lambda: dist.reduce_scatter(ones(2), parts())
    yield "reduce_scatter_tensor", lambda: dist.reduce_scatter_tensor(ones(2), ones(2 * size))
    yield "all_to_all", lambda: dist.all_to_all(parts(), parts())
    yield "all_to_all_single", lambda: dist.all_to_all_single(ones(size), ones(size))
    yield "all_to_all_single, split", lambda: dist.all_to_all_single(ones(size, 2), ones(size, 2), [1] * size,
                                                                     [1] * size)
    yield "barrier", lambda: dist.barrier()
    yield "message", lambda: dist.send(ones(2, 2), right) if sending else dist.recv(ones(2, 2), left)
    yield "message from any", lambda: dist.send(ones(2, 2), right) if sending else dist.recv(ones(2, 2))
    yield "batch", lambda: [work.wait() for work in dist.batch_isend_irecv(
        [dist.P2POp(dist.isend, ones(3), right), dist.P2POp(dist.irecv, ones(3), left)])]
    yield "objects", lambda: dist.all_gather_object([None] * size, rank)
    yield "monitored_barrier", lambda: dist.monitored_barrier(timeout=timedelta(seconds=60))
    yield "functional", lambda: functional.reduce_scatter_tensor(
        functional.all_gather_tensor(functional.all_reduce(ones(3), "sum", group), 0, group), "sum", 0, group).sum()
    yield "ddp", lambda: model(ones(2, 3)).sum().backward()
    yield "not waited for", lambda: dist.all_reduce(ones(7), async_op=True)


def profilers() -> Iterator[tuple[str, Any]]:
    yield "torch.profiler", torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True)
    yield "autograd.profiler", torch.autograd.profiler.profile(record_shapes=True)


def main() -> None:
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    for name, operation in operations(rank, dist.get_world_size()):
        for profiler_name, profiler in profilers():
            dist.barrier()
            with profiler:
                under_way = operation()
                if name == "not waited for":
                    # A collective that a profiler does not see end may be missing from what it has seen.
                    time.sleep(0.5)
            if name == "not waited for":
                under_way.wait()
            events = profiler.events() if profiler_name == "torch.profiler" else profiler.function_events
            for event in events:
                if event.name.startswith(NAMESPACES):
                    # Torch tells these two operators of a tensor that it has made for them.
                    shapes = "" if event.name.endswith("barrier") or "monitored" in event.name else event.input_shapes
                    tell(profiler_name, name, event.name, shapes, event.is_async)
    dist.destroy_process_group()


main()
