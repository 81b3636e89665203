"""Kills runs at random moments and looks at what is left: nothing may be.

    PYTHONPATH=python UNIFERENCE=.build/release/uniference python Tests/Python/killing.py --kills 200

A few of each kind are part of the tests (`test_killing.py`). Needs `/proc`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "Examples" / "four-jetsons.yaml"
MARK = "UNIFERENCE_TEST_MARK"

HANG_SECONDS = 120
"""A run that has not ended so long after it was killed hangs."""
GRACE_SECONDS = 20
"""So long after the end of the program that was started, everything has to be gone."""

SCRIPT = """
import os, signal, subprocess, sys, threading, time
import torch, torch.distributed as dist
kind = sys.argv[1]
if kind == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if kind == "parents":
    subprocess.Popen(["sleep", "300"])
    subprocess.Popen(["sleep", "300"], start_new_session=True)
dist.init_process_group("gloo")
threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
for step in range(int(sys.argv[2])):
    values = torch.ones(50_000)
    dist.all_reduce(values)
    print("step", step, flush=True)
    if kind == "computing":
        sum(range(200_000))
"""

SPAWNING = """
import sys, torch, torch.distributed as dist, torch.multiprocessing as mp

def work(rank):
    dist.init_process_group("gloo", init_method="tcp://127.0.0.1:29599", rank=rank, world_size=2)
    for step in range(int(sys.argv[2])):
        dist.all_reduce(torch.ones(1000))
        print("step", step, flush=True)

if __name__ == "__main__":
    mp.spawn(work, nprocs=2)
"""


@dataclass(frozen=True)
class Kind:
    """What is killed, and how."""

    program: str
    victim: str
    number: signal.Signals

    def __str__(self) -> str:
        return f"{self.program}: {self.number.name} of {self.victim}"


KINDS = [
    *(Kind(program, "engine", number)
      for program in ("run", "exec", "simulate")
      for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)),
    *(Kind("run", victim, signal.SIGKILL) for victim in ("guardian", "launcher", "rank")),
    *(Kind("exec", victim, signal.SIGKILL) for victim in ("guardian", "command", "rank")),
]  # fmt: skip


@dataclass
class Finding:
    """What has become of one run."""

    kind: Kind
    what: str
    delay_s: float
    code: int | None = None
    cleaning_s: float = 0.0
    problems: list[str] = field(default_factory=list)


class Killing:
    """One run that is killed, in a folder of its own."""

    def __init__(self, binary: str, kind: Kind, choice: random.Random, folder: pathlib.Path, memory: pathlib.Path):
        self.kind = kind
        self.folder = folder
        self.memory = memory
        self.binary = binary
        self.what = choice.choice(["talking", "computing", "parents", "stubborn"])
        # Half of the moments lie while Python and torch are being loaded.
        self.delay_s = choice.choice([choice.uniform(0, 1.5), choice.uniform(0, 6)])
        self.rank = choice.randrange(2)

    def command(self) -> list[str]:
        """What is started, in which everything is to be killed."""
        (self.folder / "script.py").write_text(SCRIPT)
        (self.folder / "spawning.py").write_text(SPAWNING)
        steps = "100000"
        if self.kind.program == "simulate":
            return [self.binary, "simulate", str(ROOT / "Examples/llama-70b-on-64-h100.yaml"), "--every-message"]
        if self.kind.program == "run":
            return [self.binary, "run", "-n", "2", "--cluster", str(CLUSTER), "script.py", self.what, steps]
        workers = {
            "talking": [sys.executable, "spawning.py", "", steps],
            "computing": [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port",
                          "29598", "script.py", "computing", steps],
            "parents": ["sh", "-c", f"sleep 300 & setsid sleep 300 & {sys.executable} spawning.py '' {steps}; exit $?"],
            "stubborn": ["sh", "-c", f"trap '' TERM HUP; {sys.executable} spawning.py '' {steps}; code=$?; sleep 30; "
                         "exit $code"],
        }  # fmt: skip
        return [self.binary, "exec", "--cluster", str(CLUSTER), "--", *workers[self.what]]

    def kill(self) -> Finding:
        """Starts it, kills it, and looks."""
        mark = f"{self.folder}"
        environment = os.environ | {
            MARK: mark, "UNIFERENCE_PYTHON": sys.executable, "UNIFERENCE_SHARED_MEMORY": str(self.memory)}
        finding = Finding(self.kind, self.what, self.delay_s)
        with open(self.folder / "output", "wb") as output, open(self.folder / "errors", "wb") as errors:
            engine = subprocess.Popen(self.command(), cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                      stdout=output, stderr=errors, start_new_session=True)
            try:
                self._signal(engine)
                if self.kind.program == "exec" and self.kind.number == signal.SIGINT:
                    self._insist(engine)
                finding.code = engine.wait(HANG_SECONDS)
            except subprocess.TimeoutExpired:
                finding.problems.append(f"has not ended after {HANG_SECONDS} s")
                engine.kill()
                engine.wait()
        start = time.monotonic()
        while (left := self._left(mark)) and time.monotonic() - start < GRACE_SECONDS:
            time.sleep(0.02)
        finding.cleaning_s = time.monotonic() - start
        finding.problems += left
        finding.problems += self._lies(finding)
        for pid in marked(mark):
            os.kill(pid, signal.SIGKILL)
        return finding

    def _signal(self, engine: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.delay_s
        while time.monotonic() < deadline and engine.poll() is None:
            time.sleep(0.005)
        while engine.poll() is None:
            victim = self._victim(engine.pid)
            if victim is not None:
                try:
                    os.kill(victim, self.kind.number)
                    return
                except ProcessLookupError:
                    pass
            time.sleep(0.005)

    def _insist(self, engine: subprocess.Popen[bytes]) -> None:
        """Presses Ctrl-C again: a shell forgets one that comes between two of its commands."""
        for _ in range(3):
            try:
                engine.wait(10)
                return
            except subprocess.TimeoutExpired:
                engine.send_signal(signal.SIGINT)

    def _victim(self, engine: int) -> int | None:
        """The process, if it is there already."""
        guardian = next(iter(children(engine)), None)
        command = None if guardian is None else next(iter(children(guardian)), None)
        below = [] if command is None else children(command)
        found = {
            "engine": [engine], "guardian": [guardian], "launcher": [command], "command": [command],
            "rank": [pid for pid in below if is_rank(pid)][self.rank : self.rank + 1],
        }[self.kind.victim]  # fmt: skip
        return next(iter(found), None)

    def _left(self, mark: str) -> list[str]:
        processes = [f"left running: {pid} {program(pid)}" for pid in marked(mark) if not self._is_commands_own(pid)]
        memory = [f"left in memory: {path.name}" for path in self.memory.iterdir()]
        records = [f"left of a record: {path}" for path in self.folder.rglob("*.partial-*")]
        # Who kills the one process of a simulation leaves its unfinished record to the next one.
        is_alone = self.kind.program == "simulate" and self.kind.number == signal.SIGKILL
        return processes + memory + ([] if is_alone else records)

    def _is_commands_own(self, pid: int) -> bool:
        """Whether a command that ended by itself, before it had a rank, has left the process in the background: no
        affair of the engine's, which has said nothing."""
        is_itself = self.kind.program == "exec" and self.kind.victim == "rank"
        return is_itself and program(pid).startswith("sleep ") and not (self.folder / "errors").read_bytes()

    def _lies(self, finding: Finding) -> Iterator[str]:
        """What is wrong with what the run has said and left for people."""
        errors = (self.folder / "errors").read_text(errors="replace")
        # Python says of its own end by Ctrl-C where it was; nothing else may have one.
        if "Traceback" in errors and self.kind.program != "exec":
            yield f"a traceback: {errors[-300:]}"
        asked = self.kind.victim == "engine" and self.kind.number != signal.SIGKILL
        expected = [128 + self.kind.number, -self.kind.number]
        # A command that does not heed the signal is killed, which its exit code tells.
        if self.kind.program == "exec" and self.what == "stubborn":
            expected.append(128 + signal.SIGKILL)
        # torchrun ends with 1 whichever signal has ended it.
        if self.kind.program == "exec" and self.what == "computing":
            expected.append(1)
        if asked and finding.code not in expected:
            yield f"exit code {finding.code}: {errors[-300:]}"
        if not asked and finding.code == 0:
            yield "exit code 0"
        for manifest in self.folder.rglob("run.json"):
            content = json.loads(manifest.read_text())
            events = (manifest.parent / "events.bin").read_bytes()
            if content["events"]["sha256"] != hashlib.sha256(events).hexdigest():
                yield f"{manifest.parent.name} is not valid"


