"""Measures the kernels of this machine and writes a file of kernel tables.

``uniference calibrate kernels`` runs this file; on a machine that has PyTorch alone, ``python -m
uniference.kernel_tables.measure --device raspberry-pi-5 --output pi.kernels`` does the same.
"""

from __future__ import annotations

import argparse
import platform
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

try:
    import torch
except ImportError:
    print(
        f"PyTorch is not installed in {sys.executable}; install it with: {sys.executable} -m pip install torch",
        file=sys.stderr,
    )
    sys.exit(69)

from uniference.calibration.progress import Progress
from uniference.kernel_tables.benchmarks import AXES, CALLED, HEADS, Benchmark, benchmarks
from uniference.kernel_tables.format import KernelTable, write_kernel_tables
from uniference.kernel_tables.journal import ForeignJournal, Journal
from uniference.kernel_tables.timing import Timer, timer_for

LONGEST_CALL_S = 1.0
"""Kernels that would take longer than this are left out: the roofline carries on what the largest ones reach."""
MOST_MEMORY = 0.5
"""Kernels that need more of the free memory than this share are left out, too."""
ELEMENT_TYPES = ("float32", "bfloat16", "float16", "float64")


class MeasuringRefused(Exception):
    """Why nothing can be measured, in one line."""


class Rates:
    """The best arithmetic and memory rates so far, from which follows how long a larger kernel takes at least."""

    def __init__(self) -> None:
        self._flops: dict[str, float] = {}
        self._bytes: dict[str, float] = {}

    def add(self, kernel: Benchmark, microseconds: float) -> None:
        for best, amount in ((self._flops, kernel.flops), (self._bytes, kernel.moved_bytes)):
            best[kernel.element_type] = max(best.get(kernel.element_type, 0.0), amount / (microseconds / 1e6))

    def seconds(self, kernel: Benchmark) -> float:
        flops, moved = (rates.get(kernel.element_type, float("inf")) for rates in (self._flops, self._bytes))
        return max(kernel.flops / flops, kernel.moved_bytes / moved)


def measure(kernels: Sequence[Benchmark], timer: Timer, journal: Journal, minutes: float) -> int:
    """Measures what the journal does not have, the quickest way to a whole table first.

    Returns:
        How many kernels are left because the time was up.
    """
    rates, progress = Rates(), Progress.on_standard_error(True)
    progress.plan(len(kernels))
    began = time.monotonic()
    left = 0
    for kernel in kernels:
        progress.step(f"{kernel.kind} {' x '.join(map(str, kernel.key))}, {kernel.element_type}")
        identity = (kernel.kind, kernel.element_type, kernel.key)
        if (known := journal.times.get(identity)) is not None:
            rates.add(kernel, known)
        elif rates.seconds(kernel) > LONGEST_CALL_S or kernel.memory > MOST_MEMORY * timer.free_memory():
            continue
        elif time.monotonic() - began > 60 * minutes:
            left += 1
        elif (took := _time(kernel, timer)) is not None:
            journal.add(identity, took)
            rates.add(kernel, took)
    return left


def _time(kernel: Benchmark, timer: Timer) -> float | None:
    """Its microseconds; nothing where its operands do not fit in memory."""
    try:
        return timer.microseconds(kernel.calls(timer.device))
    except (torch.OutOfMemoryError, MemoryError):
        return None
    except RuntimeError as error:
        # The allocator of CPUs has no error of its own.
        if "not enough memory" in str(error) or "can't allocate memory" in str(error):
            return None
        raise MeasuringRefused(
            f"{CALLED[kernel.kind]} of {kernel.element_type} fails on this {timer.device.type}: "
            f"{str(error).splitlines()[0]}; leave the type out with --types"
        ) from error


def tables(kernels: Sequence[Benchmark], journal: Journal) -> list[KernelTable]:
    """A table for each kind and element type of which something has been measured."""
    engine = f"PyTorch {torch.__version__}"
    found: list[KernelTable] = []
    for kind, element_type in dict.fromkeys((kernel.kind, kernel.element_type) for kernel in kernels):
        times = {key: us for (own, type_, key), us in journal.times.items() if (own, type_) == (kind, element_type)}
        if not times:
            continue
        configurations: tuple[tuple[int, ...], ...] = ()
        if kind.endswith("attention"):
            # Only configurations that have a time: a table has one grid for each.
            places = sorted({key[0] for key in times})
            configurations = tuple(HEADS[place] for place in places)
            times = {(places.index(key[0]), *key[1:]): us for key, us in times.items()}
        found.append(KernelTable(kind, element_type, engine, (CALLED[kind],), AXES[kind], times, configurations))
    return found


def processor(device: torch.device) -> str:
    """What the device calls itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else platform.processor() or platform.machine()


def chosen_device(name: str | None) -> torch.device:
    """The device to measure: the first GPU where there is one."""
    device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise MeasuringRefused("--on cuda: torch finds no GPU here; measure the processor with --on cpu")
    return device


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="uniference calibrate kernels")
    parser.add_argument("--device", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--on", choices=("cpu", "cuda"))
    parser.add_argument("--types", nargs="+", choices=ELEMENT_TYPES, default=["float32", "bfloat16"])
    parser.add_argument("--minutes", type=_positive(float), default=10.0)
    parser.add_argument("--seconds", type=_positive(float), default=0.1)
    parser.add_argument("--largest", type=_positive(int), default=1 << 14)
    return parser.parse_args(words)


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not allowed: give a number above 0")
        return value

    return number


def run(options: argparse.Namespace) -> None:
    """Measures, and writes the file."""
    device = chosen_device(options.on)
    timer = timer_for(device, options.seconds)
    kernels = benchmarks(options.types, options.largest)
    subject = {
        "device": options.device,
        "measured_on": processor(device),
        "engine": f"PyTorch {torch.__version__}",
        "threads": f"{torch.get_num_threads()} threads",
    }
    partial = options.output.with_name(options.output.name + ".partial")
    journal = Journal(partial, subject)
    if journal.times:
        print(f"measuring goes on: {len(journal.times)} times are in {partial}", file=sys.stderr)
    try:
        with torch.inference_mode():
            left = measure(kernels, timer, journal, options.minutes)
            launch = timer.launch()
    except KeyboardInterrupt:
        print(f"{len(journal.times)} times are in {partial}; the same command goes on", file=sys.stderr)
        raise
    write_kernel_tables(
        options.output,
        options.device,
        subject["measured_on"],
        {"name": "measured by uniference calibrate kernels"},
        tables(kernels, journal),
        launch,
    )
    if left:
        print(f"{left} kernels were not measured in time; the same command measures more of them", file=sys.stderr)
    else:
        journal.remove()


def main(words: Sequence[str] | None = None) -> int:
    """Runs the measuring; prints one line of what is wrong."""
    options = parsed(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(options)
    except (MeasuringRefused, ForeignJournal) as refusal:
        print(refusal, file=sys.stderr)
        return 65
    except OSError as error:
        print(f"{error.filename or options.output}: {error.strerror or error}", file=sys.stderr)
        return 74
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
