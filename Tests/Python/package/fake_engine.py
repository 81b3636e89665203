"""An engine in a thread: welcomes one rank and answers its frames as a test says."""

from __future__ import annotations

import _thread
import pathlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from uniference.session import Session

TOKEN = bytes(range(32))
Responder = Callable[[int, bytes], bytes | None]
"""Makes an answer (kind and body) of a frame's kind and body; nothing for frames that are not answered."""


@dataclass
class ShortInterval:
    """A script that has computed for a moment."""

    computed_ns: int = 5
    work: list[Any] = field(default_factory=list)


class StandingClock:
    """A clock of a script that always computes for the same moment."""

    def enter_script(self, now_ps: int) -> None:
        pass

    def leave_script(self) -> Any:
        return ShortInterval()


def welcome(fake: bool = False) -> bytes:
    return struct.pack("<BHIIIBBBdqqq", 1, 3, 0, 0, 2, 0, fake, 0, 1.0, 0, 0, 0)


def done(result: bytes = b"\0", now_ps: int = 1000, released: tuple[int, ...] = ()) -> bytes:
    """``result``: its kind and what belongs to it."""
    return struct.pack(f"<BqI{len(released)}I", 2, now_ps, len(released), *released) + result


def connect(folder: pathlib.Path, respond: Responder) -> Session:
    """A session of rank 0 of 2 whose engine answers by ``respond``."""
    (folder / "token").write_bytes(TOKEN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket"))
    listener.listen()
    # Not one of the rank's own threads, which `threading` would count.
    _thread.start_new_thread(serve, (listener, respond))
    return Session.connect(str(folder), "main", 0, 2, lambda session: StandingClock())


def serve(listener: socket.socket, respond: Responder) -> None:
    connection, _ = listener.accept()
    received = b""
    while True:
        more = connection.recv(1 << 16)
        if not more:
            return
        received += more
        while len(received) >= 4 and len(received) >= 4 + struct.unpack_from("<I", received)[0]:
            end = 4 + struct.unpack_from("<I", received)[0]
            kind, body, received = received[4], received[5:end], received[end:]
            answer = welcome() if kind == 1 else respond(kind, body)
            if answer is not None:
                connection.sendall(struct.pack("<I", len(answer)) + answer)
