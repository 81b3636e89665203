"""The launcher's connection to the engine."""

from __future__ import annotations

import os
import socket
import struct

from uniference import wire

STARTED = 30
EXITED = 31
OUTPUT_LOST = 32
START = 40
TERMINATE = 41
PROGRESS = 42


class Control:
    """Tells the engine how ranks start and end, and hears from it what to do."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = bytearray()

    @staticmethod
    def connect(folder: str, torch_version: str) -> Control | None:
        """Presents the session's token to the engine; ``None`` when it is gone."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(os.path.join(folder, "socket"))
            with open(os.path.join(folder, "token"), "rb") as file:
                token = file.read()
            connection.sendall(wire.hello(token, os.getpid(), -1, -1, "launcher", torch_version))
        except OSError:
            return None
        return Control(connection)

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def close(self) -> None:
        """Lets go of the connection, in a forked rank."""
        self._socket.close()

    def await_start(self) -> bool:
        """Waits for the engine to have the ranks started; ``False`` when it is gone instead."""
        while True:
            frames = self.receive()
            if frames is None:
                return False
            if any(kind == START for kind, _ in frames):
                return True

    def receive(self) -> list[tuple[int, bytes]] | None:
        """The frames that have arrived, kind and body; waits for some bytes. ``None`` when the engine is gone."""
        try:
            chunk = self._socket.recv(4096)
        except OSError:
            return None
        if not chunk:
            return None
        self._received += chunk
        frames = []
        while len(self._received) >= 4:
            (length,) = struct.unpack_from("<I", self._received)
            if len(self._received) < 4 + length:
                break
            frames.append((self._received[4], bytes(self._received[5 : 4 + length])))
            del self._received[: 4 + length]
        return frames

    def started(self, rank: int, pid: int) -> None:
        """A rank's process exists."""
        self._send(STARTED, struct.pack("<Ii", rank, pid))

    def exited(self, rank: int, status: int) -> None:
        """A rank's process has ended, with an exit code or, negative, a signal."""
        self._send(EXITED, struct.pack("<Ii", rank, status))

    def output_lost(self, problem: str) -> None:
        """What the ranks print cannot be passed on any more."""
        text = problem.encode()
        self._send(OUTPUT_LOST, struct.pack("<I", len(text)) + text)

    def _send(self, kind: int, body: bytes) -> None:
        try:
            self._socket.sendall(struct.pack("<IB", 1 + len(body), kind) + body)
        except OSError:
            pass  # The engine is gone; the supervisor finds out when it reads.
