"""Lets a script's own timers tell virtual time.

``time.time``, ``perf_counter``, ``monotonic`` (and their ``_ns`` forms), ``time.sleep``, ``timeit`` and
``torch.utils.benchmark`` are replaced, and ``torch.cuda.Event`` (see `uniference.events`). Processor time
(``process_time``, ``thread_time``) and ``datetime.now`` stay real. A script that has taken a function out of ``time``
before a rank begins (``from time import perf_counter`` in a module that was already imported) keeps the real one.
"""

from __future__ import annotations

import importlib
import sys
import time
import timeit
import types
from typing import Any

from uniference.clock import PICOSECONDS_PER_NANOSECOND, ComputeClock

WAITING_MODULES = ("asyncio.base_events", "asyncio.events", "selectors", "multiprocessing.connection")
"""Modules of the standard library that wait for the real world by functions that they look up in ``time`` when they are
called: virtual time, which stands still while a process waits, would keep them waiting for ever. Others (``threading``,
``queue``, ``subprocess``, ``concurrent.futures``) have taken theirs when they were imported."""

NAMES = ("time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "sleep")
_real = {name: getattr(time, name) for name in NAMES}
_replaced: list[tuple[Any, str, Any]] = []


class VirtualTimer:
    """The functions of ``time`` by a rank's clock."""

    def __init__(self, clock: ComputeClock, epoch_ns: int) -> None:
        """
        Args:
            epoch_ns: what ``time.time_ns`` says at virtual time zero: nanoseconds since 1970.
        """
        self._clock = clock
        self._epoch_ns = epoch_ns

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
        """Moves the rank's clock and waits for nobody."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._clock.sleep(round(seconds * 1e9))


def install(clock: ComputeClock, epoch_ns: int) -> None:
    """Replaces the timers until `uninstall`."""
    uninstall()
    timer = VirtualTimer(clock, epoch_ns)
    _keep_real_time_in_waiting_modules()
    for name in NAMES:
        _replace(time, name, getattr(timer, name))
    _replace_default_timers(timeit.default_timer, timer.perf_counter)
    _replace(timeit, "default_timer", timer.perf_counter)
    if "torch" in sys.modules:
        from uniference.events import event_class

        cuda = sys.modules["torch"].cuda
        _replace(cuda, "Event", event_class(clock))


def uninstall() -> None:
    """Puts the real timers back."""
    while _replaced:
        module, name, former = _replaced.pop()
        setattr(module, name, former)


def _replace(module: Any, name: str, value: Any) -> None:
    _replaced.append((module, name, getattr(module, name)))
    setattr(module, name, value)


def _keep_real_time_in_waiting_modules() -> None:
    real = types.ModuleType("time", "The real time, for modules that wait for the real world.")
    real.__dict__.update(time.__dict__)
    real.__dict__.update(_real)
    for name in WAITING_MODULES:
        module = importlib.import_module(name)
        if getattr(module, "time", None) is time:
            _replace(module, "time", real)


def _replace_default_timers(former: Any, timer: Any) -> None:
    """``timeit``'s functions have taken the timer as a default argument. ``torch.utils.benchmark`` looks it up."""
    for function in (timeit.Timer.__init__, timeit.timeit, timeit.repeat):
        defaults = tuple(timer if value is former else value for value in function.__defaults__ or ())
        _replace(function, "__defaults__", defaults)
