"""Swift programs that are dynamic libraries, simulated and as the ranks of real gloo groups on this machine."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
from dataclasses import dataclass

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CLUSTER = ROOT / "Examples" / "four-jetsons.yaml"
LIMIT = 300
"""Seconds after which a rank counts as left waiting."""


@dataclass
class Ended:
    """How one process ended."""

    code: int
    output: str
    errors: str


@dataclass
class Programs:
    """The libraries beside the binary, and two ways to run them."""

    uniference: pathlib.Path

    def library(self, name: str) -> pathlib.Path:
        path = self.uniference.parent / f"lib{name}.{'dylib' if sys.platform == 'darwin' else 'so'}"
        if not path.exists():
            pytest.fail(f"{path} is missing; run: make programs")
        return path

    def simulate(self, library, ranks: int, *arguments, options=("--values",)) -> Ended:
        command = [self.uniference, "simulate", library, "--cluster", CLUSTER, "-n", str(ranks), *options, "--"]
        return ended(start([*command, *map(str, arguments)]))

    def deploy(self, library, ranks: int, *arguments, options=(), module="uniference.host", environment=None) -> list:
        """Every rank's end, in rank order."""
        port = free_port()
        processes = []
        for rank in range(ranks):
            variables = {
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": str(ranks),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
                "PYTHONPATH": str(ROOT / "python"),
                **(environment or {}),
            }
            command = [sys.executable, "-m", module, *options, library, *arguments]
            processes.append(start(list(map(str, command)), variables))
        return [ended(process) for process in processes]


def start(command, environment=None) -> subprocess.Popen:
    return subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def ended(process: subprocess.Popen) -> Ended:
    try:
        output, errors = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        errors += "\nthe rank was left waiting"
    return Ended(process.returncode, output, errors)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def error_lines(end: Ended) -> list:
    return [line for line in end.errors.splitlines() if line.startswith("uniference: error:")]


@pytest.fixture(scope="session")
def programs(uniference) -> Programs:
    return Programs(uniference)
