"""Predictions beside published measurements: the quick part of the ledger holds, and cases of one's own are read."""

import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASE = """
source: a README
cases:
  - id: A-1
    category: decode
    scenario: {cluster: {devices: [{name: d, model: rtx-4090}]}, model: smollm2-135m, strategy: single,
               workload: {prompt: 8, generate: 4}}
    measured: {total_s: 8 ms, output_tokens_per_second: {value: 500, spread: 2%}}
  - id: A-2
    category: collective
    collective: {operation: all_reduce, size: 1 MiB, dtype: float16, cluster: pair.yaml}
    measured: {time_s: 40 us}
    caveat: the | of a table
left_out:
  - {id: A-3, what: a training step, reason: lengths not told}
"""
PAIR = """
devices: [{name: gpu, count: 2, model: h100-sxm}]
network: {topology: switch, link: {bandwidth: 50 GB/s, latency: 2 us}}
"""


def run(uniference: pathlib.Path, *words, folder=ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [uniference, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.fixture
def cases(tmp_path) -> pathlib.Path:
    (tmp_path / "pair.yaml").write_text(PAIR)
    path = tmp_path / "cases.yaml"
    path.write_text(CASE)
    return path


def test_no_category_is_less_accurate_than_the_ledger_says(uniference):
    done = run(uniference, "validate", "published", "--quick", "--check", "--json")
    assert done.returncode == 0, done.stderr
    ledger = json.loads(done.stdout)
    floors = json.loads((ROOT / "Published" / "floors.json").read_text())["quick"]
    assert set(ledger["mean_accuracy"]) == set(floors)
    for category, floor in floors.items():
        assert ledger["mean_accuracy"][category] >= floor
    assert len({point["id"] for point in ledger["points"]}) > 50
    for point in ledger["points"]:
        accuracy = max(0, 1 - abs(point["predicted"] - point["measured"]) / point["measured"])
        assert point["accuracy"] == pytest.approx(accuracy)
        if interval := point["interval"]:
            assert interval["low"] <= point["predicted"] <= interval["high"]


def test_served_models_are_as_accurate_as_their_ledger_says(uniference):
    done = run(uniference, "validate", "published", "--serving", "--quick", "--check", "--json")
    assert done.returncode == 0, done.stderr
    ledger = json.loads(done.stdout)
    floors = json.loads((ROOT / "Published" / "serving" / "floors.json").read_text())["quick"]
    assert set(ledger["mean_accuracy"]) == set(floors)
    assert all(point["group"] for point in ledger["points"])


def test_the_page_is_of_the_committed_cases():
    """A case that is added is predicted, and the page is written anew."""
    ledger = json.loads((ROOT / "Documentation" / "published.json").read_text())
    page = (ROOT / "Documentation" / "published.md").read_text()
    shipped = "".join(path.read_text() for path in (ROOT / "Published").glob("*.yaml"))
    named = set(re.findall(r"- id: (\S+)", shipped))
    assert named == {point["id"] for point in ledger["points"]} | {left["id"] for left in ledger["left_out"]}
    for point in ledger["points"]:
        assert f"| {point['id']} | {point['category']} |" in page


def test_cases_of_ones_own_are_predicted_and_reported(uniference, cases, tmp_path):
    done = run(uniference, "validate", "published", cases, "--report", tmp_path / "mine.md", "--json")
    assert done.returncode == 0, done.stderr
    ledger = json.loads(done.stdout)
    assert [(point["id"], point["metric"]) for point in ledger["points"]] == [
        ("A-1", "total_s"),
        ("A-1", "output_tokens_per_second"),
        ("A-2", "time_s"),
    ]
    assert ledger["points"][1]["spread"] == pytest.approx(0.02)
    assert ledger["points"][1]["predicted"] == pytest.approx(4 / ledger["points"][0]["predicted"])
    assert ledger["left_out"][0]["reason"] == "lengths not told"
    assert json.loads((tmp_path / "mine.json").read_text()) == ledger
    assert "![Predicted against measured times](mine.svg)" in (tmp_path / "mine.md").read_text()
    assert (tmp_path / "mine.svg").read_text().startswith("<svg ")
    alone = run(uniference, "validate", "published", cases, "--category", "collective", "--json")
    assert [point["id"] for point in json.loads(alone.stdout)["points"]] == ["A-2"]
    table = run(uniference, "validate", "published", cases).stdout
    assert re.search(r"^A-2 +│ collective", table, re.MULTILINE)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("total_s: 8 ms", "latency_s: 8 ms", r"cases.yaml:8: cases\[0\].measured.latency_s: unknown metric"),
        ("    measured: {time_s: 40 us}\n", "", r"cases.yaml:9: cases\[1\].measured: is missing"),
        ("pair.yaml", "nowhere.yaml", r"cases.yaml:11: cases\[1\].collective.cluster: .*nowhere.yaml cannot be read"),
        ("all_reduce", "all", r"cases.yaml:11: cases\[1\].collective.operation: unknown operation"),
    ],
)
def test_what_is_wrong_with_a_case_is_told_in_one_line(uniference, cases, old, new, words):
    cases.write_text(cases.read_text().replace(old, new))
    done = run(uniference, "validate", "published", cases)
    assert done.returncode == 65
    assert done.stdout == ""
    assert re.search(words, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_wrong_options_are_refused(uniference, cases):
    done = run(uniference, "validate", "published", cases, "--category", "colective")
    assert done.returncode == 65
    assert 'unknown category "colective": did you mean "collective"?' in done.stderr
    for words in (["--update", "--quick"], ["--update", "--check"], [cases, "--check"]):
        assert run(uniference, "validate", "published", *words).returncode == 64
    demanding = run(uniference, "validate", "published", cases, "--at-least", "100")
    assert demanding.returncode == 65
    assert "less than the 100.0% that were asked for" in demanding.stderr


SCENARIO = """
cluster: {{devices: [{{name: d, model: {model}}}]}}
model: smollm2-135m
strategy: single
workload: {{prompt: 8, generate: {generate}}}
"""


def simulated(uniference, folder, model, *words, generate=4) -> dict:
    (folder / "scenario.yaml").write_text(SCENARIO.format(model=model, generate=generate))
    done = run(uniference, "simulate", "scenario.yaml", "--json", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_time_and_rate_of_a_prediction_has_an_interval(uniference, tmp_path):
    prediction = simulated(uniference, tmp_path, "a100-sxm-80gb", "--no-record")
    for metric in ("total_s", "time_to_first_token_s", "tokens_per_second", "output_tokens_per_second"):
        interval = prediction["interval"][metric]
        assert interval["low"] < prediction[metric] < interval["high"]
        assert interval["count"] >= 9
        assert "one device" in interval["basis"]
    assert "bytes_sent" not in prediction["interval"]
    wide = run(uniference, "simulate", "scenario.yaml", "--no-record", "--wide", folder=tmp_path).stdout
    assert re.search(r"│ +[\d.]+ [mµ]s ±[\d.]+% │", wide)
    assert "±: in which 90% of such predictions have lain (" in wide


def test_hardware_without_cases_is_not_validated(uniference, tmp_path):
    prediction = simulated(uniference, tmp_path, "iphone-16-pro", "--no-record")
    assert prediction["interval"] is None
    assert prediction["validation"] == "Not validated for this kind of device."
    for words in ([], ["--wide"]):
        done = run(uniference, "simulate", "scenario.yaml", "--no-record", *words, folder=tmp_path)
        assert "Not validated for this kind of device." in done.stdout
        assert "±" not in done.stdout


def test_compare_says_whether_a_difference_is_larger_than_both_intervals(uniference, tmp_path):
    for name, generate in (("short", 40), ("same", 41), ("long", 400)):
        simulated(uniference, tmp_path, "a100-sxm-80gb", "--record", f"{name}.run", generate=generate)
    far = json.loads(run(uniference, "compare", "short.run", "long.run", "--json", folder=tmp_path).stdout)
    assert far["interval"]["difference_exceeds_both"] is True
    near = json.loads(run(uniference, "compare", "short.run", "same.run", "--json", folder=tmp_path).stdout)
    assert near["interval"]["difference_exceeds_both"] is False
    assert near["interval"]["a"]["low"] < near["milestones"][0]["b_s"] < near["interval"]["a"]["high"]
    text = run(uniference, "compare", "short.run", "same.run", folder=tmp_path).stdout
    assert "The difference is within what such predictions have been off by (A ±" in text
    simulated(uniference, tmp_path, "iphone-16-pro", "--record", "phone.run")
    unknown = json.loads(run(uniference, "compare", "phone.run", "phone.run", "--json", folder=tmp_path).stdout)
    assert unknown["interval"] == {"a": None, "b": None, "difference_exceeds_both": None}


SCRIPT = """
import json
import os
import time
import torch
import torch.distributed as dist
torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
dist.init_process_group("nccl")
values = torch.ones(4096, 4096, device="cuda", dtype=torch.bfloat16)
torch.cuda.synchronize()
start = time.perf_counter()
dist.all_reduce(values @ values)
torch.cuda.synchronize()
print("this is not the last line")
if dist.get_rank() == 0:
    print(json.dumps({"step_s": time.perf_counter() - start, "loss": 0.5}))
dist.destroy_process_group()
"""
SCRIPT_CASE = """
source: a README
cases:
  - id: S-1
    category: training
    script: {file: step.py, cluster: pair.yaml}
    measured: {step_s: 1 ms, tokens_per_second_per_device: 5}
"""


def test_a_script_is_a_case(uniference, tmp_path):
    (tmp_path / "pair.yaml").write_text(PAIR)
    (tmp_path / "step.py").write_text(SCRIPT)
    (tmp_path / "cases.yaml").write_text(SCRIPT_CASE)
    done = run(uniference, "validate", "published", tmp_path / "cases.yaml", "--json")
    assert done.returncode == 0, done.stderr
    step, rate = json.loads(done.stdout)["points"]
    # 137 GFLOP take 0.14 ms at 989 TFLOPS, 32 MiB 0.7 ms at 50 GB/s.
    assert 0.8e-3 < step["predicted"] < 2e-3
    assert step["class"] == {"hardware": "datacentre GPU", "quantity": "training", "devices": "several"}
    assert rate["predicted"] is None
    assert rate["reason"] == "the metric is not defined in this run"
    (tmp_path / "step.py").write_text("raise SystemExit('no data here')\n")
    failed = json.loads(run(uniference, "validate", "published", tmp_path / "cases.yaml", "--json").stdout)
    assert all(point["accuracy"] == 0 for point in failed["points"])
    assert "step.py" in failed["points"][0]["reason"]
