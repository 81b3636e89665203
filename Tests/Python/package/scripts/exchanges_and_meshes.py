"""Messages in any order, barriers that miss somebody, groups, meshes with DTensors, collectives that have gradients,
and the short forms of a process group's methods."""

from __future__ import annotations

import random
import sys
import time
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as differentiable
import torch.nn.functional as functional
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, SequenceParallel, parallelize_module


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def told(call: Any) -> str:
    """The error that a call raises."""
    try:
        return f"no error: {call()}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def ring(rank: int, members: int) -> None:
    """Eight messages to the right, sent and waited for in any order."""
    order = random.Random(rank)
    received = [torch.zeros(3, dtype=torch.int64) for _ in range(8)]
    works = [dist.irecv(buffer, (rank - 1) % members, tag=tag) for tag, buffer in enumerate(received)]
    for tag in order.sample(range(8), 8):
        works.append(dist.isend(torch.full((3,), 100 * rank + tag), (rank + 1) % members, tag=tag))
    order.shuffle(works)
    for work in works:
        work.wait()
    tell("ring", torch.stack(received).tolist())


def objects(rank: int) -> None:
    received: list[Any] = [None, None]
    if rank == 1:
        dist.send_object_list([{"a": 1}, "b"], dst=0)
    if rank == 0:
        dist.recv_object_list(received, src=1)
    tell("objects", received)


def groups(rank: int, members: int) -> None:
    own, _ = dist.new_subgroups(group_size=2)
    crossing, _ = dist.new_subgroups_by_enumeration([[0, 2], [1, 3]])
    for name, group in (("own", own), ("crossing", crossing)):
        value = torch.ones(1) * rank
        dist.all_reduce(value, group=group)
        tell(name, value.item())
    tell("split", told(lambda: dist.split_group(split_ranks=[[0, 1], [2, 3]])))


class Block(nn.Module):
    """A normalised feed-forward layer with its residual."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values + self.down(functional.gelu(self.up(self.norm(values))))


def meshes() -> None:
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
    tell("mesh", mesh.get_coordinate(), mesh["tensor"].size(), mesh.get_local_rank("data"))
    whole = torch.arange(48.0).view(8, 6)
    parts = distribute_tensor(whole, mesh, [Shard(0), Shard(1)])
    again = parts.redistribute(mesh, [Replicate(), Replicate()]).to_local()
    tell("redistributed", tuple(parts.to_local().shape), torch.equal(again, whole))
    torch.manual_seed(2)
    block, reference = Block(), Block()
    reference.load_state_dict(block.state_dict())
    parallelize_module(block, mesh["tensor"], {
        "norm": SequenceParallel(sequence_dim=0), "up": ColwiseParallel(input_layouts=Shard(0)),
        "down": RowwiseParallel(output_layouts=Shard(0), use_local_output=False),
    })  # fmt: skip
    values = torch.randn(4, 8)
    result = block(distribute_tensor(values, mesh["tensor"], [Shard(0)]))
    assert isinstance(result, DTensor)
    full = result.full_tensor()
    tell("block", torch.allclose(full, reference(values), atol=1e-6), f"{full.sum().item():.6f}")


def gradients(rank: int, members: int) -> None:
    values = torch.ones(3, requires_grad=True)
    total = differentiable.all_reduce(values * (rank + 1))
    total.sum().backward()
    tell("all_reduce", total.tolist(), values.grad)
    values = torch.ones(2, requires_grad=True)
    everything = torch.cat(differentiable.all_gather(values * (rank + 1)))
    (everything * torch.arange(2.0 * members)).sum().backward()
    tell("all_gather", everything.tolist(), values.grad)


def short_forms(rank: int, members: int) -> None:
    world, limit = dist.group.WORLD, timedelta(seconds=60)
    own, each = torch.arange(4.0) + rank, [torch.full((4,), 10.0 * rank + member) for member in range(members)]

    def fresh(count: int = 1) -> list[torch.Tensor]:
        return [torch.zeros(4) for _ in range(count)]

    for name, call in {
        "allreduce": lambda out: world.allreduce(out[0].copy_(own)),
        "allreduce by operator": lambda out: world.allreduce(out[0].copy_(own), dist.ReduceOp.MAX),
        "allreduce of a list": lambda out: world.allreduce(out[:1], op=dist.ReduceOp.PRODUCT, timeout=limit),
        "broadcast": lambda out: world.broadcast(out[0].copy_(own), 1),
        "broadcast by keywords": lambda out: world.broadcast(out[0].copy_(own), root=2, timeout=limit),
        "allgather": lambda out: world.allgather(out, own),
        "gather": lambda out: world.gather(out if rank == 0 else [], own, root=0),
        "scatter": lambda out: world.scatter(out[0], each if rank == 1 else [], root=1),
        "reduce_scatter": lambda out: world.reduce_scatter(out[0], each, dist.ReduceOp.SUM),
        "alltoall": lambda out: world.alltoall(out, each),
        "barrier": lambda out: world.barrier(limit),
    }.items():
        outputs = fresh(members)
        call(outputs).wait()
        tell(name, [output.tolist() for output in outputs])


def barriers(rank: int) -> None:
    """Of the last two, somebody is late; the errors of those that rank 0 leaves behind have addresses in them."""
    dist.barrier()
    dist.monitored_barrier()
    dist.monitored_barrier(timeout=timedelta(seconds=60), wait_all_ranks=True)
    tell("all were there")
    if rank in (1, 3):
        time.sleep(4)
    error = told(lambda: dist.monitored_barrier(timeout=timedelta(seconds=1), wait_all_ranks=True))
    tell(error.splitlines()[0] if rank == 0 else error.startswith("RuntimeError"))


def main() -> None:
    dist.init_process_group("gloo")
    rank, members = dist.get_rank(), dist.get_world_size()
    ring(rank, members)
    objects(rank)
    groups(rank, members)
    meshes()
    gradients(rank, members)
    short_forms(rank, members)
    barriers(rank)


main()
