"""Lets a script's own timers tell virtual time.

``time.time``, ``perf_counter``, ``monotonic`` (and their ``_ns`` forms), ``time.sleep``, ``timeit``,
``torch.utils.benchmark`` and, where there is CUDA, ``torch.cuda.Event`` are replaced. What stays real:

* processor time (``process_time``, ``thread_time``), ``clock_gettime``, ``datetime.now``, and ``localtime``, ``ctime``
  and the like when called without a time, all of which ask the system in C;
* ``torch.utils.benchmark.Timer`` with ``language="c++"``, which measures in C++;
* a function that was taken out of ``time`` by name (``from time import perf_counter``) before a rank began;
* ``time.sleep`` in threads other than the one that became the rank: they are there to wait for the real world, and
  would otherwise never let go of the processor;
* waiting in the standard library: ``asyncio.sleep``, ``queue.get``, ``Event.wait``, ``subprocess.run`` and others with
  a time-out wait in real time, and since nothing is computed meanwhile, that takes no virtual time;
* everything in processes that a rank forks, such as the workers of a ``DataLoader``: they are no ranks.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import sys
import threading
import time
import timeit
import types
from collections.abc import Callable
from typing import Any, Protocol

from uniference.clock import PICOSECONDS_PER_NANOSECOND, ComputeClock

WAITING_MODULES = (
    "asyncio.base_events", "concurrent.futures._base", "multiprocessing.connection", "multiprocessing.managers",
    "multiprocessing.pool", "multiprocessing.queues", "multiprocessing.synchronize", "subprocess",
    "torch.multiprocessing.spawn", "torch.utils.file_baton",
)  # fmt: skip
"""Modules that wait for the real world by functions that they look up in ``time`` when they are called: virtual time,
which stands still while a process waits, would keep them waiting for ever. Others (``threading``, ``queue``,
``selectors``) have taken theirs out of ``time`` when they were imported, or wait in C."""

WEIGHINGS, QUESTIONS = 9, 20
"""How often it is measured what asking for the time takes, and how many questions each time."""
NAMES = ("time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "sleep")

LONGEST_SLEEP_SECONDS = 106 * 86400
"""Virtual time is counted in picoseconds in 64 bits."""

_real = {name: getattr(time, name) for name in NAMES}
_replaced: list[tuple[Any, str, Any]] = []
_forks_are_watched = False

for _name in WAITING_MODULES:
    # Now, in the process that ranks are forked from, and before their `time` is another one.
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)


class Sleep(Protocol):
    """Lets nanoseconds pass on the rank's clock, and does something meanwhile if asked to."""

    def __call__(self, duration_ns: int, meanwhile: Callable[[], None] | None = None) -> None: ...


class VirtualTimer:
    """The functions of ``time`` by a rank's clock."""

    def __init__(self, clock: ComputeClock, sleep: Sleep, epoch_ns: int, oversleep_ns: int) -> None:
        """
        Args:
            sleep: how the rank sleeps.
            epoch_ns: what ``time.time_ns`` says at virtual time zero: nanoseconds since 1970.
            oversleep_ns: how much longer than it asks for the rank sleeps.
        """
        self._clock = clock
        self._sleep = sleep
        self._epoch_ns = epoch_ns
        self._oversleep_ns = oversleep_ns
        self._thread = threading.get_ident()

    def perf_counter_ns(self) -> int:
        """Nanoseconds of virtual time since the run began."""
        return self._clock.now_ps() // PICOSECONDS_PER_NANOSECOND

    def perf_counter(self) -> float:
        """Seconds of virtual time since the run began."""
        return self._clock.now_ps() * 1e-12

    monotonic_ns = perf_counter_ns
    monotonic = perf_counter

    def time_ns(self) -> int:
        """Nanoseconds since 1970, had the run begun when it did and taken virtual time."""
        return self._epoch_ns + self.perf_counter_ns()

    def time(self) -> float:
        """Seconds since 1970, likewise."""
        return self.time_ns() * 1e-9

    def sleep(self, seconds: float) -> None:
        """Sleeps until the rank's clock has moved on; the other ranks come as far meanwhile."""
        if threading.get_ident() != self._thread:
            _real["sleep"](seconds)
            return
        duration_ns = nanoseconds(seconds)
        if duration_ns > 0:
            self._sleep(duration_ns + self._oversleep_ns)
        elif threading.active_count() > 1:
            # Giving way takes 20 us of processor time, which would be the script's.
            _real["sleep"](0)


