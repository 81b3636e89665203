"""Several threads of one rank inside calls at once.

There is one conversation with the engine for each rank, and the rank has one clock. A thread that has to wait lets the
others in: what all of them wait for is one request, which the engine answers when the first of it has ended. A thread
that has something else to say meanwhile interrupts that wait, which then begins anew.

Virtual time must not run ahead of a thread that computes, or is on its way to a call. So a thread that waits looks
first whether others run, and as long as they do it only asks whether what it waits for has ended by now.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from uniference import real, wire
from uniference.channel import Channel
from uniference.thread_activity import ThreadActivity

SHORTEST_PAUSE_SECONDS = 0.0005
LONGEST_PAUSE_SECONDS = 0.02
"""Between two looks at the other threads, of real time."""

NEW_THREAD_SECONDS = 0.1
"""For so long a thread may be on its way to its first call."""

LONGEST_LOOK_SECONDS = 2.0
"""After so long the others are not waited for where computing does not move the clock: they might run in a loop until
what is waited for has ended."""

LOST_WAKEUP_SECONDS = 0.5


@dataclass(eq=False)
class ThreadWait:
    """What one thread waits for."""

    handle: int
    """The operation; 0 for none, only for the time."""
    deadline_ps: float
    thread: int
    is_over: bool = False


class ThreadWaits:
    """The waits of a rank's threads, of which one at a time talks to the engine. All under the session's lock."""

    def __init__(
        self,
        channel: Channel,
        lock: Any,
        others_in: Callable[[], AbstractContextManager[None]],
        interval: Callable[[], bytes],
        after_unsent: Callable[[bytes], bytes],
        take_answer: Callable[[Any], Any],
        now_ps: Callable[[], int],
        unreported_ps: Callable[[], int],
        overlap: Callable[[int], None],
        moves_with_computing: bool,
    ) -> None:
        """
        Args:
            lock: the session's, reentrant.
            others_in: a context in which the session is as if this thread had left it.
            interval: what has been computed, as a part of a frame.
            after_unsent: a frame with what has to be sent before it.
            take_answer: takes an answer in and returns it, or raises what it says is wrong.
            now_ps: the rank's clock at the engine's last answer.
            unreported_ps: by how much what has been computed since will move it.
            overlap: so much of what has been computed since took place while it moved anyway.
            moves_with_computing: whether the clock moves with whatever the threads compute.
        """
        self._channel = channel
        channel.waiting_threads = self._waiting_threads
        self._changed = threading.Condition(lock)
        self._lock = lock
        self._others_in = others_in
        self._interval = interval
        self._after_unsent = after_unsent
        self._take_answer = take_answer
        self._now_ps = now_ps
        self._unreported_ps = unreported_ps
        self._overlap = overlap
        self._moves_with_computing = moves_with_computing
        self._waits: list[ThreadWait] = []
        self._speakers: set[int] = set()
        self._activity = ThreadActivity()
        self._first_looks: dict[int, float] = {}
        self.alarm_ps: Callable[[], float] = lambda: math.inf
        """When the script's alarm comes, on the rank's clock."""
        self.ring_if_due: Callable[[float], None] = lambda now_ps: None
        """Lets the alarm come where its time has come."""
        self._number = 0
        self._is_pumping = False
        self._is_interrupted = False
        self._wanting = 0

    # Threads that come and go.

    def enter(self) -> None:
        """A thread begins to use the session."""
        self._speakers.add(threading.get_ident())
        if not self._is_pumping:
            return
        self._wanting += 1
        try:
            while self._is_pumping:
                self._interrupt()
                real.condition_wait(self._changed, LOST_WAKEUP_SECONDS)
        finally:
            self._wanting -= 1

    def left(self) -> None:
        """A thread has ceased to use it."""
        if self._waits or self._wanting:
            self._changed.notify_all()

    def are_needed(self) -> bool:
        """Whether a thread that waits has to let others in, since there are some, or may have to hear an alarm."""
        return threading.active_count() > 1 or self.alarm_ps() < math.inf

    def have_several_speakers(self) -> bool:
        """Whether threads that use the session are alive beside this one, or it may have to hear an alarm."""
        if self.alarm_ps() < math.inf:
            return True
        if len(self._speakers) < 2:
            return False
        alive = {thread.ident for thread in threading.enumerate()}
        self._speakers &= alive
        return len(self._speakers) > 1

    def are_waiting(self) -> bool:
        """Whether any thread waits."""
        return bool(self._waits)

    def _waiting_threads(self) -> list[int]:
        return [wait.thread for wait in self._waits]

    # Waiting.

    def await_end(self, handle: int, timeout_ns: int, called: bool) -> None:
        """Returns when the operation has ended, or its time-out; which, the engine says next.

        Args:
            handle: 0 for none, only for the time.
            called: whether the script has called for the wait, rather than for the operation.
        """
        deadline_ps = math.inf
        if timeout_ns != wire.NO_TIMEOUT:
            deadline_ps = self._now_ps() + self._unreported_ps() + timeout_ns * 1000
        wait = ThreadWait(handle, deadline_ps, threading.get_ident())
        self._waits.append(wait)
        start, pause, looks = real.monotonic(), SHORTEST_PAUSE_SECONDS, 0
        called_handle = handle if called else 0
        try:
            while not wait.is_over and self._now_ps() < deadline_ps:
                if self._must_let_others_speak(wait):
                    self._pause(LOST_WAKEUP_SECONDS)
                elif not self._others_run(real.monotonic() - start):
                    self._pump(called_handle)
                    called_handle = 0
                    self._ring()
                else:
                    looks += 1
                    if looks > 3:
                        self._pump(called_handle, only_now=True)
                        called_handle = 0
                    if not wait.is_over:
                        self._pause(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        finally:
            self._waits.remove(wait)
            self._changed.notify_all()

    def _ring(self) -> None:
        """Lets the alarm come where its time has come; its handler sees the clock as the script does."""
        if self.alarm_ps() <= self._now_ps():
            with self._others_in():
                self.ring_if_due(self._now_ps())

    def _must_let_others_speak(self, wait: ThreadWait) -> bool:
        if self._is_pumping or self._wanting > 0:
            return True
        # Also one whose time is over is about to speak, and has to find nobody at it.
        now_ps = self._now_ps()
        return any(other.is_over or other.deadline_ps <= now_ps for other in self._waits if other is not wait)

    def _pause(self, seconds: float) -> None:
        with self._others_in():
            real.condition_wait(self._changed, seconds)

    def _others_run(self, waited_seconds: float) -> bool:
        """Whether threads run that use the session, or may be about to."""
        if not self._moves_with_computing and waited_seconds > LONGEST_LOOK_SECONDS:
            return False
        waiting = {wait.thread for wait in self._waits}
        threads = [thread for thread in threading.enumerate() if thread.ident not in waiting]
        now = real.monotonic()
        numbers = {thread.ident or 0 for thread in threads}
        self._first_looks = {number: seen for number, seen in self._first_looks.items() if number in numbers}
        self._activity.forget({thread.native_id or 0 for thread in threads})
        is_any_running = False
        for thread in threads:
            seen = self._first_looks.setdefault(thread.ident or 0, now)
            if thread.ident not in self._speakers and now - seen > NEW_THREAD_SECONDS:
                continue
            is_any_running = self._activity.is_running(thread) or is_any_running
        return is_any_running

    def _pump(self, called: int, only_now: bool = False) -> None:
        """Waits for whatever ends first; others may speak meanwhile. ``only_now``: asks what has ended by now."""
        self._number += 1
        number, start_ps = self._number, self._now_ps() + self._unreported_ps()
        handles = [wait.handle for wait in self._waits if wait.handle and not wait.is_over]
        deadline_ps = min(self.alarm_ps(), *(wait.deadline_ps for wait in self._waits))
        timeout_ns = wire.NO_TIMEOUT
        if only_now:
            timeout_ns = 0
        elif deadline_ps < math.inf:
            timeout_ns = max(1, -int(-(deadline_ps - start_ps) // 1000))
        frame = wire.wait_any(self._interval(), number, called, timeout_ns, handles)
        self._channel.post(self._after_unsent(frame))
        self._channel.expect_answer()
        self._is_pumping, self._is_interrupted = True, False
        try:
            if only_now:
                received = self._channel.answer()
            else:
                with self._released():
                    received = self._channel.answer()
        except BaseException:
            # A signal's handler has raised an exception: the engine is not to go on waiting.
            self._interrupt()
            raise
        finally:
            self._is_pumping = False
            self._changed.notify_all()
        done = self._take_answer(received)
        if not only_now:
            self._overlap(done.now_ps - start_ps)
        for wait in self._waits:
            if wait.handle and wait.handle == done.result:
                wait.is_over = True

    @contextmanager
    def _released(self) -> Iterator[None]:
        with self._others_in():
            state = self._lock._release_save()
            try:
                yield
            finally:
                self._lock._acquire_restore(state)

    def _interrupt(self) -> None:
        if not self._is_interrupted:
            self._is_interrupted = True
            self._channel.post(wire.interruption(self._number))
