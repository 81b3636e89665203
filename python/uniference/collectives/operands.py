"""What all operations of a process group have in common: how tensors become operands of calls to the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from uniference import refusals
from uniference.group_calls import GroupCalls
from uniference.tensors import as_real, data_type_code
from uniference.wire import Collective, CollectiveCall
from uniference.work import SeveralWorks, UniferenceWork


class Operands(dist.ProcessGroup):
    """A group that checks operands as the library would and describes them to the engine."""

    def __init__(self, rank: int, calls: GroupCalls) -> None:
        """``rank``: this process's rank in the group."""
        super().__init__(rank, calls.members)  # type: ignore[call-arg]
        self._calls = calls

    def _operand(self, operation: str, tensor: Tensor) -> Tensor:
        """The tensor to transport, of complex ones the parts, if the library takes such ones."""
        return as_real(self._summand(operation, tensor))

    def _summand(self, operation: str, tensor: Tensor) -> Tensor:
        """The tensor to reduce; complex ones as they are, where torch does not take them apart before it calls gloo."""
        tensor = underlying(tensor)
        refusals.check_dense(operation, tensor)
        refusals.check_data_type(operation, tensor, self._calls.is_nccl(tensor))
        return tensor

    def _root(self, operation: str, root: int) -> int:
        refusals.check_rank(operation, "root", root, self.size())
        return root

    def _describe(self, name: str, operation: Collective, tensor: Tensor) -> CollectiveCall:
        count = tensor.numel()
        return CollectiveCall(
            operation, name, dtype_code=data_type_code(tensor.dtype), elements=count, result_count=count,
            shape=tuple(tensor.shape),
        )  # fmt: skip

    def _each(
        self, start: Callable[..., UniferenceWork], outputs: Sequence[Tensor], inputs: Sequence[Tensor], options: Any
    ) -> UniferenceWork:
        """One operation for each pair of tensors, all of which torch treats as one."""
        works = [start(output, operand, options) for output, operand in zip(outputs, inputs)]
        return SeveralWorks(self._calls.session, works)


def underlying(tensor: Tensor) -> Tensor:
    """The tensor that a functional collective's result stands for; others as they are."""
    if type(tensor) is Tensor or type(tensor) is torch.nn.Parameter:
        return tensor
    wait = getattr(tensor, "trigger_wait", None)
    return wait() if wait is not None else tensor
