"""Sums of sparse tensors as gloo makes them: everybody gathers all indices and values and adds them up.

Source: ``AsyncSparseAllreduceWork`` in ``torch/csrc/distributed/c10d/ProcessGroupGloo.cpp``, torch 2.13.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor

from uniference import profiling
from uniference.group_calls import GroupCalls
from uniference.session import Session
from uniference.tensors import as_real, data_type_code
from uniference.wire import NO_TIMEOUT, Collective, CollectiveCall
from uniference.work import UNSET_TIMEOUT, UniferenceWork

LARGEST_DIMENSIONS = 4
"""Gloo describes a tensor by so many sparse sizes, as many dense ones, and the number of its indices."""


class SparseSums:
    """The sums of sparse tensors that a group has under way, in the order in which they were started.

    What is gathered second has a size that is known only after what is gathered first, so a sum goes on when a rank
    waits for it. The sums before it then do, too: all ranks gather in the same order, whatever they wait for first.
    """

    def __init__(self, calls: GroupCalls) -> None:
        self._calls = calls
        self._under_way: deque[SparseSum] = deque()

    def start(self, tensor: Tensor, options: Any) -> UniferenceWork:
        """Starts a sum; its result replaces the tensor's indices and values."""
        work = SparseSum(self._calls, self, tensor, options)
        self._under_way.append(work)
        if options is None or not options.asyncOp:
            work.wait()
        return work

    def finish_through(self, work: SparseSum) -> None:
        """Finishes all sums up to this one."""
        while self._under_way and not work.is_finished:
            self._under_way.popleft().add_up()


class SparseSum(UniferenceWork):
    """One sum."""

    def __init__(self, calls: GroupCalls, sums: SparseSums, tensor: Tensor, options: Any) -> None:
        super().__init__(calls.session, 0, (tensor,), NO_TIMEOUT)
        self.is_finished = False
        self._calls = calls
        self._sums = sums
        self._tensor = tensor
        self._options = options
        with library_code(calls.session):
            self._event = profiling.begun("sparse_all_reduce", is_nccl=False, tensors=(tensor,))
            self._operand = tensor.coalesce()
            self._description = torch.zeros(calls.members, 2 * LARGEST_DIMENSIONS + 1, dtype=torch.int64)
            self._described = self._gather([description(self._operand)], list(self._description.unbind()))

    def wait(self, timeout: timedelta = UNSET_TIMEOUT) -> bool:
        if not self.is_finished:
            self._sums.finish_through(self)
        if self._exception is not None:
            raise self._exception
        return True

    def is_completed(self) -> bool:
        if not self.is_finished and self._described.is_completed():
            self._sums.finish_through(self)
        return self.is_finished

    def _has_its_result(self) -> bool:
        return self.is_finished and self._exception is None

    def add_up(self) -> None:
        """Gathers what all members have, adds it up, and ends."""
        try:
            self._described.wait()
            with library_code(self._session):
                self._tensor.copy_(self._sum())
        except Exception as error:
            self._exception = error
        self.is_finished = True
        self._end_event()
        self._end_future()

    def _sum(self) -> Tensor:
        rows = self._description.tolist()
        if any(row[:-1] != rows[0][:-1] for row in rows):
            raise RuntimeError("Sparse dimensions do not match")
        own, counts = self._operand, [row[-1] for row in rows]
        sparse_dim, dense_shape = own.sparse_dim(), own.shape[own.sparse_dim() :]
        indices = [own.indices().new_empty(sparse_dim, count) for count in counts]
        values = [own.values().new_empty(count, *dense_shape) for count in counts]
        gathering = [
            self._gather([own.indices().contiguous()], indices),
            self._gather([as_real(own.values().contiguous())], [as_real(part) for part in values]),
        ]
        for work in gathering:
            work.wait()
        parts = [
            torch.sparse_coo_tensor(*part, size=own.shape, check_invariants=False) for part in zip(indices, values)
        ]
        total = parts[0]
        for part in itertools.islice(parts, 1, None):
            total += part
        return total.coalesce()

    def _gather(self, operands: Sequence[Tensor], outputs: Sequence[Tensor]) -> UniferenceWork:
        operand = operands[0]
        call = CollectiveCall(
            Collective.ALL_GATHER, "sparse_all_reduce", dtype_code=data_type_code(operand.dtype),
            elements=operand.numel(), result_count=sum(output.numel() for output in outputs),
            shape=tuple(operand.shape), send_counts=[output.numel() for output in outputs],
        )  # fmt: skip
        return self._calls.collective(call, operands, outputs, Asynchronously(self._options))


@contextlib.contextmanager
def library_code(session: Session) -> Iterator[None]:
    """What is computed inside is the library's work, not the script's. Unlike in the bridge, tensors that are made here
    may become a script's."""
    session.pause()
    guards: Any = (torch._C._DisableTorchDispatch(), profiling.unrecorded())
    try:
        with torch.no_grad():
            yield
    finally:
        del guards
        session.resume()


class Asynchronously:
    """Options of a call that is waited for later, with the time-out of those given."""

    asyncOp = True  # noqa: N815

    def __init__(self, options: Any) -> None:
        self.timeout = None if options is None else options.timeout


def description(tensor: Tensor) -> Tensor:
    """Sparse sizes, dense sizes, the number of indices."""
    sparse_dim = tensor.sparse_dim()
    row = torch.zeros(2 * LARGEST_DIMENSIONS + 1, dtype=torch.int64)
    row[:sparse_dim] = torch.tensor(tensor.shape[:sparse_dim])
    row[LARGEST_DIMENSIONS : LARGEST_DIMENSIONS + tensor.dense_dim()] = torch.tensor(tensor.shape[sparse_dim:])
    row[-1] = tensor._nnz()
    return row
