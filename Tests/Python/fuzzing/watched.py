"""Runs the command line and watches how it ends, how much memory it takes, and how long."""

import os
import pathlib
import subprocess
import tempfile
import threading
from typing import NamedTuple

MOST_MEMORY_BYTES = 1 << 30
LONGEST_S = 10.0
ALLOWED_CODES = {0, 64, 65, 74}
"""Fine, wrong usage, wrong data, a file that cannot be read or written."""


class End(NamedTuple):
    code: int
    """Negative: a signal."""
    memory_bytes: int
    timed_out: bool
    output: str
    errors: str


def run(binary: pathlib.Path, *arguments: str, cwd: pathlib.Path, longest_s: float = LONGEST_S) -> End:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        # A trap prints a backtrace, which takes seconds.
        environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
        process = subprocess.Popen(
            [str(binary.resolve()), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=cwd,
            env=environment)
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(longest_s, end)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
        return End(process.returncode, usage.ru_maxrss * 1024, late.is_set(), *texts)


def problem(end: End) -> str | None:
    """What is wrong with an end; ``None`` for a good one."""
    if end.timed_out:
        return f"took longer than {LONGEST_S:.0f} s"
    if end.code < 0:
        return f"ended by signal {-end.code}: {end.errors[-500:]}"
    if end.memory_bytes > MOST_MEMORY_BYTES:
        return f"took {end.memory_bytes / 1e6:.0f} MB"
    if end.code not in ALLOWED_CODES:
        return f"ended with {end.code}: {end.errors[-500:]}"
    if end.code in (65, 74) and not is_one_line(end.errors):
        return f"said more or less than one line: {end.errors[:500]!r}"
    if any(ord(character) < 32 and character != "\n" for character in end.output + end.errors):
        return f"printed control characters: {(end.output + end.errors)[:500]!r}"
    return None


def is_one_line(errors: str) -> bool:
    lines = [line for line in errors.split("\n") if line and not line.startswith("uniference: warning: ")]
    return len(lines) == 1 and lines[0].startswith("uniference: error: ") and len(lines[0]) < 4000
