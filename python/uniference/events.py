"""``torch.cuda.Event`` by a rank's virtual clock, on machines with and without CUDA."""

from __future__ import annotations

from typing import Any

from uniference.clock import ComputeClock


def event_class(clock: ComputeClock) -> type:
    """A class that is used as ``torch.cuda.Event`` is, whose times are virtual."""

    class Event:
        """Marks a moment of virtual time. The rank's clock moves as work is charged, so no stream is waited for."""

        def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False,
                     external: bool = False) -> None:
            self._enables_timing = enable_timing
            self._moment_ps: int | None = None

        def record(self, stream: Any = None) -> None:
            """Takes this moment."""
            self._moment_ps = clock.now_ps()

        def query(self) -> bool:
            """Whether all work before `record` has been done: always, since it has been charged."""
            return True

        def synchronize(self) -> None:
            """Waits for that work: it has been charged."""

        def wait(self, stream: Any = None) -> None:
            """Has a stream wait for it: there is but one order of work here."""

        def elapsed_time(self, end: Event) -> float:
            """Milliseconds of virtual time from this event to ``end``."""
            if not (self._enables_timing and end._enables_timing):
                raise RuntimeError("Both events must be created with argument 'enable_timing=True'.")
            if self._moment_ps is None or end._moment_ps is None:
                raise RuntimeError("Both events must be recorded before calculating elapsed time.")
            return (end._moment_ps - self._moment_ps) * 1e-9

    return Event
