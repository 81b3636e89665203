"""How `uniference run` starts scripts and what it does when they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from .conftest import CLUSTER


def test_ranks_see_what_torchrun_would_tell_them(run):
    done = run(3, """
        import os, sys, torch
        assert torch.get_num_threads() == 1
        names = ["RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "OMP_NUM_THREADS"]
        print(*[os.environ[name] for name in names], __name__, *sys.argv[1:])
        """, "--its", "own args", "-n", "7")
    assert done.code == 0, done.errors
    for rank in range(3):
        assert done.lines(rank) == [f"{rank} {rank} 3 3 0 1 __main__ --its own args -n 7"]


def test_a_module_can_be_run(run):
    (run.folder / "package").mkdir()
    (run.folder / "package" / "__main__.py").write_text("import sys; print('ran', sys.argv[1:])\n")
    command = run.command(1, "package", "x", options=("-m",))
    done = subprocess.run(command, cwd=run.folder, env=run.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[0] ran ['x']\n"


def test_a_module_inside_a_package_gets_its_own_arguments_and_its_record_its_name(run):
    (run.folder / "package").mkdir()
    (run.folder / "package" / "host.py").write_text("import sys; print(__name__, sys.argv[1:])\n")
    arguments = [run.binary, "run", "-n", "3", "--cluster", CLUSTER, "-m", "package.host", "lib.so", "-m", "-n"]
    done = subprocess.run(arguments, cwd=run.folder, env=run.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [f"[{rank}] __main__ ['lib.so', '-m', '-n']" for rank in range(3)]
    assert (run.folder / "runs" / "package.host.run").is_dir()


def test_a_module_that_is_not_there(run):
    command = run.command(2, "nowhere.module", options=("-m",))
    done = subprocess.run(command, cwd=run.folder, env=run.environment(), capture_output=True, text=True)
    assert done.returncode == 65
    assert "there is no module 'nowhere'" in done.stderr and done.stderr.count("\n") == 1


def test_output_is_prefixed_line_by_line_also_without_a_last_newline(run):
    done = run(2, """
        import os, sys
        rank = os.environ["RANK"]
        sys.stdout.write(f"out {rank}\\nrest")
        sys.stderr.write(f"err {rank}\\n")
        """)
    assert done.code == 0
    assert sorted(done.output.splitlines()) == ["[0] out 0", "[0] rest", "[1] out 1", "[1] rest"]
    assert {"[0] err 0", "[1] err 1"} <= set(done.errors.splitlines())


def test_figures_as_json_go_to_standard_error(run):
    done = run(2, "print('hello')", options=("--json",))
    figures = json.loads(done.errors)
    assert done.output.count("hello") == 2
    assert figures["cluster"] == "four-jetsons"
    assert [device["name"] for device in figures["devices"]] == ["jetson-0", "jetson-1"]


@pytest.mark.parametrize("code", [1, 3, 77])
def test_the_first_failing_ranks_exit_code_is_the_runs(run, code):
    done = run(3, f"""
        import os, sys, torch.distributed as dist
        dist.init_process_group("gloo")
        if dist.get_rank() == 1:
            sys.exit({code})
        dist.barrier()
        """)
    assert done.code == code
    assert "rank 1 failed at virtual time" in done.errors
    assert f"the script ended with exit code {code}" in done.errors


def test_a_traceback_and_the_virtual_time_are_shown(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        if dist.get_rank() == 1:
            raise ValueError("no such layer: 13")
        dist.all_reduce(torch.ones(3))
        """)
    assert done.code == 1
    assert "[1] [rank1]: ValueError: no such layer: 13" in done.errors
    assert 'script.py", line 4' in done.errors
    assert "rank 1 failed at virtual time" in done.errors
    assert "ValueError: no such layer: 13" in done.errors.splitlines()[-1]


def test_a_killed_rank_is_named_and_the_others_get_an_error(run):
    done = run(3, """
        import os, signal, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        dist.barrier()
        if dist.get_rank() == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            dist.all_reduce(torch.ones(3))
        except RuntimeError as error:
            print("told:", error)
            raise
        """)
    assert done.code == 128 + signal.SIGKILL
    assert "rank 2 has gone without ending its script with signal 9" in done.errors
    for rank in (0, 1):
        assert "rank 2 has gone" in done.lines(rank)[0]


