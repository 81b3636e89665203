"""Compiled models and functions that communicate: what torch.compile traces, breaks at, and leaves alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as functional
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
RANK, SIZE = dist.get_rank(), dist.get_world_size()
GROUP = list(range(SIZE))


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))


def trained(name: str, module: nn.Module, call: Callable[[torch.Tensor], torch.Tensor]) -> None:
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    for step in range(3):
        loss = call(torch.ones(2, 8) * (RANK + 1)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tell(name, step, round(loss.item(), 5))


def parallel_data(backend: str) -> None:
    module = DistributedDataParallel(model())
    trained(f"{backend} ddp", module, torch.compile(module, backend=backend))
    inner = model()
    module = DistributedDataParallel(torch.compile(inner, backend=backend))
    trained(f"{backend} ddp of compiled", module, module)


def shards(backend: str) -> None:
    module = model()
    for layer in (module[0], module[2]):
        layer.compile(backend=backend)
        fully_shard(layer)
    fully_shard(module)
    trained(f"{backend} fsdp of compiled", module, module)
    module = model()
    fully_shard(module[0])
    fully_shard(module)
    trained(f"{backend} fsdp", module, torch.compile(module, backend=backend))


def parallel_tensors(backend: str) -> None:
    module = model()
    parallelize_module(module, init_device_mesh("cpu", (SIZE,)), {"0": ColwiseParallel(), "2": RowwiseParallel()})
    trained(f"{backend} tensor parallel", module, torch.compile(module, backend=backend))


def traced_as_a_whole(backend: str) -> None:
    def function(values: torch.Tensor) -> torch.Tensor:
        doubled = values * 2
        dist.all_reduce(doubled)
        rows = torch.empty(SIZE * 3)
        dist.all_gather_into_tensor(rows, values)
        return doubled + rows.sum() + functional.all_reduce(values, "sum", GROUP)

    compiled = torch.compile(function, backend=backend, fullgraph=True)
    for step in range(2):
        tell(backend, "whole", compiled(torch.ones(3) * (RANK + step)).tolist())


def traced_in_parts(backend: str) -> None:
    group = dist.new_group(GROUP)

    def function(values: torch.Tensor) -> torch.Tensor:
        doubled = values * 2
        dist.barrier()
        time.perf_counter()
        dist.all_reduce(doubled, async_op=True).wait()
        dist.broadcast(doubled, 0, group=group)
        received = torch.empty_like(doubled)
        operations = [dist.P2POp(dist.isend, doubled + RANK, (RANK + 1) % SIZE),
                      dist.P2POp(dist.irecv, received, (RANK - 1) % SIZE)]
        for work in dist.batch_isend_irecv(operations):
            work.wait()
        return received + dist.get_rank(group) + dist.get_world_size()

    compiled = torch.compile(function, backend=backend)
    for step in range(2):
        tell(backend, "parts", compiled(torch.ones(3) * (RANK + step)).tolist())


PARTS = (parallel_data, shards, parallel_tensors, traced_as_a_whole, traced_in_parts)
for backend, parts in (("eager", PARTS), ("aot_eager", PARTS), ("inductor", (parallel_data,))):
    for part in parts:
        part(backend)
        torch._dynamo.reset()
dist.barrier()
dist.destroy_process_group()
