"""How far the measuring is, for whoever waits."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Lines on standard error with an estimate of what is left. Silent until it has a plan."""

    def __init__(self, stream: TextIO | None) -> None:
        """
        Args:
            stream: where to; ``None`` for nowhere.
        """
        self._stream = stream
        self._start = time.monotonic()
        self._done = 0.0
        self._planned = 0.0
        self._said_at = -1.0

    @classmethod
    def on_standard_error(cls, is_wanted: bool) -> Progress:
        """For one rank among several: only one of them should talk."""
        return cls(sys.stderr if is_wanted else None)

    def plan(self, steps: float) -> None:
        """There is more to do."""
        self._planned += steps

    def step(self, what: str, steps: float = 1) -> None:
        """Some of it is done, and this is next."""
        self._done += steps
        elapsed = time.monotonic() - self._start
        if self._stream is None or self._planned <= 0 or (elapsed - self._said_at < 1 and self._said_at >= 0):
            return
        self._said_at = elapsed
        share = min(self._done / self._planned, 1.0)
        left = f", about {_clock(elapsed / share - elapsed)} left" if share > 0.03 else ""
        print(f"measuring: {share:4.0%} {what}{left}", file=self._stream, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
