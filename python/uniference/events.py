"""``torch.cuda.Event`` by a rank's virtual clock."""

from __future__ import annotations

from typing import Any

from uniference.clock import ComputeClock

PICOSECONDS_PER_MILLISECOND = 1e9


def event_class(clock: ComputeClock, real_class: Any) -> type:
    """A subclass of ``torch.cuda.Event``, by which streams still wait for one another, whose times are virtual."""

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


def elapsed_milliseconds(start: Any, end: Any) -> float:
    """Virtual time between two events. Raises ``RuntimeError`` as torch does unless both were made for timing and have
    been recorded."""
    if not (start.enables_timing and end.enables_timing):
        raise RuntimeError("Both events must be created with argument 'enable_timing=True'.")
    if start.moment_ps is None or end.moment_ps is None:
        raise RuntimeError("Both events must be recorded before calculating elapsed time.")
    return float(end.moment_ps - start.moment_ps) / PICOSECONDS_PER_MILLISECOND
