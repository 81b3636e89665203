"""What profilers see of a process group's operations: the events that torch and the library record for them.

A collective under gloo appears twice in ``torch.profiler``: as torch's operator (``c10d::allreduce_``), which takes as
long as it takes to start it, and as the library's work (``gloo:all_reduce``) from its start to its end, with the shapes
of its tensors. The names are those of torch 2.13 (``ProcessGroupGloo.cpp``, ``ProcessGroupNCCL.cpp``).
"""

from __future__ import annotations

import _thread
import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torch import Tensor
from torch._C._autograd import (
    _enable_record_function,
    _profiler_enabled,
    _record_function_with_args_enter,
    _record_function_with_args_exit,
)
from torch._C._profiler import _RecordFunctionFast

GLOO_EVENTS = {
    "all_reduce_coalesced": "all_reduce", "reduce_scatter": "all_reduce", "reduce_scatter_tensor": "all_reduce",
    "all_gather_into_tensor": "all_gather", "all_gather_coalesced": "all_gather", "all_to_all_single": "all_to_all",
}  # fmt: skip
"""What gloo calls operations that it does by another one, or under another name. Others keep torch's name."""

NCCL_EVENTS = {
    "all_reduce_coalesced": "allreduce_coalesced", "reduce_scatter_tensor": "_reduce_scatter_base",
    "all_gather_into_tensor": "_all_gather_base", "all_gather_coalesced": "all_gather_into_tensor_coalesced",
    "all_to_all_single": "all_to_all", "barrier": "all_reduce_barrier",
}  # fmt: skip

Method = TypeVar("Method", bound=Callable[..., Any])


def event_name(operation: str, is_nccl: bool) -> str:
    """``gloo:all_gather`` for ``all_gather_into_tensor``."""
    if is_nccl:
        return f"nccl:{NCCL_EVENTS.get(operation, operation)}"
    return f"gloo:{GLOO_EVENTS.get(operation, operation)}"


def message_event_name(is_receive: bool, rank: int, peer: int, is_nccl: bool) -> str:
    """``gloo:send``; NCCL names both ranks: ``nccl:send 0->1``, ``nccl:recv 1<-0``. A peer of -1 is any."""
    operation = ("recv" if peer >= 0 else "recvAnySource") if is_receive else "send"
    if is_nccl:
        return f"nccl:{operation} {rank}{'<-' if is_receive else '->'}{peer}"
    return f"gloo:{operation}"


class UnrecordedOperations:
    """While it lives, profilers see nothing of what this thread computes: for what the bridge does by torch's
    operations where the library does it by its own."""

    def __init__(self) -> None:
        _enable_record_function(False)

    def __del__(self) -> None:
        _enable_record_function(True)


class LibraryEvent:
    """A library's work from its start to its end, for the profiler that is active as it starts."""

    def __init__(self, name: str, tensors: Sequence[Tensor]) -> None:
        """To be made while `UnrecordedOperations` is alive. ``tensors``: those whose shapes are shown."""
        _enable_record_function(True)
        self._record: Any = _record_function_with_args_enter(name, *tensors)
        _enable_record_function(False)

    def end(self) -> None:
        """The work has ended. Another thread says so, as the library's does: by that, events are asynchronous."""
        ended = _thread.allocate_lock()
        ended.acquire()
        _thread.start_new_thread(self._end, (ended.release,))
        ended.acquire()

    def _end(self, then: Callable[[], None]) -> None:
        record, self._record = self._record, None
        if record is not None:
            _record_function_with_args_exit(record)
        then()


def unrecorded() -> UnrecordedOperations | None:
    """What has to live while the bridge computes; nothing where no profiler is active."""
    return UnrecordedOperations() if _profiler_enabled() else None


def begun(operation: str, is_nccl: bool, tensors: Sequence[Tensor]) -> LibraryEvent | None:
    """The event of a collective that starts now, by torch's name of it; none where no profiler is active."""
    return LibraryEvent(event_name(operation, is_nccl), tensors) if _profiler_enabled() else None


def begun_message(is_receive: bool, rank: int, peer: int, is_nccl: bool, tensor: Tensor) -> LibraryEvent | None:
    """The same for a message between ranks of a group."""
    if not _profiler_enabled():
        return None
    return LibraryEvent(message_event_name(is_receive, rank, peer, is_nccl), (tensor,))


def operator(name: str, *shown: int, others: int) -> Callable[[Method], Method]:
    """Has profilers see a method of a process group as torch's operator of that name in the namespace ``c10d``.

    Args:
        shown: positions of the method's arguments that the operator takes as tensors, whose shapes are shown.
        others: how many arguments without a shape the operator has beside those.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def called(group: Any, *arguments: Any, **keywords: Any) -> Any:
            if not _profiler_enabled():
                return method(group, *arguments, **keywords)
            tensors = [arguments[position] for position in shown if position < len(arguments)]
            with _RecordFunctionFast(f"c10d::{name}", [*tensors, *(0 for _ in range(others))]):
                return method(group, *arguments, **keywords)

        return called  # type: ignore[return-value]

    return decorate
