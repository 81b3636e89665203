"""What each torch operation costs: FLOPs and bytes, for clocks that come from a device's figures."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._C._dynamo.eval_frame import (
    _FrameAction as FrameAction,
)
from torch._C._dynamo.eval_frame import (
    _FrameExecStrategy as FrameExecStrategy,
)
from torch._C._dynamo.eval_frame import (
    set_code_exec_strategy,
)
from torch._ops import HigherOrderOperator
from torch.utils._python_dispatch import TorchDispatchMode, is_traceable_wrapper_subclass_type

from uniference.flops import operation_flops
from uniference.kernel_shapes import KernelShape, kernel_shape
from uniference.tensors import data_type_code
from uniference.traffic import Access, bytes_read, bytes_written, tensors_in

OTHER_NAMESPACES = frozenset(
    {"c10d", "_c10d_functional", "_c10d_functional_autograd", "c10d_functional", "_dtensor", "symm_mem", "profiler"}
)
"""Communication, which the bridge charges by itself, and marks for profilers."""

FREE_OPERATIONS = frozenset(
    {"empty", "empty_like", "empty_strided", "empty_permuted", "new_empty", "new_empty_strided", "_unsafe_view",
     "detach", "detach_", "set_", "resize_", "resize_as_", "lift", "lift_fresh", "is_same_size", "is_pinned",
     "_local_scalar_dense", "item", "record_stream", "requires_grad_", "is_nonzero", "sparse_resize_"}
)  # fmt: skip
"""Operations that touch no element, or only one, though their schemas do not say that they are views."""

REPORTING_PERIOD_NS = 1_000_000_000
"""Of real time. How often something is reported changes nothing but when others hear of it."""

wall_time_ns = time.perf_counter_ns
"""The real clock, whatever the script's ``time`` is made to say later."""

STORED_AS = {torch.qint8: torch.int8, torch.quint8: torch.uint8, torch.qint32: torch.int32}
"""Integers by which quantized tensors are computed with."""


@dataclass(frozen=True)
class Operation:
    """One torch operation that was computed, and what it asks of a device."""

    name: str
    """Without namespace and overload: ``mm``."""
    data_type: int
    """The element type in which it computes, by its number in the bridge's protocol."""
    flops: float
    """Floating-point operations; a multiply-add counts as two."""
    bytes_read: float
    bytes_written: float
    shape: KernelShape = field(default=KernelShape(), compare=False)
    """The kernel that it is on a device."""


class OperationRecorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Takes down every operation that the thread which entered it executes: forward, backward, optimizer, in inference
    mode; on tensors with values and on fake ones.

    Costs are those of ``describe``. Composite operations, which inference mode shows whole, are taken down as what they
    are made of; so are operations on wrapper subclasses (``DTensor``: what the rank's shard costs, not the whole). What
    torch tries out on fake tensors of its own, to learn a result's shape, is nobody's work. Functions given to
    ``torch.compile`` run uncompiled, and operators on functions (``flex_attention``, ``cond``) are refused.
    """

    supports_higher_order_operators = True

    def __init__(self, report: Callable[[], None] | None = None) -> None:
        """``report``: called now and then while operations are executed, to pass on what `take` gives."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._operations: list[Operation] = []
        self._report = report
        self._report_due_ns = 0
        self._is_paused = False
        self._surroundings = active_fake_mode()

    def __enter__(self) -> OperationRecorder:
        self._surroundings = active_fake_mode()
        return super().__enter__()  # type: ignore[no-any-return, no-untyped-call]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch would import its compiler, in each rank, to keep it from compiling what follows; this does so without.
        skipped = FrameExecStrategy(FrameAction.SKIP, FrameAction.SKIP)
        set_code_exec_strategy(cls.__torch_dispatch__.__code__, skipped)
        return False

    def take(self) -> list[Operation]:
        """What has been computed since the last call, in order."""
        operations, self._operations = self._operations, []
        return operations

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Takes nothing down meanwhile: for what the bridge itself does."""
        former, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = former

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        keywords = keywords or {}
        if active_fake_mode() != self._surroundings:
            return function(*arguments, **keywords)
        if isinstance(function, HigherOrderOperator):
            name = function._name
            raise NotImplementedError(
                f"what torch's operator {name} costs is not known; run with --compute measured instead"
            )
        if any(is_traceable_wrapper_subclass_type(kind) for kind in types):
            # Torch then asks the subclass, whose operations on plain tensors come here one by one.
            return NotImplemented
        if is_composite(function):
            with self:
                result = function.decompose(*arguments, **keywords)
            if result is not NotImplemented:
                return result
        result = function(*arguments, **keywords)
        if not self._is_paused and not is_free(function):
            operation = describe(function, arguments, keywords, result)
            if operation is not None:
                self._operations.append(operation)
                self._report_at_times()
        return result

    def _report_at_times(self) -> None:
        if self._report is not None and (now_ns := wall_time_ns()) >= self._report_due_ns:
            self._report_due_ns = now_ns + REPORTING_PERIOD_NS
            self._report()


def active_fake_mode() -> tuple[Any, int]:
    """The mode by which tensors are fake, if they are, and how often it has been entered: ``DTensor`` enters the one
    that is there a second time for what it tries out."""
    mode = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE)
    return mode, 0 if mode is None else len(mode.enter_stack)


@functools.cache
def is_composite(function: Any) -> bool:
    """Whether the operation is made of others for every device."""
    return function.namespace == "aten" and torch._C._dispatch_has_kernel_for_dispatch_key(
        function.name(), torch._C.DispatchKey.CompositeImplicitAutograd
    )


@functools.cache
def is_free(function: Any) -> bool:
    """Whether the operation costs a device nothing: communication, metadata, and views, whose results share memory with
    an argument that is not written to."""
    if function.namespace in OTHER_NAMESPACES or function._overloadpacket.__name__ in FREE_OPERATIONS:
        return True
    returned = [value.alias_info for value in function._schema.returns if value.alias_info is not None]
    return bool(returned) and not any(alias.is_write for alias in returned)


def describe(function: Any, arguments: Any, keywords: Any, result: Any) -> Operation | None:
    """The operation with its cost, or ``None`` for one that has nothing to do with tensors.

    FLOPs are those of ``uniference.flops``, bytes those of ``uniference.traffic``.
    """
    access = Access.of(function, arguments, keywords, result)
    if not access.written:
        return None
    return Operation(
        function._overloadpacket.__name__,
        computing_type_code([*tensors_in((arguments, keywords)), *access.written]),
        operation_flops(function, arguments, keywords, result, access),
        bytes_read(access),
        bytes_written(access),
        kernel_shape(function._overloadpacket.__name__, arguments),
    )


def computing_type_code(tensors: list[torch.Tensor]) -> int:
    """The number of the first floating-point type among operands and results, which is what devices compute in; of the
    first type at all if there is none."""
    chosen = next((tensor for tensor in tensors if tensor.is_floating_point() or tensor.is_complex()), tensors[0])
    return data_type_code(STORED_AS.get(chosen.dtype, chosen.dtype))
