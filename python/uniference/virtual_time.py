"""Lets a script's own timers tell virtual time.

``time.time``, ``perf_counter``, ``monotonic`` (and their ``_ns`` forms), ``clock_gettime``, ``localtime``,
``gmtime``, ``ctime`` and ``strftime``, ``time.sleep``, ``datetime.now`` and ``today``, ``timeit``,
``torch.utils.benchmark`` and, where there is CUDA, ``torch.cuda.Event`` are replaced, and so are waits with a time-out,
as `uniference.timed_waits` says.
What stays real:

* processor time (``process_time``, ``thread_time``);
* ``torch.utils.benchmark.Timer`` with ``language="c++"``, which measures in C++;
* a function that was taken out of ``time`` by name (``from time import perf_counter``) before a rank began;
* ``time.sleep`` in threads other than the one that became the rank: they are there to wait for the real world, and
  would otherwise never let go of the processor;
* waits of other threads, ``threading.Timer`` among them, time-outs of ``Lock.acquire`` and of waits for processes
  (``subprocess.run``, ``multiprocessing``), and sockets: they take no virtual time;
* everything in processes that a rank forks, such as the workers of a ``DataLoader``: they are no ranks.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import gc
import importlib
import math
import os
import sys
import threading
import time
import timeit
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from uniference.alarms import Alarms
from uniference.clock import PICOSECONDS_PER_NANOSECOND, ComputeClock, MeasuredClock
from uniference.timed_waits import TimedWaits

if TYPE_CHECKING:
    from uniference.session import Session

WAITING_MODULES = (
    "asyncio.base_events", "multiprocessing.connection", "multiprocessing.managers",
    "multiprocessing.pool", "multiprocessing.queues", "multiprocessing.synchronize", "subprocess",
    "torch.multiprocessing.spawn", "torch.utils.file_baton",
)  # fmt: skip
"""Modules that wait for the real world by functions that they look up in ``time`` when they are called: virtual time,
which stands still while a process waits, would keep them waiting for ever. Others (``threading``, ``queue``,
``selectors``) have taken theirs out of ``time`` when they were imported, or wait in C."""

WEIGHINGS, QUESTIONS = 9, 20
"""How often the time of asking for the time is measured, and how many questions each time."""
NAMES = (
    "time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "sleep",
    "clock_gettime", "clock_gettime_ns", "localtime", "gmtime", "ctime", "asctime", "strftime",
)  # fmt: skip

LONGEST_SLEEP_SECONDS = 106 * 86400
"""Virtual time is counted in picoseconds in 64 bits."""

_real: dict[str, Any] = {name: getattr(time, name) for name in NAMES if hasattr(time, name)}
STEADY_CLOCKS = frozenset(
    getattr(time, name)
    for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME", "CLOCK_UPTIME_RAW", "CLOCK_UPTIME")
    if hasattr(time, name)
)
"""Numbers of the system's clocks that tell how much time has passed."""
_replaced: list[tuple[Any, str, Any]] = []
_alarms: list[Alarms] = []
_forks_are_watched = False

for _name in WAITING_MODULES:
    # Now, in the process that ranks are forked from, and before their `time` is another one.
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)


Moment = time.struct_time


class Sleep(Protocol):
    """Lets nanoseconds pass on the rank's clock, and does something meanwhile if asked to."""

    def __call__(self, duration_ns: int, meanwhile: Callable[[], None] | None = None) -> None: ...


class VirtualTimer:
    """The functions of ``time`` by a rank's clock."""

    def __init__(self, clock: ComputeClock, sleep: Sleep, epoch_ns: int, sleep_overshoot_ns: int) -> None:
        """
        Args:
            sleep: how the rank sleeps.
            epoch_ns: what ``time.time_ns`` says at virtual time zero: nanoseconds since 1970.
            sleep_overshoot_ns: how much longer than it asks for the rank sleeps.
        """
        self._clock = clock
        self._sleep = sleep
        self._epoch_ns = epoch_ns
        self._sleep_overshoot_ns = sleep_overshoot_ns
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

    def clock_gettime_ns(self, clock_id: int) -> int:
        """Nanoseconds by one of the system's clocks; those of processor time stay real."""
        if clock_id == time.CLOCK_REALTIME:
            return self.time_ns()
        if clock_id in STEADY_CLOCKS:
            return self.perf_counter_ns()
        return int(_real["clock_gettime_ns"](clock_id))

    def clock_gettime(self, clock_id: int) -> float:
        """Seconds, likewise."""
        if clock_id == time.CLOCK_REALTIME or clock_id in STEADY_CLOCKS:
            return self.clock_gettime_ns(clock_id) * 1e-9
        return float(_real["clock_gettime"](clock_id))

    def localtime(self, seconds: float | None = None) -> Moment:
        """The local date and time: now, unless another time is given."""
        moment: Moment = _real["localtime"](self.time() if seconds is None else seconds)
        return moment

    def gmtime(self, seconds: float | None = None) -> Moment:
        """The same in Greenwich."""
        moment: Moment = _real["gmtime"](self.time() if seconds is None else seconds)
        return moment

    def ctime(self, seconds: float | None = None) -> str:
        """The same as a text."""
        return str(_real["ctime"](self.time() if seconds is None else seconds))

    def asctime(self, moment: Any = None) -> str:
        """The local date and time as a text."""
        return str(_real["asctime"](self.localtime() if moment is None else moment))

    def strftime(self, form: str, moment: Any = None) -> str:
        """The local date and time in a form of one's own."""
        return str(_real["strftime"](form, self.localtime() if moment is None else moment))

    def sleep(self, seconds: float) -> None:
        """Sleeps until the rank's clock has moved on; the other ranks come as far meanwhile."""
        if threading.get_ident() != self._thread:
            _real["sleep"](seconds)
            return
        duration_ns = nanoseconds(seconds)
        self._sleep(duration_ns + self._sleep_overshoot_ns if duration_ns else 0)

    def sleep_rest(self, seconds: float) -> None:
        """Sleeps as `sleep` does, where that is not for nothing."""
        if seconds > 0:
            self.sleep(min(seconds, LONGEST_SLEEP_SECONDS))

    def give_way(self) -> None:
        """``os.sched_yield``: lets the other ranks come as far."""
        self.sleep(0)


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
        if threading.get_ident() != self._thread or not 0 <= seconds <= LONGEST_SLEEP_SECONDS:
            _real["sleep"](seconds)
            return
        self._sleep(nanoseconds(seconds), meanwhile=lambda: _real["sleep"](seconds))

    def give_way(self) -> None:
        """``os.sched_yield``: lets the other ranks come as far."""
        self.sleep(0)


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
    timer = VirtualTimer(clock, no_sleep, epoch_ns=0, sleep_overshoot_ns=0)
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


