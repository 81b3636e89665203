"""A rank is an ordinary Python process, as under torchrun: what it is told, what it may do, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest


def test_the_script_is_the_main_program(run):
    done = run(1, """
        import inspect, os, sys
        main = sys.modules["__main__"]
        def step():
            return 1
        os.chdir("/")
        print(os.path.isabs(__file__), os.path.exists(__file__), __name__, __spec__, main.step is step)
        print(inspect.getsource(step).split()[1], sys.argv[0] == sys.orig_argv[2], sys.argv[1:], sys.orig_argv[1])
        print(sys._getframe().f_back, inspect.stack()[-1].function, "uniference" in sys.argv[0])
        print(sys.path[0] == os.path.dirname(__file__), "" in sys.path, os.getcwd() in sys.path)
        """, "one", "two")
    assert done.code == 0, done.errors
    assert done.lines(0) == [
        "True True __main__ None True", "step(): True ['one', 'two'] -u", "None <module> False", "True False False"]


def test_a_module_is_the_main_program_too(run):
    package = run.folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tool.py").write_text("print(__name__, __spec__.name, __package__, __file__)\n")
    command = run.command(1, "package.tool", options=("-m",))
    done = subprocess.run(command, cwd=run.folder, env=run.environment(), capture_output=True, text=True)
    assert done.stdout == f"[0] __main__ package.tool package {package / 'tool.py'}\n", done.stderr


def test_processes_that_are_spawned_find_the_scripts_classes(run):
    done = run(1, """
        import multiprocessing
        from dataclasses import dataclass

        @dataclass
        class Sample:
            value: int

        def produce(queue):
            queue.put(Sample(7))

        if __name__ == "__main__":
            for method in ("spawn", "forkserver", "fork"):
                context = multiprocessing.get_context(method)
                queue = context.Queue()
                child = context.Process(target=produce, args=(queue,))
                child.start()
                print(method, queue.get())
                child.join()
                print(child.exitcode)
        """)
    assert done.code == 0, done.errors
    assert done.lines(0) == [
        "spawn Sample(value=7)", "0", "forkserver Sample(value=7)", "0", "fork Sample(value=7)", "0"]


def test_threads_atexit_and_destructors_find_the_script_as_it_was(run):
    done = run(1, """
        import atexit, pickle, threading, time, torch
        class State:
            step = 3
        class Logger:
            def __del__(self):
                print("destroyed", State.step, torch.ones(2).sum().item())
        def save(when):
            print(when, len(pickle.dumps(State())) > 0)
        def later():
            time.sleep(0.2)
            save("thread")
        logger = Logger()
        unclosed = open("log.txt", "w")
        unclosed.write("written at the end")
        atexit.register(save, "atexit")
        threading.Thread(target=later).start()
        """)
    assert (done.code, done.lines(0)) == (0, ["thread True", "atexit True", "destroyed 3 2.0"]), done.errors
    assert (run.folder / "log.txt").read_text() == "written at the end"


def test_what_is_registered_at_the_end_still_reaches_the_others(run):
    done = run(2, """
        import atexit, torch, torch.distributed as dist
        def last():
            values = torch.ones(2)
            dist.all_reduce(values)
            print("last", values.tolist())
            dist.destroy_process_group()
        atexit.register(last)
        dist.init_process_group("gloo")
        """)
    assert done.code == 0, done.errors
    assert [done.lines(rank) for rank in (0, 1)] == [["last [2.0, 2.0]"]] * 2


ENDS = {
    "return": ("pass", 0),
    "exit": ("sys.exit(7)", 7),
    "exit with a text": ("sys.exit('no data')", 1),
    "exit with a large number": ("sys.exit(256 + 9)", 9),
    "raised SystemExit": ("raise SystemExit(5)", 5),
    "exit in a function at the end": ("atexit.register(lambda: os._exit(6))", 6),
    "_exit with 0": ("os._exit(0)", 0),
    "_exit": ("os._exit(9)", 9),
    "exception": ("raise ValueError('no good')", 1),
    "interrupt": ("raise KeyboardInterrupt", 128 + signal.SIGINT),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    "SIGSEGV": ("os.kill(os.getpid(), signal.SIGSEGV)", 128 + signal.SIGSEGV),
    "SIGPIPE": ("signal.signal(signal.SIGPIPE, signal.SIG_DFL); os.kill(os.getpid(), signal.SIGPIPE)",
                128 + signal.SIGPIPE),
    "SIGQUIT": ("os.kill(os.getpid(), signal.SIGQUIT)", 128 + signal.SIGQUIT),
    "abort": ("os.abort()", 128 + signal.SIGABRT),
    "closed output": ("sys.stdout.close()", 0),
    "other program": ("os.execvp('sh', ['sh', '-c', 'echo other; exit 4'])", 4),
    "other program that succeeds": ("os.execvp('sh', ['sh', '-c', 'exit 0'])", 0),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_a_rank_is_the_runs(run, end):
    statement, code = ENDS[end]
    script = f"""
        import atexit, os, resource, signal, sys, torch, torch.distributed as dist
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        dist.init_process_group("gloo")
        dist.all_reduce(torch.ones(1))
        if dist.get_rank() == 1:
            {statement}
        """
    done = run(2, script)
    assert done.code == code, done.errors
    if code == 0:
        assert "would take" in done.errors


def test_hooks_of_the_script_are_called(run):
    done = run(2, """
        import sys, threading
        import torch.distributed as dist
        def report(kind, value, trace):
            print("crash reporter:", kind.__name__, value, trace.tb_frame.f_code.co_name)
        sys.excepthook = report
        dist.init_process_group("gloo")
        raise ValueError("loss is not a number")
        """)
    assert done.code == 1
    for rank in (0, 1):
        assert done.lines(rank) == ["crash reporter: ValueError loss is not a number <module>"]
    assert "Traceback" not in done.errors


def test_the_traceback_is_pythons_own(run):
    script = run.script("""
        def fail():
            raise ValueError("no good")
        fail()
        """)
    done = run(1, script)
    real = subprocess.run([sys.executable, script], cwd=run.folder, capture_output=True, text=True)
    assert [line[4:] for line in done.errors.splitlines() if line.startswith("[0] ")] == real.stderr.splitlines()


# Signals.


def test_signals_are_nobodys_but_the_scripts(run):
    done = run(2, """
        import os, signal, subprocess, time
        caught = []
        for name in ("SIGUSR1", "SIGUSR2", "SIGTERM", "SIGHUP", "SIGINT", "SIGCHLD"):
            signal.signal(getattr(signal, name), lambda number, frame: caught.append(signal.Signals(number).name))
        for name in ("SIGUSR1", "SIGUSR2", "SIGTERM", "SIGHUP", "SIGINT"):
            os.kill(os.getpid(), getattr(signal, name))
        print(caught, len(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
        child = subprocess.Popen(["sleep", "60"])
        child.terminate()
        print(child.wait(), caught[-1], signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN)
        """)
    assert done.code == 0, done.errors
    for rank in (0, 1):
        assert done.lines(rank) == [
            "['SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGHUP', 'SIGINT'] 0", f"-{int(signal.SIGTERM)} SIGCHLD True"]


def test_a_handler_runs_while_the_rank_waits_for_the_others(run):
    done = run(2, """
        import os, signal, subprocess, time
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values = torch.ones(1)
        if dist.get_rank() == 0:
            signal.signal(signal.SIGUSR1, lambda number, frame: print("handled"))
            subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -USR1 {os.getpid()}"])
        else:
            subprocess.run(["sleep", "1.5"])
        dist.all_reduce(values)
        print(values.item())
        """)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["handled", "2.0"]


def test_what_was_ignored_stays_ignored(run):
    """As for any program under ``nohup``."""
    script = run.script("""
        import signal
        print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
        """)
    done = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *run.command(1, script)], cwd=run.folder, env=run.environment(),
        capture_output=True, text=True)
    assert done.stdout == "[0] True True\n", done.stderr


# Files.


def test_standard_input_is_rank_0s(run):
    script = run.script("import sys; print(repr(sys.stdin.read()))")
    done = subprocess.run(run.command(3, script), cwd=run.folder, env=run.environment(), input="hello\nworld\n",
                          capture_output=True, text=True)
    assert sorted(done.stdout.splitlines()) == [r"[0] 'hello\nworld\n'", "[1] ''", "[2] ''"], done.stderr


def test_a_rank_has_no_file_of_others(run):
    done = run(4, """
        import os
        pipes = {}
        for descriptor in os.listdir("/proc/self/fd"):
            try:
                place = os.readlink(f"/proc/self/fd/{descriptor}")
            except OSError:
                continue
            if place.startswith("pipe:"):
                pipes[int(descriptor)] = place
        print(sorted(pipes), len(set(pipes.values())))
        """)
    assert done.code == 0, done.errors
    for rank in range(4):
        assert done.lines(rank) == ["[1, 2] 2"]


def test_lines_without_an_end_appear_at_once(run):
    script = run.script("""
        import subprocess, sys
        sys.stdout.write("50%")
        subprocess.run(["sleep", "1.5"])
        sys.stdout.write("\\r100%\\n")
        sys.stdin.readline()
        print("end")
        """)
    process = subprocess.Popen(run.command(1, script), cwd=run.folder, env=run.environment(), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin and process.stdout
    # The script goes on only once it is answered, which nobody would do without having seen it.
    assert process.stdout.read(7) == b"[0] 50%"
    assert process.stdout.readline() == b"\r[0] 100%\n"
    process.stdin.write(b"\n")
    process.stdin.close()
    assert process.stdout.read() == b"[0] end\n"
    assert process.wait() == 0


def test_output_of_any_size_and_kind_arrives_whole(run):
    script = run.script("""
        import os, sys
        rank = os.environ["RANK"].encode()
        data = bytes(range(256)).replace(b"\\n", b"").replace(b"\\r", b"") * 40000
        sys.stdout.buffer.write(rank + data + b"\\n")
        os.write(1, b"unended")
        """)
    done = subprocess.run(run.command(2, script), cwd=run.folder, env=run.environment(), capture_output=True)
    assert done.returncode == 0, done.stderr
    data = bytes(range(256)).replace(b"\n", b"").replace(b"\r", b"") * 40000
    # Lines that are too long to be held are broken where another rank prints.
    for rank in (b"0", b"1"):
        parts = [line[4:] for line in done.stdout.split(b"\n") if line.startswith(b"[" + rank + b"] ")]
        assert b"".join(parts) == rank + data + b"unended"


def test_whoever_still_holds_the_output_is_not_waited_for(run):
    done = run(2, """
        import os, subprocess, sys
        # A daemon as it should be: of another session, and an orphan.
        if os.environ["RANK"] == "0":
            subprocess.Popen(["sh", "-c", "setsid sleep 20 & echo started"]).wait()
            # One that is merely forgotten is ended.
            subprocess.Popen(["sleep", "30"])
        print("end")
        """)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["started", "end"]
    found = subprocess.run(["pgrep", "-x", "sleep"], capture_output=True, text=True).stdout.split()
    here = [pid for pid in found if os.readlink(f"/proc/{pid}/cwd") == str(run.folder)]
    commands = [open(f"/proc/{pid}/cmdline").read().split("\0")[1] for pid in here]
    for pid in here:
        os.kill(int(pid), signal.SIGKILL)
        while os.path.exists(f"/proc/{pid}/cwd"):
            time.sleep(0.01)
    assert commands == ["20"]


def test_64_ranks(run, tmp_path):
    cluster = tmp_path / "many.yaml"
    cluster.write_text("devices: [{name: d, count: 64, model: h100-sxm}]\n"
                       "network: {link: {bandwidth: 10 Gbps, latency: 20 us}, transport: gloo-tcp}\n")
    done = run(64, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values = torch.ones(1)
        dist.all_reduce(values)
        print(values.item())
        """, cluster=cluster, timeout=600)
    assert done.code == 0, done.errors
    assert all(done.lines(rank) == ["64.0"] for rank in range(64))
