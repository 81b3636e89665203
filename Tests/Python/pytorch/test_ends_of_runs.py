"""However a run ends, nothing of it is left, and it says why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killing import children, program

from .conftest import CLUSTER

# Moments matter here, so nothing else runs meanwhile.
LOOP = """
    import torch, torch.distributed as dist
    dist.init_process_group("gloo")
    print("begun")
    while True:
        dist.all_reduce(torch.ones(3))
    """
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def start(run, script, ranks=2, **options):
    record = run.folder / "end.run"
    return subprocess.Popen(run.command(ranks, run.script(script), record=record), cwd=run.folder,
                            env=run.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_end_a_run_in_good_order(run, number):
    process = start(run, LOOP)
    assert process.stdout.readline().endswith("begun\n")
    time.sleep(0.2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert errors.splitlines()[-1].startswith("uniference: error: interrupted")
    assert "Traceback" not in errors
    manifest = json.loads((run.folder / "end.run" / "run.json").read_text())
    assert manifest["status"] == "interrupted"
    assert manifest["events"]["count"] > 0


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_end_a_run_that_has_not_begun(run, number):
    process = start(run, LOOP)
    while not any(run.memory.iterdir()):
        time.sleep(0.01)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (128 + number, "")
    assert errors.count("\n") == 1 and "before the script had begun" in errors
    assert not (run.folder / "end.run").exists()


def test_a_second_signal_ends_what_does_not_want_to_end(run):
    process = start(run, """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("begun")
        while True:
            signal.pause()
        """)
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM


def test_a_rank_that_ignores_sigterm_is_ended_all_the_same(run):
    process = start(run, """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("begun")
        while True:
            pass
        """)
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGHUP


def test_a_handler_of_sigterm_may_save_what_there_is(run):
    process = start(run, """
        import os, signal, sys, time
        def save(number, frame):
            with open(f"saved-{os.environ['RANK']}", "w") as file:
                file.write("saved")
            sys.exit(0)
        signal.signal(signal.SIGTERM, save)
        print("begun")
        while True:
            signal.pause()
        """)
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert [(run.folder / f"saved-{rank}").read_text() for rank in range(2)] == ["saved", "saved"]


def launcher_of(engine: int) -> int:
    while not (guardians := children(engine)):
        time.sleep(0.01)
    (guardian,) = guardians
    assert "guardian" in program(guardian)
    # It is started when all that it needs is there.
    while not (launchers := children(guardian)):
        time.sleep(0.01)
    (launcher,) = launchers
    return launcher


def test_a_killed_launcher_is_an_end(run):
    process = start(run, LOOP)
    process.stdout.readline()
    os.kill(launcher_of(process.pid), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 70
    assert "the process that had started the ranks has gone" in errors and errors.count("\n") == 1


def test_what_ranks_with_threads_have_started_ends_with_a_killed_launcher(run):
    """The first thread of a killed process may end well before the others, and what it has started is still its own."""
    process = start(run, """
        import subprocess, threading, time, torch, torch.distributed as dist
        for is_apart in [False, True]:
            subprocess.Popen(["sleep", "300"], start_new_session=is_apart)
        dist.init_process_group("gloo")
        for _ in range(8):
            threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
        while True:
            dist.all_reduce(torch.ones(50_000))
            print("reduced")
        """)
    process.stdout.readline()
    os.kill(launcher_of(process.pid), signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode in (70, 128 + signal.SIGKILL)


def test_a_killed_guardian_is_an_end(run):
    process = start(run, LOOP)
    process.stdout.readline()
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 70
    assert errors.count("\n") == 1


def test_a_launcher_that_is_killed_while_torch_is_imported(run):
    process = start(run, LOOP)
    launcher = launcher_of(process.pid)
    while "libtorch" not in Path(f"/proc/{launcher}/maps").read_text():
        time.sleep(0.01)
    os.kill(launcher, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL
    assert "ended with exit code 137" in errors and errors.count("\n") == 1


def test_when_all_are_killed_the_next_run_removes_what_they_have_left(run):
    process = start(run, LOOP)
    process.stdout.readline()
    (guardian,) = children(process.pid)
    launcher = launcher_of(process.pid)
    for pid in (process.pid, guardian, launcher):
        os.kill(pid, signal.SIGSTOP)
    for pid in (process.pid, guardian, launcher):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert len(list(run.memory.iterdir())) == 1
    done = run(1, "print('next')", record=run.folder / "next.run")
    assert done.code == 0, done.errors
    assert list(run.memory.iterdir()) == []
    assert sorted(path.name for path in run.folder.iterdir()) == ["next.run", "script.py"]


def test_what_ranks_have_started_ends_with_a_run_that_is_ended(run):
    process = start(run, """
        import subprocess, time
        subprocess.Popen(["sleep", "300"])
        subprocess.Popen(["sleep", "300"], start_new_session=True)
        subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1; done"], start_new_session=True)
        print("begun")
        while True:
            pass
        """)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_a_stopped_run_goes_on(run):
    process = start(run, """
        import time, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        print("begun")
        for _ in range(200):
            dist.all_reduce(torch.ones(3))
        print("end")
        """)
    process.stdout.readline()
    process.send_signal(signal.SIGTSTP)
    time.sleep(0.5)
    process.send_signal(signal.SIGCONT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.count("end") == 2


# Ranks that become something else.


def test_a_rank_may_execute_itself_anew_before_it_meets_the_others(run):
    done = run(2, """
        import os, sys
        if "AGAIN" not in os.environ:
            os.environ["AGAIN"] = "1"
            os.execv(sys.executable, [sys.executable, *sys.argv])
        import time, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values = torch.full((2,), float(dist.get_rank()))
        start = time.perf_counter()
        dist.all_reduce(values)
        print(values.tolist(), time.perf_counter() - start < 0.1, sys.argv)
        dist.destroy_process_group()
        """, "argument")
    assert done.code == 0, done.errors
    for rank in range(2):
        assert done.lines(rank) == [f"[1.0, 1.0] True ['{run.folder}/script.py', 'argument']"]
    assert "would take" in done.errors


def test_a_rank_that_executes_itself_anew_too_late_is_told_so(run):
    done = run(2, """
        import os, sys
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        dist.all_reduce(torch.ones(1))
        if dist.get_rank() == 1:
            os.execv(sys.executable, [sys.executable, *sys.argv])
        dist.all_reduce(torch.ones(1))
        """)
    assert done.code == 1
    assert "[1] uniference: error: rank 1 has executed itself anew (os.execv) after" in done.errors
    assert "Traceback" not in "".join(line for line in done.errors.splitlines() if line.startswith("[1]"))


def test_a_rank_that_closes_all_files_before_it_communicates(run):
    done = run(1, """
        import os
        os.closerange(3, 1000)
        print("end")
        """)
    assert (done.code, done.lines(0)) == (0, ["end"]), done.errors


def test_a_rank_that_closes_all_files_and_then_communicates_is_told_so(run):
    done = run(2, """
        import os, torch.distributed as dist
        os.closerange(3, 1000)
        dist.init_process_group("gloo")
        """)
    assert done.code == 1
    assert "connection to the engine has been closed" in done.errors


# Interpreters that are none.


@pytest.mark.parametrize("interpreter, problem", [
    ("/bin/true", "'/bin/true' ended with exit code 0 without running Python"),
    ("/bin/false", "'/bin/false' ended with exit code 1 without running Python"),
    ("/bin/cat", "without running Python"),
])  # fmt: skip
def test_an_interpreter_that_is_none(run, interpreter, problem):
    script = run.script("print('started')")
    done = subprocess.run(run.command(2, script), cwd=run.folder, capture_output=True, text=True,
                          env=run.environment() | {"UNIFERENCE_PYTHON": interpreter})
    assert done.returncode == 65
    assert problem in done.stderr and "set UNIFERENCE_PYTHON to the path of a Python" in done.stderr


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_scripts_help_is_no_run(run, option):
    script = run.script("""
        import argparse
        import torch.distributed as dist
        parser = argparse.ArgumentParser()
        parser.add_argument("--size", type=int)
        parser.parse_args()
        dist.init_process_group("gloo")
        """)
    record = run.folder / "help.run"
    command = run.command(2, script, option, record=record, options=("--trace", str(run.folder / "help.trace")))
    done = subprocess.run(command, cwd=run.folder, env=run.environment(), capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.count("--size SIZE") >= 2 and done.stderr == ""
    assert [path.name for path in run.folder.iterdir()] == ["script.py"]


def test_an_option_h_of_a_script_that_runs_is_a_run(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        dist.all_reduce(torch.ones(1))
        """, "-h", "128")
    assert done.code == 0 and "would take" in done.errors


