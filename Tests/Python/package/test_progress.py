"""How far a run is, on a terminal: between what ranks print, never in the middle of it, and gone at the end."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios

import pytest
from uniference.launching.progress import Progress


class Terminal:
    """A terminal of so many columns, and what has been written to it."""

    def __init__(self, columns: int) -> None:
        self._main, self.descriptor = pty.openpty()
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.set_blocking(self._main, False)

    def written(self) -> bytes:
        try:
            return os.read(self._main, 1 << 16)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        os.close(self._main)
        os.close(self.descriptor)


@pytest.fixture
def terminal():
    made = Terminal(20)
    yield made
    made.close()


def test_a_line_takes_the_place_of_the_one_before(terminal):
    progress = Progress(terminal.descriptor)
    progress.draw()
    assert terminal.written() == b""
    progress.show("one")
    progress.draw()
    assert terminal.written() == b"\r\x1b[2Kone"
    progress.draw()
    assert terminal.written() == b""
    progress.show("two")
    progress.draw()
    assert terminal.written() == b"\r\x1b[2Ktwo"
    progress.remove()
    assert terminal.written() == b"\r\x1b[2K"
    progress.remove()
    assert terminal.written() == b""


def test_a_line_is_shorter_than_the_terminal_is_wide(terminal):
    progress = Progress(terminal.descriptor)
    progress.show("x" * 50)
    progress.draw()
    assert terminal.written() == b"\r\x1b[2K" + b"x" * 19


def test_what_is_no_terminal_gets_nothing():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    progress = Progress(writer)
    progress.show("one")
    progress.draw()
    progress.remove()
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    os.close(reader)
    os.close(writer)
