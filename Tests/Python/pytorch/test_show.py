"""What ``uniference show`` says of records: of a prediction's and of a script's run, as tables and as JSON."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
GOLDEN = pathlib.Path(__file__).parent / "golden"
PREDICTION = "llama.run"
SCRIPT = "voltage.run"


@pytest.fixture(scope="module")
def folder(uniference, tmp_path_factory) -> pathlib.Path:
    """A folder with two records whose figures are the same on every machine."""
    folder = tmp_path_factory.mktemp("show")
    (folder / "Examples").symlink_to(ROOT / "Examples")
    environment = os.environ | {"UNIFERENCE_PYTHON": sys.executable}
    for arguments in (
        f"simulate Examples/llama-on-jetsons.yaml --strategy pipeline=4 --record {PREDICTION}",
        "run --compute roofline --cluster Examples/four-jetsons.yaml "
        f"--record {SCRIPT} Examples/pytorch/voltage.py",
    ):
        subprocess.run(
            [uniference, *arguments.split()], check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    return folder


def show(uniference, folder, *arguments, **environment) -> str:
    return subprocess.run(
        [uniference, "show", *arguments], check=True, cwd=folder, capture_output=True, text=True,
        env=os.environ | environment).stdout


@pytest.mark.parametrize("record", [PREDICTION, SCRIPT])
def test_the_tables_are_as_they_were(uniference, folder, record):
    text = show(uniference, folder, record, COLUMNS="100")
    golden = GOLDEN / f"show-{record.removesuffix('.run')}.txt"
    if "UNIFERENCE_UPDATE_GOLDEN" in os.environ:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize(("document", "record"), [
    ("README.md", PREDICTION), ("Documentation/pytorch.md", SCRIPT)])
def test_documentation_shows_what_is_printed(document, record):
    """Line by line and in order; `...` stands for lines that are left out."""
    blocks = re.findall(r"```text\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    shown = next(block for block in blocks if block.startswith(f"{record}: "))
    assert f"uniference show {record}" in (ROOT / document).read_text()
    rest = (GOLDEN / f"show-{record.removesuffix('.run')}.txt").read_text()
    for part in shown.split("...\n"):
        assert part in rest, part
        rest = rest[rest.index(part) + len(part):]


def shown_json(uniference, folder, record) -> dict:
    return json.loads(show(uniference, folder, record, "--json"))


@pytest.mark.parametrize("record", [PREDICTION, SCRIPT])
def test_a_devices_time_is_shared_out_whole(uniference, folder, record):
    shown = shown_json(uniference, folder, record)
    devices = shown["profile"]["devices"]
    assert [device["device"] for device in devices] == [f"jetson-{rank}" for rank in range(4)]
    for device in devices:
        assert sum(device["use"].values()) == pytest.approx(device["end_s"], rel=1e-9)
    computing = sum(device["use"]["computing_s"] for device in devices)
    assert sum(entry["rank_s"] for entry in shown["profile"]["operations"]) == pytest.approx(computing, rel=1e-9)
    phases = shown["profile"]["phases"]
    assert sum(phase["use"]["computing_s"] for phase in phases) == pytest.approx(computing, rel=1e-9)
    idle = sum(device["use"]["waiting_for_ranks_s"] for device in devices)
    assert sum(wait["rank_s"] for wait in shown["profile"]["waits"]) == pytest.approx(idle, rel=1e-9, abs=1e-12)


def test_layers_of_a_prediction(uniference, folder):
    shown = shown_json(uniference, folder, PREDICTION)
    assert [phase["name"] for phase in shown["profile"]["phases"]] == ["prefill", "decode"]
    decode = [layer for layer in shown["profile"]["layers"] if layer["phase"] == "decode"]
    assert [layer.get("number") for layer in decode if layer["name"] == "layer"] == list(range(32))
    assert {layer["name"] for layer in decode} == {"embedding", "layer", "output"}
    # Each of 127 tokens after the first passes through every layer once, on one device.
    assert all(layer["count"] == 127 and len(layer["devices"]) == 1 for layer in decode)
    assert {row["device"]: row["peak_bytes"] < row["usable_bytes"] for row in shown["memory"]} == {
        f"jetson-{rank}": True for rank in range(4)}


def test_calls_of_a_script_have_their_lines(uniference, folder):
    shown = shown_json(uniference, folder, SCRIPT)
    assert [phase["name"] for phase in shown["profile"]["phases"]] == ["start", "main", "end"]
    source = (ROOT / "Examples" / "pytorch" / "voltage.py").read_text().splitlines()
    calls = shown["profile"]["calls"]
    assert {call["name"].split(" at ")[0] for call in calls} == {"all_gather", "wait of all_gather", "barrier"}
    for call in calls:
        operation, line = re.fullmatch(r"(?:wait of )?(\w+) at voltage\.py:(\d+)", call["name"]).groups()
        assert ("wait" if call["name"].startswith("wait") else operation) in source[int(line) - 1]
    assert not shown["profile"]["layers"]


def test_a_record_without_spans_is_shown_without_phases(uniference, folder, tmp_path):
    """Records of versions before spans were kept."""
    record = tmp_path / "old.run"
    record.mkdir()
    manifest = json.loads((folder / PREDICTION / "run.json").read_text())
    del manifest["spans"]
    (record / "run.json").write_text(json.dumps(manifest))
    (record / "events.bin").write_bytes((folder / PREDICTION / "events.bin").read_bytes())
    shown = json.loads(show(uniference, tmp_path, "old.run", "--json"))
    assert not shown["profile"]["layers"] and not shown["profile"]["phases"]
    whole = shown_json(uniference, folder, PREDICTION)
    assert shown["profile"]["devices"] == whole["profile"]["devices"]


def test_a_damaged_file_of_spans_is_an_error(uniference, folder, tmp_path):
    record = tmp_path / "damaged.run"
    record.mkdir()
    for file in (folder / PREDICTION).iterdir():
        (record / file.name).write_bytes(file.read_bytes())
    (record / "spans.bin").write_bytes(b"\0" * 40)
    run = subprocess.run([uniference, "show", record], capture_output=True, text=True, check=False)
    assert run.returncode == 74
    assert "spans.bin" in run.stderr and len(run.stderr.splitlines()) == 1
