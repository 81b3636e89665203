"""What the engine says of the GPUs that each process has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Description:
    """The GPUs of one process. All are of one kind, as in machines that are sold."""

    count: int
    """How many each process sees: those of its machine."""
    ranks_per_machine: int
    name: str
    total_memory_bytes: int
    capability: tuple[int, int]
    """NVIDIA's compute capability, or AMD's generation."""
    multiprocessors: int
    context_bytes: int = 512 << 20
    """What driver and context take of a device before the first tensor."""
    is_amd: bool = False

    @staticmethod
    def of(entry: dict[str, Any]) -> Description:
        """From ``task.json``."""
        major, minor = entry["capability"]
        return Description(**{**entry, "capability": (int(major), int(minor))})
