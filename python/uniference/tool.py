"""Where the command-line tool is."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

MISSING = (
    "the tool is not in this environment; install its wheel by pip, build it by `make build` in a checkout, or set "
    "UNIFERENCE to its path"
)


def path() -> Path | None:
    """The tool that UNIFERENCE names, else where pip has put it, else on the search path, else in this source tree."""
    if chosen := os.environ.get("UNIFERENCE"):
        return Path(chosen)
    found = shutil.which("uniference")
    candidates = [Path(sysconfig.get_path("scripts")) / "uniference", Path(sys.executable).parent / "uniference",
                  *([Path(found)] if found else []),
                  Path(__file__).resolve().parents[2] / ".build" / "release" / "uniference"]
    return next((candidate for candidate in candidates if candidate.is_file()), None)
