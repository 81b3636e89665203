"""Takes down what happens on a described GPU's streams, between the operations."""

from __future__ import annotations

import ctypes
from typing import Any

from uniference.gpu import host_copies
from uniference.gpu import library as native
from uniference.operations import OperationRecorder
from uniference.session import Session
from uniference.stream_notes import StreamNote
from uniference.traffic import tensors_in
from uniference.wire import StreamCommand

PICOSECONDS_PER_MILLISECOND = 1e9

UNKNOWN_STREAM = -1


class StreamNotes:
    """Listens to torch's streams and events, and answers what depends on their times."""

    def __init__(self, library: ctypes.CDLL, session: Session, recorder: OperationRecorder) -> None:
        self._library = library
        self._session = session
        self._recorder = recorder
        self._selected = 0
        # Events that torch numbers count up from 1; those made here have numbers of their own.
        self._last_own_event = 0
        self._listener = native.StreamListener(
            native.Synchronize(self._synchronize),
            native.Record(self._record),
            native.Record(self._block),
            native.SynchronizeEvent(self._synchronize_event),
            native.Query(self._query),
            native.Elapsed(self._elapsed),
        )
        library.uniference_gpu_listen(ctypes.byref(self._listener))

    def concerns(self, arguments: Any, keywords: Any, result: Any) -> bool:
        """Whether an operation takes place on a GPU rather than on the host."""
        return any(tensor.device.type == "cuda" for tensor in tensors_in((arguments, keywords, result)))

    def current(self) -> int:
        """The thread's current stream."""
        return int(self._library.uniference_gpu_current_stream(self._library.uniference_gpu_current()))

    def select_current(self) -> None:
        """What follows is given to the thread's current stream."""
        self.select(self.current())

    def select(self, stream: int) -> None:
        """What follows is given to a stream."""
        if stream != self._selected and not self._recorder.is_paused:
            self._recorder.finish_kernels()
            if (note := self.selection(stream)) is not None:
                self._recorder.note(note)

    def selection(self, stream: int) -> StreamNote | None:
        """What has to be taken down first, for what follows to be given to a stream."""
        if stream == self._selected:
            return None
        self._selected = stream
        return StreamNote(StreamCommand.SELECT, stream)

    def forget_selected(self) -> None:
        """Somebody else has selected a stream."""
        self._selected = UNKNOWN_STREAM

    def take_copies(self, name: str, arguments: Any, keywords: Any, result: Any) -> bool:
        """Takes down copies between host and device, if an operation is that."""
        copies = host_copies.host_copies(name, arguments, keywords, result)
        if copies is None:
            return False
        self._recorder.finish_kernels()
        self.select_current()
        for copy in copies:
            self._recorder.note(StreamNote(copy.command, copy.size_bytes))
            if copy.makes_host_wait:
                self._recorder.note(StreamNote(StreamCommand.SYNCHRONIZE_STREAM, self._selected))
        return True

    def note_factory(self, keywords: Any, result: Any) -> None:
        """See `host_copies.note_factory`."""
        host_copies.note_factory(keywords, result)

    def _synchronize(self, device: int, stream: int) -> None:
        if stream < 0:
            self._recorder.note(StreamNote(StreamCommand.SYNCHRONIZE_DEVICE, 0))
        else:
            self._recorder.note(StreamNote(StreamCommand.SYNCHRONIZE_STREAM, stream))

    def _record(self, event: int, device: int, stream: int) -> None:
        self.select(stream)
        self._recorder.note(StreamNote(StreamCommand.RECORD, event))

    def _block(self, event: int, device: int, stream: int) -> None:
        self.select(stream)
        self._recorder.note(StreamNote(StreamCommand.WAIT, event))

    def _synchronize_event(self, event: int) -> None:
        self._recorder.note(StreamNote(StreamCommand.SYNCHRONIZE_EVENT, event))

    def _query(self, event: int, device: int, stream: int) -> int:
        if event == 0:
            self._last_own_event -= 1
            event = self._last_own_event
            self._record(event, device, stream)
        time_ps = self._session.ask_event_ps(event)
        return 1 if time_ps is None or time_ps <= self._session.ask_time_ps() else 0

    def _elapsed(self, first: int, second: int) -> float:
        start_ps, end_ps = self._session.ask_event_ps(first), self._session.ask_event_ps(second)
        return 0.0 if start_ps is None or end_ps is None else (end_ps - start_ps) / PICOSECONDS_PER_MILLISECOND


def listen(session: Session, recorder: OperationRecorder) -> None:
    """Has a rank's recorder take down its streams, where there are described GPUs."""
    from uniference.gpu import beginning, graphs

    if beginning.current is not None:
        recorder.streams = StreamNotes(beginning.current.library, session, recorder)
        graphs.recorder = recorder
