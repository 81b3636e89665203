"""The commands of README.md, run as they stand there."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNNABLE = re.compile(r"^```sh runnable\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINES = [
    line
    for block in RUNNABLE.findall((ROOT / "README.md").read_text())
    for line in block.splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def folder(uniference, tmp_path_factory) -> pathlib.Path:
    """A folder like the package's, with `uniference` on the search path, for what commands write."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "Examples").symlink_to(ROOT / "Examples")
    (folder / "bin").mkdir()
    (folder / "bin" / "uniference").symlink_to(uniference.resolve())
    return folder


def test_there_are_commands():
    assert len(LINES) >= 5
    assert all(line.startswith("uniference ") for line in LINES)


@pytest.mark.parametrize("line", LINES)
def test_a_command_runs(line, folder):
    environment = os.environ | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "UNIFERENCE_PYTHON": sys.executable}
    run = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout
