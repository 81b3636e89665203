"""What computing costs, and what a script's timers tell of it."""

from __future__ import annotations

import json
import re

import pytest
from cases import slow

from .conftest import CLUSTER, ROOT


def figures(done):
    return json.loads(done.errors[done.errors.index("{"):])


def test_a_scripts_timers_tell_virtual_time(run):
    done = run(1, """
        import time, timeit, torch
        starts = time.time(), time.perf_counter(), time.monotonic(), time.time_ns(), time.perf_counter_ns()
        time.sleep(100)
        ends = time.time(), time.perf_counter(), time.monotonic(), time.time_ns() * 1e-9, time.perf_counter_ns() * 1e-9
        for start, end in zip((*starts[:3], starts[3] * 1e-9, starts[4] * 1e-9), ends):
            assert 100 <= end - start < 101, (start, end)
        print("right")
        """, timeout=60)
    assert done.lines(0) == ["right"], done.errors


def test_the_real_clock_can_be_had(run):
    done = run(1, """
        import time
        start = time.perf_counter()
        time.sleep(0.01)
        print(0.01 <= time.perf_counter() - start)
        assert type(time.perf_counter) is type(len)
        """, options=("--real-clock",))
    assert done.lines(0) == ["True"]


def test_waiting_for_the_real_world_still_works(run):
    done = run(1, """
        import multiprocessing, queue, subprocess, threading
        assert not threading.Event().wait(0.02)
        try:
            multiprocessing.Queue().get(timeout=0.02)
        except queue.Empty:
            print("empty")
        try:
            subprocess.run(["sleep", "10"], timeout=0.05)
        except subprocess.TimeoutExpired:
            print("expired")
        """, timeout=30)
    assert done.lines(0) == ["empty", "expired"], done.errors


def test_waits_in_vain_take_virtual_time(run):
    done = run(1, """
        import asyncio, datetime, queue, threading, time

        def took(wait):
            start, moment = time.monotonic(), datetime.datetime.now()
            wait()
            seconds = time.monotonic() - start
            assert abs((datetime.datetime.now() - moment).total_seconds() - seconds) < 1
            return round(seconds)

        def no_item():
            try:
                queue.Queue().get(timeout=300)
            except queue.Empty:
                pass

        async def race():
            try:
                await asyncio.wait_for(asyncio.sleep(5000), 400)
            except asyncio.TimeoutError:
                pass

        print(took(lambda: threading.Event().wait(100)), took(lambda: asyncio.run(asyncio.sleep(200))),
              took(no_item), took(lambda: asyncio.run(race())))
        """, timeout=100)
    assert done.lines(0) == ["100 200 300 400"], done.errors


@pytest.mark.parametrize("way", [(), ("--compute", "roofline")], ids=["measured", "roofline"])
def test_alarms_come_by_virtual_time(run, way):
    """While the rank sleeps, waits for another, and computes; never before their time, as real time would have them."""
    done = run(2, """
        import signal, time, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        rang = []

        class Late(Exception):
            pass

        def ring(signum, frame):
            rang.append(time.time())
            if len(rang) == 2 and signal.getitimer(signal.ITIMER_REAL)[1] == 0:
                raise Late

        if dist.get_rank() == 0:
            signal.signal(signal.SIGALRM, ring)
            start = time.time()
            assert signal.alarm(100) == 0
            time.sleep(250)
            print(round(rang[0] - start), round(time.time() - start))
            start = time.time()
            signal.setitimer(signal.ITIMER_REAL, 40.5)
            value = torch.zeros(1)
            try:
                dist.recv(value, 1)
            except Late:
                print(round(time.time() - start, 1), value.item())
            start, rang = time.time(), []
            signal.setitimer(signal.ITIMER_REAL, 10, 20)
            time.sleep(45)
            print([round(when - start) for when in rang])
            signal.alarm(1000)
            assert 900 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
            assert 900 < signal.alarm(0) <= 1000
            assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        else:
            time.sleep(700)
            dist.send(torch.ones(1), 0)
        """, options=way, timeout=100)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["100 250", "40.5 0.0", "[10, 30]"], done.errors


