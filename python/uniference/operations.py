"""What each torch operation costs: FLOPs and bytes, for clocks that come from a device's figures."""

from __future__ import annotations

import contextlib
import functools
import os
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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

from uniference import fake
from uniference.flops import operation_flops, operator_formula
from uniference.kernel_shapes import KernelShape, kernel_shape
from uniference.stream_notes import StreamNote
from uniference.tensors import data_type_code
from uniference.traffic import Access, bytes_read, bytes_written, distinct_bytes, tensors_in

if TYPE_CHECKING:
    from uniference.gpu.graphs import Capture
    from uniference.gpu.stream_listening import StreamNotes
    from uniference.kernel_costs import Cost
    from uniference.regions import Regions

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

COPIES = frozenset({"copy_", "_to_copy", "_foreach_copy_", "_copy_from"})
"""Operations that copy between devices."""

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


@dataclass
class KnownCall:
    """What calls of one signature have in common."""

    function: Any
    operation: Operation | None
    """``None`` for a call that the device is not concerned by."""
    may_be_copy: bool
    """Whether it copies between devices, if its tensors are on several."""
    step: Any = None
    """As a part of a compiled region: `fusion.StepPlan`, once it has been one."""


class OperationRecorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Takes down every operation that the thread which entered it executes: forward, backward, optimizer, in inference
    mode; on tensors with values and on fake ones.

    Costs are those of ``describe``. Composite operations, which inference mode shows whole, are taken down as what they
    are made of; so are operations on wrapper subclasses (``DTensor``: what the rank's shard costs, not the whole). What
    torch tries out on fake tensors of its own, to learn a result's shape, is nobody's work. Functions given to
    ``torch.compile`` run uncompiled and are charged as compiled (`regions`). Operators on functions
    (``flex_attention``, ``cond``) run as they do without a mode.
    """

    supports_higher_order_operators = True

    def __init__(self, report: Callable[[], None] | None = None) -> None:
        """``report``: called now and then while operations are executed, to pass on what `take` gives."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._work: list[Operation | StreamNote] = []
        self.take_signature: Callable[[], int] | None = None
        """Tells calls apart by their shapes, where all operations come by the library for described GPUs: calls of one
        signature cost the same. 0 where the last call has none."""
        self._known: dict[tuple[int, Any], KnownCall] = {}
        self.streams: StreamNotes | None = None
        """What scripts for CUDA do with their streams, taken down between the operations."""
        self.regions: Regions | None = None
        """What ``torch.compile`` has been given, once it has been."""
        self.capture: Capture | None = None
        """The CUDA graph that is being captured, if one is."""
        self._report = report
        self._report_due_ns = 0
        self._is_paused = False
        self._surroundings = active_fake_mode()
        _recorders.add(self)

    def __enter__(self) -> OperationRecorder:
        self._surroundings = active_fake_mode()
        return super().__enter__()  # type: ignore[no-any-return, no-untyped-call]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch would import its compiler, in each rank, to keep it from compiling what follows; this does so without.
        skipped = FrameExecStrategy(FrameAction.SKIP, FrameAction.SKIP)
        set_code_exec_strategy(cls.__torch_dispatch__.__code__, skipped)
        return False

    def take(self) -> list[Operation | StreamNote]:
        """What the device has been given since the last call, in order. What a graph being captured holds is given when
        it is replayed."""
        if self.capture is not None:
            return []
        self.finish_kernels()
        if self.streams is not None:
            self.streams.select_current()
        work, self._work = self._work, []
        return work

    def charge(self, name: str, cost: Cost) -> None:
        """Takes down a kernel that torch does not know."""
        self._add_kernel(Operation(name, data_type_code(cost.dtype), cost.flops, cost.bytes_read, cost.bytes_written))

    def note(self, note: StreamNote) -> None:
        """Takes down what a script does with a stream."""
        if not self._is_paused:
            self.finish_kernels()
            self._work.append(note)

    def finish_kernels(self) -> None:
        """What comes next does not become a part of kernels that have been begun."""
        if self.regions is not None:
            self.regions.flush()

    def give(self, work: list[Operation | StreamNote]) -> None:
        """Takes down what the device is given as a whole."""
        self.finish_kernels()
        self._work += work
        self.report_at_times()

    def redirect(self, work: list[Operation | StreamNote]) -> list[Operation | StreamNote]:
        """From now on takes everything down there, and gives where it was taken down before."""
        self.finish_kernels()
        former, self._work = self._work, work
        return former

    @property
    def is_paused(self) -> bool:
        """Whether nothing is taken down."""
        return self._is_paused

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
            return self._run_operator_on_functions(function, arguments, keywords)
        if any(is_traceable_wrapper_subclass_type(kind) for kind in types):
            # Torch then asks the subclass, whose operations on plain tensors come here one by one.
            return NotImplemented
        if is_composite(function):
            with self:
                result = function.decompose(*arguments, **keywords)
            if result is not NotImplemented:
                return result
        if self.capture is not None:
            self.capture.before(function, arguments, keywords)
        if self._is_paused or is_free(function):
            result = function(*arguments, **keywords)
            if keywords.get("pin_memory") and self.streams is not None:
                self.streams.note_factory(keywords, result)
            if self.capture is not None:
                self.capture.after(function, arguments, keywords, result)
            return result
        result = self._execute(function, arguments, keywords)
        if self.capture is not None:
            self.capture.after(function, arguments, keywords, result)
        return result

    def _execute(self, function: Any, arguments: Any, keywords: Any) -> Any:
        if self.take_signature is None:
            result = function(*arguments, **keywords)
            self._take_down(self._know(function, arguments, keywords, result), arguments, keywords, result)
            return result
        self.take_signature()
        result = function(*arguments, **keywords)
        signature = self.take_signature()
        # Operations that the library sees as the same one can have other arguments.
        key = (signature, function)
        known = self._known.get(key) if signature else None
        if known is None:
            known = self._know(function, arguments, keywords, result)
            if signature:
                self._known[key] = known
        self._take_down(known, arguments, keywords, result)
        return result

    def _know(self, function: Any, arguments: Any, keywords: Any, result: Any) -> KnownCall:
        concerns = self.streams is None or self.streams.concerns(arguments, keywords, result)
        operation = describe(function, arguments, keywords, result) if concerns else None
        return KnownCall(function, operation, function._overloadpacket.__name__ in COPIES)

    def _take_down(self, known: KnownCall, arguments: Any, keywords: Any, result: Any) -> None:
        operation = known.operation
        if operation is None:
            return
        if known.may_be_copy and self.streams is not None:
            if self.streams.take_copies(operation.name, arguments, keywords, result):
                return
        if self.regions is not None and self.regions.takes():
            stream = 0 if self.streams is None else self.streams.current()
            self.regions.add(stream, known, arguments, keywords, result)
        else:
            self._append(operation)

    def _add_kernel(self, operation: Operation) -> None:
        if self.regions is not None and self.regions.takes():
            self.regions.add_kernel(0 if self.streams is None else self.streams.current(), operation)
        else:
            self._append(operation)

    def _run_operator_on_functions(self, operator: HigherOrderOperator, arguments: Any, keywords: Any) -> Any:
        """Runs ``flex_attention``, ``cond`` and others as they run without a mode. What has a formula is one kernel;
        others are charged as the operations inside."""
        formula = operator_formula(operator)
        if operator._name == "cond":
            choice, if_true, if_false, operands = arguments
            with self:
                return (if_true if choice else if_false)(*operands)
        if formula is None:
            kernel = kernel_of(operator, [*tensors_in((arguments, keywords))])
            with self:
                return kernel(*arguments, **keywords)
        from uniference import flex

        with self.paused():
            result = None if fake.has_values(arguments[0]) else flex.without_values(operator, arguments)
            if result is None:
                with self:
                    result = kernel_of(operator, [*tensors_in((arguments, keywords))])(*arguments, **keywords)
            share = flex.share_of_scores(operator, arguments)
        if not self._is_paused:
            read, written = [*tensors_in((arguments, keywords))], [*tensors_in(result)]
            flops = share * float(formula(*arguments, **keywords, out_val=result))
            self._add_kernel(
                Operation(
                    operator._name, computing_type_code([*read, *written]), flops, float(distinct_bytes(read)),
                    float(distinct_bytes(written)),
                )
            )  # fmt: skip
        return result

    def _append(self, operation: Operation) -> None:
        if self._is_paused:
            return
        if self.streams is not None:
            self.streams.select_current()
        self._work.append(operation)
        self.report_at_times()

    def emit(self, stream: int, entry: Operation | StreamNote) -> None:
        """Takes down a part of a compiled region, on the stream that it was given to."""
        if self.streams is not None and (selection := self.streams.selection(stream)) is not None:
            self._work.append(selection)
        self._work.append(entry)

    def report_at_times(self) -> None:
        """Passes on what has been taken down, now and then."""
        if self._report is not None and (now_ns := wall_time_ns()) >= self._report_due_ns:
            self._report_due_ns = now_ns + REPORTING_PERIOD_NS
            self._report()


def _pause_in_child() -> None:
    """What a process forked by a rank computes, a data loader's worker for instance, is not the rank's work."""
    for recorder in list(_recorders):
        recorder._is_paused = True


_recorders: weakref.WeakSet[OperationRecorder] = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pause_in_child)


