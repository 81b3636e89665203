"""Makes a file of kernel tables from the installed package ``aisimulate``: NVIDIA's measurements for AIConfigurator.

``uniference devices import aisimulate --system h200_sxm`` runs this file. Of the package's tables it takes those of
matrix multiplication and attention in bfloat16 and 8-bit floating point, each from one engine and version.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from uniference.kernel_tables.format import KernelTable, write_kernel_tables

DEVICES = {
    "a100_sxm": "a100-sxm-80gb",
    "b200_sxm": "b200",
    "gb200": "gb200",
    "h100_sxm": "h100-sxm",
    "h200_sxm": "h200-sxm",
    "l40s": "l40s",
}
"""What the catalogue calls the systems that it has."""

ENGINES = {"trtllm": "TensorRT-LLM", "vllm": "vLLM", "sglang": "SGLang"}

MATRIX_ENGINES = {"a100_sxm": ("sglang",), "l40s": ("vllm",)}
"""Whose matrix products are taken. The default are TensorRT-LLM's, which scatter least; those of the A100 have few
sizes, and those of the L40S were measured with the weights in its large L2 cache."""

ELEMENT_TYPES = {"bfloat16": "bfloat16", "fp8": "float8"}

Row = Mapping[str, Any]


class ImportRefused(Exception):
    """What cannot be imported, in one line."""


def package_data() -> tuple[Path, str]:
    """The folder of the package's tables by system, and the package's version."""
    specification = importlib.util.find_spec("aisimulate_core")
    locations = list(specification.submodule_search_locations or []) if specification else []
    if not locations or importlib.util.find_spec("pyarrow") is None:
        missing = "pyarrow, which reads its tables," if locations else "the package aisimulate"
        raise ImportRefused(
            f"{missing} is not installed in {sys.executable}; install it with: "
            f"{sys.executable} -m pip install --pre aisimulate pyarrow"
        )
    try:
        version = importlib.metadata.version("aisimulate")
    except importlib.metadata.PackageNotFoundError:
        version = "of unknown version"
    return Path(locations[0]) / "systems" / "data", version


def system_folder(data: Path, system: str) -> Path:
    """The tables of a system."""
    known = sorted(folder.name for folder in data.iterdir() if (folder / "gemm").is_dir()) if data.is_dir() else []
    if system in known:
        return data / system
    near = difflib.get_close_matches(system.replace("-", "_").lower(), known, n=3, cutoff=0.4)
    question = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ImportRefused(f'--system: aisimulate has no tables of "{system}"{question} It has {", ".join(known)}')


def version_order(name: str) -> list[tuple[int, int, str]]:
    """Orders 0.5.9 before 0.5.14, and a release candidate before what follows it."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|[a-z]+", name)]


def rows_of(folder: Path, table: str, engines: Iterable[str]) -> tuple[str, list[dict[str, Any]]]:
    """The rows of the first engine's newest version that is nearly as large as its largest one."""
    parquet = importlib.import_module("pyarrow.parquet")
    for engine in engines:
        versions = [
            file
            for file in folder.glob(f"{engine}/*/{table}_perf.parquet")
            if re.fullmatch(r"[\d.]+(rc\d+|\.?post\d+)?", file.parent.name)
        ]
        if not versions:
            continue
        counts = {file: parquet.read_metadata(file).num_rows for file in versions}
        large = [file for file in versions if 2 * counts[file] > max(counts.values())]
        newest = max(large, key=lambda file: version_order(file.parent.name))
        rows: list[dict[str, Any]] = parquet.read_table(newest).to_pylist()
        return f"{ENGINES[engine]} {newest.parent.name}", rows
    return "", []


def matrix_tables(folder: Path, engines: Iterable[str]) -> list[KernelTable]:
    """Matrix multiplication by rows, columns and inner size."""
    engine, rows = rows_of(folder / "gemm", "gemm", engines)
    return list(
        tables(
            "matrix_multiplication",
            engine,
            rows,
            ("rows", "columns", "inner"),
            lambda row: ELEMENT_TYPES.get(row["gemm_dtype"]),
            lambda row: (row["m"], row["n"], row["k"]),
        )
    )


