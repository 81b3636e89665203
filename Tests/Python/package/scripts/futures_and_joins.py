"""Waits for futures of operations in all the ways that there are, in Python and in torch's C++ code."""

from __future__ import annotations

import sys
import threading
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks, powerSGD_hook
from torch.distributed.algorithms.join import Join
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.futures import collect_all, wait_all
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
RANK, SIZE = dist.get_rank(), dist.get_world_size()


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def started(value: float = 1.0) -> torch.futures.Future:
    """The future of an asynchronous sum that nothing else refers to."""
    return dist.all_reduce(torch.full((4,), value * (RANK + 1)), async_op=True).get_future()


def value_of(future: torch.futures.Future) -> float:
    return future.value()[0].sum().item()


def waited_for_by_torch() -> None:
    tell("then", started().then(lambda future: value_of(future) + 1).then(lambda future: -future.value()).wait())
    tell("wait_all", [tensors[0][0].item() for tensors in wait_all([started(), started(2)])])
    both = collect_all([started(), started(3)]).then(lambda futures: sum(map(value_of, futures.value())))
    tell("collect_all", both.wait())
    several = collect_all([started()])
    while not several.done():
        pass
    tell("polled", several.done())


def waited_for_by_nobody() -> None:
    told = threading.Event()
    started().add_done_callback(lambda future: told.set())
    tell("event", told.wait(60))


def failing() -> None:
    def refuse(future: torch.futures.Future) -> None:
        raise ValueError("no")

    try:
        collect_all([started().then(refuse)]).wait()
    except Exception as error:
        tell("error", "no" in str(error))


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))


def checksum(module: nn.Module) -> float:
    return round(sum(parameter.double().sum().item() for parameter in module.parameters()), 6)


def trained(name: str, module: nn.Module, steps: int) -> None:
    optimizer = torch.optim.SGD(module.parameters(), 0.05)
    for step in range(steps):
        optimizer.zero_grad()
        module(torch.ones(2, 8) * (RANK + 1 + step)).square().mean().backward()
        optimizer.step()
    tell(name, checksum(module))


def reducers() -> None:
    trained("static graph", DistributedDataParallel(model(), static_graph=True), 3)
    trained("small buckets", DistributedDataParallel(model(), bucket_cap_mb=1e-4, gradient_as_bucket_view=True), 3)
    trained("unused", DistributedDataParallel(model(), find_unused_parameters=True), 3)
    halved = DistributedDataParallel(model())
    halved.register_comm_hook(None, default_hooks.fp16_compress_hook)
    trained("fp16 hook", halved, 3)
    compressed = DistributedDataParallel(model())
    state = powerSGD_hook.PowerSGDState(None, matrix_approximation_rank=1, start_powerSGD_iter=2)
    compressed.register_comm_hook(state, powerSGD_hook.powerSGD_hook)
    trained("powerSGD hook", compressed, 4)
    twice = DistributedDataParallel(nn.Linear(4, 1))
    twice(torch.ones(2, 4)).sum().backward(create_graph=True)
    tell("create_graph", twice.module.weight.grad.sum().item())


def joins() -> None:
    for by_initial_size in (True, False):
        module = DistributedDataParallel(model())
        with Join([module], divide_by_initial_world_size=by_initial_size):
            trained(f"joined, {by_initial_size}", module, 2 + RANK)
    module = DistributedDataParallel(model())
    optimizer = ZeroRedundancyOptimizer(module.parameters(), torch.optim.Adam, lr=0.01)
    with Join([module, optimizer]):
        for _ in range(1 + 2 * RANK):
            optimizer.zero_grad()
            module(torch.ones(2, 8) * (RANK + 1)).square().mean().backward()
            optimizer.step()
    tell("joined with its optimizer", checksum(module))


def logged() -> None:
    module = DistributedDataParallel(model())
    trained("logged", module, 2)
    data = module._get_ddp_logging_data()
    tell(sorted((key, value) for key, value in data.items() if "time" not in key and "master" not in key))


for part in (waited_for_by_torch, waited_for_by_nobody, failing, reducers, joins, logged):
    part()
dist.barrier()
dist.destroy_process_group()
