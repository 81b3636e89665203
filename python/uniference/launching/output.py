"""What ranks print, line by line, with the rank before each line."""

from __future__ import annotations

import os
from typing import BinaryIO


class PrefixedStream:
    """One rank's standard output or error on its way to the launcher's own."""

    def __init__(self, descriptor: int, rank: int, target: BinaryIO) -> None:
        self.descriptor = descriptor
        self._prefix = f"[{rank}] ".encode()
        self._target = target
        self._line = bytearray()

    def fileno(self) -> int:
        """For selectors."""
        return self.descriptor

    def pump(self) -> bool:
        """Passes on what has been printed; ``False`` once the rank has closed the stream."""
        chunk = os.read(self.descriptor, 1 << 16)
        if not chunk:
            self._flush_rest()
            os.close(self.descriptor)
            return False
        self._line += chunk
        *lines, rest = self._line.split(b"\n")
        if lines:
            self._target.write(b"".join(self._prefix + line + b"\n" for line in lines))
            self._target.flush()
        self._line = bytearray(rest)
        return True

    def _flush_rest(self) -> None:
        if self._line:
            self._target.write(self._prefix + bytes(self._line) + b"\n")
            self._target.flush()
            self._line.clear()
