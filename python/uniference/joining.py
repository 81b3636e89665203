"""How a process becomes a rank, and stops being one."""

from __future__ import annotations

import atexit
import multiprocessing.util
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from uniference import integration, virtual_time
from uniference.clock import AskingClock, ComputeClock, Interval, MeasuredClock
from uniference.meters import MeterChoice
from uniference.session import MEASURED, ROOFLINE, Session

if TYPE_CHECKING:
    from uniference.operations import OperationRecorder

STRICT = "UNIFERENCE_STRICT_FAKE"
"""Set where values that are not there are errors."""

WITHOUT_CUDA = ("Torch not compiled with CUDA enabled", "run it with --gpu, and it finds the GPUs of the cluster")
"""What torch says to a script for CUDA, and what its author can do."""

_recorders: dict[Session, OperationRecorder] = {}


def join(folder: str, world: str, rank: int, world_size: int) -> Session:
    """Connects to the engine and lets the script's timers tell the rank's time."""
    session = Session.connect(folder, world, rank, world_size, make_clock)
    welcome = session.welcome
    if welcome.real_clock:
        virtual_time.install_real_sleep(session.sleep)
    elif session.clock is not None:
        virtual_time.install(session.clock, session.sleep, welcome.epoch_ns, welcome.sleep_overshoot_ns)
        virtual_time.install_alarms(session)
    if session.fake:
        from uniference import fake

        fake.begin(os.environ.get(STRICT) == "1")
    recorder = _recorders.get(session)
    if recorder is not None:
        if "uniference.gpu.library" in sys.modules:
            from uniference.gpu.library import load

            recorder.take_signature = load().uniference_take_signature
        if "uniference.gpu.beginning" in sys.modules:
            from uniference.gpu.stream_listening import listen

            listen(session, recorder)
        recorder.__enter__()
    return session


def leave(session: Session, exit_code: int, reason: str) -> None:
    """Ends the rank's part in the world, with the exception that ended the script, if one did."""
    virtual_time.uninstall()
    recorder = _recorders.pop(session, None)
    if recorder is not None:
        recorder.__exit__(None, None, None)  # type: ignore[no-untyped-call]
    if session.fake:
        from uniference import fake

        if session.rank == 0 and (places := fake.report()) is not None:
            sys.stderr.write(f"{places}\n")
        fake.end()
    if "uniference.gpu.beginning" in sys.modules and (uses := memory_uses()):
        session.report_memory(uses)
    session.goodbye(exit_code, reason)


def memory_uses() -> list[tuple[str, int]]:
    """What the described GPU's memory held at its peak."""
    from uniference.gpu import memory_use

    return memory_use.at_peak()


def install_in_process(folder: str) -> None:
    """Has this process, which somebody else has started, join a world with its first process group and leave it with
    its last one, as often as it does so."""
    joined: list[Session] = []

    def join_world(world: str, rank: int, world_size: int) -> Session:
        joined.append(join(folder, world, rank, world_size))
        return joined[-1]

    def leave_world() -> None:
        if joined:
            leave(joined.pop(), *exception_at_exit())

    installed = integration.install(session_factory=join_world, leave=leave_world)
    atexit.register(installed.leave)
    # Processes of `multiprocessing` end without what `atexit` has been told.
    multiprocessing.util.Finalize(None, installed.leave, exitpriority=0)


def exception_at_exit() -> tuple[int, str]:
    """The exit code and exception with which the interpreter is ending, if it is ending with one."""
    error = getattr(sys, "last_value", None)
    if error is None:
        return 0, ""
    advice = f"; {WITHOUT_CUDA[1]}" if WITHOUT_CUDA[0] in str(error) else ""
    return 1, f"{type(error).__name__}: {error}{advice}"


def make_clock(session: Session) -> ComputeClock:
    """The clock that the engine's welcome asks for."""
    welcome = session.welcome
    if welcome.compute == ROOFLINE:
        from uniference import kernel_costs, uncompiled
        from uniference.operations import OperationRecorder
        from uniference.regions import Regions

        recorder = _recorders[session] = OperationRecorder(session.report_progress)
        recorder.regions = Regions(recorder.emit, recorder.report_at_times)
        uncompiled.install(recorder.regions)
        kernel_costs.recorder = recorder
        return AskingClock(session.ask_time_ps, lambda: Interval(work=recorder.take()))
    if welcome.compute == MEASURED and welcome.scale > 0:
        own_ns = session.weigh(MeasuredClock(1.0))
        asking_ns = virtual_time.weigh_question(MeasuredClock(1.0, sign=session.sign))
        return MeasuredClock(welcome.scale, own_ns, asking_ns, session.sign, session.ask_time_ps)
    return AskingClock(session.ask_time_ps, measured_interval())


def measured_interval() -> Callable[[], Interval]:
    """What has been computed since the last call, by processor or wall time."""
    choice = MeterChoice()
    meter = choice.current()
    meter.start()

    def interval() -> Interval:
        nonlocal meter
        computed_ns = meter.elapsed_ns()
        meter = choice.current()
        meter.start()
        return Interval(computed_ns)

    return interval
