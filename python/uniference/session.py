"""A rank's connection to the engine."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from typing import Any, Callable, NamedTuple, Protocol, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from uniference import answers, wire
from uniference.answers import (
    Done,
    Failed,
    FailureCategory,
    Piece,
    ReductionTask,
    ReportStack,
    Result,
    Welcome,
)
from uniference.arena import Arena, Peers
from uniference.reductions import reduce_complex_into, reduce_into
from uniference.sites import describe_site, script_frame, script_stack
from uniference.tensors import DATA_TYPES, Span, joined, read_elements, size_bytes, write_elements
from uniference.wire import BlockPlace

_LENGTH = struct.Struct("<I")
RECEIVED_AT_ONCE_BYTES = 1 << 16


class Interval(Protocol):
    """What the script has done between two primitives."""

    computed_ns: int
    slept_ns: int
    operations: list[Any]


class ComputeClock(Protocol):
    """The rank's clock, as a session uses it."""

    def enter_script(self, now_ps: int) -> None: ...

    def leave_script(self) -> Interval: ...


class RunEnded(RuntimeError):
    """The run is over for all ranks; the engine tells the user why."""


FAILURES: dict[FailureCategory, type[RuntimeError]] = {
    FailureCategory.ERROR: RuntimeError,
    FailureCategory.TIME_OUT: dist.DistBackendError,
    FailureCategory.RUN_ENDED: RunEnded,
}


class AbandonedCall(NamedTuple):
    """An operation under way that no Work stands for any more."""

    handle: int
    outputs: Sequence[Tensor]
    is_receive: bool