class RealSleep:
    """``time.sleep`` under the real clock: the thread sleeps for real, and the others may compute meanwhile."""

    def __init__(self, sleep: Sleep) -> None:
        """
        Args:
            sleep: how the rank sleeps in virtual time, which is not to be shorter.
        """
        self._sleep = sleep
        self._thread = threading.get_ident()

    def sleep(self, seconds: float) -> None:
        """Sleeps for real, and until the other ranks have come as far in virtual time."""
        if threading.get_ident() != self._thread or not seconds > 0 or seconds > LONGEST_SLEEP_SECONDS:
            _real["sleep"](seconds)
            return
        self._sleep(nanoseconds(seconds), meanwhile=lambda: _real["sleep"](seconds))


def nanoseconds(seconds: float) -> int:
    """The length of a sleep. Raises what ``time.sleep`` does where it cannot be."""
    if math.isnan(seconds):
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if seconds > LONGEST_SLEEP_SECONDS:
        raise OverflowError(f"sleep of {seconds} s: virtual time ends after 106 days, {LONGEST_SLEEP_SECONDS} s")
    return max(1, round(seconds * 1e9)) if seconds > 0 else 0


def weigh_question(clock: ComputeClock) -> int:
    """What a clock says, in nanoseconds, that a script takes which does nothing but ask for the time once."""
    timer = VirtualTimer(clock, no_sleep, epoch_ns=0, oversleep_ns=0)
    clock.enter_script(0)
    taken_ns = []
    for _ in range(WEIGHINGS):
        start_ns = timer.perf_counter_ns()
        for _ in range(QUESTIONS):
            timer.perf_counter()
        taken_ns.append((timer.perf_counter_ns() - start_ns) // (QUESTIONS + 1))
    clock.leave_script()
    return sorted(taken_ns)[WEIGHINGS // 2]


def no_sleep(duration_ns: int, meanwhile: Callable[[], None] | None = None) -> None:
    """Stands for the sleep of a timer that only tells the time."""


def install(clock: ComputeClock, sleep: Sleep, epoch_ns: int, oversleep_ns: int = 0) -> None:
    """Replaces the timers until `uninstall`, in this process and for the thread that calls, which is the rank's.

    Args:
        sleep: how the rank sleeps.
        epoch_ns: what ``time.time_ns`` says at virtual time zero: nanoseconds since 1970.
        oversleep_ns: how much longer than it asks for the rank sleeps.
    """
    uninstall()
    _watch_forks()
    timer = VirtualTimer(clock, sleep, epoch_ns, oversleep_ns)
    _keep_real_time_in_waiting_modules()
    for name in NAMES:
        _replace(time, name, getattr(timer, name))
    _replace_default_timers(timeit.default_timer, timer.perf_counter)
    _replace(timeit, "default_timer", timer.perf_counter)
    if "torch" in sys.modules:
        _replace_cuda_timing(clock, sys.modules["torch"].cuda)


def install_real_sleep(sleep: Sleep) -> None:
    """Replaces ``time.sleep`` alone, until `uninstall`, for the thread that calls: the timers stay real."""
    uninstall()
    _watch_forks()
    _keep_real_time_in_waiting_modules()
    _replace(time, "sleep", RealSleep(sleep).sleep)


def uninstall() -> None:
    """Puts the real timers back."""
    while _replaced:
        module, name, former = _replaced.pop()
        setattr(module, name, former)


def _replace(module: Any, name: str, value: Any) -> None:
    _replaced.append((module, name, getattr(module, name)))
    setattr(module, name, value)


def _watch_forks() -> None:
    global _forks_are_watched
    if not _forks_are_watched and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=uninstall)
        _forks_are_watched = True


def _keep_real_time_in_waiting_modules() -> None:
    real = types.ModuleType("time", "The real time, for modules that wait for the real world.")
    real.__dict__.update(time.__dict__)
    for name in WAITING_MODULES:
        module = sys.modules.get(name)
        if getattr(module, "time", None) is time:
            _replace(module, "time", real)


def _replace_default_timers(former: Any, timer: Any) -> None:
    """``timeit``'s functions have taken the timer as a default argument. ``torch.utils.benchmark`` looks it up."""
    for function in (timeit.Timer.__init__, timeit.timeit, timeit.repeat):
        defaults = tuple(timer if value is former else value for value in function.__defaults__ or ())
        _replace(function, "__defaults__", defaults)


def _replace_cuda_timing(clock: ComputeClock, cuda: Any) -> None:
    """Where torch has CUDA. Elsewhere its functions refuse as they do for real."""
    if cuda.is_available():
        from uniference.events import event_class

        _replace(cuda, "Event", event_class(clock, cuda.Event))
