"""The end of `make quickstart`: a real language model on simulated Jetsons, then for real on this machine.

Runs Examples/pytorch/smollm2.py three times, the file as it is: on two simulated Jetsons, on this machine as described
by Examples/this-machine.yaml, and under torchrun with two gloo ranks.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = ROOT / ".build" / "release" / "uniference"
SCRIPT = "Examples/pytorch/smollm2.py"
ARGUMENTS = ["--strategy", "pipeline", "--tokens", "24", "--json"]


def figures(title: str, command: list[str]) -> dict[str, Any]:
    """The JSON object that rank 0 prints."""
    if sys.stderr.isatty():
        print(f"\r\033[K{title} ...", end="", file=sys.stderr, flush=True)
    environment = os.environ | {"UNIFERENCE_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\n{' '.join(command)} failed with exit code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    return found


def simulated(cluster: str, *options: str) -> list[str]:
    """The command that simulates the script on two devices of the cluster."""
    return [str(BINARY), "run", "-n", "2", "--cluster", f"Examples/{cluster}.yaml", "--no-record", *options, SCRIPT,
            *ARGUMENTS]


def main() -> None:
    """Runs the three and prints them side by side."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", SCRIPT, *ARGUMENTS]
    rows = [
        ("2 Jetson Orin Nano, 1 Gbps, predicted", simulated("four-jetsons", "--compute", "roofline")),
        ("this machine, predicted", simulated("this-machine")),
        ("this machine, for real (torchrun, gloo)", torchrun),
    ]
    results = [(title, figures(title, command)) for title, command in rows]
    first = results[0][1]
    print(f"\nSmolLM2-135M-Instruct, pipeline over 2 ranks, {first['prompt_tokens']} prompt tokens, "
          f"{len(first['tokens'])} generated:\n\n  {first['text']}\n")
    print(f"{'':40} │ first token │ tokens/s")
    print(f"{'─' * 41}┼{'─' * 13}┼{'─' * 9}")
    for title, result in results:
        print(f"{title:40} │ {result['time_to_first_token_s'] * 1e3:8.1f} ms │ {result['tokens_per_second']:8.1f}")
    if any(result["tokens"] != first["tokens"] for _, result in results):
        sys.exit("\nthe three runs have not generated the same tokens")
    print("\nAll three generated the same tokens. Try it yourself:\n")
    print(f"  {' '.join(['uniference', *simulated('four-jetsons')[1:7], SCRIPT, *ARGUMENTS[:4]])}")


if __name__ == "__main__":
    main()
