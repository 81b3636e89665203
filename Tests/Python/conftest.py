"""What the tests in Python look at: a trace and a record that the command-line tool wrote."""

import os
import pathlib
import signal
import subprocess

import pytest
from privileges import lacking_for_testbed, skip_for_want_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "Examples" / "llama-on-jetsons.yaml"
GENERATED = 12
"""Tokens of the run that is looked at."""


# Whoever runs the tests in the background, or under nohup, has these ignored, and so would everything that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
# Workers of pytest-xdist are told of a terminal of 80 columns, to which tables would be cut.
os.environ.pop("COLUMNS", None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: measures this machine, so nothing else runs meanwhile")
    config.addinivalue_line("markers", "slow: one more case of what a quicker test covers; runs with `make test-all`")


@pytest.fixture
def testbeds() -> None:
    """Testbeds can be made here."""
    if (need := lacking_for_testbed()) is not None:
        skip_for_want_of(need)


@pytest.fixture(scope="session")
def uniference() -> pathlib.Path:
    """The binary: $UNIFERENCE, or what `swift build` makes."""
    binary = pathlib.Path(os.environ.get("UNIFERENCE", ROOT / ".build" / "debug" / "uniference")).resolve()
    if not binary.exists():
        pytest.fail(f"{binary} is missing; run `swift build` or set UNIFERENCE")
    return binary


@pytest.fixture(scope="session")
def run_files(request, tmp_path_factory) -> tuple[pathlib.Path, pathlib.Path]:
    """A trace and a record of the same run: $UNIFERENCE_TRACE and $UNIFERENCE_RECORD, or a simulation of SCENARIO."""
    if "UNIFERENCE_TRACE" in os.environ:
        return pathlib.Path(os.environ["UNIFERENCE_TRACE"]), pathlib.Path(os.environ["UNIFERENCE_RECORD"])
    binary = request.getfixturevalue("uniference")
    folder = tmp_path_factory.mktemp("run")
    trace, record = folder / "llama.pftrace", folder / "llama.run"
    subprocess.run(
        [binary, "simulate", SCENARIO, "--strategy", "tensor=4", "--set", f"workload.generate={GENERATED}",
         "--trace", trace, "--record", record, "--json"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return trace, record


@pytest.fixture(scope="session")
def trace_file(run_files) -> pathlib.Path:
    return run_files[0]


@pytest.fixture(scope="session")
def record_folder(run_files) -> pathlib.Path:
    return run_files[1]
