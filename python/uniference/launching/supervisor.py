"""Forks ranks, passes on what they print, and sees them end."""

from __future__ import annotations

import ctypes
import os
import selectors
import shutil
import signal
import struct
import sys
import time
from collections.abc import Mapping

from uniference.launching.control import PROGRESS, TERMINATE, Control
from uniference.launching.output import READ_AT_ONCE_BYTES, PrefixedStream, Target
from uniference.launching.progress import Progress

DRAINED_BYTES = 1 << 20
"""How much of a stream is passed on after its rank's end, more than any pipe holds: who else has it may write on."""
GROUP_PATIENCE_SECONDS = 1.0
"""How long processes that ranks have left behind may take to end when they are asked to."""
LOST_OUTPUT = {1: "standard output", 2: "standard error"}

_PR_SET_PDEATHSIG = 1


class Supervisor:
    """The launcher's view of its ranks."""

    def __init__(self, control: Control, folder: str) -> None:
        self._control = control
        self._folder = folder
        self._ranks: dict[int, int] = {}
        self._groups: list[int] = []
        """Process groups of ranks that have ended, in which others are left."""
        self._selector = selectors.PollSelector()
        self._streams: set[PrefixedStream] = set()
        self._targets = targets_of_this_process()
        self._on_terminal = [target for target in self._targets if os.isatty(target.descriptor)]
        self._progress = Progress()
        self._paused: set[Target] = set()
        """Those whose streams are not read, since too much waits already."""
        self._polled: set[Target] = set()
        self._reported: set[Target] = set()
        self._is_to_end = False
        self._is_in_good_order = True
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        signal.set_wakeup_fd(self._wake_writer)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # Ctrl-C is the engine's affair, which ends the ranks in good order.
        self._interrupt_handler = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def fork(self, rank: int, environment: Mapping[str, str]) -> bool:
        """Starts a rank. True in its process, which has nothing of the launcher's but its memory."""
        sys.stdout.flush()
        sys.stderr.flush()
        pipes = os.pipe(), os.pipe()
        launcher = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_rank(rank, pipes, launcher)
            os.environ.clear()
            os.environ.update(environment)
            return True
        self._ranks[pid] = rank
        for (reader, writer), target in zip(pipes, self._targets):
            os.close(writer)
            stream = PrefixedStream(reader, rank, target)
            self._streams.add(stream)
            self._selector.register(stream, selectors.EVENT_READ, stream)
        self._control.started(rank, pid)
        return False

    def _become_rank(self, rank: int, pipes: tuple[tuple[int, int], tuple[int, int]], launcher: int) -> None:
        """Takes the launcher's place in this process away: signals, sessions and files are a rank's own."""
        # As torchrun does: a session of its own, which the terminal's signals do not reach.
        os.setsid()
        end_with(launcher)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, self._interrupt_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        self._control.close()
        self._selector.close()
        for descriptor in [stream.descriptor for stream in self._streams] + [reader for reader, _ in pipes]:
            os.close(descriptor)
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        files = {1: pipes[0][1], 2: pipes[1][1]}
        if rank > 0:
            # One rank alone reads what is typed or piped in, and always the same one.
            files[0] = os.open(os.devnull, os.O_RDONLY)
        for target, source in files.items():
            os.dup2(source, target)
            os.close(source)

    def watch(self) -> bool:
        """Stays until every rank has ended and all they printed has been passed on; whether all have ended well."""
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)
        self._selector.register(self._control, selectors.EVENT_READ, self._control)
        while self._ranks:
            self._turn()
        self._end_groups()
        for stream in list(self._streams):
            self._drain(stream)
        while any(target.is_waiting for target in self._targets) and not self._is_to_end:
            self._turn()
        self._progress.remove()
        return self._is_in_good_order

    def _turn(self) -> None:
        """Waits for something to happen and deals with it."""
        for key, _ in self._selector.select(self._patience()):
            if isinstance(key.data, PrefixedStream):
                if not key.data.receive():
                    self._close(key.data)
            elif key.data is self._control:
                self._obey()
            elif key.data is None:
                self._drain_wake_up()
                self._reap()
        now = time.monotonic()
        for stream in self._streams:
            if stream.due is not None and stream.due <= now:
                stream.pass_on_rest()
        self._write()

    def _patience(self) -> float | None:
        due = min((stream.due for stream in self._streams if stream.due is not None), default=None)
        return None if due is None else max(0.0, due - time.monotonic())

    # What ranks print.

    def _write(self) -> None:
        """Writes what is taken at once, and stops reading ranks whose output nobody takes."""
        if any(target.is_waiting for target in self._on_terminal):
            self._progress.remove()
        for target in set(self._targets):
            target.flush()
            if target.loss is not None and target not in self._reported:
                self._reported.add(target)
                self._control.output_lost(f"cannot write {LOST_OUTPUT[target.descriptor]}: {target.loss.strerror}")
            if target.is_waiting != (target in self._polled):
                if target.is_waiting:
                    self._polled.add(target)
                    self._selector.register(target.descriptor, selectors.EVENT_WRITE, target)
                else:
                    self._polled.discard(target)
                    self._selector.unregister(target.descriptor)
            if target.is_full != (target in self._paused):
                self._pause(target, target.is_full)
        if not any(target.is_waiting or target.has_unfinished_line for target in self._on_terminal):
            self._progress.draw()

    def _pause(self, target: Target, is_paused: bool) -> None:
        (self._paused.add if is_paused else self._paused.discard)(target)
        for stream in self._streams:
            if stream.target is target and is_paused:
                self._selector.unregister(stream)
            elif stream.target is target:
                self._selector.register(stream, selectors.EVENT_READ, stream)

    def _close(self, stream: PrefixedStream) -> None:
        if stream.target not in self._paused:
            self._selector.unregister(stream)
        self._streams.discard(stream)
        stream.close()

    def _drain(self, stream: PrefixedStream) -> None:
        """Takes what its rank has left in a pipe that others may still hold, who are not waited for."""
        os.set_blocking(stream.descriptor, False)
        try:
            for _ in range(DRAINED_BYTES // READ_AT_ONCE_BYTES):
                if not stream.receive():
                    break
        except BlockingIOError:
            pass
        self._close(stream)

    # How ranks end.

    def _drain_wake_up(self) -> None:
        try:
            os.read(self._wake_reader, 4096)
        except BlockingIOError:
            pass

    def _obey(self) -> None:
        frames = self._control.receive()
        if frames is None:
            # Without the engine nobody wants what is running here.
            self._progress.remove()
            for pid in [*self._ranks, *self._groups]:
                signal_group(pid, signal.SIGKILL)
            shutil.rmtree(self._folder, ignore_errors=True)
            os._exit(1)
        for kind, body in frames:
            if kind == TERMINATE:
                (number,) = struct.unpack("<i", body)
                self._is_to_end = number == signal.SIGKILL
                self._is_in_good_order = False
                for pid in self._ranks:
                    signal_group(pid, number)
            elif kind == PROGRESS and not self._is_to_end:
                self._progress.show(body[4:].decode("utf-8", "replace"))

    def _reap(self) -> None:
        while self._ranks:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            rank = self._ranks.pop(pid, None)
            if rank is not None:
                code = os.waitstatus_to_exitcode(status)
                self._is_in_good_order = self._is_in_good_order and code == 0
                self._control.exited(rank, code)
                if signal_group(pid, 0):
                    self._groups.append(pid)

    def _end_groups(self) -> None:
        """Ends what ranks have started and left behind, which could print nothing any more."""
        deadline = time.monotonic() + GROUP_PATIENCE_SECONDS
        left = [pid for pid in self._groups if signal_group(pid, signal.SIGTERM)]
        while left and time.monotonic() < deadline:
            time.sleep(0.01)
            left = [pid for pid in left if signal_group(pid, 0)]
        for pid in left:
            signal_group(pid, signal.SIGKILL)


def targets_of_this_process() -> tuple[Target, Target]:
    """Standard output and error; one for both where both are the same file, on which they share lines."""
    output = Target(1)
    return output, output if os.path.samestat(os.fstat(1), os.fstat(2)) else Target(2)


def signal_group(group: int, number: int) -> bool:
    """Signals a process group; whether there is one. 0 only asks."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        # macOS says so of a group in which only zombies are left.
        return False
    return True


def end_with(launcher: int) -> None:
    """Has the system kill this process when the launcher dies, where it can: nobody else would notice at once."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != launcher:
            os._exit(1)
