"""Notices a clock that jumps: its times would be wrong, and nobody would know."""

from __future__ import annotations

import time

ALLOWED_S = 0.25
"""Clocks that are being disciplined drift by at most 500 parts in a million (RFC 5905), which stays below this for
stretches of eight minutes; somebody who sets the clock, or a machine that was suspended, does not."""


class ClockJumped(RuntimeError):
    """The wall clock and the monotonic one disagree on how long something took."""


class ClockWatch:
    """Compares a machine's own two clocks with each other."""

    def __init__(self, owner: str) -> None:
        """
        Args:
            owner: whose clocks they are, for the message.
        """
        self._owner = owner
        self._monotonic, self._wall = time.monotonic(), time.time()

    def check(self, what: str) -> None:
        """Raises `ClockJumped` if the two have moved by different times since the last check.

        Args:
            what: was measured meanwhile.
        """
        monotonic, wall = time.monotonic(), time.time()
        jump = (wall - self._wall) - (monotonic - self._monotonic)
        self._monotonic, self._wall = monotonic, wall
        if abs(jump) > ALLOWED_S:
            raise ClockJumped(
                f"the clock of {self._owner} has jumped by {jump:+.3f} s while {what} was measured; stop what sets it "
                "and measure again")
