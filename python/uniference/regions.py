"""Compiled regions: what functions given to ``torch.compile`` cost, forward and backward.

The functions run as they are, so that values are those of the uncompiled program. Their operations are taken down
together and charged as the kernels that the compiler makes of them (`uniference.fusion`). Calling a region takes the
host as long as dispatching an operation; starting one of its kernels takes a part of that, and nothing where the mode
is ``reduce-overhead``, which replays them as a CUDA graph. A region ends early where the program communicates, reads a
value or uses another stream, as a graph break does.
"""

from __future__ import annotations

import bisect
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from uniference.fusion import Fusion, LiveStorages, StepPlan, is_dense, storage_key
from uniference.stream_notes import StreamNote
from uniference.traffic import tensors_in
from uniference.wire import StreamCommand

if TYPE_CHECKING:
    from uniference.operations import KnownCall, Operation

KERNEL_THOUSANDTHS = 400
"""Host time to start a kernel of a compiled region, in thousandths of an operation's dispatch: what is left without
torch's dispatcher and autograd."""

WHOLE = 1000

MOST_RANGES = 1 << 16
"""So many calls are remembered for their backward passes."""


class Regions:
    """The compiled regions of a rank, for its `OperationRecorder`."""

    def __init__(self, emit: Callable[[int, Operation | StreamNote], None], report: Callable[[], None]) -> None:
        """
        Args:
            emit: takes kernels and what goes with them, with their stream.
            report: called where a region has ended.
        """
        self._emit = emit
        self._report = report
        self._thread = threading.get_ident()
        self._depth = 0
        self._uses_graph = False
        self._open: _Segment | None = None
        self._starts: list[int] = []
        self._ranges: list[tuple[int, int, bool]] = []
        """Numbers of the autograd nodes that calls have made, as half-open intervals, and whether they were graphs."""

    @contextlib.contextmanager
    def call(self, uses_graph: bool) -> Iterator[Callable[[Any], None]]:
        """A call of a compiled function. Gives what takes its result."""
        if self._depth > 0 or threading.get_ident() != self._thread:
            yield lambda result: None
            return
        self.close()
        self._depth, self._uses_graph = 1, uses_graph
        start = torch._C._autograd._get_sequence_nr()
        segment = self._open = _Segment(None, uses_graph)
        outputs: set[int] = set()

        def finish(result: Any) -> None:
            outputs.update(storage_key(local) for local in map(local_part, tensors_in(result)) if is_dense(local))

        try:
            yield finish
        finally:
            self._depth = 0
            # Autograd's outputs alone are needed; what is in the middle of a region goes on.
            self.close(outputs if self._open is segment else None)
            self._remember(start, torch._C._autograd._get_sequence_nr(), uses_graph)

    def _remember(self, start: int, end: int, uses_graph: bool) -> None:
        if end <= start:
            return
        if len(self._ranges) >= MOST_RANGES:
            del self._ranges[: MOST_RANGES // 2], self._starts[: MOST_RANGES // 2]
        if self._starts and start < self._starts[-1]:
            # Made by another thread, whose nodes have numbers of their own.
            return
        self._starts.append(start)
        self._ranges.append((start, end, uses_graph))

    def takes(self) -> bool:
        """Whether what is executed now is a part of a region, which is then open."""
        if self._depth > 0:
            if self._open is None:
                self._open = _Segment(None, self._uses_graph)
            return True
        found = self._backward_range() if self._ranges else None
        if found is None:
            self.close()
            return False
        if self._open is None or self._open.backward_of != found[0]:
            self.close()
            self._open = _Segment(found[0], found[2])
        return True

    def _backward_range(self) -> tuple[int, int, bool] | None:
        node = torch._C._current_autograd_node()
        if node is None:
            return None
        number = node._sequence_nr()
        place = bisect.bisect_right(self._starts, number) - 1
        return self._ranges[place] if place >= 0 and number < self._ranges[place][1] else None

    def add(self, stream: int, known: KnownCall, arguments: Any, keywords: Any, result: Any) -> None:
        """Takes an operation of the open region. To be called where `takes` has said so."""
        if known.step is None:
            known.step = StepPlan.of(known, arguments, keywords, result)
        if known.step.is_dense:
            self._segment(stream).add(known.step, arguments, keywords, result)
        else:
            self.add_kernel(stream, known.step.operation)

    def add_kernel(self, stream: int, operation: Operation) -> None:
        """Takes something that is a kernel by itself: what came before is done by then."""
        segment = self._segment(stream)
        self.flush()
        segment.begin(self._emit)
        self._emit(stream, operation)

    def _segment(self, stream: int) -> _Segment:
        segment = self._open
        if segment is None:
            raise RuntimeError("no compiled region is open")
        if segment.stream != stream:
            self.flush()
            segment.stream = stream
        return segment

    def close(self, outputs: set[int] | None = None) -> None:
        """What comes now is no part of the open region, if one is."""
        if self._open is not None:
            self.flush(outputs)
            self._open.end(self._emit)
            self._open = None
            self._report()

    def flush(self, outputs: set[int] | None = None) -> None:
        """What comes next does not become a part of the kernels so far."""
        segment = self._open
        if segment is None or segment.is_empty:
            return
        segment.begin(self._emit)
        for kernel in segment.take(outputs):
            self._emit(segment.stream, kernel)


class _Segment:
    """A stretch of a region in which nothing else happens."""

    def __init__(self, backward_of: int | None, uses_graph: bool) -> None:
        self.backward_of = backward_of
        """For a backward pass, the first node of its region."""
        self.stream = 0
        self._uses_graph = uses_graph
        self._fusion = Fusion()
        self._live = LiveStorages()
        self.is_empty = True
        self._has_begun = False

    def add(self, plan: StepPlan, arguments: Any, keywords: Any, result: Any) -> None:
        reads = [self._live.note(place.tensor(arguments, keywords, result)) for place, _ in plan.reads]
        writes = [
            self._live.note(place.tensor(arguments, keywords, result), place.is_new) for place, _ in plan.writes
        ]
        self._fusion.add(plan.step(reads, writes))
        self.is_empty = False

    def begin(self, emit: Callable[[int, Operation | StreamNote], None]) -> None:
        if not self._has_begun:
            self._has_begun = True
            emit(self.stream, StreamNote(StreamCommand.LAUNCH_GRAPH, 0))
            emit(self.stream, StreamNote(StreamCommand.DISPATCH, 0 if self._uses_graph else KERNEL_THOUSANDTHS))

    def end(self, emit: Callable[[int, Operation | StreamNote], None]) -> None:
        if self._has_begun:
            emit(self.stream, StreamNote(StreamCommand.DISPATCH, WHOLE))

    def take(self, outputs: set[int] | None) -> list[Operation]:
        """The kernels so far."""
        kernels = list(self._fusion.kernels(lambda key, wise: self._live.is_needed(key, wise, outputs)))
        self._fusion, self._live, self.is_empty = Fusion(), LiveStorages(), True
        return kernels


def local_part(tensor: Tensor) -> Tensor:
    """What a distributed tensor has here, and what one that waits for a collective will be."""
    local = getattr(tensor, "_local_tensor", tensor)
    return getattr(local, "elem", local)