def test_a_rank_that_leaves_early_is_named(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        if dist.get_rank() == 0:
            dist.all_reduce(torch.ones(3))
        """)
    assert done.code == 1
    assert "deadlock at virtual time" in done.errors
    assert "rank 0 waits in all_reduce(float32[3], sum)" in done.errors
    assert "rank 1 has ended its script" in done.errors


def test_ctrl_c_ends_everything(run):
    script = run.script("""
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        print("begun")
        while True:
            dist.all_reduce(torch.ones(3))
        """)
    process = subprocess.Popen(run.command(3, script), cwd=run.folder, env=run.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().endswith("begun\n")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted at virtual time" in errors.splitlines()[-1]


@pytest.mark.parametrize("what", ["import time\ntime.sleep = None\nwhile True: pass", "import signal\nsignal.pause()"])
def test_ctrl_c_ends_ranks_that_never_call_us(run, what):
    script = run.script("print('begun', flush=True)\n" + what)
    process = subprocess.Popen(run.command(2, script), cwd=run.folder, env=run.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_killed_engine_leaves_nothing(run):
    script = run.script("""
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        print("begun")
        while True:
            dist.all_reduce(torch.ones(3))
        """)
    process = subprocess.Popen(run.command(2, script), cwd=run.folder, env=run.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=30)
    time.sleep(1)


# What is wrong before any rank starts.


def test_a_missing_script(run):
    done = run(2, run.folder / "nowhere.py")
    assert done.code == 65
    assert "there is no script" in done.errors and "nowhere.py" in done.errors and done.errors.count("\n") == 1


def test_too_few_devices(run):
    done = run(5, "print('started')")
    assert done.code == 65
    assert "-n 5 asks for 5 ranks, but cluster four-jetsons has 4 devices" in done.errors
    assert done.output == ""


def test_a_python_without_torch(run, tmp_path):
    empty = tmp_path / "empty"
    subprocess.run(["python3", "-m", "venv", "--without-pip", empty], check=True)
    script = run.script("print('started')")
    done = subprocess.run(run.command(2, script), cwd=run.folder, capture_output=True, text=True,
                          env=os.environ | {"UNIFERENCE_PYTHON": str(empty / "bin" / "python")})
    assert done.returncode == 65
    assert "cannot import torch" in done.stderr and 'pip install "torch==2.13.*"' in done.stderr
    assert done.stderr.count("\n") == 1 and done.stdout == ""


def test_a_torch_that_has_not_been_tested(run, tmp_path):
    fake = tmp_path / "fake"
    (fake / "torch").mkdir(parents=True)
    (fake / "torch" / "__init__.py").write_text("__version__ = '1.9.0'\n")
    (fake / "torch" / "distributed.py").write_text("")
    script = run.script("print('started')")
    done = subprocess.run(run.command(2, script), cwd=run.folder, capture_output=True, text=True,
                          env=run.environment() | {"PYTHONPATH": str(fake)})
    assert done.returncode == 65
    assert "torch 1.9.0" in done.stderr and "has not been tested" in done.stderr and "2.13" in done.stderr


def test_a_python_that_is_not_there(run):
    script = run.script("print('started')")
    done = subprocess.run(run.command(2, script), cwd=run.folder, capture_output=True, text=True,
                          env=os.environ | {"UNIFERENCE_PYTHON": "/nowhere/python"})
    assert done.returncode == 65
    assert "UNIFERENCE_PYTHON names '/nowhere/python'" in done.stderr


@pytest.mark.parametrize("options, problem", [
    (("--compute", "guessed"), "--compute guessed is not known"),
    (("--compute", "recorded"), "needs a run record"),
    (("--compute", "recorded=/nowhere.run"), "/nowhere.run"),
    (("--fake",), "add --compute roofline"),
    (("--parallel-ranks", "0"), "give 1 or more"),
])
def test_options_that_cannot_be(run, options, problem):
    done = run(2, "print('started')", options=options)
    assert done.code in (64, 65, 74)
    assert problem in done.errors
    assert done.output == ""


def test_a_broken_cluster_file(run, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(CLUSTER.read_text().replace("jetson-orin-nano", "jetson-orin-mano"))
    done = run(2, "print('started')", cluster=broken)
    assert done.code == 65
    assert "jetson-orin-nano" in done.errors and "broken.yaml" in done.errors


def test_an_operation_that_nobody_waits_for_gives_its_values_all_the_same(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values, received = torch.full((4,), 2.0), torch.zeros(4)
        dist.all_reduce(values, async_op=True)
        if dist.get_rank() == 0:
            dist.isend(values + 1, 1)
        else:
            dist.irecv(received, 0)
        dist.barrier()
        dist.barrier()
        print(values.tolist(), received.tolist())
        """)
    assert done.lines(0)[0].startswith("[4.0, 4.0, 4.0, 4.0]"), done.errors
    assert done.lines(1)[0].startswith("[4.0, 4.0, 4.0, 4.0] [")
    assert "0.0" not in done.lines(1)[0]
