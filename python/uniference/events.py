"""``torch.cuda.Event`` by a rank's virtual clock, on machines with and without CUDA."""

from __future__ import annotations

from typing import Any

from uniference.clock import ComputeClock

PICOSECONDS_PER_MILLISECOND = 1e9


def event_class(clock: ComputeClock, real_class: type, has_cuda: bool) -> type:
    """A class that is used as ``torch.cuda.Event`` is, whose times are virtual.

    Where there is CUDA it is a subclass of ``real_class``, so that streams still wait for one another.
    """
    return _event_on_streams(clock, real_class) if has_cuda else _event_without_streams(clock)


def elapsed_milliseconds(start: Any, end: Any) -> float:
    """Virtual time between two events. Raises ``RuntimeError`` as torch does unless both were made for timing and have
    been recorded."""
    if not (start.enables_timing and end.enables_timing):
        raise RuntimeError("Both events must be created with argument 'enable_timing=True'.")
    if start.moment_ps is None or end.moment_ps is None:
        raise RuntimeError("Both events must be recorded before calculating elapsed time.")
    return float(end.moment_ps - start.moment_ps) / PICOSECONDS_PER_MILLISECOND


def _event_on_streams(clock: ComputeClock, real_class: Any) -> type:
    class Event(real_class):  # type: ignore[misc]
        """A CUDA event. Its time, if it is made for timing, is the rank's when all work before it has been done."""

        def __init__(self, enable_timing: bool = False, *options: Any, **named_options: Any) -> None:
            self.enables_timing = enable_timing
            self.moment_ps: int | None = None

        def record(self, stream: Any = None) -> None:
            super().record(stream)
            if self.enables_timing:
                self.moment_ps = clock.now_ps()

        def elapsed_time(self, end_event: Any) -> float:
            return elapsed_milliseconds(self, end_event)

    return Event


def _event_without_streams(clock: ComputeClock) -> type:
    class Event:
        """Marks a moment of virtual time. The rank's clock moves as work is charged, so nothing is waited for."""

        def __init__(
            self,
            enable_timing: bool = False,
            blocking: bool = False,
            interprocess: bool = False,
            external: bool = False,
        ) -> None:
            self.enables_timing = enable_timing
            self.moment_ps: int | None = None

        def record(self, stream: Any = None) -> None:
            """Takes this moment."""
            self.moment_ps = clock.now_ps()

        def query(self) -> bool:
            """Whether all work before `record` has been done: always, since it has been charged."""
            return True

        def synchronize(self) -> None:
            """Waits for that work: it has been charged."""

        def wait(self, stream: Any = None) -> None:
            """Has a stream wait for it: there is but one order of work here."""

        def elapsed_time(self, end_event: Any) -> float:
            """Milliseconds of virtual time from this event to ``end_event``."""
            return elapsed_milliseconds(self, end_event)

    return Event
