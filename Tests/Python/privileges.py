"""What tests need of the machine that they run on, beside what `make test` installs.

A test is skipped where the machine cannot do it. With ``UNIFERENCE_REQUIRE_ROOT=1``, as in continuous integration, it
fails instead.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from typing import NoReturn

import pytest

IS_REQUIRED = os.environ.get("UNIFERENCE_REQUIRE_ROOT", "0") != "0"


@functools.cache
def lacking_for_testbed() -> str | None:
    """What keeps this machine from making a testbed."""
    if not sys.platform.startswith("linux"):
        return "network namespaces, which Linux has"
    if os.geteuid() != 0:
        return "root"
    programs = [name for name in ("ip", "tc", "unshare", "taskset", "chrt") if shutil.which(name) is None]
    if programs:
        return f"the programs {', '.join(programs)}"
    attempt = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "tc", "qdisc", "add", "dev", "lo", "root", "handle", "1:",
         "htb"],
        capture_output=True, text=True)
    return None if attempt.returncode == 0 else f"namespaces with htb ({attempt.stderr.strip()})"


def skip_for_want_of(need: str) -> NoReturn:
    if IS_REQUIRED:
        pytest.fail(f"UNIFERENCE_REQUIRE_ROOT is set, and this test needs {need}")
    pytest.skip(f"needs {need}")
