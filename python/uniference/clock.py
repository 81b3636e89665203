"""What a rank's script computes between two primitives, measured without the bridge's own cost."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from uniference.clock_file import ClockSign, NoSign
from uniference.meters import MeterChoice

if TYPE_CHECKING:
    from uniference.operations import Operation
    from uniference.stream_notes import StreamNote

PICOSECONDS_PER_NANOSECOND = 1000

POLL_QUESTIONS = 10
LONGEST_POLL_PAUSE_PS = 100_000_000
POLL_LEAD_PS = 1_000_000_000
POLL_SHARE = 64
"""So many questions for the time, one in 100 microseconds at least, make a poll: a loop that waits for something. Once
it is a millisecond of virtual time ahead of what the engine knows, or a 64th of the time that the loop has taken so
far, the engine is asked, so that others come as far."""


@dataclass
class Interval:
    """What a script has done between leaving the bridge and entering it again."""

    computed_ns: int = 0
    """Time to charge at the device's speed; 0 where costs come from a model."""
    work: list[Operation | StreamNote] = field(default_factory=list)
    """What the device was given, in order, where costs come from a model."""


class ComputeClock(Protocol):
    """The rank's clock as the bridge and the script's timers use it."""

    def enter_script(self, now_ps: int) -> None:
        """The bridge is left; the rank's virtual clock reads ``now_ps`` picoseconds."""

    def leave_script(self) -> Interval:
        """The bridge is entered: what the script has done since it was left. Nothing when it has not been left."""

    def now_ps(self) -> int:
        """What the script's timers read now. Never goes back."""


class MeasuredClock:
    """Charges the processor time that the rank's threads use, or wall time once an accelerator is in use.

    Reading the system's clock, and the way to it, is a part of what is measured: 2 to 4 microseconds on Linux for
    processor time. The time of an empty interval is subtracted from each, and the time of a question for each question.
    """

    def __init__(
        self,
        scale: float,
        own_ns: int = 0,
        asking_ns: int = 0,
        sign: ClockSign | None = None,
        ask: Callable[[], int] | None = None,
    ) -> None:
        """
        Args:
            own_ns: what is measured where nothing happens.
            asking_ns: what is measured where the script does nothing but ask for the time once.
            sign: by which others see how far the script has come.
            ask: asks the engine for the rank's clock in picoseconds, when all others have come as far.
            scale: speed of the described device relative to this machine; at 2 everything takes half the time. Raises
                ``ValueError`` unless it is positive.
        """
        if not 0 < scale < math.inf:
            raise ValueError(f"the speed of a device relative to this machine is a positive number, not {scale}")
        self._picoseconds_per_nanosecond = PICOSECONDS_PER_NANOSECOND / scale
        self._base_ps = 0
        self._banked_ns = 0
        self._latest_ps = 0
        self._is_running = False
        self._own_ns = own_ns
        self._asking_ns = asking_ns
        self._asked = 0
        self._sign = sign or NoSign()
        self._ask = ask
        self._poll_start_ps: int | None = None
        self._is_asking = False
        self._thread = threading.get_ident()
        self._choice = MeterChoice()
        self._meter = self._choice.current()

    def enter_script(self, now_ps: int) -> None:
        """See `ComputeClock`."""
        # The engine's clock is behind where what has been measured was sent in a frame that is not answered.
        self._base_ps = max(self._base_ps, now_ps)
        if self._is_running:
            return
        self._is_running = True
        self._meter = self._choice.current()
        self._meter.start()

    def leave_script(self) -> Interval:
        """See `ComputeClock`."""
        if not self._is_running:
            return Interval()
        computed_ns = self._without_own(self._meter.elapsed_ns() + self._banked_ns)
        self._is_running = False
        if not self._is_asking:
            self._poll_start_ps = None
        self._base_ps += self._elapsed_ps(computed_ns)
        self._banked_ns = self._asked = 0
        return Interval(computed_ns)

    def now_ps(self) -> int:
        """See `ComputeClock`."""
        # Another thread may ask while the bridge is entered or left; what it reads must not go back for that.
        now_ps = self._base_ps
        if self._is_running:
            now_ps += self._elapsed_ps(self._without_own(self._measured_ns()))
            self._asked += 1
            self._sign.skip(self._asking_ns)
            if self._ask is not None and self._is_poll(now_ps):
                now_ps = self._ask_engine(self._ask)
        self._latest_ps = max(self._latest_ps, now_ps)
        return self._latest_ps

    def _is_poll(self, now_ps: int) -> bool:
        lead_ps = now_ps - self._base_ps
        if self._asked < POLL_QUESTIONS or not POLL_LEAD_PS <= lead_ps <= self._asked * LONGEST_POLL_PAUSE_PS:
            return False
        waited_ps = 0 if self._poll_start_ps is None else now_ps - self._poll_start_ps
        return lead_ps * POLL_SHARE >= waited_ps and threading.get_ident() == self._thread

    def _ask_engine(self, ask: Callable[[], int]) -> int:
        if self._poll_start_ps is None:
            self._poll_start_ps = self._base_ps
        self._is_asking = True
        try:
            return ask()
        finally:
            self._is_asking = False

    def _without_own(self, measured_ns: int) -> int:
        return max(0, measured_ns - self._own_ns - self._asked * self._asking_ns)

    def _measured_ns(self) -> int:
        computed_ns = self._meter.elapsed_ns() + self._banked_ns
        meter = self._choice.current()
        if meter is not self._meter:
            self._banked_ns = computed_ns
            self._meter = meter
            meter.start()
        return computed_ns

    def _elapsed_ps(self, computed_ns: int) -> int:
        return round(computed_ns * self._picoseconds_per_nanosecond)


class AskingClock:
    """Knows no time of its own: the engine is asked, which knows the device's figures."""

    def __init__(self, ask: Callable[[], int], measured: Callable[[], Interval]) -> None:
        """
        Args:
            ask: sends what has been done so far, for which it calls `leave_script`, to the engine, and returns the
                rank's clock in picoseconds.
            measured: what the script has done since it was last asked.
        """
        self._ask = ask
        self._measured = measured
        self._now_ps = 0
        self._is_running = False

    def enter_script(self, now_ps: int) -> None:
        """See `ComputeClock`."""
        self._now_ps = max(self._now_ps, now_ps)
        if self._is_running:
            return
        self._is_running = True
        self._measured()

    def leave_script(self) -> Interval:
        """See `ComputeClock`."""
        if not self._is_running:
            return Interval()
        self._is_running = False
        return self._measured()

    def now_ps(self) -> int:
        """See `ComputeClock`."""
        if self._is_running:
            self._now_ps = max(self._now_ps, self._ask())
        return self._now_ps
