"""What a user is told when ranks cannot go on."""

from __future__ import annotations

import re

import pytest
from cases import slow_but


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


MISTAKES = {
    "other ranks": (
        "dist.new_group([0, 1] if r < 2 else [2, 3])",
        "new_group", "[0, 1]", "[2, 3]", 2),
    "another order": (
        "for ranks in ([0, 1], [2, 3]) if r != 3 else ([2, 3], [0, 1]): dist.new_group(ranks)",
        "new_group", "[0, 1]", "[2, 3]", 3),
    "left out by some": (
        "groups = [dist.new_group([0, 1]) for _ in range(r < 2)] + [dist.new_group()]",
        "new_group", "[0, 1]", "[0, 1, 2, 3]", 2),
    "another backend": (
        "dist.new_group([0, 2], backend='nccl' if r == 3 else None)",
        "new_group", "[0, 2]", "[0, 2], backend='nccl'", 3),
    "subgroups of other sizes": (
        "dist.new_subgroups(2 if r else 4)",
        "new_group", "[0, 1, 2, 3]", "[0, 1]", 1),
    "meshes of other shapes": (
        "dist.device_mesh.init_device_mesh('cpu', (2, 2) if r != 1 else (4, 1))",
        "new_group", "[0, 2]", "[0]", 1),
    "another split": (
        "dist.split_group(split_ranks=[[0, 1], [2, 3]] if r < 3 else [[0, 3], [1, 2]])",
        "split_group", "[[0, 1], [2, 3]]", "[[0, 3], [1, 2]]", 3),
}


@pytest.mark.parametrize("mistake", slow_but(2, MISTAKES))
def test_ranks_that_make_different_groups_are_told_of_who_made_which(run, mistake):
    code, function, ours, theirs, other = MISTAKES[mistake]
    done = run(4, f"""
        import torch, torch.distributed as dist
        dist.init_process_group("cpu:gloo,cuda:nccl"); r = dist.get_rank()
        {code}
        dist.all_reduce(torch.ones(2))
        """, options=["--compute", "roofline"])
    assert done.code == 1
    assert f"uniference: error: {function} mismatch" in done.errors
    call = re.escape(f"{function}({ours}) at script.py:3")
    assert re.search(rf"rank \d called {call}", done.errors), done.errors
    assert f"rank {other} called {function}({theirs}) at script.py:3" in done.errors, done.errors


def test_a_group_that_only_its_members_make_works_and_is_warned_of(run):
    done = run(3, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo"); r = dist.get_rank()
        if r < 2:
            values = torch.ones(2)
            dist.all_reduce(values, group=dist.new_group([0, 1]))
            print(values.tolist())
        """, options=["--compute", "roofline"])
    assert done.code == 0, done.errors
    assert done.lines(0) == done.lines(1) == ["[2.0, 2.0]"]
    assert "warning: rank 0 called new_group([0, 1]) at script.py:5, but rank 2 did not" in done.errors


def test_members_that_know_a_group_by_different_names_are_told_why(run):
    done = run(3, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo"); r = dist.get_rank()
        if r < 2: first = dist.new_group([0, 1], use_local_synchronization=True)
        if r > 0: dist.all_reduce(torch.ones(2), group=dist.new_group([1, 2], use_local_synchronization=True))
        """)
    assert done.code == 1
    assert "rank 1 and rank 2 have made different groups of ranks [1, 2]" in done.errors
