"""A rank's socket to the engine: frames out, answers in."""

from __future__ import annotations

import errno
import os
import socket
import struct
import weakref
from collections.abc import Callable, Sequence
from typing import NoReturn

import torch.distributed as dist

from uniference import answers, wire
from uniference.answers import Answer, Done, Failed, FailureCategory, ReportStack, Welcome
from uniference.sites import script_stack

_LENGTH = struct.Struct("<I")
RECEIVED_AT_ONCE_BYTES = 1 << 16


class RunEnded(RuntimeError):
    """The run is over for all ranks; the engine tells the user why."""


FAILURES: dict[FailureCategory, type[RuntimeError]] = {
    FailureCategory.ERROR: RuntimeError,
    FailureCategory.TIME_OUT: dist.DistBackendError,
    FailureCategory.RUN_ENDED: RunEnded,
}


class Channel:
    """Frames to the engine, and one answer at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = b""
        self._owed_answers = 0
        self._rank = -1
        self._pid = os.getpid()
        self.waiting_threads: Callable[[], Sequence[int]] = tuple
        """The threads that wait together, where several do."""
        _open_channels.add(self)

    @staticmethod
    def open(folder: str) -> tuple[Channel, bytes]:
        """Connects to the engine of the session in ``folder``. Also gives the token that has to be presented first."""
        with open(os.path.join(folder, "token"), "rb") as file:
            token = file.read()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(os.path.join(folder, "socket"))
        return Channel(connection), token

    def close(self) -> None:
        """No frame goes either way any more."""
        self._socket.close()

    def post(self, frame: bytes) -> None:
        """Sends a frame that is not answered."""
        if os.getpid() != self._pid:
            raise RuntimeError(
                f"a process that rank {self._rank} has forked cannot communicate in the rank's name; "
                f"do it in the rank itself, or start a process with a rank of its own"
            )
        try:
            self._socket.sendall(frame)
        except OSError as error:
            self._lose(error)

    def welcome(self, hello: bytes) -> Welcome:
        """Presents this rank to the engine, and waits until the world's ranks are all there.

        Raises ``RuntimeError`` when the engine refuses.
        """
        self.post(hello)
        answer = answers.answer(self._next_frame())
        if isinstance(answer, Failed):
            raise RuntimeError(answer.message)
        if not isinstance(answer, Welcome):
            raise RuntimeError("the engine did not welcome this rank; are engine and package of one version?")
        self._rank = answer.rank
        return answer

    def ask(self, frame: bytes, is_receive: bool = False, meanwhile: Callable[[], None] | None = None) -> Done | Failed:
        """Sends a frame, does something ``meanwhile``, and waits for the answer. ``is_receive``: the answer has a
        message's source and tag."""
        self.post(frame)
        self.expect_answer()
        if meanwhile is not None:
            meanwhile()
        return self.answer(is_receive)

    def expect_answer(self) -> None:
        """The frame that has been sent last is answered."""
        self._owed_answers += 1

    def answer(self, is_receive: bool = False) -> Done | Failed:
        """Waits for the answer to the latest frame that is answered."""
        while True:
            data = self._next_frame()
            if answers.asks_for_stack(data):
                self.post(wire.stack(script_stack(self.waiting_threads())))
                continue
            self._owed_answers -= 1
            # An answer that an interrupted call has not waited for is not this one's.
            if self._owed_answers == 0:
                break
        answer: Answer = answers.answer(data, is_receive)
        if isinstance(answer, Welcome | ReportStack):
            raise RuntimeError("the engine welcomed this rank twice; are engine and package of one version?")
        return answer

    def _next_frame(self) -> bytes:
        """The next frame without its length. Ends the process if the engine has ended."""
        received = self._receive(self._received, 4)
        end = 4 + _LENGTH.unpack_from(received)[0]
        if end > 4 + wire.LONGEST_FRAME_BYTES:
            raise answers.ProtocolError(f"a frame of {end - 4} bytes, longer than {wire.LONGEST_FRAME_BYTES}")
        received = self._receive(received, end)
        self._received = received[end:]
        return received[4:end]

    def _receive(self, received: bytes, count: int) -> bytes:
        """At least so many bytes, of which the first have been received already."""
        if len(received) >= count:
            return received
        parts, size = [received], len(received)
        while size < count:
            try:
                more = self._socket.recv(max(RECEIVED_AT_ONCE_BYTES, count - size))
            except OSError as error:
                self._lose(error)
            if not more:
                abandon()
            parts.append(more)
            size += len(more)
        return b"".join(parts)

    def _lose(self, error: OSError) -> NoReturn:
        """The connection is gone: with the engine, unless it was closed here."""
        if error.errno not in (errno.EBADF, errno.ENOTSOCK):
            abandon()
        raise RuntimeError(
            f"rank {self._rank}'s connection to the engine has been closed; a script may not close files that it has "
            f"not opened (as by os.closerange) before it is through with torch.distributed"
        ) from None


def close_in_child() -> None:
    """Lets go of the connections in a process that has been forked, or the engine would not see the rank's end."""
    for channel in list(_open_channels):
        channel.close()


_open_channels: weakref.WeakSet[Channel] = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=close_in_child)


def abandon() -> NoReturn:
    """Ends the process at once: there is no engine any more, and nothing that the script could do."""
    os._exit(1)
