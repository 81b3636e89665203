"""CUDA graphs of described GPUs: capture takes operations down, and a replay executes and charges them again.

While a graph is captured its operations are executed, so that results have shapes and programs go on; afterwards what
they have overwritten is put back, as on a GPU, where capturing executes nothing. A replay executes them on the same
memory: what the graph made and nobody holds any more is made anew, the rest is written where it was. With ``--fake``
that is done for what has values. A replay takes the host as long as dispatching one operation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from uniference import fake
from uniference.gpu import library as native
from uniference.operations import Operation, OperationRecorder, is_view
from uniference.stream_notes import StreamNote
from uniference.traffic import argument_roles, tensors_in
from uniference.wire import StreamCommand

NOT_PERMITTED = "CUDA error: operation not permitted when stream is capturing"

ASKING = frozenset({"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2"})
"""Operations that the host waits for."""

NOT_OF_GRAPHS = frozenset(
    {StreamCommand.SYNCHRONIZE_STREAM, StreamCommand.SYNCHRONIZE_EVENT, StreamCommand.SYNCHRONIZE_DEVICE,
     StreamCommand.DISPATCH, StreamCommand.LAUNCH_GRAPH}
)  # fmt: skip
"""What concerns the host, which takes no part in a replay."""

recorder: OperationRecorder | None = None
"""The rank's, once it has joined a run."""

capture: Capture | None = None
"""The capture that is under way in this process, if one is."""


class Reference(NamedTuple):
    """A tensor of a captured call: its memory, by number, and its place there."""

    memory: int
    dtype: torch.dtype
    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int

    def on(self, storage: Any) -> Tensor:
        """The tensor in a storage."""
        empty = torch.empty(0, dtype=self.dtype, device=storage.device)
        return empty.set_(storage, self.offset, self.size, self.stride)


class Call(NamedTuple):
    """One captured operation or collective, with references in place of tensors."""

    function: Callable[..., Any]
    arguments: Any
    keywords: Any
    results: list[tuple[int, Reference]]
    """New tensors among the results, by their place, and where they were when the graph was captured."""


class Collective(NamedTuple):
    """A collective among a graph's kernels."""

    place: int
    """How many calls come before it."""
    call: Call


@dataclass
class Recording:
    """What a graph holds."""

    work: list[Operation | StreamNote | Collective] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    made: dict[int, StorageWeakRef] = field(default_factory=dict)
    """Memory that the graph makes."""
    held: dict[int, Any] = field(default_factory=dict)
    """Memory that was there before: storages."""
    stream: int = 0


