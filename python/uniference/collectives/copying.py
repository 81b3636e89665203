"""Operations that bring what one member has to others, or what all have to one or all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import AllgatherOptions, GatherOptions, ScatterOptions

from uniference import refusals
from uniference.collectives.operands import Operands
from uniference.collectives.short_forms import short_form
from uniference.profiling import operator
from uniference.tensors import in_memory_order
from uniference.wire import Collective
from uniference.work import UniferenceWork


class Copying(Operands):
    """``broadcast``, ``all_gather``, ``gather`` and ``scatter`` in all their forms."""

    @operator("broadcast_", others=6)
    @short_form(dist.BroadcastOptions, "root", "timeout", operands=1)
    def broadcast(self, tensors: list[Tensor], opts: Any) -> UniferenceWork:
        tensor = in_memory_order(self._operand("broadcast", refusals.check_single("broadcast", tensors)))
        root = self._root("broadcast", opts.rootRank)
        call = self._describe("broadcast", Collective.BROADCAST, tensor)._replace(root=root)
        is_root = root == self.rank()
        sent, received = ((tensor,), ()) if is_root else ((), (tensor,))
        return self._calls.collective(call, sent, received, opts, shown=(tensor,))

    @operator("allgather_", others=5)
    @short_form(AllgatherOptions, "timeout", operands=2)
    def allgather(
        self, output_lists: list[list[Tensor]], input_tensors: list[Tensor], opts: Any = None
    ) -> UniferenceWork:
        operand = self._operand("allgather", refusals.check_single("allgather", input_tensors))
        outputs = [self._operand("allgather", tensor) for tensor in output_lists[0]]
        if len(outputs) != self.size():
            raise RuntimeError(
                f"ProcessGroupGloo::allgather: invalid output tensor list at index 0 "
                f"(expected length {self.size()}, got {len(outputs)})"
            )
        if not self._calls.is_nccl(operand):
            refusals.check_alike("allgather", operand, outputs)
        return self._all_gather(outputs, (operand,), "all_gather", opts)

    @operator("_allgather_base_", 0, 1, others=3)
    def all_gather_single(self, output: Tensor, input: Tensor, opts: Any = None) -> UniferenceWork:
        return self._gather_rows(output, input, opts)

    _allgather_base: Any = all_gather_single

    def _gather_rows(self, output: Tensor, input: Tensor, opts: Any) -> UniferenceWork:
        output, operand = self._operand("allgather", output), self._operand("allgather", input)
        if not self._calls.is_nccl(operand) or output.numel() != operand.numel() * self.size():
            self._check_rows(output, operand)
        return self._all_gather((output,), (operand,), "all_gather_into_tensor", opts)

    @operator("allgather_into_tensor_coalesced_", others=4)
    def all_gather_single_coalesced(
        self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None
    ) -> UniferenceWork:
        return self._each(self._gather_rows, outputs, inputs, opts)

    allgather_into_tensor_coalesced: Any = all_gather_single_coalesced

    @operator("allgather_coalesced_", others=4)
    def allgather_coalesced(
        self, output_lists: list[list[Tensor]], inputs: list[Tensor], opts: Any = None
    ) -> UniferenceWork:
        """All tensors as one. ``output_lists`` has a list for each member."""
        refusals.check_members("allgather_coalesced", "output tensor", output_lists, self.size())  # type: ignore[arg-type]
        for outputs in output_lists:
            refusals.check_members("allgather_coalesced", "member's tensor", outputs, len(inputs))
        operands = [self._operand("allgather_coalesced", tensor) for tensor in inputs]
        outputs = [self._operand("allgather_coalesced", tensor) for tensor in itertools.chain(*output_lists)]
        return self._all_gather(outputs, operands, "all_gather_coalesced", opts)

    @operator("gather_", others=6)
    @short_form(GatherOptions, "root", "timeout", operands=2)
    def gather(
        self, output_lists: list[list[Tensor]], input_tensors: list[Tensor], opts: Any
    ) -> UniferenceWork:
        operand = self._summand("gather", refusals.check_single("gather", input_tensors))
        if operand.is_complex():
            raise RuntimeError(f"Invalid scalar type: there is no gather of {operand.dtype}")
        root = self._root("gather", opts.rootRank)
        outputs: list[Tensor] = []
        if root == self.rank():
            outputs = output_lists[0]
            refusals.check_list("gather", "output", outputs, self.size())
            refusals.check_alike("gather", operand, outputs)
        call = self._describe("gather", Collective.GATHER, operand)
        call = call._replace(root=root, result_count=sum(output.numel() for output in outputs))
        return self._calls.collective(call, (operand,), outputs, opts)

    @operator("scatter_", others=6)
    @short_form(ScatterOptions, "root", "timeout", operands=2)
    def scatter(
        self, output_tensors: list[Tensor], input_lists: list[list[Tensor]], opts: Any
    ) -> UniferenceWork:
        output = self._operand("scatter", refusals.check_single("scatter", output_tensors))
        root = self._root("scatter", opts.rootRank)
        inputs: list[Tensor] = []
        if root == self.rank():
            inputs = [self._operand("scatter", tensor) for tensor in input_lists[0]]
            refusals.check_list("scatter", "input", inputs, self.size())
            refusals.check_alike("scatter", output, inputs)
        call = self._describe("scatter", Collective.SCATTER, output)
        call = call._replace(root=root, elements=sum(tensor.numel() for tensor in inputs))
        return self._calls.collective(call, inputs, (output,), opts)

    def _all_gather(
        self, outputs: Sequence[Tensor], inputs: Sequence[Tensor], name: str, options: Any
    ) -> UniferenceWork:
        call = self._describe(name, Collective.ALL_GATHER, inputs[0])
        count = sum(tensor.numel() for tensor in inputs)
        result_count = sum(tensor.numel() for tensor in outputs)
        call = call._replace(elements=count, result_count=result_count)
        if result_count != count * self.size():
            call = call._replace(send_counts=[tensor.numel() for tensor in outputs])
        return self._calls.collective(call, inputs, outputs, options)

    def _check_rows(self, output: Tensor, operand: Tensor) -> None:
        """The output's rows have to be the operands of all members, one below another."""
        rows = tuple(operand.shape[:1]) and (operand.shape[0] * self.size(), *operand.shape[1:])
        if tuple(output.shape) != rows or output.dtype != operand.dtype:
            refusals.check_alike("allgather", operand, output.chunk(self.size()))
            raise RuntimeError(
                f"ProcessGroupGloo::allgather: invalid output tensor size (expected {rows}, got {tuple(output.shape)})"
            )
