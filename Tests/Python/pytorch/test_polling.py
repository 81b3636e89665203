"""Ranks that wait for what others do outside torch.distributed."""

from __future__ import annotations

import json

import pytest
from cases import slow

WAYS = {
    "measured": (),
    "roofline": ("--compute", "roofline"),
    "real clock": ("--real-clock",),
}
PATIENCE = {"measured": ("10", "3.2"), "roofline": ("10", "3.2"), "real clock": ("90", "90")}
"""After how many seconds a rank gives up, and how many are too many: by the real clock that depends on the machine."""


@pytest.mark.parametrize("way", WAYS)
def test_a_rank_that_polls_with_sleeps_sees_what_another_one_does_when_it_does_it(run, way):
    """Rank 1 prepares something for three seconds; the others look for it every tenth of a second, in several ways."""
    done = run(3, """
        import os, pathlib, sys, time
        import torch.distributed as dist

        dist.init_process_group("gloo")
        rank, here = dist.get_rank(), pathlib.Path("prepared")
        patience, late = map(float, sys.argv[1:])

        def lock_is_there():
            try:
                os.close(os.open("lock", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return True
            os.remove("lock")
            return False

        def wait_until(condition):
            start = time.time()
            while not condition():
                assert time.time() - start < patience, "gave up"
                time.sleep(0.1)
            return time.time() - start

        dist.barrier()
        if rank == 1:
            time.sleep(3)
            here.mkdir()
            os.close(os.open("lock", os.O_CREAT | os.O_EXCL))
            print("prepared")
        else:
            seconds = wait_until(here.exists if rank == 0 else lock_is_there)
            print("found" if 2.9 < seconds < late else seconds)
        # A barrier of files, as test suites have it.
        (here / str(rank)).touch()
        wait_until(lambda: len(os.listdir(here)) == 3)
        dist.barrier()
        """, *PATIENCE[way], options=WAYS[way], timeout=110)
    assert done.code == 0, done.errors
    assert [done.lines(rank) for rank in range(3)] == [["found"], ["prepared"], ["found"]]


@pytest.mark.slow
def test_a_poll_takes_the_same_virtual_time_each_time_and_again_from_a_recording(run):
    script = run.script("""
        import os, sys, time
        import torch, torch.distributed as dist

        dist.init_process_group("gloo")
        name = sys.argv[1]
        values = torch.randn(64, 64)
        for step in range(4):
            if dist.get_rank() == step % 2:
                for _ in range(3):
                    values = (values @ values).tanh()
                    time.sleep(0.1)
                open(f"{name}{step}", "w").close()
            else:
                polls = 0
                while not os.path.exists(f"{name}{step}"):
                    polls += 1
                    time.sleep(0.03)
                print(step, polls)
            dist.barrier()
        print(time.time() > 0)
        """)

    def times(name, *options, record=None):
        done = run(2, script, name, options=("--json", *options), record=record)
        assert done.code == 0, done.errors
        return json.loads(done.errors[done.errors.index("{"):])["total_s"], done.output

    roofline = [times(name, "--compute", "roofline") for name in ("a", "b")]
    assert roofline[0] == roofline[1]
    record = run.folder / "polling.run"
    measured = times("c", record=record)
    recorded = [times(name, "--compute", "recorded", str(record)) for name in ("d", "e")]
    assert measured == recorded[0] == recorded[1]


LOOPS = {
    "is_completed": "while not work.is_completed(): pass",
    "time": "while not os.path.exists(name): time.time()",
    "sched_yield": "while not os.path.exists(name): os.sched_yield()",
    "sleep(0)": "while not os.path.exists(name): time.sleep(0)",
    "store.check": "while not store.check([name]): pass",
    "nothing": "while not os.path.exists(name): pass",
}
"""Loops that wait for rank 1 without sleeping."""


@pytest.mark.parametrize("way", [slow(way) if way == "roofline" else way for way in WAYS])
def test_a_rank_that_polls_without_sleeping_makes_progress(run, way):
    """Rank 1 does each thing after 0.3 s of sleep, rank 0 looks for it in a loop."""
    loops = "\n".join(f"""
        def loop_{number}(work, name):
            {loop}
        """ for number, loop in enumerate(LOOPS.values()))
    done = run(2, f"""
        import os, sys, time
        import torch, torch.distributed as dist
        {loops}
        dist.init_process_group("gloo")
        store = dist.distributed_c10d._get_default_store()
        for number in range({len(LOOPS)}):
            name, value = f"there{{number}}", torch.ones(1)
            dist.barrier()
            start = time.time()
            if dist.get_rank() == 1:
                time.sleep(0.3)
                open(name, "w").close()
                store.set(name, "there")
                dist.send(value, 0)
            else:
                work = dist.irecv(value, 1)
                globals()[f"loop_{{number}}"](work, name)
                work.wait()
                print(round(time.time() - start, 1))
        """, options=WAYS[way], timeout=300)
    assert done.code == 0, done.errors
    seconds = [float(line) for line in done.lines(0)]
    assert len(seconds) == len(LOOPS)
    assert all(one >= 0.3 for one in seconds), seconds
    if way != "real clock":
        # The loop that says nothing at all keeps its permit for a while.
        assert all(one <= 0.5 for one in seconds[:-1]), seconds
