"""What a rank says to the engine, and what it does with the answers; the engine is a thread here."""

from __future__ import annotations

import struct

import pytest
import torch
import torch.distributed as dist
from fake_engine import TOKEN, connect, done
from uniference import framework_time, wire
from uniference.channel import RunEnded
from uniference.clock import Interval
from uniference.store import EngineStore
from uniference.wire import NO_BLOCK, FrameKind, StoreOperation


def test_a_question_carries_the_interval_and_the_place_in_the_script(tmp_path):
    frames = []

    def respond(kind, body):
        frames.append((kind, body))
        return done(now_ps=77) if kind == FrameKind.NOW else None

    session = connect(tmp_path, respond)
    assert session.ask_time_ps() == 77

    (name_kind, name), (now_kind, now) = frames
    assert (name_kind, now_kind) == (FrameKind.NAME, FrameKind.NOW)
    assert b"test_session.py:" in name
    assert struct.unpack("<qI", now) == (5, 1)
    assert len(TOKEN) == 32


@pytest.mark.parametrize(
    ("category", "error"), [(0, RuntimeError), (1, dist.DistBackendError), (2, RunEnded)]
)
def test_failures_become_exceptions(tmp_path, category, error):
    message = b"rank 1 is gone"
    failed = struct.pack("<BqIB", 3, 0, 0, category) + struct.pack("<I", len(message)) + message
    session = connect(tmp_path, lambda kind, body: failed if kind == FrameKind.NOW else None)
    with pytest.raises(error, match="rank 1 is gone"):
        session.ask_time_ps()


def test_the_stack_is_reported_while_an_answer_is_awaited(tmp_path):
    stacks = []

    def respond(kind, body):
        if kind == FrameKind.NOW:
            return b"\5"
        if kind == FrameKind.STACK:
            stacks.append(body[4:].decode())
            return done()
        return None

    connect(tmp_path, respond).ask_time_ps()
    assert "test_the_stack_is_reported" in stacks[0]
    assert "session.py" not in stacks[0].replace("test_session.py", "")


def test_released_blocks_are_used_again(tmp_path):
    session = connect(tmp_path, lambda kind, body: done(released=(1,)) if kind == FrameKind.NOW else None)
    first = session.values.contribute((torch.ones(100),))
    session.ask_time_ps()
    assert session.values.contribute((torch.ones(100),)) == first
    assert session.values.contribute((torch.ones(0),)) == NO_BLOCK


def test_a_reduction_is_combined_and_published(tmp_path):
    published = []

    def respond(kind, body):
        if kind == FrameKind.PUBLISHED:
            published.append(struct.unpack("<QIIQ", body))
            return None
        if kind != FrameKind.NOW:
            return None
        places = [struct.pack("<IIIQQ", 1, 0, place.segment, place.offset_bytes, 12) for place in blocks]
        return done(b"\2" + struct.pack("<QBBQQQI", 9, 0, 0, 3, 0, 3, 2) + b"".join(places))

    session = connect(tmp_path, respond)
    blocks = [session.values.contribute((torch.tensor([1.0, 2.0, 3.0]) * factor,)) for factor in (1, 10)]
    session.enter()
    (span,) = session.values.spans(session.ask(wire.now(session.interval())).result)
    session.leave()

    assert span.segment.tensor(span.offset_bytes, torch.float32, 3).tolist() == [11.0, 22.0, 33.0]
    session.ask_time_ps()
    assert published[0][0] == 9


def test_the_store_works_through_a_prefix(tmp_path):
    asked = []

    def respond(kind, body):
        if kind != FrameKind.STORE:
            return None
        operation = StoreOperation(body[12])
        asked.append((operation, body[13:]))
        if operation is StoreOperation.GET:
            return done(b"\5" + struct.pack("<I", 2) + b"v1")
        if operation is StoreOperation.ADD:
            return done(b"\4" + struct.pack("<q", 42))
        if operation is StoreOperation.CHECK:
            return done(b"\3\1")
        return done()

    engine_store = EngineStore(connect(tmp_path, respond), "tcp://here:1")
    store = dist.PrefixStore("group", engine_store)
    store.set("key", "v1")
    assert store.get("key") == b"v1"
    assert store.add("count", 2) == 42
    assert store.check(["key"])
    store.wait(["key"])
    assert [operation for operation, _ in asked] == [
        StoreOperation.SET, StoreOperation.GET, StoreOperation.ADD, StoreOperation.CHECK, StoreOperation.WAIT,
    ]  # fmt: skip
    assert all(b"group/" in body and b"tcp://here:1" in body for _, body in asked)


class StoppedAndStarted:
    """A clock that notes what is done to it."""

    def __init__(self) -> None:
        self.calls = []

    def enter_script(self, now_ps):
        self.calls.append("start")

    def leave_script(self):
        self.calls.append("stop")
        return Interval(computed_ns=7)


def test_the_clock_stands_still_from_the_call_of_a_collective_until_its_return(tmp_path):
    session = connect(tmp_path, lambda kind, body: done(now_ps=77) if kind == FrameKind.NOW else None)
    session.clock = StoppedAndStarted()

    def all_reduce(fails):
        session.ask_time_ps()
        session.clock.calls.append("between")
        if fails:
            raise ValueError("no tensor")
        return session.ask_time_ps()

    call = framework_time.without_clock(all_reduce, lambda: session)
    assert call.__name__ == "all_reduce"
    assert call(False) == 77
    assert session.clock.calls == ["stop", "between", "start"]
    with pytest.raises(ValueError, match="no tensor"):
        call(True)
    assert session.clock.calls == ["stop", "between", "start"] * 2
    assert framework_time.without_clock(lambda: 3, lambda: None)() == 3


def test_the_functions_whose_time_is_not_the_scripts_are_torchs(tmp_path):
    missing = {"all_gather_single", "reduce_scatter_single"}  # of a later torch
    assert {name for name in framework_time.NAMES if not hasattr(dist, name)} <= missing


def test_what_an_empty_interval_takes_is_found_and_leaves_no_trace(tmp_path):
    session = connect(tmp_path, lambda kind, body: None)
    former = session.clock
    assert session.weigh(StoppedAndStarted()) == 7
    assert session.clock is former
    assert struct.unpack_from("<q", session.interval()) == (0,)