def active_fake_mode() -> tuple[Any, int]:
    """The mode by which tensors are fake, if they are, and how often it has been entered: ``DTensor`` enters the one
    that is there a second time for what it tries out."""
    mode = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE)
    return mode, 0 if mode is None else len(mode.enter_stack)


def kernel_of(operator: HigherOrderOperator, tensors: list[torch.Tensor]) -> Callable[..., Any]:
    """What an operator on functions runs on the device of its tensors.

    Raises ``NotImplementedError`` where torch has only a compiler's way to run it.
    """
    keys = torch._C.DispatchKey
    is_cuda = any(tensor.device.type == "cuda" for tensor in tensors)
    for key in (keys.CUDA if is_cuda else keys.CPU, keys.CompositeExplicitAutograd):
        if (kernel := operator.py_kernels.get(key)) is not None:
            return kernel
    raise NotImplementedError(f"torch's operator {operator._name} runs only in compiled programs")


@functools.cache
def is_composite(function: Any) -> bool:
    """Whether the operation is made of others on every device. Some are only for derivatives, and one kernel else."""
    if function.namespace != "aten":
        return False
    has_kernel = functools.partial(torch._C._dispatch_has_kernel_for_dispatch_key, function.name())
    keys = torch._C.DispatchKey
    return has_kernel(keys.CompositeImplicitAutograd) and not has_kernel(keys.CPU)


@functools.cache
def is_free(function: Any) -> bool:
    """Whether the operation costs a device nothing: communication, metadata, and views, whose results share memory with
    an argument that is not written to."""
    if function.namespace in OTHER_NAMESPACES or function._overloadpacket.__name__ in FREE_OPERATIONS:
        return True
    return is_view(function)


@functools.cache
def is_view(function: Any) -> bool:
    """Whether results share memory with an argument that is not written to."""
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