def test_computing_is_stretched_by_the_devices_speed(run, tmp_path):
    slow = tmp_path / "slow.yaml"
    slow.write_text(CLUSTER.read_text().replace("model: jetson-orin-nano}", "model: jetson-orin-nano, speed: 0.01}"))
    text = """
        import time, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        torch.set_num_threads(1)
        values = torch.randn(400, 400)
        values @ values
        start, real = time.perf_counter(), time.process_time()
        for _ in range(20):
            values @ values
        print((time.perf_counter() - start) / (time.process_time() - real))
        """
    assert 0.8 < float(run(1, text).lines(0)[0]) < 1.25
    assert 80 < float(run(1, text, cluster=slow).lines(0)[0]) < 125


def test_the_bridge_costs_no_virtual_time(run):
    """A thousand barriers of two ranks take their latency and hardly any computing."""
    done = run(2, """
        import time, torch.distributed as dist
        dist.init_process_group("gloo")
        dist.barrier()
        start = time.perf_counter()
        for _ in range(1000):
            dist.barrier()
        print(time.perf_counter() - start)
        """)
    seconds = float(done.lines(0)[0])
    assert 1.0 <= seconds < 1.2, "a barrier of two ranks takes one latency of 1 ms"


def test_a_recording_gives_the_same_times_again(run):
    text = """
        import sys, time, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values = torch.randn(300, 300)
        for _ in range(5):
            values = (values @ values).tanh()
            dist.all_reduce(values)
        """
    script = run.script(text)
    record = run.folder / "first.run"
    first = run(2, script, options=("--json",), record=record)
    assert first.code == 0, first.errors
    totals = [figures(run(2, script, options=("--json", "--compute", "recorded", str(record))))["total_s"]
              for _ in range(2)]
    assert totals[0] == totals[1] == figures(first)["total_s"]

    changed = run.script(text + "\n        dist.broadcast(values, 0)\n")
    done = run(2, changed, options=("--compute", "recorded", str(record)))
    assert done.code == 1
    assert "broadcast" in done.errors and "Record the script as it is now" in done.errors


@pytest.mark.parametrize("call, there, here", [
    ("dist.all_reduce(values)", "compute before all_reduce float32[4, 8]", "compute before all_reduce float32[4, 9]"),
    ("dist.send(values, 1) if dist.get_rank() == 0 else dist.recv(values, 0)", " float32[32]. ", " float32[36] at"),
])
def test_a_recording_is_of_tensors_of_its_own_sizes(run, call, there, here):
    script = run.script(f"""
        import sys, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values = torch.ones(4, int(sys.argv[1]))
        {call}
        """)
    record = run.folder / "eight.run"
    assert run(2, script, "8", record=record).code == 0
    recorded = ("--compute", "recorded", str(record))

    assert run(2, script, "8", options=recorded).code == 0
    done = run(2, script, "9", options=recorded)

    assert done.code == 1
    assert here in done.errors and there in done.errors and "script.py:4" in done.errors, done.errors


def test_roofline_times_come_from_the_device_and_are_the_same_each_time(run):
    script = run.script("""
        import time, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        first, second = torch.randn(1024, 1024), torch.randn(1024, 1024)
        start = time.perf_counter()
        first @ second
        print(time.perf_counter() - start)
        dist.barrier()
        """)
    runs = [run(2, script, options=("--compute", "roofline", "--json")) for _ in range(2)]
    assert runs[0].code == 0, runs[0].errors
    assert runs[0].lines(0) == runs[1].lines(0)
    assert figures(runs[0])["event_log_sha256"] == figures(runs[1])["event_log_sha256"]
    seconds = float(runs[0].lines(0)[0])
    # 2 x 1024^3 FLOPs in float32 at 60% of an Orin Nano's 2.56 TFLOPS, and a launch.
    assert 0.5e-3 < seconds < 5e-3


def test_fake_tensors_time_a_model_larger_than_this_machine(run):
    done = run(2, """
        import time, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        layers = [torch.nn.Linear(32768, 32768, bias=False) for _ in range(16)]
        values = torch.randn(1, 32768)
        start = time.perf_counter()
        for layer in layers:
            values = layer(values)
            dist.all_reduce(values)
        print(sum(layer.weight.numel() for layer in layers), time.perf_counter() - start)
        """, options=("--compute", "roofline", "--fake"))
    assert done.code == 0, done.errors
    parameters, seconds = done.lines(0)[0].split()
    assert int(parameters) == 2**34
    # 64 GiB of weights read at 68 GB/s at best.
    assert float(seconds) > 2**36 / 68e9


