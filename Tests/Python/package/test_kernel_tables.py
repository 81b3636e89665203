"""Tables of kernel times: their format, and making them from ``aisimulate``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from uniference.kernel_tables import aisimulate
from uniference.kernel_tables.format import KernelTable, read_times, write_kernel_tables

SHIPPED = ROOT / "Sources/Devices/Resources/Kernels"

# A package's tables are Parquet files; this stands for pyarrow and reads the same rows from JSON.
PARQUET = """
import json
class Table:
    def __init__(self, rows): self.rows = rows
    num_rows = property(lambda self: len(self.rows))
    def to_pylist(self): return self.rows
    def column(self, name): return Table([row[name] for row in self.rows])
def read_table(path, columns=None): return Table(json.loads(open(path).read()))
read_metadata = read_table
"""


def products(engine: str, sizes: list[tuple[int, int, int]], milliseconds: float) -> list[dict[str, Any]]:
    return [
        {"device": "NVIDIA H100 80GB HBM3", "kernel_source": engine, "gemm_dtype": dtype, "m": m, "n": n, "k": k,
         "latency": milliseconds * m}
        for m, n, k in sizes for dtype in ("bfloat16", "nvfp4")
    ]  # fmt: skip


def attention(batch: int, isl: int, step: int, window: int = 0) -> dict[str, Any]:
    return {
        "device": "NVIDIA H100 80GB HBM3", "kernel_source": "fa3", "batch_size": batch, "isl": isl, "step": step,
        "num_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "beam_width": 1, "attn_dtype": "bfloat16",
        "kv_cache_dtype": "bfloat16", "window_size": window, "latency": 0.001 * batch,
    }  # fmt: skip


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a system."""
    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "pyarrow/__init__.py").touch()
    (tmp_path / "pyarrow/parquet.py").write_text(PARQUET)
    data = tmp_path / "aisimulate_core/systems/data"
    files = {
        "h100_sxm/gemm/trtllm/1.3.0rc9/gemm_perf": products("old", [(1, 64, 64), (8, 64, 64)], 9),
        "h100_sxm/gemm/trtllm/1.3.0rc20/gemm_perf": products("new", [(1, 64, 64), (8, 64, 64)], 2),
        "h100_sxm/gemm/trtllm/dev-0/gemm_perf": products("development", [(1, 64, 64)], 1),
        "h100_sxm/gemm/trtllm/1.3.0rc23/gemm_perf": products("too small", [], 1),
        "h100_sxm/attention/vllm/0.25.0/context_attention_perf": [attention(1, 16, 0), attention(2, 16, 0, 128)],
        "h100_sxm/attention/vllm/0.25.0/generation_attention_perf": [attention(4, 1, 127)],
        "h200_sxm/gemm/vllm/1.0/gemm_perf": products("vllm", [(1, 64, 64)], 2),
        "h100_pcie/moe/none": [],
    }
    for name, rows in files.items():
        path = data / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(rows))
    (tmp_path / "aisimulate_core/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("pyarrow", "pyarrow.parquet", "aisimulate_core"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    times = {(0, 1, 64): 1.0, (0, 2, 64): 1.5, (1, 2, 128): 1000.0}
    table = KernelTable(
        "decoding_attention", "bfloat16", "engine", ("a",), ("batch", "length"), times, ((8, 8, 64), (32, 8, 128))
    )
    path = tmp_path / "own.kernels"
    write_kernel_tables(path, "h100-sxm", "H100", {"name": "test"}, [table])
    header, [found] = read_times(path)
    assert header["device"] == "h100-sxm" and header["tables"][0]["configurations"] == [[8, 8, 64], [32, 8, 128]]
    assert found == {key: pytest.approx(time, rel=1e-4) for key, time in times.items()}
    assert list(tmp_path.iterdir()) == [path]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="no complete file"):
        read_times(path)


