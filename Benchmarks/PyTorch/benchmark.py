"""Simulated and real process groups beside each other, in one run on one machine.

    .venv/bin/python Benchmarks/PyTorch/benchmark.py [--check] [--json]

Prints for 2, 4 and 8 ranks the wall time of a small all-reduce under ``uniference run`` and under ``torchrun`` with gloo,
the time the SmolLM2 example takes under both, and what starting 64 ranks takes. ``--check`` fails when simulating takes
longer than the real thing, or a limit is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = ROOT / ".build" / "release" / "uniference"
OPERATIONS = 300
REPETITIONS = 5
START_LIMIT_S = 5.0
UNSHARED_LIMIT_BYTES = 60e6
ENVIRONMENT = os.environ | {"UNIFERENCE_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}


def cluster_file(folder: pathlib.Path, devices: int) -> pathlib.Path:
    """A cluster of so many equal devices on a switch."""
    path = folder / f"{devices}.yaml"
    path.write_text(
        f"devices: [{{name: server, count: {devices}, model: cpu-server}}]\n"
        "network: {topology: switch, link: {bandwidth: 10 Gbps, latency: 20 us}}\n")
    return path


def simulated(folder: pathlib.Path, ranks: int, script: pathlib.Path, *arguments: str, options: list[str] = []) -> str:
    """What the script prints under ``uniference run``."""
    command = [BINARY, "run", "-n", str(ranks), "--cluster", cluster_file(folder, ranks), "--no-record", *options,
               script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout


def real(ranks: int, script: pathlib.Path, *arguments: str) -> str:
    """What the script prints under ``torchrun``."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(ranks), script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout


def figures(output: str) -> list[dict]:
    """The JSON objects that ranks have printed."""
    return [json.loads(found) for found in re.findall(r"\{.*\}", output)]


def compare_small_all_reduces(folder: pathlib.Path, ranks: int) -> dict:
    """Medians of interleaved repetitions, in microseconds for each operation."""
    script = HERE / "small_all_reduces.py"
    ours, gloo = [], []
    for _ in range(REPETITIONS):
        output = simulated(folder, ranks, script, str(OPERATIONS), options=["--real-clock"])
        ours.append(figures(output)[0]["per_operation_us"])
        gloo.append(figures(real(ranks, script, str(OPERATIONS)))[0]["per_operation_us"])
    return {"name": f"small all-reduce, {ranks} ranks", "unit": "us", **beside(ours, gloo)}


def compare_model(folder: pathlib.Path, ranks: int) -> dict:
    """Wall time of the whole example, start to end."""
    script = ROOT / "Examples" / "pytorch" / "smollm2.py"
    arguments = ["--strategy", "pipeline", "--tokens", "16"]
    ours, gloo = [], []
    for _ in range(3):
        start = time.perf_counter()
        simulated(folder, ranks, script, *arguments)
        middle = time.perf_counter()
        real(ranks, script, *arguments)
        ours.append(middle - start)
        gloo.append(time.perf_counter() - middle)
    return {"name": f"SmolLM2, pipeline={ranks}", "unit": "s", **beside(ours, gloo)}


def beside(ours: list[float], gloo: list[float]) -> dict:
    """Medians with their ranges, and the ratio."""
    return {
        "simulated": statistics.median(ours), "simulated_range": [min(ours), max(ours)],
        "real": statistics.median(gloo), "real_range": [min(gloo), max(gloo)],
        "ratio": statistics.median(ours) / statistics.median(gloo),
    }


def start_many(folder: pathlib.Path, ranks: int) -> dict:
    """Seconds from the command to all ranks having met, and the memory that they do not share."""
    start = time.perf_counter()
    output = simulated(folder, ranks, HERE / "unshared_memory.py")
    wall = time.perf_counter() - start
    unshared = [entry["unshared_bytes"] for entry in figures(output)]
    assert len(unshared) == ranks
    return {"ranks": ranks, "wall_s": wall, "unshared_bytes": max(unshared)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when a limit is passed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        comparisons = [compare_small_all_reduces(folder, ranks) for ranks in (2, 4, 8)]
        comparisons += [compare_model(folder, ranks) for ranks in (2, 4, 8)]
        start = start_many(folder, 64)
    if options.json:
        print(json.dumps({"comparisons": comparisons, "start": start}, indent=2))
    else:
        for entry in comparisons:
            print(f"{entry['name']:28} simulated {entry['simulated']:9.1f} {entry['unit']:2}   "
                  f"real {entry['real']:9.1f} {entry['unit']:2}   ratio {entry['ratio']:.2f}")
        print(f"{start['ranks']} ranks: started, met and ended in {start['wall_s']:.2f} s, "
              f"{start['unshared_bytes'] / 1e6:.1f} MB each unshared at most")
    if options.check:
        too_slow = [entry["name"] for entry in comparisons if entry["ratio"] > 1]
        if too_slow or start["wall_s"] > START_LIMIT_S or start["unshared_bytes"] > UNSHARED_LIMIT_BYTES:
            sys.exit(f"limits passed: {too_slow}, {start}")


if __name__ == "__main__":
    main()
