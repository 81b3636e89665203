"""Runs a command as if a person sat at a terminal."""

import fcntl
import os
import pathlib
import pty
import struct
import subprocess
import termios


def on_terminal(
    binary: pathlib.Path, *arguments: str, cwd: pathlib.Path, columns: int = 80, **variables: str
) -> tuple[int, str]:
    """The exit code, and all that appears on a terminal of so many columns.

    ``variables``: added to the environment.
    """
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [binary, *arguments],
        stdin=side,
        stdout=side,
        stderr=side,
        cwd=cwd,
        env=environment | {"TERM": "xterm"} | variables,
    )
    os.close(side)
    shown = bytearray()
    while True:
        try:
            piece = os.read(main, 1 << 16)
        except OSError:
            # Linux ends a terminal whose other side is closed by EIO.
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    return process.wait(), shown.decode()
