"""What `uniference new` writes is a package whose sources are right."""

import shutil
import subprocess

import pytest

from deployment.conftest import ROOT


def test_the_generated_program_is_type_checked(programs, tmp_path):
    if shutil.which("swiftc") is None:
        pytest.skip("there is no Swift compiler here")
    subprocess.run([programs.uniference, "new", "MyProgram"], check=True, cwd=tmp_path, capture_output=True)
    package = tmp_path / "MyProgram"
    assert f'.package(path: "{ROOT}")' in (package / "Package.swift").read_text()
    products = programs.uniference.parent
    arguments = ["-typecheck", "-swift-version", "6", "-parse-as-library", "-I", products / "Modules"]
    for module_map in products.glob("*.build/module.modulemap"):
        arguments += ["-Xcc", f"-fmodule-map-file={module_map}"]
    for headers in (products.parents[1] / "checkouts").glob("*/Sources/*/include"):
        arguments += ["-Xcc", f"-I{headers}"]
    sources = sorted((package / "Sources" / "MyProgram").glob("*.swift"))
    checked = subprocess.run(["swiftc", *map(str, [*arguments, *sources])], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_names_that_no_program_can_have(programs, tmp_path):
    for name, said in [("my-program", "letters and digits"), ("MyProgram", "exists already")]:
        (tmp_path / "MyProgram").mkdir(exist_ok=True)
        refused = subprocess.run([programs.uniference, "new", name], cwd=tmp_path, capture_output=True, text=True)
        assert refused.returncode == 65
        assert said in refused.stderr and refused.stderr.count("\n") == 1
