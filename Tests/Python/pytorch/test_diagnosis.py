"""What a user is told when ranks cannot go on."""

from __future__ import annotations

import pytest


def test_a_deadlock_is_told_with_calls_stacks_and_cycle(run):
    done = run(2, """
        import torch, torch.distributed as dist

        def exchange(values):
            dist.recv(values, 1 - dist.get_rank(), tag=5)
            dist.send(values, 1 - dist.get_rank(), tag=5)

        dist.init_process_group("gloo")
        exchange(torch.ones(4, 2))
        """, timeout=30)
    assert done.code == 1
    assert "deadlock at virtual time" in done.errors
    for rank in (0, 1):
        other = 1 - rank
        assert (f"rank {rank} waits in recv(float32[8], from rank {other}, tag 5) of group 0 at script.py:4, "
                f"for rank {other}") in done.errors
    assert 'script.py", line 8, in <module>' in done.errors and 'script.py", line 4, in exchange' in done.errors
    assert "cycle: rank 0 -> rank 1 -> rank 0" in done.errors
    assert "Traceback" not in done.errors, "the engine says once what each rank's traceback would repeat"


@pytest.mark.parametrize("calls, told", [
    (("all_reduce(torch.ones(4, 2))", "broadcast(torch.ones(8), 0)"),
     ("all_reduce(float32[4, 2], sum)", "broadcast(float32[8], root 0)")),
    (("all_reduce(torch.ones(3))", "all_reduce(torch.ones(4))"),
     ("all_reduce(float32[3], sum)", "all_reduce(float32[4], sum)")),
    (("all_reduce(torch.ones(3))", "all_reduce(torch.ones(3, dtype=torch.float64))"),
     ("all_reduce(float32[3], sum)", "all_reduce(float64[3], sum)")),
    (("all_reduce(torch.ones(3))", "all_reduce(torch.ones(3), op=dist.ReduceOp.MAX)"),
     ("all_reduce(float32[3], sum)", "all_reduce(float32[3], maximum)")),
])
def test_a_mismatch_is_told_with_both_calls(run, calls, told):
    done = run(2, f"""
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        dist.barrier()
        if dist.get_rank() == 0:
            dist.{calls[0]}
        else:
            dist.{calls[1]}
        """, timeout=30)
    assert done.code == 1
    assert "collective mismatch: collective 1 of group 0 differs between its members" in done.errors
    assert f"rank 0 called {told[0]} of group 0 at script.py:5" in done.errors
    assert f"rank 1 called {told[1]} of group 0 at script.py:7" in done.errors


def test_a_store_key_that_nobody_sets_is_a_deadlock(run):
    done = run(2, """
        import torch.distributed as dist
        dist.init_process_group("gloo")
        if dist.get_rank() == 0:
            dist.distributed_c10d._get_default_store().get("never set")
        dist.barrier()
        """, timeout=30)
    assert done.code == 1
    assert "deadlock" in done.errors and "never set" in done.errors


def test_a_message_of_another_size_is_refused(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        if dist.get_rank() == 0:
            dist.send(torch.ones(3), 1)
        else:
            try:
                dist.recv(torch.ones(5), 0)
            except RuntimeError as error:
                print(error)
        """)
    assert "from rank 0 holds 3 elements of float32 (12 bytes)" in done.lines(1)[0], done.errors
