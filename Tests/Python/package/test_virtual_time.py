"""Timers of the script by the rank's clock, and real time for those who wait for the real world."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import multiprocessing
import os
import queue
import subprocess
import sys
import threading
import time
import timeit
import warnings

import pytest
import torch
from torch.utils.benchmark import Timer
from uniference import timed_waits, virtual_time
from uniference.clock import Interval

EPOCH_NS = 1_700_000_000_000_000_000
real_perf_counter = time.perf_counter


class SteppedClock:
    """A rank's clock that moves where the test moves it."""

    def __init__(self) -> None:
        self.ps = 0

    def enter_script(self, now_ps: int) -> None:
        self.ps = now_ps

    def leave_script(self) -> Interval:
        return Interval()

    def now_ps(self) -> int:
        return self.ps

    def sleep(self, duration_ns: int, meanwhile=None) -> None:
        """What the engine does when it is asked to."""
        self.ps += duration_ns * 1000
        if meanwhile is not None:
            meanwhile()


@pytest.fixture
def clock():
    stepped = SteppedClock()
    virtual_time.install(stepped, stepped.sleep, EPOCH_NS)
    yield stepped
    virtual_time.uninstall()


def test_all_timers_tell_the_ranks_time(clock):
    clock.ps = 2_500_000_000_000
    assert time.perf_counter() == time.monotonic() == timeit.default_timer() == 2.5
    assert time.perf_counter_ns() == time.monotonic_ns() == 2_500_000_000
    assert time.time_ns() == EPOCH_NS + 2_500_000_000
    assert time.time() == pytest.approx(EPOCH_NS * 1e-9 + 2.5, abs=1e-6)


def test_sleep_takes_virtual_time_only(clock):
    begin = real_perf_counter()
    time.sleep(3600)
    assert time.perf_counter() == 3600
    assert real_perf_counter() - begin < 60


def test_a_question_is_weighed_without_what_happens_between_questions():
    class AskedClock(SteppedClock):
        """Each question takes 3 microseconds."""

        def now_ps(self) -> int:
            self.ps += 3_000_000
            return self.ps

    assert virtual_time.weigh_question(AskedClock()) == 3_000


def test_each_sleep_is_longer_than_asked_for_by_what_the_cluster_says():
    stepped = SteppedClock()
    virtual_time.install(stepped, stepped.sleep, EPOCH_NS, sleep_overshoot_ns=12_000)
    try:
        time.sleep(0)
        assert time.perf_counter_ns() == 0
        for _ in range(2):
            time.sleep(1e-3)
        assert time.perf_counter_ns() == 2_024_000
    finally:
        virtual_time.uninstall()


def test_giving_way_reaches_the_engine_and_takes_no_time_by_itself():
    durations_ns = []

    def sleep(duration_ns, meanwhile=None):
        durations_ns.append(duration_ns)

    virtual_time.install(SteppedClock(), sleep, EPOCH_NS, 500)
    try:
        time.sleep(0)
        os.sched_yield()
        time.sleep(1e-12)
    finally:
        virtual_time.uninstall()
    assert durations_ns == [0, 0, 501]


def test_under_the_real_clock_a_sleep_is_real_and_the_engine_knows_of_it():
    stepped = SteppedClock()
    virtual_time.install_real_sleep(stepped.sleep)
    try:
        begin = real_perf_counter()
        time.sleep(0.02)
        assert real_perf_counter() - begin >= 0.015
        assert stepped.ps == 20_000_000_000
        assert time.perf_counter is real_perf_counter
        with pytest.raises(ValueError):
            time.sleep(-1)
    finally:
        virtual_time.uninstall()


@pytest.mark.parametrize(
    ("seconds", "error"),
    [(-1, ValueError), (float("nan"), ValueError), (float("inf"), OverflowError), (1e10, OverflowError),
     ("1", TypeError)],
)  # fmt: skip
def test_a_sleep_that_cannot_be_is_refused_as_by_python(clock, seconds, error):
    with pytest.raises(error):
        time.sleep(seconds)
    assert clock.ps == 0


def test_uninstall_puts_everything_back():
    names = [(time, name) for name in virtual_time.NAMES] + [(timeit, "default_timer")]
    waiting = [sys.modules[name] for name in virtual_time.WAITING_MODULES]
    names += [(module, "time") for module in waiting if hasattr(module, "time")]
    before = [getattr(module, name) for module, name in names] + [timeit.timeit.__defaults__]
    virtual_time.install(SteppedClock(), virtual_time.no_sleep, 0)
    virtual_time.install(SteppedClock(), virtual_time.no_sleep, 0)
    assert time.time is not before[0]
    virtual_time.uninstall()
    assert [getattr(module, name) for module, name in names] + [timeit.timeit.__defaults__] == before