def attention_tables(folder: Path, kind: str, table: str, length: Callable[[Row], int]) -> list[KernelTable]:
    """Attention without a window, by configuration of the heads, batch and length.

    vLLM's times count; configurations that it has not are those of the next engine that has them.
    """

    def element_type(row: Row) -> str | None:
        # What keys and values are stored as decides the bytes, which decide the time of decoding.
        return ELEMENT_TYPES.get(row["kv_cache_dtype"])

    chosen: list[dict[str, Any]] = []
    names: list[str] = []
    known: set[tuple[str | None, tuple[int, int, int]]] = set()
    for engine in ("vllm", "trtllm", "sglang"):
        name, rows = rows_of(folder / "attention", table, [engine])
        rows = [row for row in rows if not row.get("window_size") and row.get("beam_width", 1) == 1]
        new = [row for row in rows if (element_type(row), configuration(row)) not in known]
        known |= {(element_type(row), configuration(row)) for row in new}
        chosen += new
        names += [name] if new else []
    heads = sorted({configuration(row) for row in chosen})
    places = {entry: place for place, entry in enumerate(heads)}

    def key(row: Row) -> tuple[int, ...]:
        return places[configuration(row)], row["batch_size"], length(row)

    engines = " and ".join(names)
    return list(tables(kind, engines, chosen, ("batch", "length"), element_type, key, tuple(heads)))


def configuration(row: Row) -> tuple[int, int, int]:
    """Heads, key and value heads (0 stands for as many), head size."""
    heads, key_value_heads = row["num_heads"], row["num_key_value_heads"]
    return heads, key_value_heads or heads, row["head_dim"]


def tables(
    kind: str,
    engine: str,
    rows: Iterable[Row],
    axes: tuple[str, ...],
    element_type: Callable[[Row], str | None],
    key: Callable[[Row], tuple[int, ...]],
    configurations: tuple[tuple[int, ...], ...] = (),
) -> Iterable[KernelTable]:
    """One table for each element type. Where several kernels were measured for the same sizes, the fastest counts."""
    times: dict[str, dict[tuple[int, ...], float]] = {}
    kernels: dict[str, set[str]] = {}
    for row in rows:
        name = element_type(row)
        if name is None or not row["latency"] > 0:
            continue
        of_type = times.setdefault(name, {})
        size = key(row)
        of_type[size] = min(of_type.get(size, float("inf")), 1e3 * row["latency"])
        kernels.setdefault(name, set()).add(row["kernel_source"])
    for name in sorted(times):
        yield KernelTable(kind, name, engine, tuple(sorted(kernels[name])), axes, times[name], configurations)


def import_system(system: str, device: str | None, output: Path) -> None:
    """Writes the file of a system."""
    data, version = package_data()
    folder = system_folder(data, system)
    name = device or DEVICES.get(system)
    if name is None:
        raise ImportRefused(f"--device: say which device of the catalogue {system} is (uniference devices lists them)")
    found = [
        *matrix_tables(folder, (*MATRIX_ENGINES.get(system, ()), "trtllm", "vllm", "sglang")),
        *attention_tables(folder, "prompt_attention", "context_attention", lambda row: int(row["isl"])),
        *attention_tables(folder, "decoding_attention", "generation_attention", lambda row: int(row["step"]) + 1),
    ]
    if not found:
        raise ImportRefused(f"--system: the tables of {system} hold neither bfloat16 nor 8-bit floating point")
    write_kernel_tables(
        output,
        name,
        measured_device(folder) or system,
        {
            "name": f"aisimulate {version}, {system}",
            "url": "https://pypi.org/project/aisimulate/",
            "license": "Apache-2.0",
            "copyright": "Copyright (c) 2025-2026 NVIDIA CORPORATION & AFFILIATES. All rights reserved.",
        },
        found,
    )


def measured_device(folder: Path) -> str | None:
    """The device as the measurements name it."""
    parquet = importlib.import_module("pyarrow.parquet")
    for file in sorted(folder.glob("gemm/*/*/gemm_perf.parquet")):
        for name in parquet.read_table(file, columns=["device"]).column("device").to_pylist():
            return str(name)
    return None


def main() -> int:
    """Runs the import; prints one line of what is wrong."""
    parser = argparse.ArgumentParser(prog="uniference devices import aisimulate")
    parser.add_argument("--system", required=True)
    parser.add_argument("--device")
    parser.add_argument("--output", required=True, type=Path)
    options = parser.parse_args()
    try:
        import_system(options.system, options.device, options.output)
    except ImportRefused as refusal:
        print(refusal, file=sys.stderr)
        return 65
    except OSError as error:
        print(f"{error.filename or options.output}: {error.strerror or error}", file=sys.stderr)
        return 74
    return 0


if __name__ == "__main__":
    sys.exit(main())
