"""Runs tiny programs of frameworks for real, simulated, and on tensors without values, and writes what came of it.

    python Tests/Frameworks/run.py UNIFERENCE [--page Documentation/frameworks.md] [PROGRAM...]

Each program runs on two processes: under torchrun with gloo on CPUs, simulated on two described H100 (`run --gpu`), and
the same with `--fake`. Values of the first two are compared.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

FOLDER = pathlib.Path(__file__).resolve().parent
PROGRAMS = FOLDER / "programs"
HELPERS = {"common", "lightning_module", "deepspeed_training"}
SECONDS = 300
ERROR = r"^(?:\[\d+\] )*(?:\[rank\d+\]: )?(\w*(?:Error|Exception): .*)$"
"""The last line of a traceback, of whatever rank."""
TOLERANCE = 1e-4
"""Relative. Optimizers and attention of GPUs compute in another order than those of CPUs."""


@dataclass
class Outcome:
    """What became of a run."""

    values: dict[str, object]
    problem: str | None

    @staticmethod
    def of(command: list[str], environment: dict[str, str]) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = subprocess.run(
                    command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                return Outcome({}, f"not done in {SECONDS} s")
        found = re.findall(r"^(?:\[0\] )?RESULT (\S+) (.*)$", done.stdout, re.MULTILINE)
        values = {name: value_of(text) for name, text in found}
        if done.returncode == 0 and values:
            return Outcome(values, None)
        errors = re.findall(ERROR, done.stdout + done.stderr, re.MULTILINE)
        return Outcome(values, errors[-1].split(". ")[0][:160] if errors else f"exit code {done.returncode}, no result")


def value_of(text: str) -> object:
    return math.nan if text == "nan" else ast.literal_eval(text)


def agree(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-7)
    return one == other


def row(program: str, uniference: str) -> tuple[str, ...]:
    """The program's row of the table."""
    script = str(PROGRAMS / f"{program}.py")
    environment = os.environ | {"UNIFERENCE_PYTHON": sys.executable, "TOKENIZERS_PARALLELISM": "false"}
    if (ninja := importlib.util.find_spec("ninja")) is not None and ninja.origin is not None:
        # DeepSpeed compiles what it needs on CPUs, and looks for the program.
        tools = pathlib.Path(ninja.origin).parents[1] / "bin"
        environment["PATH"] = f"{tools}{os.pathsep}{environment.get('PATH', '')}"
    on_cpus = {"CUDA_VISIBLE_DEVICES": "", "DS_ACCELERATOR": "cpu", "ACCELERATE_USE_CPU": "true"}
    real = Outcome.of(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script],
        environment | on_cpus,
    )
    environment["DS_ACCELERATOR"] = "cuda"
    command = [uniference, "run", "-n", "2", "--cluster", str(FOLDER / "two-h100.yaml"), "--no-record", "--gpu"]
    simulated = Outcome.of([*command, script], environment)
    fake = Outcome.of([*command, "--fake", script], environment)
    what = ast.get_docstring(ast.parse(pathlib.Path(script).read_text())) or program
    if simulated.problem is None and real.problem is None:
        is_equal = real.values.keys() == simulated.values.keys() and all(
            agree(value, simulated.values[name]) for name, value in real.values.items()
        )
        values = "equal" if is_equal else f"differ: {real.values} and {simulated.values}"
    else:
        values = "-"
    return what.rstrip("."), *((outcome.problem or "runs") for outcome in (real, simulated, fake)), values


def installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} (not installed)"


def page(rows: list[tuple[str, ...]]) -> str:
    """The document."""
    versions = ", ".join(map(installed, ("torch", "accelerate", "lightning", "transformers", "peft", "deepspeed")))
    lines = [
        "# Frameworks",
        "",
        "`make frameworks` runs tiny programs of frameworks (`Tests/Frameworks`) on two processes: for real",
        "(torchrun, gloo, CPUs), simulated on two described H100 (`run --gpu`), and so without values (`--fake`).",
        f"Values of the first two are equal within {TOLERANCE:g} relative: optimizers and attention of GPUs compute in",
        "another order than those of CPUs. The table has the programs that have been run so far.",
        "",
        f"With {versions}.",
        "",
        "| program | real | simulated | fake | values |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += ["| " + " | ".join(cell.replace("|", "/") for cell in each) + " |" for each in rows]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("uniference", help="the binary")
    parser.add_argument("--page", type=pathlib.Path, help="where the table is written")
    parser.add_argument("programs", nargs="*", help="all unless given")
    options = parser.parse_args()
    known = sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem not in HELPERS)
    if unknown := sorted(set(options.programs) - set(known)):
        parser.error(f"there is no program {unknown[0]}; there are {', '.join(known)}")
    rows = []
    for program in options.programs or known:
        rows.append(row(program, str(pathlib.Path(options.uniference).resolve())))
        print(" | ".join(rows[-1]), flush=True)
    if options.page is not None:
        options.page.write_text(page(rows))
    return 0 if all(each[2] == "runs" and not each[4].startswith("differ") for each in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
