"""``signal.alarm`` and ``signal.setitimer`` by the rank's clock.

A rank that waits for others does so until the alarm at most, which then comes at its time. While the script computes, a
thread looks now and then whether the time has come. While it waits for the real world, in which its clock stands, real
time counts instead: an alarm is often set lest such a wait should never end.
"""

from __future__ import annotations

import _thread
import math
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from uniference import real
from uniference.thread_activity import ThreadActivity

LOOK_SECONDS = 0.01
PICOSECONDS_PER_SECOND = 1e12

Replace = Callable[[Any, str, Any], None]


class Alarms:
    """The one real-time timer that a process has."""

    def __init__(self, now_ps: Callable[[], int], is_in_bridge: Callable[[], bool]) -> None:
        """
        Args:
            now_ps: the rank's clock, as it can be read by any thread at any time.
            is_in_bridge: whether the script's thread is in a call of the library.
        """
        self._now_ps = now_ps
        self._is_in_bridge = is_in_bridge
        self._lock = threading.RLock()
        self._due_ps = math.inf
        self._interval_ps = 0.0
        self._generation = 0
        self._activity = ThreadActivity()

    @property
    def due_ps(self) -> float:
        """When the alarm comes; infinity while none is set."""
        return self._due_ps

    def install(self, replace: Replace) -> None:
        """``replace``: sets an attribute until it is put back."""
        replace(signal, "setitimer", self.setitimer)
        replace(signal, "getitimer", self.getitimer)
        replace(signal, "alarm", self.alarm)

    def setitimer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        """As ``signal.setitimer``; the timers of processor time stay real."""
        if which != signal.ITIMER_REAL:
            return real.setitimer(which, seconds, interval)
        if seconds < 0 or interval < 0:
            raise signal.ItimerError(22, "Invalid argument")
        with self._lock:
            former = self.getitimer(which)
            self._interval_ps = interval * PICOSECONDS_PER_SECOND
            self._set(self._now_ps() + seconds * PICOSECONDS_PER_SECOND if seconds else math.inf)
        return former

    def getitimer(self, which: int) -> tuple[float, float]:
        """As ``signal.getitimer``."""
        if which != signal.ITIMER_REAL:
            return real.getitimer(which)
        if self._due_ps == math.inf:
            return 0.0, 0.0
        rest = max(1e-6, (self._due_ps - self._now_ps()) / PICOSECONDS_PER_SECOND)
        return rest, self._interval_ps / PICOSECONDS_PER_SECOND

    def alarm(self, seconds: int) -> int:
        """As ``signal.alarm``."""
        return math.ceil(self.setitimer(signal.ITIMER_REAL, int(seconds))[0])

    def stop(self) -> None:
        """No alarm comes any more. Takes no lock, which a thread may hold that has stayed in the parent process."""
        self._generation += 1
        self._due_ps = math.inf

    def ring_if_due(self, now_ps: float) -> None:
        """Sends the signal where its time has come."""
        with self._lock:
            if now_ps < self._due_ps:
                return
            self._set(now_ps + self._interval_ps if self._interval_ps else math.inf)
        os.kill(os.getpid(), signal.SIGALRM)

    def _set(self, due_ps: float) -> None:
        self._generation += 1
        self._due_ps = due_ps
        if due_ps < math.inf:
            # Not one of Python's threads that a script could count or wait for.
            _thread.start_new_thread(self._watch, (self._generation,))

    def _watch(self, generation: int) -> None:
        idle_ps = 0.0
        while self._generation == generation:
            real.sleep(LOOK_SECONDS)
            is_idle = not self._is_in_bridge() and not self._activity.is_running(threading.main_thread())
            if is_idle:
                idle_ps += LOOK_SECONDS * PICOSECONDS_PER_SECOND
            if self._generation == generation:
                self.ring_if_due(self._now_ps() + idle_ps)