def test_every_module_that_waits_is_there_to_be_patched():
    missing = [name for name in virtual_time.WAITING_MODULES if name not in sys.modules]
    assert missing == []


def test_timeit_and_torchs_benchmark_measure_virtual_time(clock):
    assert timeit.timeit(lambda: time.sleep(2), number=3) == 6
    assert timeit.Timer("time.sleep(1)", "import time").repeat(2, 2) == [2, 2]
    measured = Timer("time.sleep(0.25)", setup="import time").timeit(4)
    assert measured.mean == pytest.approx(0.25)
    assert Timer("time.sleep(0.25)", setup="import time").blocked_autorange(min_run_time=2).mean == pytest.approx(0.25)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
@pytest.mark.parametrize("call, error", [
    (lambda: torch.cuda.synchronize(), (AssertionError, RuntimeError)),
    (lambda: torch.cuda.Event(enable_timing=True), RuntimeError),
    (lambda: torch.cuda.current_stream(), (AssertionError, RuntimeError)),
])
def test_without_cuda_its_functions_refuse_as_they_do_for_real(clock, call, error):
    with pytest.raises(error):
        call()


class StreamEvent:
    """Stands for torch's class on a machine with CUDA: made by ``__new__``, ordering streams."""

    def __new__(cls, enable_timing=False, blocking=False, interprocess=False, external=False):
        made = super().__new__(cls)
        made.calls = []
        return made

    def record(self, stream=None):
        self.calls.append(("record", stream))

    def wait(self, stream=None):
        self.calls.append(("wait", stream))


def test_cuda_events_with_cuda_still_order_streams_and_take_time_only_if_asked(clock):
    from uniference.events import event_class

    asked: list[int] = []
    clock.now_ps = lambda: asked.append(1) or 7_000_000_000
    event = event_class(clock, StreamEvent)
    ordering, first, last = event(), event(enable_timing=True), event(True, blocking=True)
    ordering.record("a")
    ordering.wait("b")
    assert ordering.calls == [("record", "a"), ("wait", "b")]
    assert asked == []
    with pytest.raises(RuntimeError, match="must be recorded"):
        first.elapsed_time(last)
    with pytest.raises(RuntimeError, match="enable_timing=True"):
        first.elapsed_time(ordering)
    first.record()
    clock.now_ps = lambda: 9_000_000_000
    last.record()
    assert first.elapsed_time(last) == 2.0
    assert isinstance(first, StreamEvent)


def waits_really(wait) -> bool:
    """Whether a wait of 20 ms came back after at least that, and not much later."""
    begin = real_perf_counter()
    wait()
    return 0.015 < real_perf_counter() - begin < 60


def no_item():
    with pytest.raises(queue.Empty):
        queue.Queue().get(timeout=0.02)


def no_process_item():
    with pytest.raises(queue.Empty):
        multiprocessing.Queue().get(timeout=0.02)


def no_end_of_process():
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], check=False, timeout=0.02)


def no_connection_ready():
    receiver, _sender = multiprocessing.Pipe(duplex=False)
    assert not receiver.poll(0.02)
    assert multiprocessing.connection.wait([receiver], timeout=0.02) == []


@pytest.mark.parametrize(
    "wait",
    [
        lambda: multiprocessing.Event().wait(0.02),
        no_process_item, no_end_of_process, no_connection_ready,
    ],
    ids=["process event", "process queue", "subprocess", "connection"],
)  # fmt: skip
def test_who_waits_for_the_real_world_waits_in_real_time(clock, wait):
    assert waits_really(wait)
    assert clock.ps == 0


TIMED_WAITS = {
    "asyncio": lambda: asyncio.run(asyncio.sleep(0.02)),
    "event": lambda: threading.Event().wait(0.02),
    "condition": lambda: wait_for_condition(0.02),
    "queue": no_item,
    "semaphore": lambda: threading.Semaphore(0).acquire(timeout=0.02),
    "future": lambda: no_future(lambda never: never.result(timeout=0.02)),
    "futures": lambda: no_future(lambda never: next(concurrent.futures.as_completed([never], timeout=0.02))),
}
"""Waits in vain for 20 ms."""


def wait_for_condition(seconds: float) -> None:
    with (condition := threading.Condition()):
        assert not condition.wait_for(lambda: False, timeout=seconds)


def no_future(wait) -> None:
    with pytest.raises(concurrent.futures.TimeoutError):
        wait(concurrent.futures.Future())


