"""``python -m uniference``: the tool ``uniference`` of this environment."""

from __future__ import annotations

import os
import sys

from uniference import tool


def main() -> None:
    """Becomes the tool's process."""
    path = tool.path()
    if path is None:
        sys.exit(f"uniference: error: {tool.MISSING}")
    os.execv(path, [str(path), *sys.argv[1:]])


if __name__ == "__main__":
    main()
