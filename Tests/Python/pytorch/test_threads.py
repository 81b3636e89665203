"""Ranks of which several threads are inside calls at once."""

from __future__ import annotations

import pytest

WAYS = {"measured": (), "roofline": ("--compute", "roofline")}


@pytest.mark.parametrize("way", WAYS)
def test_threads_with_a_group_each_run_side_by_side(run, way):
    """Each rank's threads come in another order. With one conversation at a time they would wait for each other."""
    done = run(3, """
        import threading, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        rank = dist.get_rank()
        groups = [dist.new_group() for _ in range(3)]
        results = {}

        def reduce(number):
            for step in range(4):
                value = torch.full((10,), float(10 ** number * (rank + 1) + step))
                dist.all_reduce(value, group=groups[number])
                results[number, step] = value[0].item()

        threads = [threading.Thread(target=reduce, args=((rank + first) % 3,)) for first in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = {(number, step): 6.0 * 10 ** number + 3 * step for number in range(3) for step in range(4)}
        print(results == expected or results)
        """, options=WAYS[way], timeout=180)
    assert done.code == 0, done.errors
    assert [done.lines(rank) for rank in range(3)] == [["True"]] * 3


def test_a_thread_communicates_while_the_main_thread_computes_waits_and_sleeps(run):
    done = run(2, """
        import threading, time, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        rank = dist.get_rank()
        background = dist.new_group()
        sums = []

        def save():
            for step in range(20):
                value = torch.tensor([float(step * (rank + 1))])
                work = dist.all_reduce(value, group=background, async_op=True)
                work.wait()
                sums.append(value.item())
                dist.barrier(group=background)

        thread = threading.Thread(target=save)
        thread.start()
        matrix = torch.randn(128, 128)
        for step in range(10):
            matrix = (matrix @ matrix).tanh()
            value = torch.tensor([1.0 + rank])
            if rank == 0:
                dist.send(value, 1)
                dist.recv(value, 1)
            else:
                received = torch.zeros(1)
                dist.recv(received, 0)
                dist.send(received + 1, 0)
            time.sleep(0.01)
        thread.join()
        print(sums == [3.0 * step for step in range(20)] or sums, value.item())
        dist.barrier()
        """, timeout=240)
    assert done.code == 0, done.errors
    assert [done.lines(rank) for rank in range(2)] == [["True 2.0"], ["True 2.0"]]


def test_the_main_thread_waits_for_what_another_thread_of_another_rank_sends(run):
    """Rank 0's main thread waits in a call before its second thread comes to its own, on which the former depends."""
    done = run(2, """
        import threading, time, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        rank = dist.get_rank()
        group = dist.new_group()
        value = torch.zeros(1)

        def answer():
            real_sleep(0.3)
            dist.recv(value, 1 - rank, group=group)
            dist.send(value * 2, 1 - rank)

        from uniference.virtual_time import _real
        real_sleep = _real["sleep"]
        thread = threading.Thread(target=answer)
        thread.start()
        dist.send(torch.tensor([5.0 + rank]), 1 - rank, group=group)
        answered = torch.zeros(1)
        dist.recv(answered, 1 - rank)
        thread.join()
        print(answered.item())
        """, timeout=180)
    assert done.code == 0, done.errors
    assert [done.lines(rank) for rank in range(2)] == [["10.0"], ["12.0"]]


def test_a_thread_waits_for_a_key_that_another_one_sets(run):
    done = run(2, """
        import threading, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        store = dist.distributed_c10d._get_default_store()
        rank = dist.get_rank()
        got = []
        thread = threading.Thread(target=lambda: got.append(store.get(f"key{rank}")))
        thread.start()
        dist.barrier()
        store.set(f"key{1 - rank}", str(rank))
        thread.join()
        print(got)
        """, timeout=180)
    assert done.code == 0, done.errors
    assert [done.lines(rank) for rank in range(2)] == [["[b'1']"], ["[b'0']"]]


def test_a_time_out_in_one_of_several_threads_is_that_ones(run):
    done = run(2, """
        import datetime, threading, time, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        rank = dist.get_rank()
        impatient = dist.new_group(timeout=datetime.timedelta(seconds=2))

        def reduce():
            start = time.time()
            try:
                dist.all_reduce(torch.ones(1), group=impatient)
            except dist.DistBackendError as error:
                print("all_reduce" in str(error), round(time.time() - start))

        if rank == 0:
            thread = threading.Thread(target=reduce)
            thread.start()
            value = torch.zeros(1)
            dist.recv(value, 1)
            thread.join()
            print(value.item())
        else:
            time.sleep(3)
            dist.send(torch.ones(1), 0)
        """, timeout=180)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["True 2", "1.0"]


def test_waits_that_end_by_time_do_not_take_each_others_answers(run):
    """A thread whose time is over speaks next, though another is about to wait on for all of them."""
    done = run(2, """
        import datetime, random, threading, time, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        groups = [dist.new_group(timeout=datetime.timedelta(seconds=1 + index)) for index in range(3)]
        if dist.get_rank() == 0:
            ends = []

            def wait(index):
                choice = random.Random(index)
                for _ in range(10):
                    time.sleep(choice.uniform(0.001, 0.1))
                start = time.time()
                try:
                    dist.all_reduce(torch.ones(1), group=groups[index])
                except dist.DistBackendError:
                    ends.append((index, int(time.time() - start)))

            threads = [threading.Thread(target=wait, args=(index,)) for index in range(3)]
            for thread in threads:
                thread.start()
            values = [torch.zeros(1) for _ in range(40)]
            for value in values:
                dist.recv(value, 1)
            for thread in threads:
                thread.join()
            print(sorted(ends), sum(value.item() for value in values))
        else:
            for step in range(40):
                time.sleep(0.1)
                dist.send(torch.ones(1), 0)
        """, timeout=180)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["[(0, 1), (1, 2), (2, 3)] 40.0"]


@pytest.mark.slow
def test_a_deadlock_of_several_threads_names_each_ones_call(run):
    done = run(2, """
        import threading, torch, torch.distributed as dist

        dist.init_process_group("gloo")
        first, second = dist.new_group(), dist.new_group()
        if dist.get_rank() == 0:
            def gather():
                dist.all_gather([torch.zeros(2), torch.zeros(2)], torch.ones(2), group=second)

            threading.Thread(target=gather).start()
            dist.all_reduce(torch.ones(3), group=first)
        else:
            dist.recv(torch.zeros(1), 0)
        """, timeout=180)
    assert done.code == 1
    assert "rank 0 has 2 threads inside calls:" in done.errors
    assert "all_gather(float32[2])" in done.errors
    assert "all_reduce(float32[3], sum)" in done.errors
    assert "rank 1 waits in recv" in done.errors