class Session:
    """Requests to the engine and its answers, one at a time.

    What the bridge does for a primitive stands between ``enter`` and ``leave``: the script's clock stands still, other
    threads wait, and torch neither records nor differentiates.
    """

    def __init__(self, connection: socket.socket, folder: str, welcome: Welcome, received: bytes) -> None:
        self.welcome = welcome
        self.rank = welcome.rank
        self.world_size = welcome.world_size
        self.fake = welcome.fake
        self.now_ps = welcome.now_ps
        self.arena = Arena(folder, welcome.connection)
        self.peers = Peers(folder, self.arena)
        self.abandoned: list[AbandonedCall] = []
        """Operations that the script has started and lost sight of. Their tensors are filled when they have ended."""
        self.clock: ComputeClock | None = None
        self._socket = connection
        self._received = received
        self._owed_answers = 0
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._depth = 0
        self._guards: tuple[Any, ...] = ()
        self._names: dict[str, int] = {}
        self._sites: dict[Any, int] = {}
        self._unsent: list[bytes] = []
        self._computed_ns = 0
        self._slept_ns = 0
        self._site = 0
        self._last_handle = 0
        self._last_group = 0

    @staticmethod
    def connect(
        folder: str,
        world: str,
        rank: int,
        world_size: int,
        make_clock: Callable[[Session], ComputeClock],
    ) -> Session:
        """Joins the session in ``folder`` and waits until the world's ranks are all there.

        Args:
            world: ``main``, or what identifies the rendezvous among several in the session.
            rank: -1 if the engine is to say.
            world_size: likewise.
            make_clock: the clock that the engine's welcome asks for.
        """
        with open(os.path.join(folder, "token"), "rb") as file:
            token = file.read()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(os.path.join(folder, "socket"))
        connection.sendall(wire.hello(token, os.getpid(), rank, world_size, world, torch.__version__))
        data, rest = receive_frame(connection, b"")
        answer = answers.answer(data)
        if isinstance(answer, Failed):
            raise RuntimeError(answer.message)
        if not isinstance(answer, Welcome):
            raise RuntimeError("the engine did not welcome this rank; are engine and package of one version?")
        session = Session(connection, folder, answer, rest)
        session.clock = make_clock(session)
        session.clock.enter_script(answer.now_ps)
        return session

    # The script's time stands still between these two.

    def enter(self) -> None:
        """Begins what the bridge does; may be nested. To be ended by `leave`, also after an error."""
        self._lock.acquire()
        self._depth += 1
        if self._depth > 1:
            return
        if self.clock is not None:
            interval = self.clock.leave_script()
            self._computed_ns += interval.computed_ns
            self._slept_ns += interval.slept_ns
            if interval.operations:
                self._unsent.append(self._operations(interval.operations))
        self._site = self._find_site()
        # Results are written as gloo writes them: unseen by autograd and by whatever watches operations.
        self._guards = (torch._C._InferenceMode(True), torch._C._DisableTorchDispatch())

    def leave(self) -> None:
        """Ends what the bridge does."""
        if self._depth == 1 and self.abandoned:
            self._complete_abandoned()
        self._depth -= 1
        if self._depth == 0:
            self._guards = ()
            if self.clock is not None:
                self.clock.enter_script(self.now_ps)
        self._lock.release()

    def interval(self) -> bytes:
        """What the script has done since the last frame that said so: part of a frame that has to be sent."""
        since = wire.interval(self._computed_ns, self._slept_ns, self._site)
        self._computed_ns = self._slept_ns = 0
        return since

    # Frames.

    def post(self, frame: bytes) -> None:
        """Sends a frame that is not answered."""
        if os.getpid() != self._pid:
            raise RuntimeError(
                f"a process that rank {self.rank} has forked cannot communicate in the rank's name; "
                f"do it in the rank itself, or start a process with a rank of its own"
            )
        if self._unsent:
            frame = b"".join((*self._unsent, frame))
            self._unsent.clear()
        try:
            self._socket.sendall(frame)
        except (BrokenPipeError, ConnectionResetError):
            abandon()

    def ask(self, frame: bytes, is_receive: bool = False) -> Done:
        """Sends a frame and waits for its answer.

        Raises what the engine says is wrong: ``DistBackendError`` for a time-out, `RunEnded`, or ``RuntimeError``.
        """
        self.post(frame)
        self._owed_answers += 1
        while True:
            data, self._received = receive_frame(self._socket, self._received)
            answer = answers.answer(data, is_receive and self._owed_answers == 1)
            if isinstance(answer, ReportStack):
                self.post(wire.stack(script_stack()))
                continue
            self._owed_answers -= 1
            # An answer that an interrupted call has not waited for is not this one's.
            if self._owed_answers == 0:
                break
        if isinstance(answer, Welcome):
            raise RuntimeError("the engine welcomed this rank twice; are engine and package of one version?")
        self.now_ps = answer.now_ps
        for block_id in answer.released:
            self.arena.release(block_id)
        if isinstance(answer, Failed):
            raise FAILURES[answer.category](answer.message)
        return answer

    def name_id(self, text: str) -> int:
        """The entry of the string table, which the engine is told of with the next frame."""
        known = self._names.get(text)
        if known is None:
            known = self._names[text] = len(self._names) + 1
            self._unsent.append(wire.name(known, text))
        return known

    def new_handle(self) -> int:
        self._last_handle += 1
        return self._last_handle

    def define_group(self, name: str, library: int, world_ranks: Sequence[int]) -> int:
        """Tells the engine of a process group; its number."""
        self._last_group += 1
        self.post(wire.group(self.interval(), self._last_group, self.name_id(name), library, world_ranks))
        return self._last_group

    def ask_time_ps(self) -> int:
        """The rank's clock, from the engine."""
        self.enter()
        try:
            return self.ask(wire.now(self.interval())).now_ps
        finally:
            self.leave()

    def _complete_abandoned(self) -> None:
        """Fills the tensors of operations that have ended by now though nobody has waited for them, as gloo does."""
        abandoned, self.abandoned = self.abandoned, []
        for call in abandoned:
            if not self.ask(wire.test(self.interval(), call.handle)).result:
                self.abandoned.append(call)
                continue
            done = self.ask(wire.wait(self.interval(), call.handle, wire.NO_TIMEOUT), call.is_receive)
            self.deliver(done.result, call.outputs)

    def goodbye(self, exit_code: int, reason: str) -> None:
        """Tells the engine that the script has ended, with ``reason`` if by an exception."""
        self.enter()
        self._unsent += [wire.forget(call.handle) for call in self.abandoned]
        self.abandoned = []
        self.post(wire.goodbye(self.interval(), exit_code, reason))
        self._socket.close()
        self.clock = None
        self.leave()

    # Values.

    def contribute(self, tensors: Sequence[Tensor]) -> BlockPlace:
        """Copies the elements of the tensors into shared memory."""
        size = size_bytes(tensors)
        if size == 0:
            return wire.NO_BLOCK
        block = self.arena.allocate(size)
        write_elements(block.segment, block.offset_bytes, tensors)
        return BlockPlace(block.id, block.segment_number, block.offset_bytes)

    def deliver(self, result: Result, outputs: Sequence[Tensor]) -> None:
        """Fills the tensors with the values of an answer. Fake ones stay as they are."""
        spans = self.spans(result)
        if spans or (outputs and not self.fake):
            read_elements(outputs, spans)

    def spans(self, result: Result) -> list[Span]:
        """Where the values of an answer are; combines them first if the engine asks for it."""
        if isinstance(result, ReductionTask):
            return [self._reduce(result)]
        return [self._span(piece) for piece in result] if isinstance(result, list) else []

    def _span(self, piece: Piece) -> Span:
        return Span(self.peers.segment(piece.connection, piece.segment), piece.offset_bytes, piece.size_bytes)

    def _reduce(self, task: ReductionTask) -> Span:
        dtype = DATA_TYPES[task.dtype_code]
        operands = [joined([self._span(piece) for piece in pieces], dtype) for pieces in task.contributions]
        size = task.count * dtype.itemsize
        block = self.arena.allocate(size)
        result = block.tensor(dtype, task.count)
        if dtype.is_complex:
            reduce_complex_into(result, operands, task.reduction, task.whole, task.start)
        else:
            reduce_into(result, operands, task.reduction, task.whole, task.start)
        self.post(wire.published(task.number, BlockPlace(block.id, block.segment_number, block.offset_bytes)))
        return Span(block.segment, block.offset_bytes, size)

    # What belongs to an interval.

    def _operations(self, operations: Sequence[Any]) -> bytes:
        return wire.operations(
            [(self.name_id(o.name), o.data_type, o.flops, o.bytes_read, o.bytes_written) for o in operations]
        )

    def _find_site(self) -> int:
        frame = script_frame(sys._getframe(2))
        if frame is None:
            return 0
        place = (frame.f_code, frame.f_lineno)
        known = self._sites.get(place)
        if known is None:
            known = self._sites[place] = self.name_id(describe_site(*place))
        return known


def receive_frame(connection: socket.socket, received: bytes) -> tuple[bytes, bytes]:
    """The next frame without its length, and what has been received beyond it. Ends the process if the engine has."""
    while len(received) < 4 or len(received) < 4 + _LENGTH.unpack_from(received)[0]:
        try:
            more = connection.recv(RECEIVED_AT_ONCE_BYTES)
        except ConnectionResetError:
            more = b""
        if not more:
            abandon()
        received = received + more if received else more
    end = 4 + _LENGTH.unpack_from(received)[0]
    return received[4:end], received[end:]


def abandon() -> None:
    """Ends the process at once: there is no engine any more, and nothing that the script could do."""
    os._exit(1)
