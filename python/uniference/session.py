"""A rank's connection to the engine."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from uniference import fake, futures, real, wire
from uniference.answers import Done, Failed, FailureCategory, Welcome
from uniference.channel import FAILURES, Channel
from uniference.clock import ComputeClock
from uniference.clock_file import ClockFile, ClockSign, NoSign
from uniference.profiling import unrecorded
from uniference.sites import describe_site, script_frame
from uniference.stream_notes import StreamNote
from uniference.thread_waits import ThreadWaits
from uniference.values import SharedValues

MEASURED, RECORDED, ROOFLINE = range(3)
"""How the time of computing is found, by its number in the engine's welcome."""

WEIGHINGS = 31
"""How often an empty interval is timed: the median of less than a millisecond's work."""


class AbandonedCall(NamedTuple):
    """An operation under way that no Work stands for any more."""

    handle: int
    outputs: Sequence[Tensor]
    is_receive: bool


class Session:
    """Requests to the engine and its answers, one at a time.

    What the bridge does for a primitive stands between ``enter`` and ``leave``: the script's clock stands still, other
    threads wait, and torch neither records nor differentiates. Between ``pause`` and ``resume`` only the clock does and
    they do.
    """

    def __init__(self, channel: Channel, folder: str, welcome: Welcome) -> None:
        self.welcome = welcome
        self.rank = welcome.rank
        self.world_size = welcome.world_size
        self.fake = welcome.fake
        self.now_ps = welcome.now_ps
        self.values = SharedValues(folder, welcome.connection, welcome.fake, self.post)
        self.abandoned: list[AbandonedCall] = []
        """Operations that the script has started and lost sight of. Their tensors are filled when they have ended."""
        self.clock: ComputeClock | None = None
        self.sign: ClockSign = NoSign()
        """By which the engine sees how far the script has come."""
        self._channel = channel
        self._lock = threading.RLock()
        self._depth = 0
        self._bridge_depth = 0
        self._guards: tuple[Any, ...] = ()
        self._names: dict[str, int] = {}
        self._sites: dict[Any, int] = {}
        self._unsent: list[bytes] = []
        self._computed_ns = 0
        self._site = 0
        self.threads = ThreadWaits(
            channel,
            self._lock,
            self._others_in,
            self.interval,
            self._after_unsent,
            self._take_answer,
            lambda: self.now_ps,
            self._unreported_ps,
            self._overlap,
            moves_with_computing=welcome.compute == MEASURED,
        )
        """What other threads wait for."""
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
        channel, token = Channel.open(folder)
        welcome = channel.welcome(wire.hello(token, os.getpid(), rank, world_size, world, torch.__version__))
        session = Session(channel, folder, welcome)
        if welcome.compute == MEASURED:
            session.sign = ClockFile(os.path.join(folder, f"{welcome.connection}-clock"))
        session.clock = make_clock(session)
        session.clock.enter_script(welcome.now_ps)
        return session

    # The script's time stands still between these two.

    def pause(self) -> None:
        """Stops the script's clock; may be nested. To be ended by `resume`, also after an error."""
        self._lock.acquire()
        if self._depth == 0:
            self.threads.enter()
        self._depth += 1
        if self._depth > 1:
            return
        self._stop_clock()
        self._site = self._find_site()

    def _stop_clock(self) -> None:
        self.sign.stop()
        if self.clock is not None:
            interval = self.clock.leave_script()
            self._computed_ns += interval.computed_ns
            self._unsent += self._work(interval.work)

    def resume(self) -> None:
        """Lets the script's clock go on."""
        self._depth -= 1
        if self._depth == 0:
            self._start_clock()
            self.threads.left()
        self._lock.release()

    def _start_clock(self) -> None:
        if self.clock is not None:
            self.sign.start(self._computed_ns)
            self.clock.enter_script(self.now_ps)

    @contextlib.contextmanager
    def _others_in(self) -> Iterator[None]:
        """The session is as if this thread had left it, so that others may enter it once they have the lock."""
        state = self._depth, self._bridge_depth, self._guards, self._site
        self._depth, self._bridge_depth, self._guards = 0, 0, ()
        self._start_clock()
        try:
            yield
        finally:
            self._stop_clock()
            self._depth, self._bridge_depth, self._guards, self._site = state

    @property
    def is_entered(self) -> bool:
        """Whether a thread is in the bridge, or waits in it."""
        return self._depth > 0 or self.threads.are_waiting()

    def weigh(self, clock: ComputeClock) -> int:
        """What a clock of this session says, in nanoseconds, that a script takes which does nothing."""
        computed_ns, former = self._computed_ns, self.clock
        self.clock = clock
        clock.enter_script(0)
        taken_ns = []
        for _ in range(WEIGHINGS):
            self._computed_ns = 0
            self.pause()
            self.resume()
            taken_ns.append(self._computed_ns)
        self.clock, self._computed_ns = former, computed_ns
        return sorted(taken_ns)[WEIGHINGS // 2]

    def enter(self) -> None:
        """Begins what the bridge does; may be nested. To be ended by `leave`, also after an error."""
        self.pause()
        self._bridge_depth += 1
        if self._bridge_depth == 1:
            # Results are written as gloo writes them: unseen by autograd and by whatever watches operations.
            self._guards = (torch._C._InferenceMode(True), torch._C._DisableTorchDispatch(), unrecorded())
            if self.fake:
                fake.intercept(False)

    @contextlib.contextmanager
    def uncharged(self) -> Iterator[None]:
        """For what the bridge does with tensors, which the script does not pay for."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    @contextlib.contextmanager
    def if_free(self) -> Iterator[bool]:
        """Keeps other threads out of the bridge meanwhile, unless one is in it; whether it does."""
        is_free = self._lock.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._lock.release()

    def leave(self) -> None:
        """Ends what the bridge does."""
        if self._bridge_depth == 1 and self.abandoned:
            self._complete_abandoned()
        self._bridge_depth -= 1
        if self._bridge_depth == 0:
            self._guards = ()
            if self.fake:
                fake.intercept(True)
        self.resume()

    def interval(self) -> bytes:
        """What the script has done since the last frame that said so: part of a frame that has to be sent."""
        since = wire.interval(self._computed_ns, self._site)
        self._computed_ns = 0
        return since

    def _unreported_ps(self) -> int:
        """By how much what has been computed since the last frame that said so moves the rank's clock."""
        return round(self._computed_ns * 1000 / (self.welcome.scale or 1))

    def _overlap(self, elapsed_ps: int) -> None:
        """So much of that took place while the clock moved anyway, since other threads waited."""
        self._computed_ns = max(0, self._computed_ns - round(elapsed_ps * (self.welcome.scale or 1) / 1000))

    # Frames.

    def post(self, frame: bytes) -> None:
        """Sends a frame that is not answered."""
        self._channel.post(self._after_unsent(frame))

    def ask(self, frame: bytes, is_receive: bool = False, meanwhile: Callable[[], None] | None = None) -> Done:
        """Sends a frame, does something ``meanwhile``, and waits for the answer.

        Raises what the engine says is wrong: ``DistBackendError`` for a time-out, `RunEnded`, or ``RuntimeError``.
        """
        before_ps, start = self.now_ps, real.monotonic()
        answer = self._channel.ask(self._after_unsent(frame), is_receive, meanwhile)
        if self.welcome.real_clock and isinstance(answer, Failed) and answer.category == FailureCategory.TIME_OUT:
            # Who lives by the real clock has waited until the time-out by it.
            real.sleep(max(0.0, (answer.now_ps - before_ps) * 1e-12 - (real.monotonic() - start)))
        return self._take_answer(answer)

    def _take_answer(self, answer: Done | Failed) -> Done:
        self.now_ps = answer.now_ps
        for block_id in answer.released:
            self.values.arena.release(block_id)
        if isinstance(answer, Failed):
            raise FAILURES[answer.category](answer.message)
        return answer

    def _after_unsent(self, frame: bytes) -> bytes:
        """The frame, and before it what the engine has to be told for it."""
        if self._unsent:
            frame = b"".join((*self._unsent, frame))
            self._unsent.clear()
        return frame

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

    def define_group(self, name: str, initialization: str, library: int, world_ranks: Sequence[int]) -> int:
        """Tells the engine of a process group; its number.

        ``initialization`` tells one ``init_process_group`` from another, after which torch gives the same names anew.
        """
        self._last_group += 1
        ids = self.name_id(name), self.name_id(initialization)
        self.post(wire.group(self.interval(), self._last_group, *ids, library, world_ranks))
        return self._last_group

    def declare(self, operation: str, key: str, arguments: str) -> None:
        """Tells the engine of a call that all ranks have to make alike. The run ends where another has made another.

        ``key``: what all ranks know the call by.
        """
        self.enter()
        try:
            ids = self.name_id(operation), self.name_id(key), self.name_id(arguments)
            self.post(wire.declaration(self._site, *ids))
        finally:
            self.leave()

    def ask_event_ps(self, event: int) -> int | None:
        """When an event of a stream happens; ``None`` if it has not been recorded."""
        self.enter()
        try:
            time_ps = self.ask(wire.event(self.interval(), event)).result
            return time_ps if isinstance(time_ps, int) and time_ps >= 0 else None
        finally:
            self.leave()

    def ask_time_ps(self) -> int:
        """The rank's clock, from the engine."""
        self.enter()
        try:
            return self.ask(wire.now(self.interval())).now_ps
        finally:
            self.leave()

    def sleep(self, duration_ns: int, meanwhile: Callable[[], None] | None = None) -> None:
        """Lets so much time pass on the rank's clock; others compute meanwhile. No time at all lets them come as far.

        Args:
            meanwhile: a real sleep, for scripts that live by the real clock.
        """
        self.pause()
        try:
            if meanwhile is None and duration_ns > 0 and self.threads.have_several_speakers():
                self.threads.await_end(0, duration_ns, called=False)
            else:
                self.ask(wire.sleep(self.interval(), duration_ns), meanwhile=meanwhile)
        finally:
            self.resume()

    def report_progress(self) -> None:
        """Tells the engine what the script has computed so far, so that others can go on with what is earlier."""
        if self._depth > 0:
            return
        self.pause()
        try:
            self.post(wire.progress(self.interval()))
        finally:
            self.resume()

    def _complete_abandoned(self) -> None:
        """Fills the tensors of operations that have ended by now though nobody has waited for them, as gloo does."""
        abandoned, self.abandoned = self.abandoned, []
        for call in abandoned:
            if not self.ask(wire.test(self.interval(), call.handle)).result:
                self.abandoned.append(call)
                continue
            done = self.ask(wire.wait(self.interval(), call.handle, wire.NO_TIMEOUT), call.is_receive)
            self.values.deliver(done.result, call.outputs)

    def begin_phase(self, name: str) -> None:
        """Tells the engine that the script enters a phase."""
        self.enter()
        self.post(wire.phase(self.interval(), self.name_id(name)))
        self.leave()

    def report_memory(self, uses: Sequence[tuple[str, int]]) -> None:
        """Tells the engine what the device's memory held at its peak."""
        self.enter()
        self.post(wire.memory(uses))
        self.leave()

    def goodbye(self, exit_code: int, reason: str) -> None:
        """Tells the engine that the script has ended, with ``reason`` if by an exception."""
        self.enter()
        self._unsent += [wire.forget(call.handle) for call in self.abandoned]
        self.abandoned = []
        futures.forget_all()
        self.post(wire.goodbye(self.interval(), exit_code, reason))
        self._channel.close()
        self.clock = None
        self.leave()

    # What belongs to an interval.

    def _work(self, work: Sequence[Any]) -> Iterator[bytes]:
        """Frames of operations and of commands to streams, in order."""
        for is_command, entries in itertools.groupby(work, lambda entry: isinstance(entry, StreamNote)):
            if is_command:
                yield wire.streams([(note.command, note.subject) for note in entries])
            else:
                operations = [
                    (self.name_id(o.name), o.data_type, o.flops, o.bytes_read, o.bytes_written, o.shape)
                    for o in entries
                ]
                yield wire.operations(operations)

    def _find_site(self) -> int:
        frame = script_frame(sys._getframe(2))
        if frame is None:
            return 0
        place = (frame.f_code, frame.f_lineno)
        known = self._sites.get(place)
        if known is None:
            known = self._sites[place] = self.name_id(describe_site(*place))
        return known
