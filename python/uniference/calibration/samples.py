"""The middle of some times, and how far they spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Median and quartiles of repeated measurements, in seconds."""

    median_s: float
    lower_s: float
    upper_s: float
    samples: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> Summary:
        """Raises ``ValueError`` without any sample."""
        if not samples:
            raise ValueError("nothing was measured")
        ordered = sorted(samples)
        return cls(_quantile(ordered, 0.5), _quantile(ordered, 0.25), _quantile(ordered, 0.75), len(ordered))


def _quantile(ordered: Sequence[float], fraction: float) -> float:
    """By linear interpolation between the closest ranks (Hyndman and Fan, 1996, definition 7)."""
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
