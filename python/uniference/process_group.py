"""The process group that a script gets in simulation instead of gloo's or NCCL's.

Torch's C++ code calls a Python process group by the names in ``torch/csrc/distributed/c10d/PyProcessGroup.hpp``, its
Python code by those in ``torch/distributed/distributed_c10d.py``; both spellings are here where they differ.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any, Mapping, Optional, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from uniference import refusals
from uniference.group_calls import GroupCalls, underlying
from uniference.session import Session
from uniference.tensors import as_real, data_type_code
from uniference.wire import Collective, CollectiveCall, Reduction
from uniference.work import SeveralWorks, UniferenceWork

BACKEND = "uniference"
"""The name under which the process group is registered."""


class UniferenceProcessGroup(dist.ProcessGroup):
    """Every operation of ``torch.distributed``, in virtual time. Values are those that gloo gives."""

    def __init__(
        self,
        session: Session,
        store: dist.Store,
        rank: int,
        world_ranks: Sequence[int],
        name: str,
        backends: Mapping[str, str],
        timeout: Optional[timedelta] = None,
    ) -> None:
        """
        Args:
            rank: this process's rank in the group.
            world_ranks: all members' ranks in the world, in group order.
            name: torch's name of the group, the same on all members.
            backends: what the script has asked for, by type of device.
            timeout: what the script has given for all operations; ``None`` if nothing.
        """
        super().__init__(rank, len(world_ranks))
        self._group_name = name
        self._group_description = "undefined"
        self._store = store
        self._backends = dict(backends)
        self._calls = GroupCalls(session, name, world_ranks, backends, timeout)

    # What torch asks of a group.

    def getBackendName(self) -> str:  # noqa: N802
        """What C++ code asks for, some of which takes a group that calls itself gloo for gloo's own class."""
        return BACKEND

    def name(self) -> str:
        """The backend that the script has asked for."""
        return next(iter(self._backends.values()))

    _get_backend_name = name

    def getGroupName(self) -> str:  # noqa: N802
        """Torch's name of the group. Torch keeps it in a backend's C++ object, of which there is none."""
        return self._group_name

    def setGroupName(self, name: str) -> None:  # noqa: N802
        self._group_name = name

    def getGroupDesc(self) -> str:  # noqa: N802
        return self._group_description

    def setGroupDesc(self, description: str) -> None:  # noqa: N802
        self._group_description = description

    group_name = property(getGroupName)
    group_desc = property(getGroupDesc)
    _set_group_name = setGroupName
    _set_group_desc = setGroupDesc

    @property
    def _device_types(self) -> list[torch.device]:
        return [torch.device(kind) for kind in self._backends]

    def _get_backend(self, device: torch.device) -> UniferenceProcessGroup:
        if device.type not in self._backends:
            raise RuntimeError(f"No backend type associated with device type {device.type}")
        return self

    supports_splitting = False
    supports_coalescing = False
    supports_time_estimate = False

    def supports_tensor_alloc(self, device: torch.device) -> bool:
        return False

    def get_group_store(self) -> dist.Store:
        return self._store

    def set_timeout(self, timeout: timedelta) -> None:
        self._calls.set_timeout(timeout)

    _set_default_timeout = set_timeout

    def _set_sequence_number_for_group(self) -> None:
        """Sequence numbers serve to find mismatches, which the engine does."""

    def shutdown(self) -> None:
        """There is nothing to shut down: the engine's groups end with the run."""

    def abort(self) -> None:
        """Likewise."""

    def _start_coalescing(self, device: torch.device) -> None:
        if self._backends.get(device.type) != "nccl":
            raise RuntimeError(f"Backend {self._backends.get(device.type)} does not implement startCoalescing")
        self._calls.start_coalescing()

    def _end_coalescing(self, device: torch.device) -> UniferenceWork:
        return self._calls.end_coalescing()

    # Reductions.

    def allreduce(self, tensors: list[Tensor], opts: Any = None) -> UniferenceWork:
        self._check_reduction("all_reduce", tensors, opts)
        tensor = self._operand("allreduce", refusals.check_single("allreduce", tensors))
        call = self._reducing("all_reduce", Collective.ALL_REDUCE, tensor, opts)
        return self._calls.collective(call, (tensor,), (tensor,), opts)

    def allreduce_coalesced(self, tensors: list[Tensor], opts: Any = None) -> UniferenceWork:
        """All tensors as one, which is how gloo reduces them."""
        self._check_reduction("all_reduce", tensors, opts)
        operands = [self._operand("allreduce_coalesced", tensor) for tensor in tensors]
        if len({tensor.dtype for tensor in operands}) > 1:
            raise RuntimeError("ProcessGroupGloo::allreduce_coalesced: tensors must all have the same type")
        call = self._reducing("all_reduce_coalesced", Collective.ALL_REDUCE, operands[0], opts)
        count = sum(tensor.numel() for tensor in operands)
        call = call._replace(count=count, result_count=count, shape=(count,))
        return self._calls.collective(call, operands, operands, opts)

    def reduce(self, tensors: list[Tensor], opts: Any) -> UniferenceWork:
        self._check_reduction("reduce", tensors, opts)
        tensor = self._summand("reduce", refusals.check_single("reduce", tensors))
        return self._reduce_to(tensor, tensor, opts.rootRank, "reduce", opts)

    def reduce_scatter(
        self, output_tensors: list[Tensor], input_lists: list[list[Tensor]], opts: Any = None
    ) -> UniferenceWork:
        """A reduction to each member, one after another, as in gloo; in NCCL one operation if the parts are equal."""
        self._check_reduction("reduce", output_tensors, opts)
        output = self._summand("reduce_scatter", refusals.check_single("reduce_scatter", output_tensors))
        inputs = [self._summand("reduce_scatter", tensor) for tensor in input_lists[0]]
        refusals.check_members("reduce_scatter", "input tensor", inputs, self.size())
        refusals.check_alike("reduce_scatter", output, inputs[self.rank() : self.rank() + 1])
        if self._calls.is_nccl(output) and len({tensor.shape for tensor in inputs}) == 1:
            return self._reduce_scatter(output, inputs, "reduce_scatter", opts)
        works = [
            self._reduce_to(tensor, output, member, "reduce_scatter", opts) for member, tensor in enumerate(inputs)
        ]
        return SeveralWorks(self._calls.session, works)

    def reduce_scatter_single(self, output: Tensor, input: Tensor, opts: Any = None) -> UniferenceWork:
        self._check_reduction("all_reduce", (input,), opts)
        output, operand = self._summand("reduce_scatter", output), self._summand("reduce_scatter", input)
        if output.dtype != operand.dtype:
            raise RuntimeError(f"Check failed: output.dtype() == input.dtype() ({output.dtype} vs. {operand.dtype}).")
        if output.numel() * self.size() != operand.numel():
            raise RuntimeError(
                f"Check failed: outputShape[0] * worldSize == inputShape[0]: {tuple(output.shape)} on each of "
                f"{self.size()} ranks cannot take {tuple(operand.shape)}"
            )
        return self._reduce_scatter(output, (operand,), "reduce_scatter_tensor", opts)

    _reduce_scatter_base = reduce_scatter_single

    def reduce_scatter_single_coalesced(
        self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None
    ) -> UniferenceWork:
        works = [self.reduce_scatter_single(output, operand, opts) for output, operand in zip(outputs, inputs)]
        return SeveralWorks(self._calls.session, works)

    reduce_scatter_tensor_coalesced = reduce_scatter_single_coalesced

    # Copies to all.

    def broadcast(self, tensors: list[Tensor], opts: Any) -> UniferenceWork:
        tensor = self._operand("broadcast", refusals.check_single("broadcast", tensors))
        root = self._root("broadcast", opts.rootRank)
        call = self._describe("broadcast", Collective.BROADCAST, tensor)._replace(root=root)
        is_root = root == self.rank()
        return self._calls.collective(call, (tensor,) if is_root else (), () if is_root else (tensor,), opts)

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

    def all_gather_single(self, output: Tensor, input: Tensor, opts: Any = None) -> UniferenceWork:
        output, operand = self._operand("allgather", output), self._operand("allgather", input)
        if not self._calls.is_nccl(operand) or output.numel() != operand.numel() * self.size():
            self._check_rows(output, operand)
        return self._all_gather((output,), (operand,), "all_gather_into_tensor", opts)

    _allgather_base = all_gather_single

    def all_gather_single_coalesced(
        self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None
    ) -> UniferenceWork:
        works = [self.all_gather_single(output, operand, opts) for output, operand in zip(outputs, inputs)]
        return SeveralWorks(self._calls.session, works)

    allgather_into_tensor_coalesced = all_gather_single_coalesced

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

    # From and to one.

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
            if len(outputs) != self.size():
                raise RuntimeError(
                    f"ProcessGroupGloo::gather: Incorrect output list size {len(outputs)}. "
                    f"Output list size should be {self.size()}, same as size of the process group."
                )
            refusals.check_alike("gather", operand, outputs)
        call = self._describe("gather", Collective.GATHER, operand)
        call = call._replace(root=root, result_count=sum(output.numel() for output in outputs))
        return self._calls.collective(call, (operand,), outputs, opts)

    def scatter(
        self, output_tensors: list[Tensor], input_lists: list[list[Tensor]], opts: Any
    ) -> UniferenceWork:
        output = self._operand("scatter", refusals.check_single("scatter", output_tensors))
        root = self._root("scatter", opts.rootRank)
        inputs: list[Tensor] = []
        if root == self.rank():
            inputs = [self._operand("scatter", tensor) for tensor in input_lists[0]]
            if len(inputs) != self.size():
                raise RuntimeError(
                    f"ProcessGroupGloo::scatter: Incorrect input list size {len(inputs)}. "
                    f"Input list size should be {self.size()}, same as size of the process group."
                )
            refusals.check_alike("scatter", output, inputs)
        call = self._describe("scatter", Collective.SCATTER, output)
        call = call._replace(root=root, count=sum(tensor.numel() for tensor in inputs))
        return self._calls.collective(call, inputs, (output,), opts)

    # From all to all.

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

    # Messages and barriers.

    def send(self, tensors: list[Tensor], destination: int, tag: int) -> UniferenceWork:
        refusals.check_rank("send", "destination", destination, self.size())
        return self._calls.send(self._message("send", tensors), destination, tag)

    def recv(self, tensors: list[Tensor], source: int, tag: int) -> UniferenceWork:
        refusals.check_rank("recv", "source", source, self.size())
        return self._calls.receive(self._message("recv", tensors), source, tag)

    def recv_anysource(self, tensors: list[Tensor], tag: int) -> UniferenceWork:
        return self._calls.receive(self._message("recv_anysource", tensors), -1, tag)

    def barrier(self, opts: Any = None) -> UniferenceWork:
        return self._calls.collective(CollectiveCall(Collective.BARRIER, "barrier"), (), (), opts)

    def monitored_barrier(self, timeout: Optional[timedelta] = None, wait_all_ranks: bool = False) -> None:
        """A barrier whose time-out, if not the usual one, is its own. The engine names who is missing."""
        options = dist.BarrierOptions()
        options.asyncOp = False
        if timeout is not None and timeout != dist.default_pg_timeout:
            options.timeout = timeout
        self._calls.collective(CollectiveCall(Collective.BARRIER, "monitored_barrier"), (), (), options)

    # What the operations have in common.

    def _operand(self, operation: str, tensor: Tensor) -> Tensor:
        """The tensor to transport, of complex ones the parts, if the library takes such ones."""
        return as_real(self._summand(operation, tensor))

    def _summand(self, operation: str, tensor: Tensor) -> Tensor:
        """The tensor to reduce; complex ones as they are, where torch does not take them apart before it calls gloo."""
        tensor = underlying(tensor)
        refusals.check_dense(operation, tensor)
        refusals.check_data_type(operation, tensor, self._calls.is_nccl(tensor))
        return tensor

    def _message(self, operation: str, tensors: list[Tensor]) -> Tensor:
        tensor = as_real(underlying(refusals.check_single(operation, tensors)))
        refusals.check_contiguous(tensor)
        return tensor

    def _root(self, operation: str, root: int) -> int:
        refusals.check_rank(operation, "root", root, self.size())
        return root

    def _describe(self, name: str, operation: Collective, tensor: Tensor) -> CollectiveCall:
        count = tensor.numel()
        return CollectiveCall(
            operation, name, dtype_code=data_type_code(tensor.dtype), count=count, result_count=count,
            shape=tuple(tensor.shape),
        )  # fmt: skip

    def _check_reduction(self, operation: str, tensors: Sequence[Tensor], options: Any) -> None:
        if options is None:
            return
        refusals.check_complex_reduction(operation, options.reduceOp, tensors)
        for tensor in tensors:
            refusals.check_sparse_reduction(options.reduceOp, tensor)

    def _reducing(self, name: str, operation: Collective, tensor: Tensor, options: Any) -> CollectiveCall:
        reduction = Reduction.SUM if options is None else refusals.reduction_of(name, options.reduceOp, tensor)
        return self._describe(name, operation, tensor)._replace(reduction=reduction)

    def _reduce_to(self, tensor: Tensor, output: Tensor, root: int, name: str, options: Any) -> UniferenceWork:
        call = self._reducing(name, Collective.REDUCE, tensor, options)._replace(root=self._root(name, root))
        return self._calls.collective(call, (tensor,), (output,) if root == self.rank() else (), options)

    def _reduce_scatter(self, output: Tensor, inputs: Sequence[Tensor], name: str, options: Any) -> UniferenceWork:
        call = self._reducing(name, Collective.REDUCE_SCATTER, output, options)
        call = call._replace(count=output.numel() * self.size())
        return self._calls.collective(call, inputs, (output,), options)

    def _all_gather(
        self, outputs: Sequence[Tensor], inputs: Sequence[Tensor], name: str, options: Any
    ) -> UniferenceWork:
        call = self._describe(name, Collective.ALL_GATHER, inputs[0])
        count = sum(tensor.numel() for tensor in inputs)
        result_count = sum(tensor.numel() for tensor in outputs)
        call = call._replace(count=count, result_count=result_count)
        if result_count != count * self.size():
            call = call._replace(send_counts=[tensor.numel() for tensor in outputs])
        return self._calls.collective(call, inputs, outputs, options)

    def _all_to_all(
        self, outputs: Sequence[Tensor], inputs: Sequence[Tensor], send_counts: Sequence[int],
        receive_counts: Sequence[int], name: str, options: Any,
    ) -> UniferenceWork:  # fmt: skip
        call = self._describe(name, Collective.ALL_TO_ALL, inputs[0])
        call = call._replace(
            count=sum(tensor.numel() for tensor in inputs), result_count=sum(tensor.numel() for tensor in outputs),
            send_counts=send_counts, receive_counts=receive_counts,
        )  # fmt: skip
        return self._calls.collective(call, inputs, outputs, options)

    def _check_rows(self, output: Tensor, operand: Tensor) -> None:
        """The output's rows have to be the operands of all members, one below another."""
        rows = tuple(operand.shape[:1]) and (operand.shape[0] * self.size(), *operand.shape[1:])
        if tuple(output.shape) != rows or output.dtype != operand.dtype:
            refusals.check_alike("allgather", operand, output.chunk(self.size()))
            raise RuntimeError(
                f"ProcessGroupGloo::allgather: invalid output tensor size (expected {rows}, got {tuple(output.shape)})"
            )

    def _elements(self, split_sizes: Sequence[int], tensor: Tensor) -> list[int]:
        """Elements for each member, of split sizes in rows; none for equal parts."""
        rows = tensor.shape[0] if tensor.dim() else 1
        refusals.check_splits(split_sizes, rows, self.size())
        row = tensor.numel() // rows if rows else 0
        return [size * row for size in split_sizes]
