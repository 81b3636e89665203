"""Operations in which members send each other what is for the other alone, or wait for each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import AllToAllOptions

from uniference import refusals
from uniference.collectives.monitoring import MonitoredBarrier
from uniference.collectives.operands import Operands, underlying
from uniference.collectives.short_forms import short_form
from uniference.profiling import operator
from uniference.tensors import as_real
from uniference.wire import Collective, CollectiveCall
from uniference.work import UniferenceWork


class Exchanging(Operands):
    """``all_to_all``, messages from rank to rank, and barriers."""

    _monitored_barriers = 0

    @operator("alltoall_", others=5)
    @short_form(AllToAllOptions, "timeout", operands=2, in_lists=False)
    def alltoall(self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None) -> UniferenceWork:
        refusals.check_members("alltoall", "input tensor", inputs, self.size())
        refusals.check_members("alltoall", "output tensor", outputs, self.size())
        operands = [self._operand("alltoall", tensor) for tensor in inputs]
        results = [self._operand("alltoall", tensor) for tensor in outputs]
        counts: tuple[list[int], list[int]] = ([], [])
        if self._calls.is_nccl(operands[0]):
            counts = ([tensor.numel() for tensor in operands], [tensor.numel() for tensor in results])
        else:
            refusals.check_alike("alltoall", operands[0], operands)
            refusals.check_alike("alltoall", operands[0], results)
        return self._all_to_all(results, operands, *counts, "all_to_all", opts)

    @operator("alltoall_base_", 0, 1, others=5)
    @short_form(AllToAllOptions, "timeout", operands=4, in_lists=False)
    def all_to_all_single(
        self,
        output: Tensor,
        input: Tensor,
        output_split_sizes: Sequence[int] = (),
        input_split_sizes: Sequence[int] = (),
        opts: Any = None,
    ) -> UniferenceWork:
        output, operand = self._operand("alltoall", output), self._operand("alltoall", input)
        if not operand.is_contiguous():
            raise ValueError("Tensors must be contiguous")
        receive_counts = self._elements(output_split_sizes or (), output)
        send_counts = self._elements(input_split_sizes or (), operand)
        if not send_counts and not receive_counts and output.numel() != operand.numel():
            raise RuntimeError(f"alltoall: in->size == out->size does not hold: {operand.numel()}, {output.numel()}")
        if send_counts or receive_counts:
            send_counts = send_counts or [operand.numel() // self.size()] * self.size()
            receive_counts = receive_counts or [output.numel() // self.size()] * self.size()
        return self._all_to_all((output,), (operand,), send_counts, receive_counts, "all_to_all_single", opts)

    alltoall_base = all_to_all_single

    @operator("send", others=4)
    def send(self, tensors: list[Tensor], destination: int, tag: int) -> UniferenceWork:
        refusals.check_rank("send", "destination", destination, self.size())
        return self._calls.send(self._message("send", tensors), destination, tag)

    @operator("recv_", others=4)
    def recv(self, tensors: list[Tensor], source: int, tag: int) -> UniferenceWork:
        refusals.check_rank("recv", "source", source, self.size())
        return self._calls.receive(self._message("recv", tensors), source, tag)

    @operator("recv_any_source_", others=3)
    def recv_anysource(self, tensors: list[Tensor], tag: int) -> UniferenceWork:
        return self._calls.receive(self._message("recv_anysource", tensors), -1, tag)

    @operator("barrier", others=5)
    @short_form(dist.BarrierOptions, "timeout")
    def barrier(self, opts: Any = None) -> UniferenceWork:
        return self._calls.collective(CollectiveCall(Collective.BARRIER, "barrier"), (), (), opts)

    @operator("monitored_barrier_", others=5)
    def monitored_barrier(self, timeout: timedelta | None = None, wait_all_ranks: bool = False) -> None:
        """A barrier that tells who has not come in time. The usual time-out stands for none: deadlocks are found."""
        given = None if timeout == dist.default_pg_timeout else timeout
        session = self._calls.session
        session.enter()
        try:
            barrier = MonitoredBarrier(self._calls, self.rank(), self._monitored_barriers, given)
            self._monitored_barriers += 1
            barrier.pass_it(wait_all_ranks)
        finally:
            session.leave()

    def _message(self, operation: str, tensors: list[Tensor]) -> Tensor:
        tensor = as_real(underlying(refusals.check_single(operation, tensors)))
        refusals.check_contiguous(tensor)
        return tensor

    def _all_to_all(
        self, outputs: Sequence[Tensor], inputs: Sequence[Tensor], send_counts: Sequence[int],
        receive_counts: Sequence[int], name: str, options: Any,
    ) -> UniferenceWork:  # fmt: skip
        call = self._describe(name, Collective.ALL_TO_ALL, inputs[0])
        call = call._replace(
            elements=sum(tensor.numel() for tensor in inputs), result_count=sum(tensor.numel() for tensor in outputs),
            send_counts=send_counts, receive_counts=receive_counts,
        )  # fmt: skip
        return self._calls.collective(call, inputs, outputs, options)

    def _elements(self, split_sizes: Sequence[int], tensor: Tensor) -> list[int]:
        """Elements for each member, of split sizes in rows; none for equal parts."""
        rows = tensor.shape[0] if tensor.dim() else 1
        refusals.check_splits(split_sizes, rows, self.size())
        row = tensor.numel() // rows if rows else 0
        return [size * row for size in split_sizes]