def test_the_newest_complete_version_of_an_engine_is_taken(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "h100.kernels"
    aisimulate.import_system("h100_sxm", None, path)
    header, times = read_times(path)
    assert header["device"] == "h100-sxm" and header["measured_on"] == "NVIDIA H100 80GB HBM3"
    assert "Apache-2.0" in header["source"]["license"] and "NVIDIA" in header["source"]["copyright"]
    kinds = {(table["kind"], table["element_type"], table["engine"]) for table in header["tables"]}
    assert kinds == {
        ("matrix_multiplication", "bfloat16", "TensorRT-LLM 1.3.0rc20"),
        ("prompt_attention", "bfloat16", "vLLM 0.25.0"),
        ("decoding_attention", "bfloat16", "vLLM 0.25.0"),
    }
    # Milliseconds become microseconds; a step of 127 has 128 keys; what has a window is another kernel.
    assert times[0] == {(1, 64, 64): pytest.approx(2000), (8, 64, 64): pytest.approx(16000)}
    assert times[1] == {(0, 1, 16): pytest.approx(1)} and times[2] == {(0, 4, 128): pytest.approx(4)}


@pytest.mark.parametrize(
    ("system", "device", "message"),
    [
        ("h100-sxm", None, '--system: aisimulate has no tables of "h100-sxm"; did you mean h100_sxm or h200_sxm?'),
        ("h100_pcie", None, "It has h100_sxm, h200_sxm"),
        ("../..", None, '--system: aisimulate has no tables of "../.."'),
    ],
)
def test_a_system_that_is_not_there(package: Path, tmp_path: Path, system: str, device: str, message: str) -> None:
    with pytest.raises(aisimulate.ImportRefused) as refusal:
        aisimulate.import_system(system, device, tmp_path / "none.kernels")
    assert message in str(refusal.value) and "\n" not in str(refusal.value)
    assert not (tmp_path / "none.kernels").exists()


def test_a_package_that_is_not_installed(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-m", "uniference.kernel_tables.aisimulate", "--system", "h100_sxm"]
    run = subprocess.run(
        [*command, "--output", str(tmp_path / "x")],
        capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "python")}, check=False,
    )  # fmt: skip
    assert run.returncode == 65
    assert run.stderr == (
        f"the package aisimulate is not installed in {sys.executable}; install it with: "
        f"{sys.executable} -m pip install --pre aisimulate pyarrow\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.kernels")), ids=lambda path: path.stem)
def test_shipped_files_have_their_source_and_licence(path: Path) -> None:
    header, tables = read_times(path)
    assert header["device"] == path.stem
    assert header["source"]["license"] == "Apache-2.0" and "NVIDIA" in header["source"]["copyright"]
    for table, times in zip(header["tables"], tables, strict=True):
        assert len(times) == table["points"] > 1000 and table["engine"]
    assert path.name in (SHIPPED / "NOTICE.md").read_text()


SCENARIO = """
cluster: {{devices: [{{model: h100-sxm{more}}}]}}
model: smollm2-135m
strategy: single
{runtime}
workload: {{prompt: 8, generate: 2}}
"""


@pytest.mark.parametrize(
    ("more", "runtime", "beginnings"),
    [
        ("", "", ["shipped: h100-sxm, aisimulate"]),
        (", kernels: own.kernels", "", ["own.kernels: h100-sxm, aisimulate"]),
        (", kernels: none", "", None),
        ("", "runtime: llama.cpp", None),
    ],
)
def test_a_record_names_the_tables_that_were_used(uniference, tmp_path, more, runtime, beginnings) -> None:
    (tmp_path / "own.kernels").write_bytes((SHIPPED / "h100-sxm.kernels").read_bytes())
    (tmp_path / "scenario.yaml").write_text(SCENARIO.format(more=more, runtime=runtime))
    subprocess.run(
        [uniference, "simulate", "scenario.yaml", "--record", "own.run"], cwd=tmp_path, check=True, capture_output=True
    )
    kernels = json.loads((tmp_path / "own.run/run.json").read_text())["inputs"]["compute"].get("kernels")
    assert (kernels is None) == (beginnings is None)
    for text, beginning in zip(kernels or [], beginnings or [], strict=True):
        assert text.startswith(beginning)
