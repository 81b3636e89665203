"""``uniference doctor`` and ``uniference examples``: what is here, and how to get what is not."""

import json
import os
import subprocess

import pytest
from documents import ROOT


def doctor(uniference, **variables: str) -> dict[str, dict]:
    done = subprocess.run([uniference, "doctor", "--json"], capture_output=True, text=True, check=True,
                          env={**os.environ, **variables})
    return {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}


def test_this_environment_has_all_that_scripts_need(uniference):
    findings = doctor(uniference, VIRTUAL_ENV=str(ROOT / ".venv"))
    for name in ["kernel tables", "published cases", "Python", "PyTorch", "libtorch"]:
        assert findings[name]["state"] == "ok", findings[name]
        assert "remedy" not in findings[name]
    assert findings["PyTorch"]["found"].startswith("2.13.")


@pytest.fixture
def bare_python(tmp_path):
    """A Python without packages."""
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\nunset PYTHONPATH\nexec /usr/bin/env python3 -I -S \"$@\"\n")
    path.chmod(0o755)
    return str(path)


def test_what_is_missing_comes_with_what_to_do(uniference, bare_python, tmp_path):
    findings = doctor(uniference, UNIFERENCE_PYTHON=bare_python, UNIFERENCE_TORCH=str(tmp_path / "nothing.so"))
    assert findings["PyTorch"]["state"] == "missing"
    assert findings["PyTorch"]["remedy"] == f"{bare_python} -m pip install 'torch==2.13.*'"
    assert findings["libtorch"]["state"] == "missing"
    assert "build-torch.sh" in findings["libtorch"]["remedy"]


def test_a_python_that_does_not_run_is_said(uniference):
    findings = doctor(uniference, UNIFERENCE_PYTHON="/bin/false")
    assert findings["Python"]["state"] == "doubtful"
    assert "PyTorch" not in findings


def test_examples_are_listed_and_copied(uniference, tmp_path):
    listed = subprocess.run([uniference, "examples"], capture_output=True, text=True, check=True).stdout
    assert "llama-on-jetsons.yaml" in listed and "pytorch/smollm2.py" in listed
    target = tmp_path / "mine"
    subprocess.run([uniference, "examples", "--to", target], capture_output=True, check=True)
    assert (target / "llama-on-jetsons.yaml").read_bytes() == (ROOT / "Examples" / "llama-on-jetsons.yaml").read_bytes()
    again = subprocess.run([uniference, "examples", "--to", target], capture_output=True, text=True)
    assert again.returncode == 74
    assert again.stderr == f"uniference: error: {target} is there already; choose another folder\n"