def install(clock: ComputeClock, sleep: Sleep, epoch_ns: int, sleep_overshoot_ns: int = 0) -> None:
    """Replaces the timers until `uninstall`, in this process and for the thread that calls, which is the rank's.

    Args:
        sleep: how the rank sleeps.
        epoch_ns: what ``time.time_ns`` says at virtual time zero: nanoseconds since 1970.
        sleep_overshoot_ns: how much longer than it asks for the rank sleeps.
    """
    uninstall()
    _watch_forks()
    timer = VirtualTimer(clock, sleep, epoch_ns, sleep_overshoot_ns)
    _keep_real_time_in_waiting_modules()
    for name in _real:
        _replace(time, name, getattr(timer, name))
    _replace_dates(timer)
    TimedWaits(timer.monotonic, timer.sleep_rest).install(_replace)
    _replace_yield(timer.give_way)
    _replace_default_timers(timeit.default_timer, timer.perf_counter)
    _replace(timeit, "default_timer", timer.perf_counter)
    if "torch" in sys.modules:
        _replace_cuda_timing(clock, sys.modules["torch"].cuda)


def install_real_sleep(sleep: Sleep) -> None:
    """Replaces ``time.sleep`` alone, until `uninstall`, for the thread that calls: the timers stay real."""
    uninstall()
    _watch_forks()
    _keep_real_time_in_waiting_modules()
    real = RealSleep(sleep)
    _replace(time, "sleep", real.sleep)
    _replace_yield(real.give_way)


def install_alarms(session: Session) -> None:
    """Has ``signal.alarm`` and ``setitimer`` follow the rank's clock, too, until `uninstall`."""
    clock = session.clock

    def now_ps() -> int:
        # Another clock would ask the engine, which a thread that only looks must not.
        return clock.now_ps() if isinstance(clock, MeasuredClock) else session.now_ps

    alarms = Alarms(now_ps, lambda: session.is_entered)
    alarms.install(_replace)
    _replace(session.threads, "alarm_ps", lambda: alarms.due_ps)
    _replace(session.threads, "ring_if_due", alarms.ring_if_due)
    _alarms.append(alarms)


def uninstall() -> None:
    """Puts the real timers back."""
    while _alarms:
        _alarms.pop().stop()
    while _replaced:
        module, name, former = _replaced.pop()
        setattr(module, name, former)


def _replace(module: Any, name: str, value: Any) -> None:
    _replaced.append((module, name, getattr(module, name)))
    setattr(module, name, value)


def _replace_dates(timer: VirtualTimer) -> None:
    """``datetime.today`` and ``date.today`` ask ``time.time``. The others ask the system in C; they are methods of a
    type in C, which lets nobody set its attributes but through the dictionary behind them. Another class in its place
    would not be the one that modules have taken by name, that has been pickled, and that C code makes."""

    def now(kind: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return kind.fromtimestamp(timer.time(), tz)

    def utcnow(kind: type[datetime.datetime]) -> datetime.datetime:
        return kind.fromtimestamp(timer.time(), datetime.timezone.utc).replace(tzinfo=None)

    for function in (now, utcnow):
        _replace(_TypeAttributes(datetime.datetime), function.__name__, classmethod(function))


class _TypeAttributes:
    """What a type in C has beside what it inherits, as attributes that can be set."""

    def __init__(self, kind: type) -> None:
        vars(self)["kind"] = kind
        vars(self)["names"] = gc.get_referents(kind.__dict__)[0]

    def __getattr__(self, name: str) -> Any:
        return vars(self)["names"][name]

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)["names"][name] = value
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(vars(self)["kind"]))


def _replace_yield(give_way: Callable[[], None]) -> None:
    # macOS has none.
    if hasattr(os, "sched_yield"):
        _replace(os, "sched_yield", give_way)


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
    """Where torch has CUDA. Elsewhere its functions refuse as they do for real; described GPUs tell virtual time."""
    if cuda.is_available() and "uniference.gpu.beginning" not in sys.modules:
        from uniference.events import event_class

        _replace(cuda, "Event", event_class(clock, cuda.Event))
