"""What small scripts do in passing: empty tensors, every element type, checkpoints, workers that load data, FSDP1,
futures, groups that only members make, groups made anew, time-outs, and CUDA where there is none."""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as checkpoint
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def refused(call: Any) -> str:
    """The type of error that a call raises."""
    try:
        return str(call())
    except Exception as error:
        return type(error).__name__


def tensors_of_every_kind(rank: int, size: int) -> None:
    empty = torch.zeros(0)
    dist.all_reduce(empty)
    dist.all_gather([torch.zeros(0) for _ in range(size)], empty)
    scalar = torch.tensor(2.0)
    dist.all_reduce(scalar)
    transposed = torch.arange(12.0).reshape(3, 4).t() * rank
    dist.broadcast(transposed, 1)
    tell(scalar.item(), transposed.tolist())
    for dtype in (torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int64, torch.bool, torch.complex64):
        values = torch.ones(4).to(dtype)
        tell(dtype, refused(partial(dist.all_reduce, values)), values.tolist())
    for op in (dist.ReduceOp.AVG, dist.ReduceOp.PRODUCT, dist.ReduceOp.BAND, dist.ReduceOp.PREMUL_SUM):
        values = torch.ones(2)
        tell(op, refused(partial(dist.all_reduce, values, op)), values.tolist())
    ragged = [torch.zeros(3 + member) for member in range(size)]
    tell("ragged", refused(lambda: dist.all_gather(ragged, torch.ones(3 + rank))))


def works(rank: int, size: int) -> None:
    under_way = [dist.all_reduce(torch.ones(1000) * number, async_op=True) for number in range(20)]
    tell(under_way[3].get_future().then(lambda future: future.value()[0][0].item()).wait())
    dist.all_reduce(torch.ones(8), async_op=True)
    for work in under_way:
        work.wait()
    received = torch.zeros(5)
    operations = [dist.P2POp(dist.isend, torch.full((5,), float(rank)), (rank + 1) % size),
                  dist.P2POp(dist.irecv, received, (rank - 1) % size)]
    for work in dist.batch_isend_irecv(operations):
        work.wait()
    tell(received.tolist())


def training(rank: int, size: int) -> None:
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(64, 8), torch.randn(64, 1))
    loader = DataLoader(data, batch_size=4, sampler=DistributedSampler(data), num_workers=2)
    model = DistributedDataParallel(nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
    tell("workers", round(loss.item(), 5))
    layers = nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 8))
    sharded = FullyShardedDataParallel(layers, device_id=torch.device("cpu"))
    loss = sharded(torch.ones(2, 64)).sum()
    loss.backward()
    tell("fsdp", round(loss.item(), 5))


def checkpoints(rank: int, size: int) -> None:
    folder = [tempfile.mkdtemp() if rank == 0 else None]
    dist.broadcast_object_list(folder)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 16), nn.Linear(16, 4))
    fully_shard(model)
    checkpoint.save({"model": model.state_dict()}, checkpoint_id=folder[0])
    before = model[0].weight.full_tensor().sum().item()
    with torch.no_grad():
        model[0].weight.zero_()
    state = {"model": model.state_dict()}
    checkpoint.load(state, checkpoint_id=folder[0])
    model.load_state_dict(state["model"])
    tell("checkpoint", before != 0, model[0].weight.full_tensor().sum().item() == before)


def groups(rank: int, size: int) -> None:
    pair = [0, 3] if rank in (0, 3) else [1, 2]
    group = dist.new_group(pair, use_local_synchronization=True)
    values = torch.ones(2) * (rank + 1)
    dist.all_reduce(values, group=group)
    tell(pair, values.tolist())
    if rank < 2:
        own = dist.new_group([0, 1], use_local_synchronization=True)
        dist.all_reduce(values, group=own)
        tell("own", values.tolist())
    subgroup, _ = dist.new_subgroups(2)
    dist.all_reduce(values, group=subgroup)
    tell("subgroup", values.tolist())


def groups_made_anew(rank: int, size: int, folder: str) -> None:
    """A first world in which ranks have called different numbers of collectives does not matter to the next one."""
    for number in range(2):
        dist.init_process_group(
            "gloo", init_method=f"file://{folder}/{number}", rank=rank, world_size=size, timeout=timedelta(seconds=60))
        group = dist.new_group()
        impatient = dist.new_group(timeout=timedelta(seconds=2))
        values = torch.ones(2) * (rank + number)
        dist.all_reduce(values, group=group)
        tell("world", number, values.tolist())
        if number == 0 and rank == 0:
            message = ""
            try:
                dist.barrier(impatient)
            except RuntimeError as error:
                message = str(error)
            tell("alone", any(word in message for word in (" Timed out ", " closed ", " timeout ")))
        dist.monitored_barrier(timeout=timedelta(seconds=30))
        dist.destroy_process_group()


def cuda_where_there_is_none() -> None:
    cuda = torch.cuda
    for function in (cuda.is_available, cuda.synchronize, cuda.Event, cuda.current_stream, cuda.Stream,
                     cuda.memory_allocated, cuda.empty_cache, cuda.current_device, cuda.device_count):
        tell(function.__name__, refused(function))


def main() -> None:
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    for part in (tensors_of_every_kind, works, training, checkpoints, groups):
        part(rank, size)
    cuda_where_there_is_none()
    folder = [tempfile.mkdtemp()]
    dist.broadcast_object_list(folder)
    dist.destroy_process_group()
    groups_made_anew(rank, size, folder[0])


main()
