"""What nobody can read any more ends a command with a line and an exit code, whatever the command."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import pytest
from conftest import ROOT

CLUSTER = ROOT / "Examples" / "four-jetsons.yaml"
IO_ERROR = 74

SIMULATE = ["simulate", "Examples/llama-on-jetsons.yaml", "--strategy", "tensor=4"]
COMMANDS = {
    "simulate": [*SIMULATE, "--no-record"],
    "simulate --json": [*SIMULATE, "--no-record", "--json"],
    "devices": ["devices"],
    "devices --json": ["devices", "--json"],
    "models": ["models"],
    "flows": ["flows", "{folder}/flows.json"],
    "compare": ["compare", "{record}", "{record}"],
    "benchmark": ["benchmark", "--help"],
    "new": ["new", "Program{number}"],
    "help": ["--help"],
    "help of a command": ["help", "simulate"],
    "version": ["--version"],
    "completion": ["--generate-completion-script", "bash"],
    "exec": ["exec", "--cluster", str(CLUSTER), "--", "echo", "hello"],
}  # fmt: skip

FLOWS = '{"links": [{"id": "l", "bandwidth_Bps": 10, "latency_s": 1}], "flows": [{"id": "0", "start_s": 0, "bytes": 20, "links": ["l"]}]}'  # noqa: E501


@pytest.fixture(scope="module")
def words(uniference, tmp_path_factory):
    """Fills in what commands need."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "flows.json").write_text(FLOWS)
    record = folder / "small.run"
    subprocess.run([uniference, *SIMULATE, "--record", record], cwd=ROOT, check=True, capture_output=True)
    numbers = iter(range(1000))
    # `new` makes a folder where it is called.
    there = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(folder)]
    return lambda name: (there if name == "new" else []) + [str(uniference)] + [
        word.format(folder=folder, record=record, number=next(numbers)) for word in COMMANDS[name]]


def run_into(words, output, **options):
    return subprocess.run(words, cwd=ROOT, stdout=output, stderr=subprocess.PIPE, text=True, timeout=120, **options)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk(words, name):
    with open("/dev/full", "wb") as full:
        done = run_into(words(name), full)
    if name == "exec":
        assert done.returncode not in (0, 70)
        return
    assert done.returncode == IO_ERROR
    assert done.stderr == "uniference: error: cannot write 'standard output': No space left on device\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_that_nobody_reads(words, name):
    reader, writer = os.pipe()
    os.close(reader)
    done = run_into(words(name), writer)
    os.close(writer)
    if name == "exec":
        assert done.returncode != 0
        return
    assert done.returncode == IO_ERROR
    assert done.stderr == "uniference: error: cannot write 'standard output': Broken pipe\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_stream(words, name):
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words(name)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["simulate", "devices", "version"])
def test_a_closed_standard_error_is_nobodys_loss_where_nothing_is_said(words, name):
    done = subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *words(name)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert len(done.stdout) > 3


def test_a_closed_stream_is_no_other_files(uniference, tmp_path):
    """The first file that is opened gets the number of a stream that was closed, unless somebody sees to it."""
    record = tmp_path / "closed.run"
    command = [str(uniference), *SIMULATE, "--record", record]
    done = subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *command], cwd=ROOT)
    assert done.returncode == IO_ERROR
    checked = subprocess.run([uniference, "compare", record, record], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_errors_that_nobody_reads_have_their_exit_code_all_the_same(uniference):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([uniference, "simulate", "nowhere.yaml"], stderr=writer)
    os.close(writer)
    assert done.returncode in (65, 66, 74)
    with open("/dev/full", "wb") as full:
        assert subprocess.run([uniference, "simulate", "nowhere.yaml"], stderr=full).returncode == done.returncode


CHATTY = """
import sys, torch, torch.distributed as dist
dist.init_process_group("gloo")
for step in range(100000):
    dist.all_reduce(torch.ones(10))
    print("step", step, "x" * 200, file=sys.{stream}, flush=True)
"""


def start_chatty(uniference, tmp_path, memory, stream, shell):
    script = tmp_path / "chatty.py"
    script.write_text(CHATTY.format(stream=stream))
    environment = os.environ | {"UNIFERENCE_PYTHON": sys.executable, "UNIFERENCE_SHARED_MEMORY": str(memory)}
    command = [str(uniference), "run", "-n", "2", "--no-record", "--cluster", str(CLUSTER), str(script)]
    done = subprocess.run(["sh", "-c", shell, "sh", *command], cwd=tmp_path, env=environment, capture_output=True,
                          text=True, timeout=120)
    assert list(memory.iterdir()) == []
    assert left_in(tmp_path) == []
    return done


def left_in(folder: pathlib.Path) -> list[str]:
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/cwd") == str(folder):
                found.append(entry)
        except OSError:
            pass
    return found


@pytest.mark.parametrize("stream, to, why", [
    ("stdout", "> /dev/full", "cannot write standard output: No space left on device"),
    ("stdout", ">&-", "cannot write standard output: Bad file descriptor"),
    ("stdout", "| head -1", "cannot write standard output: Broken pipe"),
    ("stderr", "2> /dev/full", ""),
    ("stderr", "2>&-", ""),
    ("stderr", "2>&1 >/dev/null | head -1", ""),
    ("stdout", "2>&1 | head -1", ""),
])  # fmt: skip
def test_a_runs_ranks_lose_their_output(uniference, tmp_path, stream, to, why):
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as memory:
        done = start_chatty(uniference, tmp_path, pathlib.Path(memory), stream, f'{{ "$@"; echo $? > code; }} {to}')
    assert (tmp_path / "code").read_text() == f"{IO_ERROR}\n", done.stderr
    if why:
        assert done.stderr.startswith(f"uniference: error: {why}; the run was ended at virtual time ")
        assert done.stderr.count("\n") == 1
    if "head" in to:
        assert re.fullmatch(r"\[[01]\] step \d+ x+\n", done.stdout)


@pytest.mark.slow
def test_a_reader_that_takes_its_time_gets_everything(uniference, tmp_path):
    """Also what ranks had printed long before it began to read, which the run waits for."""
    script = tmp_path / "long.py"
    script.write_text("for step in range(30000):\n    print('line', step, 'x' * 50)\n")
    environment = os.environ | {"UNIFERENCE_PYTHON": sys.executable}
    command = [str(uniference), "run", "-n", "1", "--no-record", "--cluster", str(CLUSTER), str(script)]
    done = subprocess.run(["sh", "-c", '"$@" 2>/dev/null | { sleep 15; cat; }', "sh", *command], env=environment,
                          capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    assert len(lines) == 30000
    assert lines[-1].startswith("[0] line 29999 ")
