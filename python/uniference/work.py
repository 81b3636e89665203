"""Operations under way, as torch and scripts see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from uniference import futures, wire
from uniference.answers import Done
from uniference.futures import WorkFuture
from uniference.profiling import LibraryEvent
from uniference.session import AbandonedCall, Session

UNSET_TIMEOUT = timedelta(0)
"""What torch passes where a script has given no time-out."""


class UniferenceWork(dist.Work):
    """One operation. Once it has ended, its result is in the output tensors."""

    def __init__(
        self,
        session: Session,
        handle: int,
        outputs: Sequence[Tensor],
        timeout_ns: int,
        is_receive: bool = False,
        event: LibraryEvent | None = None,
    ) -> None:
        """
        Args:
            handle: the engine's number of it; 0 if it has ended.
            outputs: what the result goes into, one after another.
            timeout_ns: how long to wait if the waiting call does not say; -1 for ever.
            event: what profilers are told when it has ended.
        """
        super().__init__()
        self._session = session
        self._handle = handle
        self._outputs = outputs
        self._timeout_ns = timeout_ns
        self._is_receive = is_receive
        self._event = event
        self._source = -1
        self._exception: BaseException | None = None
        self._future: WorkFuture | None = None

    def finish(self, done: Done) -> None:
        """Takes the result over. The session has been entered."""
        self._handle = 0
        self._source = done.source
        self._end_event()
        self._session.values.deliver(done.result, self._outputs)

    def wait(self, timeout: timedelta = UNSET_TIMEOUT) -> bool:
        """Waits in virtual time until the operation has ended. After a time-out it can be waited for again."""
        if self._handle == 0:
            if self._exception is not None:
                raise self._exception
            return True
        try:
            self._take_result(nanoseconds(timeout) if timeout > UNSET_TIMEOUT else self._timeout_ns)
        except dist.DistBackendError:
            raise
        except BaseException as error:
            self._handle = 0
            self._exception = error
            self._end_event()
            self._end_future()
            raise
        if self._exception is not None:
            raise self._exception
        self._end_future()
        return True

    def _take_result(self, timeout_ns: int) -> None:
        session = self._session
        session.enter()
        try:
            self.take_result(timeout_ns, called=True)
        finally:
            session.leave()

    def take_result(self, timeout_ns: int, called: bool) -> None:
        """Waits for the result and takes it over. The session has been entered.

        ``called``: whether the script has called for the wait, rather than for the operation.
        """
        session = self._session
        if session.threads.are_needed():
            session.threads.await_end(self._handle, timeout_ns, called)
        # Another thread may have taken it meanwhile.
        if self._handle != 0:
            frame = wire.wait(session.interval(), self._handle, timeout_ns)
            self.finish(session.ask(frame, self._is_receive))

    def try_wait(self) -> None:
        """Waits unless another thread is in the bridge, where it may wait for the engine."""
        with self._session.if_free() as is_free:
            if is_free:
                self.wait()

    def is_completed(self) -> bool:
        """Whether it has ended by now; if so, the result is there."""
        if self._handle == 0:
            return True
        self._session.enter()
        try:
            has_ended = self._session.ask(wire.test(self._session.interval(), self._handle)).result
        finally:
            self._session.leave()
        return bool(has_ended) and self.wait()

    def is_success(self) -> bool:
        return self.is_completed() and self._exception is None

    def exception(self) -> BaseException | None:
        return self._exception

    def result(self) -> list[Tensor]:
        """The output tensors."""
        self.wait()
        return list(self._outputs)

    def synchronize(self) -> None:
        self.wait()

    def block_current_stream(self) -> None:
        self.wait()

    def source_rank(self) -> int:
        """Which member of the group the message came from."""
        if not self._is_receive:
            raise RuntimeError("the source rank of a work is that of a receive; this one receives nothing")
        self.wait()
        return self._source

    _source_rank = source_rank

    def get_future(self) -> torch.futures.Future[list[Tensor]]:
        """A future of the output tensors."""
        if self._future is None:
            self._future = WorkFuture(self)
            if self._has_its_result():
                self._future.complete()
                return self._future
            futures.expect(self._future)
            if torch._C._current_graph_task_id() != -1:
                # Torch's reducer waits for futures as the last thing in a backward pass, where nobody else could
                # complete them. What is queued now comes before that, and after all of the pass's own computation.
                torch.autograd.Variable._execution_engine.queue_callback(self.synchronize)
        return self._future

    def _has_its_result(self) -> bool:
        return self._handle == 0

    def _end_event(self) -> None:
        if self._event is not None:
            self._event.end()
            self._event = None

    def _end_future(self) -> None:
        if self._future is None:
            return
        if isinstance(self._exception, Exception):
            self._future.fail(self._exception)
        else:
            self._future.complete()

    def __del__(self) -> None:
        if getattr(self, "_handle", 0):
            self._session.abandoned.append(AbandonedCall(self._handle, self._outputs, self._is_receive))


class SeveralWorks(UniferenceWork):
    """Operations that torch treats as one."""

    def __init__(self, session: Session, works: Sequence[UniferenceWork]) -> None:
        super().__init__(session, 0, [output for work in works for output in work._outputs], wire.NO_TIMEOUT)
        self._works = works

    def wait(self, timeout: timedelta = UNSET_TIMEOUT) -> bool:
        for work in self._works:
            work.wait(timeout)
        self._end_future()
        return True

    def is_completed(self) -> bool:
        return all(work.is_completed() for work in self._works)

    def exception(self) -> BaseException | None:
        return next((work.exception() for work in self._works if work.exception() is not None), None)

    def _has_its_result(self) -> bool:
        return False


def nanoseconds(duration: timedelta) -> int:
    return (duration.days * 86_400 + duration.seconds) * 1_000_000_000 + duration.microseconds * 1_000
