"""How far the run is, on the terminal's last line, between the lines that ranks print."""

from __future__ import annotations

import os

REMOVAL = b"\r\x1b[2K"
"""Makes a terminal's line empty."""


class Progress:
    """One line of a terminal. It is there only while no rank's own line is unfinished."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._is_terminal = os.isatty(descriptor)
        self._text: str | None = None
        """What is to be shown next."""
        self._is_shown = False

    def show(self, text: str) -> None:
        """Takes a new line, which ``draw`` shows."""
        if self._is_terminal:
            self._text = text

    def draw(self) -> None:
        """Shows the newest line in the place of the former one."""
        if self._text is None:
            return
        # A full line may wrap.
        text = self._text[: max(0, self._columns() - 1)]
        self._text = None
        self._write(REMOVAL + text.encode())
        self._is_shown = True

    def remove(self) -> None:
        """Makes the line empty, for what others are about to write."""
        if self._is_shown:
            self._is_shown = False
            self._write(REMOVAL)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._descriptor).columns or 80
        except OSError:
            return 80

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._descriptor, data)
        except OSError:
            # A terminal that has gone away must not end the run whose progress it showed.
            self._is_terminal = False
            self._text = None
