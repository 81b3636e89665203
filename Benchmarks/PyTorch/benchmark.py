"""Simulated and real process groups beside each other, in one run on one machine.

    .venv/bin/python Benchmarks/PyTorch/benchmark.py [--check] [--json]

Prints for 2, 4 and 8 ranks the wall time of a small all-reduce under ``uniference run`` and ``torchrun`` with gloo, the
time that the SmolLM2 example takes under both, the engine's own share of a small all-reduce, and what starting 64
ranks takes. ``--check`` fails when simulating takes longer than the real thing, or a limit is passed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = ROOT / ".build" / "release" / "uniference"
OPERATIONS = 300
REPETITIONS = 5
MODEL_REPETITIONS = 3
START_LIMIT_S = 5.0
UNSHARED_LIMIT_BYTES = 60e6
ENGINE_LIMIT_US = 60.0
ENVIRONMENT = os.environ | {"UNIFERENCE_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Figure:
    """One quantity, measured several times."""

    name: str
    unit: str
    values: list[float]
    real: list[float] | None = None
    """The same of real ranks, measured in turn with ours."""
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by theirs, by medians; ``None`` where there is nothing to compare with."""
        return None if self.real is None else statistics.median(self.values) / statistics.median(self.real)

    @property
    def is_within_limits(self) -> bool:
        """Whether simulating took no longer than the real thing, and no more than the limit."""
        is_quick = self.ratio is None or self.ratio <= 1
        return is_quick and (self.limit is None or statistics.median(self.values) <= self.limit)

    def __str__(self) -> str:
        text = f"{self.name:34} {spread(self.values)} {self.unit}"
        if self.real is not None:
            text += f"   real {spread(self.real)} {self.unit}   ratio {self.ratio:.2f}"
        return text if self.limit is None else f"{text}   limit {self.limit:g} {self.unit}"


def spread(values: Sequence[float]) -> str:
    """The median, and the smallest and the largest."""
    return f"{statistics.median(values):9.1f} ({min(values):.1f} to {max(values):.1f})"


def cluster_file(folder: pathlib.Path, devices: int) -> pathlib.Path:
    """A cluster of so many equal devices on a switch."""
    path = folder / f"{devices}.yaml"
    path.write_text(
        f"devices: [{{name: server, count: {devices}, model: cpu-server}}]\n"
        "network: {topology: switch, link: {bandwidth: 10 Gbps, latency: 20 us}}\n")
    return path


def simulated(
    folder: pathlib.Path, ranks: int, script: pathlib.Path, *arguments: str, options: Sequence[str] = ()
) -> str:
    """What the script prints under ``uniference run``."""
    cluster = cluster_file(folder, ranks)
    return output_of([str(BINARY), "run", "-n", str(ranks), "--cluster", str(cluster), "--no-record", *options,
                      str(script), *arguments])


def real(ranks: int, script: pathlib.Path, *arguments: str) -> str:
    """What the script prints under ``torchrun``."""
    return output_of([sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(ranks), str(script),
                      *arguments])


def output_of(command: list[str]) -> str:
    """Standard output of a command; ends the benchmark with what it said if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\n{' '.join(command)} failed with exit code {done.returncode}")
    return done.stdout


def figures(output: str) -> list[dict[str, Any]]:
    """The JSON objects that ranks have printed."""
    return [json.loads(found) for found in re.findall(r"\{.*\}", output)]


def small_all_reduces(folder: pathlib.Path, ranks: int) -> Figure:
    """Microseconds of wall time for each operation."""
    script = HERE / "small_all_reduces.py"
    ours, gloo = [], []
    for _ in range(REPETITIONS):
        output = simulated(folder, ranks, script, str(OPERATIONS), options=["--real-clock"])
        ours.append(figures(output)[0]["per_operation_us"])
        gloo.append(figures(real(ranks, script, str(OPERATIONS)))[0]["per_operation_us"])
    return Figure(f"small all-reduce, {ranks} ranks", "us", ours, gloo)


def model(folder: pathlib.Path, ranks: int) -> Figure:
    """Seconds of the whole example, start to end."""
    script = ROOT / "Examples" / "pytorch" / "smollm2.py"
    arguments = ["--strategy", "pipeline", "--tokens", "16"]
    ours, gloo = [], []
    for _ in range(MODEL_REPETITIONS):
        start = time.perf_counter()
        simulated(folder, ranks, script, *arguments)
        middle = time.perf_counter()
        real(ranks, script, *arguments)
        ours.append(middle - start)
        gloo.append(time.perf_counter() - middle)
    return Figure(f"SmolLM2, pipeline={ranks}", "s", ours, gloo)


def engine_share(folder: pathlib.Path, ranks: int) -> Figure:
    """Microseconds of the engine's processor time for each rank and small all-reduce."""
    script = HERE / "engine_share.py"
    shares = [figures(simulated(folder, ranks, script, "500"))[0]["engine_us_per_rank"] for _ in range(REPETITIONS)]
    return Figure(f"engine's share of one, {ranks} ranks", "us", shares, limit=ENGINE_LIMIT_US)


def start_many(folder: pathlib.Path, ranks: int) -> list[Figure]:
    """Seconds from the command to its end, all ranks having met, and the megabytes that they do not share."""
    start = time.perf_counter()
    output = simulated(folder, ranks, HERE / "unshared_memory.py")
    wall = time.perf_counter() - start
    unshared = [entry["unshared_bytes"] / 1e6 for entry in figures(output)]
    assert len(unshared) == ranks
    return [Figure(f"starting {ranks} ranks", "s", [wall], limit=START_LIMIT_S),
            Figure(f"unshared memory, {ranks} ranks", "MB", unshared, limit=UNSHARED_LIMIT_BYTES / 1e6)]


def measured() -> Iterator[Figure]:
    """All figures, one after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        yield from start_many(folder, 64)
        for measure in (small_all_reduces, engine_share, model):
            for ranks in (2, 4, 8):
                yield measure(folder, ranks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when a limit is passed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = []
    for figure in measured():
        found.append(figure)
        if not options.json:
            print(figure, flush=True)
    if options.json:
        print(json.dumps([dataclasses.asdict(figure) | {"ratio": figure.ratio} for figure in found], indent=2))
    passed = [figure.name for figure in found if not figure.is_within_limits]
    if options.check and passed:
        sys.exit(f"limits passed: {', '.join(passed)}")


if __name__ == "__main__":
    main()
