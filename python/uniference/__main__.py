"""``python -m uniference``: the tool ``uniference`` of this environment."""

from __future__ import annotations

import os
import pathlib
import sys
import sysconfig


def tool() -> pathlib.Path | None:
    """The tool: where pip has put it, else the one of the source tree that this module is in."""
    root = pathlib.Path(__file__).resolve().parents[2]
    candidates = [pathlib.Path(sysconfig.get_path("scripts")), pathlib.Path(sys.executable).parent,
                  root / ".build" / "release"]
    return next((folder / "uniference" for folder in candidates if (folder / "uniference").is_file()), None)


def main() -> None:
    """Becomes the tool's process."""
    path = tool()
    if path is None:
        sys.exit("uniference: error: the tool is not in this environment; install its wheel by pip, or build it by "
                 "`make build` in a checkout")
    os.execv(path, [str(path), *sys.argv[1:]])


if __name__ == "__main__":
    main()
