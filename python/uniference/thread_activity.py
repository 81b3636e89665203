"""Which of a rank's threads run, as the system tells."""

from __future__ import annotations

import os
import threading

RUNNING_STATES = (b"R", b"D")
"""On a processor or waiting for one, and waiting for a disk."""


class ThreadActivity:
    """Whether threads have done anything since they were last looked at."""

    def __init__(self) -> None:
        self._used: dict[int, bytes] = {}

    def is_running(self, thread: threading.Thread) -> bool:
        """Whether it runs, or has run since the last look. Where the system does not tell, no thread seems to."""
        number = thread.native_id
        if number is None:
            # It is being started.
            return thread.is_alive()
        folder = f"/proc/self/task/{number}/"
        used = _read(folder + "schedstat")
        state = _read(folder + "stat").rpartition(b")")[2].lstrip()[:1]
        has_run = used != self._used.get(number)
        self._used[number] = used
        return has_run or state in RUNNING_STATES

    def forget(self, alive: set[int]) -> None:
        """Only these threads are left."""
        self._used = {number: used for number, used in self._used.items() if number in alive}


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
