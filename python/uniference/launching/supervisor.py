"""Forks ranks, passes on what they print, and sees them end."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import struct
import sys
import traceback
from collections.abc import Callable

from uniference.launching.control import TERMINATE, Control
from uniference.launching.output import PrefixedStream


class Supervisor:
    """The launcher's view of its ranks."""

    def __init__(self, control: Control, folder: str) -> None:
        self._control = control
        self._folder = folder
        self._ranks: dict[int, int] = {}
        self._selector = selectors.DefaultSelector()
        self._streams: set[PrefixedStream] = set()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        signal.set_wakeup_fd(self._wake_writer)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # Ctrl-C is the engine's affair, which ends the ranks in good order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def fork(self, rank: int, body: Callable[[], int]) -> None:
        """Starts a rank, whose process ends with the exit code that ``body`` returns."""
        sys.stdout.flush()
        sys.stderr.flush()
        output_reader, output_writer = os.pipe()
        error_reader, error_writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become_rank(output_writer, error_writer)
            run_and_exit(body)
        os.close(output_writer)
        os.close(error_writer)
        self._ranks[pid] = rank
        for descriptor, target in ((output_reader, sys.stdout.buffer), (error_reader, sys.stderr.buffer)):
            stream = PrefixedStream(descriptor, rank, target)
            self._streams.add(stream)
            self._selector.register(stream, selectors.EVENT_READ, stream)
        self._control.started(rank, pid)

    def _become_rank(self, output: int, error: int) -> None:
        """Leaves nothing of the launcher in the child but its memory."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._control.close()
        self._selector.close()
        for stream in self._streams:
            os.close(stream.descriptor)
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output, 1), (error, 2)):
            os.dup2(source, target)
            os.close(source)

    def watch(self) -> None:
        """Stays until every rank has ended and all they printed has been passed on."""
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)
        self._selector.register(self._control, selectors.EVENT_READ, self._control)
        while self._ranks or self._streams:
            for key, _ in self._selector.select(timeout=1.0 if self._ranks else 0.2):
                if isinstance(key.data, PrefixedStream):
                    self._pump(key.data)
                elif key.data is self._control:
                    self._obey()
                else:
                    self._drain_wake_up()
            self._reap()
            if not self._ranks and not self._selector.select(timeout=0):
                # Grandchildren may hold the streams open; they are not waited for.
                break

    def _pump(self, stream: PrefixedStream) -> None:
        if not stream.pump():
            self._selector.unregister(stream)
            self._streams.discard(stream)

    def _drain_wake_up(self) -> None:
        try:
            os.read(self._wake_reader, 4096)
        except BlockingIOError:
            pass

    def _obey(self) -> None:
        frames = self._control.receive()
        if frames is None:
            self._selector.unregister(self._control)
            self._end_all(signal.SIGKILL)
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        for kind, body in frames:
            if kind == TERMINATE:
                self._end_all(struct.unpack("<i", body)[0])

    def _end_all(self, number: int) -> None:
        """Signals every rank with the processes that it has started itself."""
        for pid in self._ranks:
            try:
                os.killpg(pid, number)
            except ProcessLookupError:
                pass

    def _reap(self) -> None:
        for pid, rank in list(self._ranks.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._ranks[pid]
                self._control.exited(rank, os.waitstatus_to_exitcode(status))


def run_and_exit(body: Callable[[], int]) -> None:
    """Ends the process as Python does, but never returns into the launcher's code."""
    code = 1
    try:
        code = body()
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
