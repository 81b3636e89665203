"""Does hundreds of seeded operations and writes what each rank got into a folder, one file for each rank.

The same file runs under torchrun with gloo and under ``uniference run``; the files have to be equal bit for bit.

    torchrun --nproc-per-node 3 check_against_gloo.py FOLDER
"""

from __future__ import annotations

import pathlib
import random
import sys
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as functional
from torch import Tensor

DTYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int32, torch.int64,
    torch.bool, torch.complex64, torch.complex128, torch.int16, torch.float8_e4m3fn,
]  # fmt: skip
OPERATORS = ["SUM", "PRODUCT", "MIN", "MAX", "AVG", "BAND", "BOR", "BXOR"]
SHAPES = [(1,), (7,), (64,), (1000,), (4, 6), (3, 5, 2), (), (0,), (0, 3), (20_000,)]
GATHERED_SHAPES = [shape for shape in SHAPES if shape]
MESSAGE_SHAPES = [shape for shape in SHAPES if 0 not in shape]
"""Gloo never receives an empty message from anybody."""
ROUNDS = 10


class Checks:
    """The operations. Choices are the same on all ranks; habits and values are each rank's own."""

    def __init__(self) -> None:
        self.rank, self.members = dist.get_rank(), dist.get_world_size()
        self.choices = random.Random(5)
        self.habits = random.Random(self.rank)
        self.values = torch.Generator().manual_seed(100 + self.rank)
        self.is_transposed = False
        self.groups: list[Any] = [None]
        self.results: list[tuple[str, Any]] = []

    def tensor(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Random values of this rank's own."""
        if dtype.is_complex:
            parts = torch.randn((*shape, 2), generator=self.values, dtype=torch.float64)
            return torch.view_as_complex(parts).to(dtype)
        if dtype.is_floating_point:
            return torch.randn(shape, generator=self.values, dtype=torch.float64).to(dtype)
        if dtype is torch.bool:
            return torch.randint(0, 2, shape, generator=self.values).bool()
        return torch.randint(-100 if dtype.is_signed else 0, 100, shape, generator=self.values).to(dtype)

    def operand(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Some of them are not contiguous in memory: on all ranks alike, since gloo mixes elements up otherwise."""
        if len(shape) == 2 and self.is_transposed:
            return self.tensor((shape[1], shape[0]), dtype).t()
        return self.tensor(shape, dtype)

    def pick(self, shapes: list[tuple[int, ...]] = SHAPES) -> tuple[tuple[int, ...], torch.dtype, Any]:
        """Shape, element type and group of the next operations."""
        self.is_transposed = self.choices.random() < 0.5
        return self.choices.choice(shapes), self.choices.choice(DTYPES), self.choices.choice(self.groups)

    def note(self, name: str, operation: Callable[[], Any]) -> None:
        """Keeps what the operation gives, or the type of error that it ends with."""
        try:
            result = operation()
        except Exception as error:
            result = type(error).__name__
        self.results.append((name, result))

    def call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        """Calls synchronously or asynchronously."""
        if self.habits.random() < 0.5:
            work = function(*arguments, async_op=True, **keywords)
            if work is not None:
                work.wait()
        else:
            function(*arguments, **keywords)


def reductions(checks: Checks) -> None:
    for operator in OPERATORS:
        reductions_by(checks, operator)


def reductions_by(checks: Checks, operator: str) -> None:
    shape, dtype, group = checks.pick()
    tensor = checks.operand(shape, dtype)
    members, root = group_ranks(group), group_ranks(group)[-1]
    chosen = getattr(dist.ReduceOp, operator)

    def all_reduce() -> Tensor:
        checks.call(dist.all_reduce, tensor, chosen, group=group)
        return tensor

    def reduce() -> Any:
        reduced = tensor.clone()
        checks.call(dist.reduce, reduced, root, chosen, group=group)
        return reduced if checks.rank == root else None

    def reduce_scatter_tensor() -> Tensor:
        output = checks.tensor((3, *shape[1:]), dtype)
        whole = checks.tensor((3 * len(members), *shape[1:]), dtype)
        checks.call(dist.reduce_scatter_single, output, whole, chosen, group=group)
        return output

    def reduce_scatter() -> Tensor:
        parts = [checks.operand(shape, dtype) for _ in members]
        output = checks.operand(shape, dtype)
        checks.call(dist.reduce_scatter, output, parts, chosen, group=group)
        return output

    if checks.rank in members:
        checks.note(f"all_reduce {operator} {dtype} {shape}", all_reduce)
        checks.note(f"reduce {operator} {dtype} {shape}", reduce)
        checks.note(f"reduce_scatter_tensor {operator} {dtype} {shape}", reduce_scatter_tensor)
        checks.note(f"reduce_scatter {operator} {dtype} {shape}", reduce_scatter)


def copies(checks: Checks) -> None:
    shape, dtype, group = checks.pick(GATHERED_SHAPES)
    members = group_ranks(group)
    root = members[0]
    tensor = checks.operand(shape, dtype)
    if checks.rank not in members:
        return

    def broadcast() -> Tensor:
        checks.call(dist.broadcast, tensor, root, group=group)
        return tensor

    def all_gather() -> list[Tensor]:
        outputs = [checks.operand(shape, dtype) for _ in members]
        checks.call(dist.all_gather, outputs, tensor, group=group)
        return outputs

    def all_gather_single() -> Tensor:
        output = checks.tensor((shape[0] * len(members), *shape[1:]), dtype)
        checks.call(dist.all_gather_single, output, tensor, group=group)
        return output

    def gather() -> Any:
        outputs = [checks.operand(shape, dtype) for _ in members] if checks.rank == root else None
        checks.call(dist.gather, tensor, outputs, root, group=group)
        return outputs

    def scatter() -> Tensor:
        parts = [checks.operand(shape, dtype) for _ in members] if checks.rank == root else None
        output = checks.operand(shape, dtype)
        checks.call(dist.scatter, output, parts, root, group=group)
        return output

    for operation in (broadcast, all_gather, all_gather_single, gather, scatter):
        checks.note(f"{operation.__name__} {dtype} {shape}", operation)


def exchanges(checks: Checks) -> None:
    shape, dtype, group = checks.pick(GATHERED_SHAPES)
    members = group_ranks(group)
    counts = [[checks.choices.randint(0, 5) for _ in members] for _ in members]
    if checks.rank not in members:
        return
    position = members.index(checks.rank)

    def all_to_all() -> list[Tensor]:
        outputs = [checks.operand(shape, dtype) for _ in members]
        checks.call(dist.all_to_all, outputs, [checks.operand(shape, dtype) for _ in members], group=group)
        return outputs

    def all_to_all_single() -> Tensor:
        whole = (shape[0] * len(members), *shape[1:])
        output = checks.tensor(whole, dtype)
        checks.call(dist.all_to_all_single, output, checks.tensor(whole, dtype), group=group)
        return output

    def all_to_all_uneven() -> Tensor:
        sent, received = counts[position], [row[position] for row in counts]
        output = checks.tensor((sum(received), *shape[1:]), dtype)
        operand = checks.tensor((sum(sent), *shape[1:]), dtype)
        checks.call(dist.all_to_all_single, output, operand, received, sent, group=group)
        return output

    for operation in (all_to_all, all_to_all_single, all_to_all_uneven):
        checks.note(f"{operation.__name__} {dtype} {shape}", operation)


def messages(checks: Checks) -> None:
    shape, dtype, _ = checks.pick(MESSAGE_SHAPES)
    sender, receiver = checks.choices.sample(range(checks.members), 2)
    first, second = checks.tensor(shape, dtype), checks.tensor(shape, dtype)

    def tagged() -> Any:
        """Two messages, received in the other order."""
        if checks.rank == sender:
            works = [dist.isend(first, receiver, tag=1), dist.isend(second, receiver, tag=2)]
        elif checks.rank == receiver:
            works = [dist.irecv(second, sender, tag=2), dist.irecv(first, sender, tag=1)]
        else:
            return None
        for work in works:
            work.wait()
        return [first, second]

    def from_anybody() -> Any:
        if checks.rank == sender:
            dist.send(first, receiver, tag=7)
        elif checks.rank == receiver:
            return dist.recv(first, tag=7), first
        return None

    def around() -> Tensor:
        right, left = (checks.rank + 1) % checks.members, (checks.rank - 1) % checks.members
        received = checks.tensor(shape, dtype)
        pair = [dist.P2POp(dist.isend, first, right), dist.P2POp(dist.irecv, received, left)]
        for work in dist.batch_isend_irecv(pair):
            work.wait()
        return received

    for operation in (tagged, from_anybody, around):
        checks.note(f"{operation.__name__} {dtype} {shape}", operation)


def coalesced(checks: Checks) -> None:
    shapes = [(5,), (33,), (2, 3)]
    dtype = checks.choices.choice(DTYPES[:4])
    tensors = [checks.tensor(shape, dtype) for shape in shapes]

    def all_reduce_coalesced() -> list[Tensor]:
        dist.all_reduce_coalesced(tensors)
        return tensors

    def all_reduces_together() -> list[Tensor]:
        with dist._coalescing_manager(async_ops=True) as manager:
            for tensor in tensors:
                dist.all_reduce(tensor)
        manager.wait()
        return tensors

    def all_gathers_together() -> list[Tensor]:
        outputs = [torch.empty(shape[0] * checks.members, *shape[1:], dtype=dtype) for shape in shapes]
        with dist._coalescing_manager():
            for output, tensor in zip(outputs, tensors):
                dist.all_gather_single(output, tensor)
        return outputs

    def reduce_scatters_together() -> list[Tensor]:
        outputs = [torch.empty(shape, dtype=dtype) for shape in shapes]
        with dist._coalescing_manager():
            for output, shape in zip(outputs, shapes):
                dist.reduce_scatter_single(output, checks.tensor((shape[0] * checks.members, *shape[1:]), dtype))
        return outputs

    for operation in (all_reduce_coalesced, all_reduces_together, all_gathers_together, reduce_scatters_together):
        checks.note(f"{operation.__name__} {dtype}", operation)


def functional_collectives(checks: Checks) -> None:
    world = dist.group.WORLD
    tensor = checks.tensor((checks.members * 2, 3), torch.float32)
    operations: dict[str, Callable[[], Tensor]] = {
        "all_reduce": lambda: functional.all_reduce(tensor, "sum", world),
        "all_gather": lambda: functional.all_gather_tensor(tensor, 1, world),
        "reduce_scatter": lambda: functional.reduce_scatter_tensor(tensor, "avg", 0, world),
        "all_to_all": lambda: functional.all_to_all_single(tensor, None, None, world),
        "broadcast": lambda: functional.broadcast(tensor, 1, world),
    }
    for name, operation in operations.items():
        checks.note(f"functional {name}", lambda operation=operation: operation() + 0)


def objects(checks: Checks) -> None:
    mine = {"rank": checks.rank, "values": list(range(checks.rank * 10))}

    def all_gather_object() -> list[Any]:
        gathered: list[Any] = [None] * checks.members
        dist.all_gather_object(gathered, mine)
        return gathered

    def broadcast_object_list() -> list[Any]:
        values = [mine, "text"] if checks.rank == 1 else [None, None]
        dist.broadcast_object_list(values, src=1)
        return values

    def gather_object() -> Any:
        gathered = [None] * checks.members if checks.rank == 0 else None
        dist.gather_object(mine, gathered)
        return gathered

    def scatter_object_list() -> list[Any]:
        output: list[Any] = [None]
        dist.scatter_object_list(output, list(range(checks.members)) if checks.rank == 0 else None)
        return output

    for operation in (all_gather_object, broadcast_object_list, gather_object, scatter_object_list):
        checks.note(operation.__name__, operation)


def mistakes(checks: Checks) -> None:
    """What gloo refuses before anything is sent."""
    n = checks.members
    ones = torch.ones
    operations: dict[str, Callable[[], Any]] = {
        "all_gather of other shapes": lambda: dist.all_gather([ones(4)] * n, ones(3)),
        "all_gather with too few outputs": lambda: dist.all_gather([ones(3)], ones(3)),
        "all_gather of another type": lambda: dist.all_gather([ones(3).double()] * n, ones(3)),
        "all_gather_single of a wrong size": lambda: dist.all_gather_single(ones(7), ones(4, 2)),
        "all_gather_single into a flat tensor": lambda: dist.all_gather_single(ones(8 * n), ones(4, 2)),
        "reduce_scatter of a wrong size": lambda: dist.reduce_scatter_single(ones(3), ones(3 * n + 1)),
        "reduce_scatter of another type": lambda: dist.reduce_scatter_single(ones(3).double(), ones(3 * n)),
        "all_to_all_single of wrong splits": lambda: dist.all_to_all_single(ones(n), ones(n), [n] * n, [n] * n),
        "all_to_all_single of few splits": lambda: dist.all_to_all_single(ones(n), ones(n), [n], [n]),
        "all_to_all_single with a gap": lambda: dist.all_to_all_single(ones(n, 1), ones(n, 4, 4)[:, ::2, 0]),
        "all_to_all of few": lambda: dist.all_to_all([ones(4)], [ones(4)]),
        "send with a gap": lambda: dist.send(ones(4, 4)[:, ::2], (checks.rank + 1) % n),
        "minimum of a sparse tensor": lambda: dist.all_reduce(
            torch.sparse_coo_tensor([[0]], [1.0], (4,)), dist.ReduceOp.MIN
        ),
        "scaled sum": lambda: dist.all_reduce(ones(3), dist._make_nccl_premul_sum(2.0)),
        "coalesced of two types": lambda: dist.all_reduce_coalesced([ones(2), ones(3).double()]),
        "source of a collective": lambda: dist.all_reduce(ones(2), async_op=True)._source_rank(),
    }
    for name, operation in operations.items():
        checks.note(name, operation)


def group_ranks(group: Any) -> list[int]:
    return list(range(dist.get_world_size())) if group is None else GROUP_RANKS[group]


GROUP_RANKS: dict[Any, list[int]] = {}


def make_groups(checks: Checks) -> None:
    """The world and two groups, one of them in another order."""
    ranks = list(range(checks.members))
    for members in (ranks[:-1], ranks[::-1]):
        group = dist.new_group(members, sort_ranks=False)
        key = group if group is not dist.GroupMember.NON_GROUP_MEMBER else f"not in {members}"
        GROUP_RANKS[key] = members
        checks.groups.append(key)


def main(folder: pathlib.Path) -> None:
    warnings.simplefilter("ignore")
    dist.init_process_group("gloo")
    checks = Checks()
    make_groups(checks)
    for _ in range(ROUNDS):
        for part in (reductions, copies, exchanges, messages, coalesced, functional_collectives):
            part(checks)
    objects(checks)
    mistakes(checks)
    dist.barrier()
    torch.save(checks.results, folder / f"{checks.rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
