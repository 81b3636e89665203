"""`uniference exec`: processes that somebody else starts find the simulated cluster where they would find gloo."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cases import slow_but

from .conftest import CLUSTER


def execute(run, text, *options, timeout=120):
    script = run.script(text)
    return subprocess.run(
        [run.binary, "exec", "--cluster", str(CLUSTER), *options, "--", sys.executable, str(script)], cwd=run.folder,
        env=run.environment(), capture_output=True, text=True, timeout=timeout)


METHODS = {
    "tcp": 'init_method="tcp://127.0.0.1:29511"',
    "file": 'init_method=f"file://{os.getcwd()}/rendezvous"',
    "env": "",
}


@pytest.mark.parametrize("method", slow_but(1, METHODS))
def test_spawned_processes_meet_by_every_method(run, method):
    done = execute(run, f"""
        import os, time, torch, torch.distributed as dist, torch.multiprocessing as mp

        def work(rank, size):
            os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
            for _ in range(2):
                dist.init_process_group("gloo", rank=rank, world_size=size, {METHODS[method]})
                values = torch.full((3,), float(rank))
                start = time.perf_counter()
                dist.all_reduce(values)
                assert values.tolist() == [1.0] * 3
                # Two latencies of half a millisecond on the way there, and two on the way back.
                assert time.perf_counter() - start >= 2e-3
                dist.destroy_process_group()
            # In one piece: both write to the same pipe.
            os.write(1, f"done {{rank}}\\n".encode())

        if __name__ == "__main__":
            mp.spawn(work, args=(2,), nprocs=2)
        """, "--summary")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split("\n")) == ["", "done 0", "done 1"]
    assert "2 worlds" in done.stderr


def test_a_process_that_makes_no_group_is_left_alone(run):
    done = execute(run, """
        import time
        start = time.time()
        time.sleep(0.05)
        assert time.time() - start >= 0.05
        print("slept")
        """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "slept\n", "")


def test_the_commands_exit_code_is_the_sessions(run):
    assert execute(run, "import sys; sys.exit(23)").returncode == 23


def test_more_ranks_than_devices_are_refused_in_the_process(run):
    done = execute(run, """
        import torch.distributed as dist
        dist.init_process_group("gloo", init_method="tcp://127.0.0.1:29513", rank=0, world_size=5)
        """)
    assert done.returncode == 1
    assert "a world of 5 ranks does not fit the cluster, which has 4 devices" in done.stderr


def test_a_process_that_dies_is_an_error_in_the_others(run):
    done = execute(run, """
        import os, signal, torch, torch.distributed as dist, torch.multiprocessing as mp

        def work(rank):
            dist.init_process_group("gloo", init_method="tcp://127.0.0.1:29514", rank=rank, world_size=2)
            dist.barrier()
            if rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                dist.all_reduce(torch.ones(2))
            except RuntimeError as error:
                print("told:", error)

        if __name__ == "__main__":
            context = mp.spawn(work, nprocs=2, join=False)
            for process in context.processes:
                process.join()
        """)
    assert "told: rank 1 has gone without ending its script" in done.stdout, done.stderr


def test_what_is_not_simulated_is_refused_by_name(run):
    done = run(2, """
        import torch, torch.distributed as dist
        import torch.distributed.rpc as rpc
        dist.init_process_group("gloo")
        def attempt(call):
            try:
                call()
            except NotImplementedError as error:
                print(error)
        attempt(lambda: rpc.init_rpc("worker", rank=dist.get_rank(), world_size=2))
        attempt(lambda: dist.broadcast(torch.sparse_coo_tensor([[0]], [1.0], (4,)), 0))
        attempt(lambda: dist.all_reduce(torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])))
        attempt(lambda: dist.group.WORLD.split_group([0, 1]))
        """)
    assert done.code == 0, done.errors
    for rank in (0, 1):
        lines = done.lines(rank)
        assert len(lines) == 4, lines
        for line, name in zip(lines, ("torch.distributed.rpc", "sparse_coo", "nested", "ProcessGroup.split_group")):
            assert name in line


def test_a_group_of_nccl_can_be_split(run):
    done = run(4, """
        import torch, torch.distributed as dist
        dist.init_process_group("cpu:gloo,cuda:nccl")
        group = dist.split_group(split_ranks=[[1, 0], [3, 2]])
        values = torch.full((2,), float(dist.get_rank()))
        dist.all_reduce(values, group=group)
        alone = dist.split_group(group, split_ranks=[[0]])
        print(values.tolist(), dist.get_rank(group), alone is None)
        """)
    assert done.code == 0, done.errors
    lines = [line for rank in range(4) for line in done.lines(rank)]
    assert lines == ["[1.0, 1.0] 0 False", "[1.0, 1.0] 1 True", "[5.0, 5.0] 0 False", "[5.0, 5.0] 1 True"]