@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize("wait", TIMED_WAITS.values(), ids=TIMED_WAITS)
def test_a_wait_in_vain_takes_its_time_on_the_ranks_clock(clock, monkeypatch, wait, is_alone):
    monkeypatch.setattr(timed_waits, "is_alone", lambda: is_alone)
    begin = real_perf_counter()
    wait()
    assert 0.02 - 1e-6 <= clock.ps * 1e-12 <= 0.0201
    if not is_alone:
        assert real_perf_counter() - begin > 0.015


def test_an_hour_in_vain_takes_no_real_time_where_nobody_could_end_it(clock, monkeypatch):
    monkeypatch.setattr(timed_waits, "is_alone", lambda: True)
    begin = real_perf_counter()
    assert not threading.Event().wait(3600)
    asyncio.run(asyncio.sleep(3600))
    assert real_perf_counter() - begin < 600
    assert clock.ps * 1e-12 == pytest.approx(7200)


def test_what_another_thread_brings_in_time_takes_no_virtual_time(clock):
    event, items = threading.Event(), queue.Queue()

    def bring() -> None:
        virtual_time._real["sleep"](0.02)
        event.set()
        virtual_time._real["sleep"](0.02)
        items.put("there")

    helper = threading.Thread(target=bring)
    helper.start()
    assert event.wait(60)
    assert items.get(timeout=60) == "there"
    helper.join(timeout=60)
    assert clock.ps == 0


def test_a_thread_that_does_not_end_in_time_takes_it(clock):
    event = threading.Event()
    helper = threading.Thread(target=event.wait)
    helper.start()
    helper.join(timeout=0.02)
    assert helper.is_alive()
    event.set()
    helper.join()
    assert clock.ps * 1e-12 == pytest.approx(0.02)


def test_other_threads_wait_in_real_time(clock):
    begin = real_perf_counter()
    helper = threading.Thread(target=lambda: threading.Event().wait(0.02))
    helper.start()
    helper.join()
    assert real_perf_counter() - begin > 0.015
    assert clock.ps == 0


def test_dates_are_those_of_the_ranks_clock(clock):
    clock.ps = 2_500_000_000_000
    seconds = EPOCH_NS * 1e-9 + 2.5
    utc = datetime.timezone.utc
    assert datetime.datetime.now().timestamp() == pytest.approx(seconds)
    assert datetime.datetime.now(utc) == datetime.datetime.fromtimestamp(seconds, utc)
    assert datetime.datetime.now(tz=utc).tzinfo is utc
    assert datetime.datetime.today().timestamp() == pytest.approx(seconds)
    assert datetime.date.today() == datetime.date.fromtimestamp(seconds)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        assert datetime.datetime.utcnow() == datetime.datetime.fromtimestamp(seconds, utc).replace(tzinfo=None)

    class Moment(datetime.datetime):
        pass

    assert type(Moment.now()) is Moment
    assert time.localtime() == time.localtime(int(seconds))
    assert time.gmtime() == time.gmtime(int(seconds))
    assert time.ctime() == time.ctime(int(seconds)) == time.asctime()
    assert time.strftime("%Y %S") == time.strftime("%Y %S", time.localtime(int(seconds)))
    assert time.clock_gettime(time.CLOCK_MONOTONIC) == 2.5
    assert time.clock_gettime_ns(time.CLOCK_REALTIME) == EPOCH_NS + 2_500_000_000
    assert 0 < time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) < 1e6


def test_dates_are_real_again_after_the_run():
    virtual_time.install(SteppedClock(), virtual_time.no_sleep, 0)
    assert datetime.datetime.now().year == 1970
    virtual_time.uninstall()
    assert datetime.datetime.now().year > 2020
    assert not isinstance(vars(datetime.datetime)["now"], classmethod)


def test_asyncio_keeps_its_order_and_its_time_outs(clock):
    async def program() -> list[str]:
        done: list[str] = []

        async def after(seconds: float, name: str) -> None:
            await asyncio.sleep(seconds)
            done.append(name)

        await asyncio.gather(after(0.03, "late"), after(0.01, "early"))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), timeout=0.02)
        return done

    assert asyncio.run(program()) == ["early", "late"]


def test_other_threads_sleep_in_real_time(clock):
    begin = real_perf_counter()
    helper = threading.Thread(target=lambda: time.sleep(0.02))
    helper.start()
    helper.join()
    assert real_perf_counter() - begin > 0.015
    assert clock.ps == 0


def test_a_process_that_a_rank_forks_has_real_time(clock):
    clock.ps = 5_000_000_000_000
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(time.time_ns()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told_ns = int(os.read(reader, 64))
    assert told_ns != EPOCH_NS + 5_000_000_000
    assert abs(told_ns - virtual_time._real["time_ns"]()) < 600_000_000_000
