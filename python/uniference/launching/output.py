"""What ranks print, with the rank before each line.

Whole lines are passed on as they come. A line without an end is passed on a moment later, so that progress bars move
and questions are seen; if another rank prints then, the line is broken before it, and its rest gets the prefix again.
"""

from __future__ import annotations

import os
import re
import select
import time

READ_AT_ONCE_BYTES = 1 << 16
WRITTEN_AT_ONCE_BYTES = select.PIPE_BUF
"""A pipe that is ready takes as many bytes without blocking."""

HELD_SECONDS = 0.1
"""How long the beginning of a line waits for its end."""
HELD_BYTES = 1 << 16
"""How long the beginning of a line may be while it waits."""
FULL_BYTES = 1 << 18
"""Ranks are not read while so much waits for whoever reads the run's output."""

_PIECES = re.compile(rb"[^\r\n]+|\r?\n|\r")


class Target:
    """The run's standard output or error. Never blocks: what its reader does not take yet waits here."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.loss: OSError | None = None
        """Why nothing can be written any more, as when the pipe's reader has gone or the disk is full."""
        self._waiting = bytearray()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._unfinished: PrefixedStream | None = None
        """Whose line has no end yet."""

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def has_unfinished_line(self) -> bool:
        return self._unfinished is not None

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= FULL_BYTES

    def put(self, stream: PrefixedStream, text: bytes) -> None:
        """Takes what a rank has printed, its prefixes included."""
        if self._unfinished not in (None, stream):
            self.end_line()
        self._unfinished = stream if stream.is_in_line else None
        if self.loss is None:
            self._waiting += text

    def end_line(self, stream: PrefixedStream | None = None) -> None:
        """Ends the unfinished line, or that of one stream alone, if it has one."""
        if self._unfinished is None or stream not in (None, self._unfinished):
            return
        self._unfinished.break_line()
        self._unfinished = None
        if self.loss is None:
            self._waiting += b"\n"

    def flush(self) -> None:
        """Writes what is taken at once."""
        try:
            while self._waiting and self._poll.poll(0):
                written = os.write(self.descriptor, self._waiting[:WRITTEN_AT_ONCE_BYTES])
                del self._waiting[:written]
        except BlockingIOError:
            pass
        except OSError as error:
            self.loss = error
            self._waiting.clear()


class PrefixedStream:
    """One rank's standard output or error on its way to the run's."""

    def __init__(self, descriptor: int, rank: int, target: Target) -> None:
        self.descriptor = descriptor
        self.target = target
        self.due: float | None = None
        """When the unfinished line that is held has to be passed on; ``None`` if there is none."""
        self.is_in_line = False
        self._prefix = f"[{rank}] ".encode()
        self._held = bytearray()
        self._needs_prefix = True
        self._is_after_return = False

    def fileno(self) -> int:
        """For selectors."""
        return self.descriptor

    def receive(self) -> bool:
        """Takes in what has been printed; ``False`` once the rank has closed the stream."""
        chunk = os.read(self.descriptor, READ_AT_ONCE_BYTES)
        if not chunk:
            return False
        self._held += chunk
        self._pass_on(len(self._held) if len(self._held) > HELD_BYTES else self._held.rfind(b"\n") + 1)
        if self._held and self.due is None:
            self.due = time.monotonic() + HELD_SECONDS
        return True

    def pass_on_rest(self) -> None:
        """Passes on the beginning of a line whose end has not come in time."""
        self._pass_on(len(self._held))

    def close(self) -> None:
        """Passes on what is left, and ends the last line."""
        self.pass_on_rest()
        self.target.end_line(self)
        os.close(self.descriptor)

    def break_line(self) -> None:
        """Others print now: what comes next begins a line."""
        self._needs_prefix = True
        self._is_after_return = self.is_in_line = False

    def _pass_on(self, count: int) -> None:
        if count == 0:
            return
        text = bytes(self._held[:count])
        del self._held[:count]
        self.due = None
        self.target.put(self, self._prefixed(text))

    def _prefixed(self, text: bytes) -> bytes:
        if b"\r" not in text and not self._is_after_return:
            return self._prefixed_lines(text)
        parts = []
        for piece in _PIECES.findall(text):
            is_return = piece == b"\r"
            ends_line = piece.endswith(b"\n")
            # Overwriting a line overwrites its prefix; a return before the line's end overwrites nothing.
            if self._needs_prefix and not is_return and not (ends_line and self._is_after_return):
                parts.append(self._prefix)
            parts.append(piece)
            self._needs_prefix = is_return or ends_line
            self._is_after_return = is_return
            self.is_in_line = not ends_line
        return b"".join(parts)

    def _prefixed_lines(self, text: bytes) -> bytes:
        """The same for what has no carriage return in it, which is nearly everything."""
        ends_line = text.endswith(b"\n")
        begin = self._prefix if self._needs_prefix else b""
        self._needs_prefix = ends_line
        self.is_in_line = not ends_line
        lines = text[:-1] if ends_line else text
        return begin + lines.replace(b"\n", b"\n" + self._prefix) + (b"\n" if ends_line else b"")