class Capture:
    """The capture of a graph, which its recorder tells of operations."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._numbers: dict[int, int] = {}
        """By the addresses of storages, which are kept by references of all of them."""
        self._former: list[tuple[Any, Tensor]] = []
        self._generators = [(each, each.get_state()) for each in torch.cuda.default_generators]
        self._is_own = False

    # What the recorder tells.

    def before(self, function: Any, arguments: Any, keywords: Any) -> None:
        """An operation is about to be executed."""
        if self._is_own:
            return
        if function._overloadpacket.__name__ in ASKING and on_device(arguments):
            raise RuntimeError(NOT_PERMITTED)
        for place, (name, is_written, _) in enumerate(argument_roles(function)):
            if is_written:
                value = arguments[place] if place < len(arguments) else keywords.get(name)
                self.keep(tensors_in(value))

    def after(self, function: Any, arguments: Any, keywords: Any, result: Any) -> None:
        """An operation has been executed."""
        if self._is_own or is_view(function) or not on_device((arguments, keywords, result)):
            return
        self._take(function, arguments, keywords, result, self.recording.calls.append)

    def collective(self, start: Callable[..., Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        """A collective is about to take place. ``start``: takes inputs and outputs, and gives its work."""
        self.keep(outputs)
        place = len(self.recording.calls)
        self._take(
            start, (list(inputs), list(outputs)), {}, None,
            lambda call: self.recording.work.append(Collective(place, call)), is_collective=True,
        )  # fmt: skip

    # What it makes of that.

    def keep(self, tensors: Iterator[Tensor] | Sequence[Tensor]) -> None:
        """Keeps what memory holds that was there before the capture and is written to now."""
        for tensor in tensors:
            if not tensor.is_cuda or self._number(tensor, is_made=False) in self.recording.made:
                continue
            storage = tensor.untyped_storage()
            if fake.has_values(tensor) and all(each._cdata != storage._cdata for each, _ in self._former):
                with self._own():
                    self._former.append((storage, whole(storage).clone()))

    @contextlib.contextmanager
    def _own(self) -> Iterator[None]:
        self._is_own = True
        try:
            with unaccounted(), paused():
                yield
        finally:
            self._is_own = False

    def _number(self, tensor: Tensor, is_made: bool) -> int:
        storage = tensor.untyped_storage()
        key = int(storage._cdata)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            if is_made:
                self.recording.made[number] = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
            else:
                self.recording.held[number] = storage
        return number

    def _reference(self, tensor: Tensor, is_made: bool = False) -> Reference:
        if tensor.layout is not torch.strided:
            raise NotImplementedError("CUDA graphs with sparse tensors are not simulated; leave the capture out")
        return Reference(
            self._number(tensor, is_made), tensor.dtype, tuple(tensor.shape), tuple(tensor.stride()),
            int(tensor.storage_offset()),
        )  # fmt: skip

    def _take(
        self, function: Any, arguments: Any, keywords: Any, result: Any, append: Callable[[Call], None],
        is_collective: bool = False,
    ) -> None:  # fmt: skip
        have_values = all(fake.has_values(tensor) for tensor in tensors_in((arguments, keywords, result)))
        taken, taken_keywords = self._taken(arguments), self._taken(keywords)
        new = [
            (place, self._reference(tensor, is_made=True))
            for place, tensor in enumerate(tensors_in(result))
            if tensor.is_cuda and int(tensor.untyped_storage()._cdata) not in self._numbers
        ]
        if have_values or is_collective:
            append(Call(function, taken, taken_keywords, new))

    def _taken(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            if value.is_cuda:
                return self._reference(value)
            # Numbers are arguments of kernels; memory of the host is read anew.
            return value.clone() if value.dim() == 0 else value
        if isinstance(value, (list, tuple)):
            return type(value)([self._taken(entry) for entry in value])
        if isinstance(value, dict):
            return {name: self._taken(entry) for name, entry in value.items()}
        return value

    def end(self) -> None:
        """Puts back what the captured operations have changed."""
        with self._own():
            for storage, former in self._former:
                whole(storage).copy_(former)
            for generator, state in self._generators:
                generator.set_state(state)


class CUDAGraph:
    """``torch._C._CUDAGraph``."""

    def __new__(cls, keep_graph: bool = False) -> Any:
        graph = object.__new__(cls)
        graph._recording = None
        graph._pool = (0, 0)
        graph._own_recorder = None
        return graph

    _recording: Recording | None
    _pool: Any
    _own_recorder: OperationRecorder | None
    _former_work: Any

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
        if self._recording is not None:
            raise RuntimeError("This CUDAGraph instance already owns a captured graph; call reset() first")
        if is_capturing():
            raise RuntimeError(NOT_PERMITTED)
        stream = current_stream()
        if stream == 0:
            raise RuntimeError("CUDA graphs must be captured on a non-default stream.")
        self._pool = pool if pool is not None else torch.cuda.graph_pool_handle()
        of_rank = recorder
        if of_rank is None:
            # Nobody charges what this process computes, so far.
            of_rank = self._own_recorder = OperationRecorder()
            of_rank.__enter__()
        recording = self._recording = Recording(stream=stream)
        self._former_work = of_rank.redirect(recording.work)  # type: ignore[arg-type]
        if of_rank.streams is not None:
            of_rank.streams.forget_selected()
        global capture
        of_rank.capture = capture = Capture(recording)

    def capture_end(self) -> None:
        of_rank = self._own_recorder or recorder
        if of_rank is None or of_rank.capture is None or of_rank.capture.recording is not self._recording:
            raise RuntimeError("capture_end() was called, and no capture of this graph is under way")
        recording = of_rank.capture.recording
        of_rank.capture.end()
        of_rank.redirect(self._former_work)
        global capture
        of_rank.capture = capture = None
        if of_rank.streams is not None:
            of_rank.streams.forget_selected()
        recording.work[:] = [
            entry for entry in recording.work if not (isinstance(entry, StreamNote) and entry.command in NOT_OF_GRAPHS)
        ]
        if self._own_recorder is not None:
            self._own_recorder.__exit__(None, None, None)  # type: ignore[no-untyped-call]
            self._own_recorder = None

    def instantiate(self) -> None:
        """Nothing has to be made of what has been taken down."""

    def replay(self) -> None:
        recording = self._recording
        if recording is None:
            raise RuntimeError("Called CUDAGraph::replay without a preceding successful capture.")
        if is_capturing():
            raise RuntimeError(NOT_PERMITTED)
        Replay(recording).run()

    def reset(self) -> None:
        self._recording = None

    def pool(self) -> Any:
        return self._pool

    def register_generator_state(self, state: Any) -> None:
        """Numbers are drawn from the generators' states at each replay."""

    def enable_debug_mode(self) -> None:
        """There is nothing to debug."""

    def debug_dump(self, path: str) -> None:
        raise NotImplementedError("CUDAGraph.debug_dump is not simulated: there is no graph of CUDA's")

    def raw_cuda_graph(self) -> int:
        raise NotImplementedError("CUDAGraph.raw_cuda_graph is not simulated: there is no graph of CUDA's")


