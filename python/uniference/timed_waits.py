"""Waits of Python's own library that end after some time, by the rank's clock.

``Event.wait``, ``Condition.wait``, ``queue.get``, ``Semaphore.acquire``, ``Barrier.wait``, ``Thread.join``,
``Future.result`` and the timers of ``asyncio`` wait in the kernel for another thread or for a file. That may be there
for the real world, such as the worker processes of a ``DataLoader``, so they go on waiting in real time, in which no
virtual time passes where what they wait for comes. Where it does not come in time, the rank has slept for so long.
Where nobody could bring it, since the process has no other thread and has started no other process, the real wait is
left out.

Other threads than the rank's wait in real time.
"""

from __future__ import annotations

import asyncio
import concurrent.futures._base
import os
import queue
import selectors
import threading
import time
import types
from collections.abc import Callable
from typing import Any

from uniference import real

OVERSHOOT_SECONDS = 1e-9
"""A wait is never shorter than asked for, and some who wait go on until the clock is past the end."""

Replace = Callable[[Any, str, Any], None]

may_be_ended: list[Callable[[], bool]] = []
"""Each says whether something may end a wait that is neither a thread of Python's nor a process."""


class TimedWaits:
    """Waits with a time-out in the thread that makes this object, which is the rank's."""

    def __init__(self, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """
        Args:
            monotonic: seconds by the rank's clock.
            sleep: lets seconds pass on it.
        """
        self._monotonic = monotonic
        self._sleep = sleep
        self._thread = threading.get_ident()

    def install(self, replace: Replace) -> None:
        """``replace``: sets an attribute until it is put back."""
        waits = self

        def condition_wait(condition: threading.Condition, timeout: float | None = None) -> bool:
            return bool(waits._timed(lambda seconds: real.condition_wait(condition, seconds), timeout, is_alone()))

        def event_wait(event: threading.Event, timeout: float | None = None) -> bool:
            # A signal's handler may have set it while the rank slept.
            return real.event_wait(event, timeout) or event.is_set()

        def join(thread: threading.Thread, timeout: float | None = None) -> None:
            def has_ended(seconds: float | None) -> bool:
                real.join(thread, seconds)
                return not thread.is_alive()

            waits._timed(has_ended, timeout)

        def select(selector: Any, timeout: float | None = None) -> Any:
            # A loop without any connection has a pipe of its own.
            hears_nobody = len(selector.get_map()) <= 1 and is_alone()
            return waits._timed(lambda seconds: real.select(selector, seconds), timeout, hears_nobody)

        def loop_time(loop: asyncio.BaseEventLoop) -> float:
            return waits.monotonic() if waits.is_ranks_thread() else real.loop_time(loop)

        replace(threading.Condition, "wait", condition_wait)
        replace(threading.Event, "wait", event_wait)
        replace(threading.Thread, "join", join)
        replace(selectors.DefaultSelector, "select", select)
        replace(asyncio.BaseEventLoop, "time", loop_time)
        # These modules have taken the function out of `time`.
        replace(threading, "_time", self.monotonic)
        replace(queue, "time", self.monotonic)
        # This one looks it up when it is called.
        timers = types.ModuleType("time", "The clock by which the calling thread waits.")
        timers.__dict__.update(time.__dict__, monotonic=self.monotonic)
        replace(concurrent.futures._base, "time", timers)

    def is_ranks_thread(self) -> bool:
        return threading.get_ident() == self._thread

    def monotonic(self) -> float:
        """Seconds by the clock by which the calling thread waits."""
        return self._monotonic() if self.is_ranks_thread() else real.monotonic()

    def _timed(self, wait: Callable[[float | None], Any], timeout: float | None, is_vain: bool = False) -> Any:
        """Waits in real time, and sleeps by the rank's clock where that was in vain."""
        if timeout is None or timeout <= 0 or not self.is_ranks_thread():
            return wait(timeout)
        end = self._monotonic() + timeout
        result = wait(0 if is_vain else timeout)
        if not result:
            # The clock may have moved meanwhile, with other threads' operations.
            self._sleep(max(0.0, end - self._monotonic()) + OVERSHOOT_SECONDS)
        return result


def is_alone() -> bool:
    """Whether this process has no other thread of Python's and no child, so that nobody could end a wait of its."""
    return threading.active_count() == 1 and not any(asks() for asks in may_be_ended) and not has_children()


def has_children() -> bool:
    """Whether the process has started others that have not ended. Where the system does not tell, it may have."""
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                if file.read(1):
                    return True
    except OSError:
        return True
    return False
