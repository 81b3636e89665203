"""Runs of PyTorch scripts on the real engine."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CLUSTER = ROOT / "Examples" / "four-jetsons.yaml"


@dataclass(frozen=True)
class Run:
    """What a finished run of ``uniference`` has left."""

    code: int
    output: str
    errors: str

    def lines(self, rank: int) -> list[str]:
        """What one rank has printed on its standard output, in order, without its prefix."""
        prefix = f"[{rank}] "
        return [line[len(prefix) :] for line in self.output.splitlines() if line.startswith(prefix)]


@dataclass(frozen=True)
class Runner:
    """Writes scripts into a folder of the test's and runs them."""

    binary: pathlib.Path
    folder: pathlib.Path
    memory: pathlib.Path
    """Where the runs' shared memory is."""

    def script(self, text: str) -> pathlib.Path:
        """A script with this text, whose lines are counted from its first one that is not empty."""
        path = self.folder / "script.py"
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def command(self, ranks: int, script: pathlib.Path, *arguments: str, options: tuple[str, ...] = (),
                cluster: pathlib.Path = CLUSTER, record: pathlib.Path | None = None) -> list[str]:
        keeping = ["--record", str(record)] if record else ["--no-record"]
        return [str(self.binary), "run", "-n", str(ranks), "--cluster", str(cluster), *keeping, *options,
                str(script), *arguments]

    def environment(self) -> dict[str, str]:
        return os.environ | {"UNIFERENCE_PYTHON": sys.executable, "UNIFERENCE_SHARED_MEMORY": str(self.memory)}

    def __call__(self, ranks: int, text: str | pathlib.Path, *arguments: str, options: tuple[str, ...] = (),
                 cluster: pathlib.Path = CLUSTER, record: pathlib.Path | None = None, timeout: float = 120) -> Run:
        script = text if isinstance(text, pathlib.Path) else self.script(text)
        done = subprocess.run(
            self.command(ranks, script, *arguments, options=options, cluster=cluster, record=record), cwd=self.folder,
            env=self.environment(), capture_output=True, text=True, timeout=timeout)
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shared_memory() -> Iterator[pathlib.Path]:
    """A folder in memory for the test's runs. A short path, since a socket's may have 108 bytes only."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def run(uniference, tmp_path, shared_memory) -> Runner:
    return Runner(uniference, tmp_path, shared_memory)


def processes_of(folder: pathlib.Path) -> list[int]:
    """Processes whose working directory is the test's."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.readlink(f"/proc/{entry}/cwd") == str(folder):
                    found.append(int(entry))
            except OSError:
                pass
    return found


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, shared_memory) -> Iterator[None]:
    """Whatever a test does to a run, no process and no shared memory of it is left."""
    yield
    assert list(shared_memory.iterdir()) == []
    assert processes_of(tmp_path) == []
