"""Sums of sparse tensors, of every element type and shape that gloo takes or refuses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
RANK = dist.get_rank()
TYPES = (torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.complex64, torch.float16, torch.int16)


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def shown(tensor: torch.Tensor) -> tuple[Any, ...]:
    whole = tensor.coalesce()
    return tensor.is_coalesced(), whole.indices().tolist(), whole.values().tolist(), tuple(tensor.shape), tensor.dtype


def attempt(name: str, call: Callable[[], Any]) -> None:
    try:
        result = call()
    except (RuntimeError, NotImplementedError) as error:
        result = type(error).__name__
    tell(name, result)


def repeated_indices() -> Any:
    tensor = torch.sparse_coo_tensor([[RANK, RANK + 1, RANK]], [1.5, 2.0, 3.0 + RANK], (8,))
    dist.all_reduce(tensor)
    return shown(tensor)


def rows_while_others_go_on() -> Any:
    tensor = torch.sparse_coo_tensor([[0, RANK]], torch.arange(6.0).reshape(2, 3) * (RANK + 1), (8, 3))
    work = dist.all_reduce(tensor, async_op=True)
    dense = torch.ones(2)
    dist.all_reduce(dense)
    work.wait()
    return shown(tensor), dense.tolist(), [shown(result) for result in work.get_future().wait()]


def nothing_on_some() -> Any:
    tensor = torch.eye(3).to_sparse() if RANK == 0 else torch.sparse_coo_tensor(size=(3, 3))
    dist.all_reduce(tensor)
    return shown(tensor)


def two_in_another_order() -> Any:
    first, second = torch.eye(3).to_sparse(), torch.eye(3).to_sparse() * 2
    works = [dist.all_reduce(tensor, async_op=True) for tensor in (first, second)]
    for work in works if RANK == 0 else reversed(works):
        work.wait()
    return shown(first), shown(second)


def of_type(dtype: torch.dtype) -> Any:
    tensor = torch.sparse_coo_tensor([[RANK, 2]], torch.tensor([1, 2]).to(dtype), (4,))
    dist.all_reduce(tensor)
    return shown(tensor)


def of_sizes_that_differ() -> Any:
    tensor = torch.eye(3 + (RANK == 1)).to_sparse()
    dist.all_reduce(tensor)
    return shown(tensor)


def sparse_gradients() -> Any:
    embedding = torch.nn.Embedding(10, 2, sparse=True)
    torch.nn.init.ones_(embedding.weight)
    model = torch.nn.parallel.DistributedDataParallel(embedding)
    for _ in range(3):
        model.zero_grad()
        model(torch.tensor([RANK, RANK + 1, 5])).sum().backward()
    return shown(embedding.weight.grad)


attempt("repeated indices", repeated_indices)
attempt("rows", rows_while_others_go_on)
attempt("nothing", nothing_on_some)
attempt("order", two_in_another_order)
for dtype in TYPES:
    attempt(str(dtype), partial(of_type, dtype))
attempt("maximum", lambda: dist.all_reduce(torch.eye(3).to_sparse(), dist.ReduceOp.MAX))
attempt("rows compressed", lambda: dist.all_reduce(torch.eye(3).to_sparse_csr()))
attempt("broadcast", lambda: dist.broadcast(torch.eye(3).to_sparse(), 0))
attempt("gradients", sparse_gradients)
attempt("sizes", of_sizes_that_differ)
dist.destroy_process_group()