# Commands under `exec`.


def execute(run, *command, **options):
    return subprocess.Popen([run.binary, "exec", "--cluster", str(CLUSTER), "--", *command], cwd=run.folder,
                            env=run.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            start_new_session=True, **options)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("to_group", [True, False])
def test_a_signal_reaches_the_command_once(run, number, to_group):
    script = run.script("""
        import signal, time
        heard = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: heard.append(signal.Signals(number).name))
        print("begun", flush=True)
        while not heard:
            signal.pause()
        time.sleep(0.5)
        print(heard)
        """)
    process = execute(run, sys.executable, str(script))
    assert process.stdout.readline() == "begun\n"
    (os.killpg if to_group else os.kill)(process.pid, number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, f"['{number.name}']\n"), errors


@pytest.mark.parametrize("number", SIGNALS)
def test_the_whole_tree_of_a_command_ends(run, number):
    process = execute(run, "sh", "-c", "setsid sleep 300 & sleep 300 & echo begun; sleep 300")
    assert process.stdout.readline() == "begun\n"
    # A shell that gets SIGINT before it has started its last command waits for this to end.
    shell = children(children(process.pid)[0])[0]
    while len(children(shell)) < 3:
        time.sleep(0.01)
    # Ctrl-C reaches the whole group; a shell that alone gets SIGINT waits for its command first.
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number


