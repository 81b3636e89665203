"""How long the script has computed, by the clock that fits the device it computes on."""

from __future__ import annotations

import sys
import threading
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

    The main thread takes part in every parallel region, as OpenMP's first thread of a team does, and computes alone
    outside of them, so its own processor time is what a device with as many cores takes. Where other threads compute
    while it waits, the share of all processor time is larger, and counts.
    """

    def __init__(self, thread_count: int) -> None:
        self._thread_count = thread_count
        self._start_main_ns = 0
        self._start_process_ns = 0

    def start(self) -> None:
        """See `Meter`."""
        self._start_process_ns = _process_time_ns()
        self._start_main_ns = main_thread_time_ns()

    def elapsed_ns(self) -> int:
        """See `Meter`."""
        main_ns = main_thread_time_ns() - self._start_main_ns
        process_ns = _process_time_ns() - self._start_process_ns
        return max(main_ns, process_ns // self._thread_count)


def main_thread_time_ns() -> int:
    """Processor time of the main thread, whichever thread asks; where the system tells a thread's time to itself alone
    (macOS), zero for the others."""
    main = threading.main_thread().ident
    if threading.get_ident() == main:
        return _thread_time_ns()
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    return time.clock_gettime_ns(clock_of(main)) if clock_of is not None else 0


class AcceleratorMeter:
    """Wall time, with the accelerator's queue empty at both ends."""

    def __init__(self, device: Any) -> None:
        """
        Args:
            device: torch's module for it: ``torch.cuda``, ``torch.xpu``, ``torch.mps``.
        """
        self._device = device
        self._start_ns = 0

    def start(self) -> None:
        """See `Meter`."""
        self._finish_queue()
        self._start_ns = _wall_time_ns()

    def elapsed_ns(self) -> int:
        """See `Meter`."""
        self._finish_queue()
        return _wall_time_ns() - self._start_ns

    def _finish_queue(self) -> None:
        # What is being captured into a CUDA graph does not run, and waiting would break the capture off.
        is_capturing = getattr(self._device, "is_current_stream_capturing", None)
        if is_capturing is None or not is_capturing():
            self._device.synchronize()


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
    """The module of the accelerator that the script has put to use, or ``None``."""
    for name in ("cuda", "xpu"):
        device = getattr(torch, name, None)
        if device is not None and device.is_initialized():
            return device
    # Apple's GPU has no such flag; it is in use once it holds a tensor.
    is_built = hasattr(torch._C, "_mps_currentAllocatedMemory") and torch.backends.mps.is_available()
    return torch.mps if is_built and torch._C._mps_currentAllocatedMemory() > 0 else None


def make_meter(key: object) -> Meter:
    """The meter for a number of threads, or for an accelerator's module."""
    if not isinstance(key, int):
        return AcceleratorMeter(key)
    return SingleThreadMeter() if key == 1 else ThreadPoolMeter(key)