def stat(pid: int) -> list[str]:
    """The fields of a process after its name; none when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children(parent: int) -> list[int]:
    """Those that have not ended, in the order of their start."""
    return sorted(pid for pid in processes() if (fields := stat(pid)) and fields[1] == str(parent) and fields[0] != "Z")


def is_rank(pid: int) -> bool:
    """Whether a process below the command is one of Python that is not there for `multiprocessing` itself."""
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"python" in words and b"resource_tracker" not in words


def program(pid: int) -> str:
    """Its whole command line: how long the paths in it are is the machine's affair."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def marked(mark: str) -> list[int]:
    """Processes that have come of a run, whatever has become of their parents."""
    found = []
    for pid in processes():
        try:
            variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"{MARK}={mark}".encode() in variables and stat(pid)[:1] not in ([], ["Z"]):
            found.append(pid)
    return found


def kill_some(
    binary: str, kinds: list[Kind], kills: int, seed: int, report: Callable[[Finding], None] = lambda finding: None
) -> list[Finding]:
    """Kills so many runs of each kind."""
    findings = []
    for kind in kinds:
        for number in range(kills):
            choice = random.Random(f"{seed} {kind} {number}")
            in_memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
            with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=in_memory) as memory:
                finding = Killing(binary, kind, choice, pathlib.Path(folder), pathlib.Path(memory)).kill()
            findings.append(finding)
            report(finding)
    return findings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="how many runs of each kind")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the moments and programs")
    parser.add_argument("--kind", action="append", default=[], help="only kinds whose names contain this")
    options = parser.parse_args()
    # Ignored where this runs in the background or under nohup, and then so by everything that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    kinds = [kind for kind in KINDS if not options.kind or any(word in str(kind) for word in options.kind)]
    binary = os.path.abspath(os.environ.get("UNIFERENCE", ".build/release/uniference"))
    print(f"seed {options.seed}, {len(kinds)} kinds", flush=True)

    def report(finding: Finding) -> None:
        for problem in finding.problems:
            print(f"{finding.kind}, {finding.what}, after {finding.delay_s:.2f} s: {problem}", flush=True)

    findings = kill_some(binary, kinds, options.kills, options.seed, report)
    for kind in kinds:
        own = [finding for finding in findings if finding.kind == kind]
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(Counter(f.code for f in own).items(), key=str))
        slowest = max(finding.cleaning_s for finding in own)
        bad = sum(bool(finding.problems) for finding in own)
        print(f"{kind}: {len(own)} runs, {bad} with problems; exit codes {codes}; clean within {slowest:.2f} s")
    sys.exit(any(finding.problems for finding in findings))


if __name__ == "__main__":
    main()
