"""How long the script has computed, by the clock that fits the device it computes on."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol

_process_time_ns = time.process_time_ns
_thread_time_ns = time.thread_time_ns
_wall_time_ns = time.perf_counter_ns
# The real functions, whatever the script's `time` module is made to say later.


class Meter(Protocol):
    """Measures one stretch of computing after another."""

    def start(self) -> None:
        """The stretch begins."""

    def elapsed_ns(self) -> int:
        """How long the script has computed since."""


class SingleThreadMeter:
    """Processor time of the whole process: right where torch computes on one thread, and blind to being preempted."""

    def __init__(self) -> None:
        self._start_ns = 0

    def start(self) -> None:
        """See `Meter`."""
        self._start_ns = _process_time_ns()

    def elapsed_ns(self) -> int:
        """See `Meter`."""
        return _process_time_ns() - self._start_ns


class ThreadPoolMeter:
    """Processor time where torch computes on several threads.

    The calling thread takes part in every parallel region and computes alone outside of them, so its own processor time
    is what a device with as many cores takes. Where other threads of the script compute while it waits, the share of
    all processor time is larger, and counts.
    """

    def __init__(self, thread_count: int) -> None:
        self._thread_count = thread_count
        self._start_thread_ns = 0
        self._start_process_ns = 0

    def start(self) -> None:
        """See `Meter`."""
        self._start_process_ns = _process_time_ns()
        self._start_thread_ns = _thread_time_ns()

    def elapsed_ns(self) -> int:
        """See `Meter`."""
        thread_ns = _thread_time_ns() - self._start_thread_ns
        process_ns = _process_time_ns() - self._start_process_ns
        return max(thread_ns, process_ns // self._thread_count)


class AcceleratorMeter:
    """Wall time, with the accelerator's queue empty at both ends."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._start_ns = 0

    def start(self) -> None:
        """See `Meter`."""
        self._device.synchronize()
        self._start_ns = _wall_time_ns()

    def elapsed_ns(self) -> int:
        """See `Meter`."""
        self._device.synchronize()
        return _wall_time_ns() - self._start_ns


class MeterChoice:
    """Chooses anew whenever the script may have changed what it computes on."""

    def __init__(self) -> None:
        self._meter: Meter = SingleThreadMeter()
        self._key: object = 1

    def current(self) -> Meter:
        """The meter that fits now; the same one as long as nothing has changed. Costs less than a microsecond."""
        torch = sys.modules.get("torch")
        if torch is None:
            return self._meter
        key: object = accelerator_in_use(torch) or torch.get_num_threads()
        if key != self._key:
            self._key = key
            self._meter = make_meter(key)
        return self._meter


def accelerator_in_use(torch: Any) -> Any:
    """The module of the accelerator that the script has initialised, or ``None``."""
    cuda = getattr(torch, "cuda", None)
    return cuda if cuda is not None and cuda.is_initialized() else None


def make_meter(key: object) -> Meter:
    """The meter for a number of threads, or for an accelerator's module."""
    if not isinstance(key, int):
        return AcceleratorMeter(key)
    return SingleThreadMeter() if key == 1 else ThreadPoolMeter(key)
