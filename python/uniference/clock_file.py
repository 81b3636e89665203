"""What a rank shows the engine of its clock while it computes and says nothing."""

from __future__ import annotations

import mmap
import os
import weakref
from typing import Protocol

from uniference.meters import main_thread_time_ns

SIZE_BYTES = 8
STANDING = -1


class ClockSign(Protocol):
    """Shows how far the script has come since the last frame that said so."""

    def start(self, computed_ns: int) -> None:
        """The script goes on, and has computed so long since that frame."""

    def skip(self, duration_ns: int) -> None:
        """So much of the main thread's processor time is not the script's."""

    def stop(self) -> None:
        """The script stands still."""


class ClockFile:
    """One number in memory that the engine reads: the processor time of the main thread at which the script's present
    interval would have begun, had it been computed without a break; negative while the script stands still.

    From the processor time that the system tells it the engine knows what the script has computed at least, also of one
    that asks nothing and waits in a loop for what another rank is to do.
    """

    def __init__(self, path: str) -> None:
        """Makes the file, or takes over that of the program as which this process began."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, SIZE_BYTES)
            self._numbers = memoryview(mmap.mmap(descriptor, SIZE_BYTES)).cast("q")
        finally:
            os.close(descriptor)
        self.stop()
        _files.add(self)

    def detach(self) -> None:
        """Shows nothing any more: this process is another one's child, which is no rank."""
        self._numbers = memoryview(bytearray(SIZE_BYTES)).cast("q")

    def start(self, computed_ns: int) -> None:
        """See `ClockSign`."""
        self._numbers[0] = main_thread_time_ns() - computed_ns

    def skip(self, duration_ns: int) -> None:
        """See `ClockSign`."""
        self._numbers[0] += duration_ns

    def stop(self) -> None:
        """See `ClockSign`."""
        self._numbers[0] = STANDING


_files: weakref.WeakSet[ClockFile] = weakref.WeakSet()


def _detach_all() -> None:
    for file in list(_files):
        file.detach()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_detach_all)


class NoSign:
    """Shows nothing: for clocks that others cannot follow."""

    def start(self, computed_ns: int) -> None:
        """See `ClockSign`."""

    def skip(self, duration_ns: int) -> None:
        """See `ClockSign`."""

    def stop(self) -> None:
        """See `ClockSign`."""