class Replay:
    """One execution of a graph."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._storages: dict[int, Any] = dict(recording.held)

    def run(self) -> None:
        """Charges the kernels on the current stream, and computes their values."""
        stream, done = current_stream(), 0
        work: list[Operation | StreamNote] = [
            StreamNote(StreamCommand.SELECT, stream), StreamNote(StreamCommand.LAUNCH_GRAPH, 0),
            StreamNote(StreamCommand.DISPATCH, 0),
        ]  # fmt: skip
        with torch.no_grad(), torch._C._AutoDispatchBelowAutograd():
            for entry in self._recording.work:
                if isinstance(entry, Collective):
                    self._compute(done, entry.place)
                    done = entry.place
                    give(work)
                    work = []
                    self._call(entry.call).wait()
                elif isinstance(entry, StreamNote) and entry.command == StreamCommand.SELECT:
                    is_origin = entry.subject == self._recording.stream
                    work.append(StreamNote(StreamCommand.SELECT, stream if is_origin else entry.subject))
                else:
                    work.append(entry)
            give([*work, StreamNote(StreamCommand.DISPATCH, 1000)])
            self._compute(done, len(self._recording.calls))

    def _compute(self, start: int, end: int) -> None:
        with paused(), unaccounted():
            for call in self._recording.calls[start:end]:
                results = list(tensors_in(self._call(call)))
                for place, reference in call.results:
                    self._deliver(results[place], reference)

    def _call(self, call: Call) -> Any:
        return call.function(*self._given(call.arguments), **self._given(call.keywords))

    def _given(self, value: Any) -> Any:
        if isinstance(value, Reference):
            return value.on(self._storage(value.memory))
        if isinstance(value, (list, tuple)):
            return type(value)([self._given(entry) for entry in value])
        if isinstance(value, dict):
            return {name: self._given(entry) for name, entry in value.items()}
        return value

    def _storage(self, memory: int) -> Any:
        storage = self._storages.get(memory)
        if storage is None:
            storage = self._storages[memory] = strong(self._recording.made[memory])
        return storage

    def _deliver(self, result: Tensor, reference: Reference) -> None:
        """Puts a new tensor where it was when the graph was captured, if that memory is still somebody's."""
        known = strong(self._recording.made[reference.memory])
        if known is None:
            self._storages[reference.memory] = result.untyped_storage()
        else:
            self._storages[reference.memory] = known
            reference.on(known).copy_(result)


def strong(reference: StorageWeakRef) -> Any:
    """The storage, or ``None`` if it is gone."""
    if reference.expired():  # type: ignore[no-untyped-call]
        return None
    return torch.UntypedStorage._new_with_weak_ptr(reference.cdata)


def whole(storage: Any) -> Tensor:
    """All bytes of a storage."""
    return torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage)


def on_device(value: Any) -> bool:
    """Whether any of the tensors is a GPU's."""
    return any(tensor.is_cuda for tensor in tensors_in(value))


def give(work: list[Operation | StreamNote]) -> None:
    """Charges what a graph has the device do."""
    if recorder is not None and recorder.streams is not None:
        recorder.give(work)
        recorder.streams.forget_selected()


def current_stream() -> int:
    """The thread's current stream."""
    library = native.load()
    return int(library.uniference_gpu_current_stream(library.uniference_gpu_current()))


def is_capturing() -> bool:
    """Whether a graph is being captured."""
    return capture is not None


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Nothing is charged meanwhile."""
    if recorder is None:
        yield
    else:
        with recorder.paused():
            yield


@contextlib.contextmanager
def unaccounted() -> Iterator[None]:
    """Memory is not the described device's meanwhile: a graph has its own, which its capture has accounted for."""
    library = native.load()
    library.uniference_gpu_account(0)
    try:
        yield
    finally:
        library.uniference_gpu_account(1)


def install() -> None:
    """Has ``torch.cuda.CUDAGraph`` capture and replay."""
    module: Any = torch._C
    graph: Any = torch.cuda.CUDAGraph
    module._CUDAGraph = CUDAGraph
    graph.__bases__ = (CUDAGraph,)
