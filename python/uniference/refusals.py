"""What gloo refuses is refused before anything is sent, with the same type of error and a like message.

Found by calling gloo of torch 2.13 with each mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from uniference.tensors import is_fake
from uniference.wire import Reduction

REDUCTIONS = {
    dist.ReduceOp.SUM: Reduction.SUM,
    dist.ReduceOp.PRODUCT: Reduction.PRODUCT,
    dist.ReduceOp.MIN: Reduction.MINIMUM,
    dist.ReduceOp.MAX: Reduction.MAXIMUM,
    dist.ReduceOp.AVG: Reduction.AVERAGE,
    dist.ReduceOp.BAND: Reduction.BITWISE_AND,
    dist.ReduceOp.BOR: Reduction.BITWISE_OR,
    dist.ReduceOp.BXOR: Reduction.BITWISE_XOR,
}
BITWISE = frozenset({Reduction.BITWISE_AND, Reduction.BITWISE_OR, Reduction.BITWISE_XOR})

GLOO_DATA_TYPES = frozenset(
    {torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int32, torch.int64,
     torch.bool}
)  # fmt: skip
NCCL_DATA_TYPES = GLOO_DATA_TYPES | {torch.float8_e4m3fn, torch.float8_e5m2}


def check_data_type(operation: str, tensor: Tensor, is_nccl: bool) -> None:
    """Only element types that the library calculates with, and complex numbers of them; sends are free of this."""
    dtype = tensor.dtype.to_real() if tensor.is_complex() else tensor.dtype
    if dtype not in (NCCL_DATA_TYPES if is_nccl else GLOO_DATA_TYPES):
        library = "nccl" if is_nccl else "gloo"
        raise RuntimeError(f"Invalid scalar type: {library} has no {operation} of {dtype}")


def reduction_of(operation: str, op: dist.ReduceOp, tensor: Tensor, is_nccl: bool = False) -> Reduction:
    """The operator's number, if it can be applied to the tensor's elements."""
    kind: Any = getattr(op, "op", op)
    reduction = Reduction.SUM if is_nccl and factor_of(op) is not None else REDUCTIONS.get(kind)
    name = str(kind).rpartition(".")[2]
    if reduction is None:
        raise RuntimeError(f"Cannot use ReduceOp.{name} with Gloo: {operation} knows {', '.join(map(str, REDUCTIONS))}")
    if reduction in BITWISE and tensor.dtype.is_floating_point:
        raise RuntimeError(f"Cannot use ReduceOp.{name} with non-integral dtype")
    if reduction is Reduction.AVERAGE and not (tensor.dtype.is_floating_point or tensor.is_complex()):
        raise RuntimeError(f"result type Float can't be cast to the desired output type: {operation} of {tensor.dtype}")
    return reduction


def factor_of(op: dist.ReduceOp) -> Any:
    """What NCCL multiplies all inputs by before it adds them up; ``None`` for other operators than ``PREMUL_SUM``."""
    kind: Any = getattr(op, "op", op)
    state: Any = getattr(op, "__getstate__", None)
    return state()[1] if kind == dist.ReduceOp.PREMUL_SUM and state is not None else None


def check_sparse_reduction(op: dist.ReduceOp, tensor: Tensor) -> None:
    """Of sparse tensors gloo only knows the sum."""
    if tensor.layout is not torch.strided and getattr(op, "op", op) != dist.ReduceOp.SUM:
        raise RuntimeError(
            "ProcessGroupGloo::allreduce: unsupported reduction operation "
            "(allreduce of sparse tensors only works with ReduceOp.SUM)"
        )


def check_sparse(operation: str, tensor: Tensor) -> None:
    """A sparse tensor whose indices and values can be gathered."""
    if is_fake(tensor):
        raise NotImplementedError(
            f"the time of {operation} of sparse tensors depends on how many values they have, which --fake does not "
            f"know; run it without --fake"
        )
    check_data_type(operation, tensor, is_nccl=False)


def check_complex_reduction(operation: str, op: dist.ReduceOp, tensors: Sequence[Tensor]) -> None:
    """Complex numbers have sums and averages only."""
    kind = getattr(op, "op", op)
    if kind not in (dist.ReduceOp.SUM, dist.ReduceOp.AVG) and any(tensor.is_complex() for tensor in tensors):
        raise RuntimeError(f"{operation} does not support {kind} on complex tensors")


def check_single(operation: str, tensors: Sequence[Tensor]) -> Tensor:
    """One dense tensor."""
    if len(tensors) != 1:
        raise RuntimeError(f"ProcessGroupGloo::{operation}: takes a single tensor, got {len(tensors)}")
    check_dense(operation, tensors[0])
    return tensors[0]


def check_dense(operation: str, tensor: Tensor) -> None:
    if tensor.is_nested:
        raise NotImplementedError(f"{operation} of nested tensors is not supported; communicate their values()")
    if tensor.layout is not torch.strided:
        raise NotImplementedError(f"{operation} of {tensor.layout} tensors is not supported; convert it by to_dense()")


def check_members(operation: str, what: str, tensors: Sequence[Tensor], members: int) -> None:
    if len(tensors) != members:
        raise RuntimeError(
            f"ProcessGroupGloo::{operation}: {what} list size {len(tensors)} does not match world size {members}"
        )


def check_list(operation: str, role: str, tensors: Sequence[Tensor], members: int) -> None:
    """The list at the root has a tensor for each member."""
    if len(tensors) != members:
        raise RuntimeError(
            f"ProcessGroupGloo::{operation}: Incorrect {role} list size {len(tensors)}. "
            f"{role.capitalize()} list size should be {members}, same as size of the process group."
        )


def check_alike(operation: str, expected: Tensor, tensors: Sequence[Tensor]) -> None:
    """Tensors of the shape and element type of the expected one."""
    for index, tensor in enumerate(tensors):
        if tensor.dtype != expected.dtype:
            raise RuntimeError(
                f"ProcessGroupGloo::{operation}: invalid tensor type at index {index} "
                f"(expected {expected.dtype}, got {tensor.dtype})"
            )
        if tensor.shape != expected.shape:
            raise RuntimeError(
                f"ProcessGroupGloo::{operation}: invalid tensor size at index {index} "
                f"(expected {tuple(expected.shape)}, got {tuple(tensor.shape)})"
            )


def check_contiguous(tensor: Tensor) -> None:
    if not tensor.is_contiguous():
        raise RuntimeError("input tensor has to be contiguous")


def check_rank(operation: str, role: str, rank: int, members: int) -> None:
    if not 0 <= rank < members:
        raise ValueError(f"{operation}: the {role} is rank {rank}, but the group has ranks 0 to {members - 1}")


def check_splits(sizes: Sequence[int], rows: int, members: int) -> None:
    """Split sizes of ``all_to_all_single``: rows for each member; none stand for equal ones."""
    if not sizes:
        if rows % members != 0:
            raise RuntimeError(f"Tensor's dim 0 does not divide equally across group size: {rows} by {members}")
        return
    if len(sizes) != members:
        raise RuntimeError(f"Number of tensor splits not equal to group size: {len(sizes)}, {members}")
    if sum(sizes) != rows:
        raise RuntimeError(f"Split sizes doesn't match total dim 0 size: {list(sizes)}, {rows}")