def test_a_time_out_is_in_virtual_time(run):
    done = run(2, """
        import time, torch, torch.distributed as dist
        from datetime import timedelta
        dist.init_process_group("gloo", timeout=timedelta(seconds=10))
        if dist.get_rank() == 0:
            start = time.perf_counter()
            try:
                dist.all_reduce(torch.ones(2))
            except RuntimeError as error:
                print(round(time.perf_counter() - start), error)
        else:
            time.sleep(60)
        """, timeout=30)
    expected = "10 [uniference] Timed out waiting 10000ms of virtual time for all_reduce"
    assert done.lines(0)[0].startswith(expected), done.errors


@pytest.mark.parametrize("strategy, ranks", [("pipeline", 2), slow("tensor", 3)])
def test_the_trace_and_record_tell_torch_operations(run, strategy, ranks):
    record = run.folder / "smol.run"
    script = ROOT / "Examples" / "pytorch" / "smollm2.py"
    done = run(ranks, script, "--strategy", strategy, "--tokens", "3", record=record)
    assert done.code == 0, done.errors
    names = json.loads((record / "run.json").read_text())["names"]
    expected = {
        "tensor": r"compute before all_reduce float32\[\d+, 576\]",
        "pipeline": r"compute before (send|recv) float32\[\d+\]",
    }[strategy]
    assert any(re.fullmatch(expected, name) for name in names), names
    if strategy == "tensor":
        assert {"all_reduce", "all_gather", "barrier"} <= set(names)


def test_the_trace_shows_what_overlaps_and_who_sent_what(run):
    perfetto = pytest.importorskip("test_perfetto")
    file = run.folder / "overlap.pftrace"
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values, weights = torch.randn(64, 256), torch.randn(256, 256)
        work = dist.all_reduce(values, async_op=True)
        result = torch.relu(weights @ weights)
        work.wait()
        if dist.get_rank() == 0:
            dist.send(result, 1)
        else:
            dist.recv(result, 0)
        """, options=("--compute", "roofline", "--trace", str(file)))
    assert done.code == 0, done.errors

    trace = perfetto.ParsedTrace(file.read_bytes())

    assert trace.faults == []
    slices = {(one["rank"], one["category"], one["name"]): one for one in trace.slices}
    for rank in (0, 1):
        reduction = slices[rank, "collective", "all_reduce"]
        for name in ("mm", "relu"):
            computed = slices[rank, "computation", name]
            assert reduction["start"] <= computed["start"] < computed["end"] < reduction["end"]
    messages = [one for one in trace.slices if one["category"] == "message"]
    begun = {flow: one["rank"] for one in messages for flow in one["flows"]}
    ended = {flow: one["rank"] for one in messages for flow in one["terminated"]}
    assert begun.keys() == ended.keys()
    assert {(begun[flow], ended[flow]) for flow in begun} == {(0, 1), (1, 0)}
    last = max(messages, key=lambda one: one["end"])
    assert last["arguments"]["bytes"] == 256 * 256 * 4 and (0, 1) == (begun[max(begun)], ended[max(begun)])


def test_data_parallel_training_can_be_timed_on_fake_tensors(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(4096, 4096, bias=False))
        model(torch.randn(8, 4096)).square().mean().backward()
        print(model.module.weight.grad.shape)
        """, options=("--compute", "roofline", "--fake", "--json"))
    assert done.code == 0, done.errors
    assert done.lines(0) == ["torch.Size([4096, 4096])"]
    assert figures(done)["bytes_sent"] >= 2 * 4096 * 4096 * 4, "the gradients' all-reduce is charged"


@pytest.mark.slow
def test_dtensor_takes_the_same_time_with_values_and_without(run):
    text = """
        import torch, torch.distributed as dist
        from torch import nn
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
        dist.init_process_group("gloo")
        mesh = init_device_mesh("cpu", (2,))
        model = nn.Sequential(nn.Linear(256, 512), nn.GELU(), nn.Linear(512, 256))
        model = parallelize_module(model, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})
        model(torch.randn(64, 256)).square().sum().backward()
        """
    options = ("--compute", "roofline", "--json")
    true, fake = (figures(run(2, text, options=(*options, *more))) for more in ((), ("--fake",)))
    assert true["messages"] == fake["messages"] > 0
    assert true["bytes_sent"] == fake["bytes_sent"]
    assert abs(true["total_s"] - fake["total_s"]) < 0.01 * true["total_s"]
