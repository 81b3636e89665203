"""What is charged to a rank between two primitives."""

from __future__ import annotations

import math
import os
import struct
import threading
import time

import pytest
import torch
from uniference import clock as clock_module
from uniference import meters
from uniference.clock import AskingClock, Interval, MeasuredClock
from uniference.clock_file import ClockFile


class SteppedMeter:
    """A meter whose time the test sets."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._start_ns = 0

    def start(self) -> None:
        self._start_ns = self.now_ns

    def elapsed_ns(self) -> int:
        return self.now_ns - self._start_ns


class Choice:
    """Chooses the meter that the test says."""

    def __init__(self) -> None:
        self.meter = SteppedMeter()

    def current(self) -> SteppedMeter:
        return self.meter


@pytest.fixture
def choice(monkeypatch) -> Choice:
    made = Choice()
    monkeypatch.setattr(clock_module, "MeterChoice", lambda: made)
    return made


def test_what_the_script_computes_is_charged_and_the_bridge_is_not(choice):
    clock = MeasuredClock(1.0)
    clock.enter_script(0)
    choice.meter.now_ns += 700
    assert clock.leave_script() == Interval(computed_ns=700)
    choice.meter.now_ns += 5_000
    clock.enter_script(2_000_000)
    choice.meter.now_ns += 30
    assert clock.leave_script() == Interval(computed_ns=30)


def test_timers_run_at_the_devices_speed(choice):
    clock = MeasuredClock(2.0)
    clock.enter_script(1_000_000)
    choice.meter.now_ns += 1_000
    assert clock.now_ps() == 1_000_000 + 500_000
    assert clock.leave_script() == Interval(computed_ns=1_000)


def test_the_clock_stands_still_in_the_bridge_and_never_goes_back(choice):
    clock = MeasuredClock(1.0)
    clock.enter_script(0)
    choice.meter.now_ns += 10
    clock.leave_script()
    choice.meter.now_ns += 1_000
    assert clock.now_ps() == 10_000
    # The frame was not answered, so the bridge's idea of the time is older than what was measured.
    clock.enter_script(0)
    assert clock.now_ps() == 10_000
    choice.meter.now_ns += 5
    assert clock.now_ps() == 15_000
    clock.leave_script()
    clock.enter_script(40_000)
    assert clock.now_ps() == 40_000


def test_leaving_and_entering_twice_charges_once(choice):
    clock = MeasuredClock(1.0)
    assert clock.leave_script() == Interval()
    clock.enter_script(0)
    choice.meter.now_ns += 8
    clock.enter_script(0)
    choice.meter.now_ns += 8
    assert clock.leave_script() == Interval(computed_ns=16)
    assert clock.leave_script() == Interval()


def test_what_the_clock_itself_costs_is_not_charged(choice):
    clock = MeasuredClock(1.0, own_ns=50)
    clock.enter_script(0)
    choice.meter.now_ns += 700
    assert clock.now_ps() == 650_000
    assert clock.leave_script() == Interval(computed_ns=650)
    clock.enter_script(0)
    choice.meter.now_ns += 30
    assert clock.now_ps() == 650_000
    assert clock.leave_script() == Interval(computed_ns=0)


def test_what_questions_cost_is_not_charged(choice):
    clock = MeasuredClock(1.0, own_ns=10, asking_ns=20)
    clock.enter_script(0)
    for expected_ns in (90, 170, 250):
        choice.meter.now_ns += 100
        # Each reading is without what the ones before it took.
        assert clock.now_ps() == expected_ns * 1000
    choice.meter.now_ns += 100
    assert clock.leave_script() == Interval(computed_ns=400 - 10 - 3 * 20)
    clock.enter_script(0)
    choice.meter.now_ns += 100
    assert clock.leave_script() == Interval(computed_ns=90)


def test_what_was_computed_before_an_accelerator_came_into_use_stays_charged(choice):
    clock = MeasuredClock(1.0)
    clock.enter_script(0)
    choice.meter.now_ns += 100
    choice.meter = SteppedMeter()
    assert clock.now_ps() == 100_000
    choice.meter.now_ns += 20
    assert clock.now_ps() == 120_000
    assert clock.leave_script() == Interval(computed_ns=120)


class CountedSign:
    """Notes what a clock shows of itself."""

    def __init__(self) -> None:
        self.skipped_ns = 0

    def start(self, computed_ns):
        pass

    def skip(self, duration_ns):
        self.skipped_ns += duration_ns

    def stop(self):
        pass


def test_a_loop_that_asks_for_the_time_has_the_engine_asked_now_and_then(choice):
    asked_ps = []

    def ask() -> int:
        clock.leave_script()
        asked_ps.append(clock.now_ps())
        clock.enter_script(asked_ps[-1])
        return asked_ps[-1]

    sign = CountedSign()
    clock = MeasuredClock(1.0, asking_ns=7, sign=sign, ask=lambda: 0)
    clock._ask = ask
    clock.enter_script(0)
    readings = 0
    while clock.now_ps() < 50_000_000_000:
        choice.meter.now_ns += 2_007
        readings += 1
    # The clock is read every 2 us of the 50 ms, the engine asked every millisecond.
    assert 24_000 <= readings <= 26_000
    assert 45 <= len(asked_ps) <= 50
    assert sign.skipped_ns >= 7 * readings


def test_a_script_that_times_its_steps_does_not_have_the_engine_asked(choice):
    clock = MeasuredClock(1.0, ask=lambda: pytest.fail("no poll"))
    clock.enter_script(0)
    for _ in range(1000):
        choice.meter.now_ns += 400_000
        clock.now_ps()
        clock.now_ps()


def test_other_threads_do_not_ask_the_engine(choice):
    clock = MeasuredClock(1.0, ask=lambda: pytest.fail("another thread"))
    clock.enter_script(0)

    def read() -> None:
        for _ in range(1000):
            choice.meter.now_ns += 10_000
            clock.now_ps()

    helper = threading.Thread(target=read)
    helper.start()
    helper.join()


def shown_ns(path) -> int:
    return struct.unpack("<q", path.read_bytes())[0]


def test_the_clock_file_shows_where_the_present_interval_would_have_begun(tmp_path):
    path = tmp_path / "3-clock"
    file = ClockFile(str(path))
    assert shown_ns(path) == -1
    before_ns = meters.main_thread_time_ns()
    file.start(computed_ns=1_000)
    after_ns = meters.main_thread_time_ns()
    assert before_ns - 1_000 <= shown_ns(path) <= after_ns - 1_000
    shown = shown_ns(path)
    file.skip(25)
    assert shown_ns(path) == shown + 25
    file.stop()
    assert shown_ns(path) == -1
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_process_that_executes_itself_anew_takes_its_clock_file_over(tmp_path):
    path = tmp_path / "3-clock"
    ClockFile(str(path)).start(0)
    inode = path.stat().st_ino
    file = ClockFile(str(path))
    assert shown_ns(path) == -1
    file.start(0)
    assert shown_ns(path) > 0
    assert path.stat().st_ino == inode


def test_a_forked_child_does_not_touch_the_clock_file(tmp_path):
    path = tmp_path / "3-clock"
    file = ClockFile(str(path))
    file.start(0)
    shown = shown_ns(path)
    child = os.fork()
    if child == 0:
        file.skip(5)
        file.stop()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert shown_ns(path) == shown


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_a_speed_that_is_none_is_refused(scale):
    with pytest.raises(ValueError, match="positive number"):
        MeasuredClock(scale)


def test_an_asking_clock_asks_while_the_script_runs_and_remembers_the_answer_in_the_bridge():
    answers = iter([50, 70, 60])
    done = [Interval(computed_ns=3), Interval(computed_ns=5), Interval(computed_ns=7)]
    clock = AskingClock(lambda: next(answers), lambda: done.pop(0))
    assert clock.leave_script() == Interval()
    clock.enter_script(20)
    assert clock.now_ps() == 50
    assert clock.now_ps() == 70
    assert clock.leave_script() == Interval(computed_ns=5)
    assert clock.now_ps() == 70
    clock.enter_script(0)
    assert clock.now_ps() == 70


def burn(cpu_ns: int) -> None:
    """Computes on the calling thread."""
    end = time.thread_time_ns() + cpu_ns
    while time.thread_time_ns() < end:
        pass


def test_waiting_is_not_computing():
    clock = MeasuredClock(1.0)
    clock.enter_script(0)
    time.sleep(0.2)
    assert clock.leave_script().computed_ns < 100_000_000
    clock.enter_script(0)
    burn(20_000_000)
    assert clock.leave_script().computed_ns >= 20_000_000


def test_with_one_thread_all_threads_of_the_script_are_charged():
    meter = meters.make_meter(1)
    meter.start()
    helper = threading.Thread(target=burn, args=(20_000_000,))
    helper.start()
    helper.join()
    assert meter.elapsed_ns() >= 20_000_000


def test_of_a_pool_the_main_thread_or_everybodys_share_is_charged_whoever_asks():
    meter = meters.make_meter(4)
    meter.start()
    burn(20_000_000)
    assert meter.elapsed_ns() >= 20_000_000
    meter.start()
    asked: list[int] = []
    helper = threading.Thread(target=lambda: (burn(40_000_000), asked.append(meter.elapsed_ns())))
    helper.start()
    helper.join()
    # A quarter of what the helper has computed, and next to nothing of the main thread.
    assert 10_000_000 <= asked[0] < 40_000_000


def test_the_meter_follows_torchs_number_of_threads():
    choice = meters.MeterChoice()
    former = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        assert isinstance(choice.current(), meters.SingleThreadMeter)
        torch.set_num_threads(2)
        assert isinstance(choice.current(), meters.ThreadPoolMeter)
        assert choice.current() is choice.current()
    finally:
        torch.set_num_threads(former)


class Accelerator:
    """An accelerator with a queue."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_capturing = False

    def is_initialized(self) -> bool:
        return True

    def is_current_stream_capturing(self) -> bool:
        return self.is_capturing

    def synchronize(self) -> None:
        self.calls.append("synchronize")


def test_an_accelerators_queue_is_emptied_at_both_ends_unless_it_is_being_captured():
    accelerator = Accelerator()
    meter = meters.make_meter(accelerator)
    meter.start()
    assert meter.elapsed_ns() >= 0
    assert accelerator.calls == ["synchronize"] * 2
    accelerator.is_capturing = True
    meter.elapsed_ns()
    assert accelerator.calls == ["synchronize"] * 2


def test_an_accelerator_counts_once_the_script_has_initialised_it(monkeypatch):
    accelerator = Accelerator()
    assert meters.accelerator_in_use(torch) is None
    monkeypatch.setattr(torch, "cuda", accelerator)
    assert meters.accelerator_in_use(torch) is accelerator
