"""Operations that combine what members contribute."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from uniference import refusals
from uniference.collectives.operands import Operands
from uniference.collectives.short_forms import short_form
from uniference.collectives.sparse import SparseSums
from uniference.profiling import operator
from uniference.tensors import in_memory_order
from uniference.wire import Collective, CollectiveCall, Reduction
from uniference.work import SeveralWorks, UniferenceWork


class Reducing(Operands):
    """``all_reduce``, ``reduce`` and ``reduce_scatter`` in all their forms."""

    @operator("allreduce_", others=6)
    @short_form(dist.AllreduceOptions, "op", "timeout", operands=1)
    def allreduce(self, tensors: list[Tensor], opts: Any = None) -> UniferenceWork:
        self._check_reduction("all_reduce", tensors, opts)
        if len(tensors) == 1 and tensors[0].layout is torch.sparse_coo and not self._calls.is_nccl(tensors[0]):
            refusals.check_sparse("allreduce", tensors[0])
            return self._sparse_sums.start(tensors[0], opts)
        tensor = in_memory_order(self._operand("allreduce", refusals.check_single("allreduce", tensors)))
        call = self._reducing("all_reduce", Collective.ALL_REDUCE, tensor, opts)
        return self._calls.collective(call, self._scaled((tensor,), opts), (tensor,), opts)

    @operator("allreduce_coalesced_", others=5)
    def allreduce_coalesced(self, tensors: list[Tensor], opts: Any = None) -> UniferenceWork:
        """All tensors as one, which is how gloo reduces them."""
        self._check_reduction("all_reduce", tensors, opts)
        operands = [self._operand("allreduce_coalesced", tensor) for tensor in tensors]
        if len({tensor.dtype for tensor in operands}) > 1:
            raise RuntimeError("ProcessGroupGloo::allreduce_coalesced: tensors must all have the same type")
        call = self._reducing("all_reduce_coalesced", Collective.ALL_REDUCE, operands[0], opts)
        count = sum(tensor.numel() for tensor in operands)
        call = call._replace(elements=count, result_count=count, shape=(count,))
        return self._calls.collective(call, self._scaled(operands, opts), operands, opts)

    @operator("reduce_", others=7)
    @short_form(dist.ReduceOptions, "root", "op", "timeout", operands=1)
    def reduce(self, tensors: list[Tensor], opts: Any) -> UniferenceWork:
        self._check_reduction("reduce", tensors, opts)
        tensor = in_memory_order(self._summand("reduce", refusals.check_single("reduce", tensors)))
        return self._reduce_to(tensor, tensor, opts.rootRank, "reduce", opts)

    @operator("reduce_scatter_", others=6)
    @short_form(dist.ReduceScatterOptions, "op", "timeout", operands=2)
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
        output, inputs = in_memory_order(output), [in_memory_order(tensor) for tensor in inputs]
        works = [
            self._reduce_to(tensor, output, member, "reduce_scatter", opts) for member, tensor in enumerate(inputs)
        ]
        return SeveralWorks(self._calls.session, works)

    @operator("_reduce_scatter_base_", 0, 1, others=4)
    def reduce_scatter_single(self, output: Tensor, input: Tensor, opts: Any = None) -> UniferenceWork:
        return self._reduce_rows(output, input, opts)

    _reduce_scatter_base: Any = reduce_scatter_single

    def _reduce_rows(self, output: Tensor, input: Tensor, opts: Any) -> UniferenceWork:
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

    @operator("reduce_scatter_tensor_coalesced_", others=6)
    def reduce_scatter_single_coalesced(
        self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None
    ) -> UniferenceWork:
        return self._each(self._reduce_rows, outputs, inputs, opts)

    reduce_scatter_tensor_coalesced: Any = reduce_scatter_single_coalesced

    @functools.cached_property
    def _sparse_sums(self) -> SparseSums:
        return SparseSums(self._calls.alongside("sparse"))

    def _check_reduction(self, operation: str, tensors: Sequence[Tensor], options: Any) -> None:
        if options is None:
            return
        refusals.check_complex_reduction(operation, options.reduceOp, tensors)
        for tensor in tensors:
            refusals.check_sparse_reduction(options.reduceOp, tensor)

    def _reducing(self, name: str, operation: Collective, tensor: Tensor, options: Any) -> CollectiveCall:
        reduction = Reduction.SUM
        if options is not None:
            reduction = refusals.reduction_of(name, options.reduceOp, tensor, self._calls.is_nccl(tensor))
        return self._describe(name, operation, tensor)._replace(reduction=reduction)

    def _reduce_to(self, tensor: Tensor, output: Tensor, root: int, name: str, options: Any) -> UniferenceWork:
        call = self._reducing(name, Collective.REDUCE, tensor, options)._replace(root=self._root(name, root))
        outputs = (output,) if root == self.rank() else ()
        return self._calls.collective(call, self._scaled((tensor,), options), outputs, options)

    def _reduce_scatter(self, output: Tensor, inputs: Sequence[Tensor], name: str, options: Any) -> UniferenceWork:
        call = self._reducing(name, Collective.REDUCE_SCATTER, output, options)
        call = call._replace(elements=output.numel() * self.size())
        return self._calls.collective(call, self._scaled(inputs, options), (output,), options)

    def _scaled(self, inputs: Sequence[Tensor], options: Any) -> Sequence[Tensor]:
        """Inputs times the factor of NCCL's ``PREMUL_SUM``, which its kernels multiply by; as they are otherwise."""
        factor = None if options is None else refusals.factor_of(options.reduceOp)
        if factor is None:
            return inputs
        with self._calls.session.uncharged():
            return [tensor * factor for tensor in inputs]