def test_a_command_that_does_not_want_to_end(run):
    process = execute(run, "sh", "-c", "trap '' TERM; echo begun; while :; do sleep 1; done")
    assert process.stdout.readline() == "begun\n"
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("victim", ["engine", "guardian", "command"])
def test_whoever_is_killed_nothing_of_a_command_is_left(run, victim):
    process = execute(run, "sh", "-c", "setsid sleep 300 & sleep 300 & echo begun; sleep 300; true")
    assert process.stdout.readline() == "begun\n"
    guardian = children(process.pid)[0]
    command = children(guardian)[0]
    os.kill({"engine": process.pid, "guardian": guardian, "command": command}[victim], signal.SIGKILL)
    process.communicate(timeout=60)
    deadline = time.monotonic() + 20
    while any(run.memory.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)


def test_a_command_in_good_order_may_leave_processes_behind(run):
    process = execute(run, "sh", "-c", "sleep 300 > /dev/null 2>&1 & echo $!")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert program(int(output)).startswith("sleep 300")
    os.kill(int(output), signal.SIGKILL)
    while os.path.exists(f"/proc/{int(output)}/cwd"):
        time.sleep(0.01)


@pytest.mark.parametrize("command, code", [(["no-such-command"], 127), (["/etc/passwd"], 126), (["false"], 1)])
def test_commands_that_do_not_run(run, command, code):
    process = execute(run, *command)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert code == 1 or (errors.count("\n") == 1 and command[0] in errors)


def test_a_command_has_its_own_input_and_ordinary_signals(run):
    process = execute(run, "sh", "-c", "cat; grep -E 'Sig(Blk|Cgt)' /proc/self/status", stdin=subprocess.PIPE)
    output, _ = process.communicate("hello\n", timeout=60)
    assert output.splitlines()[0] == "hello"
    assert "SigBlk:\t0000000000000000" in output
