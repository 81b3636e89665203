"""What people see on a terminal: tables that fit it, with bold headings, and no escape sequences out of files."""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest

SCENARIO = """
cluster:
  name: "\\e[31mred"
  devices: [{name: a-device-of-a-rather-long-name, count: 4, model: h100-sxm}]
  network: {link: {bandwidth: 10 Gbps, latency: 10 us}}
model: llama-3.2-1b
strategy: all
workload: {prompt: 8, generate: 2}
"""


def on_terminal(binary: pathlib.Path, *arguments: str, columns: int, cwd: pathlib.Path) -> tuple[int, str]:
    """The exit code, and all that appears on a terminal of so many columns."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [binary, *arguments], stdin=side, stdout=side, stderr=side, cwd=cwd, env=environment | {"TERM": "xterm"}
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


def width(line: str) -> int:
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in plain
    )


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_tables_fit_and_have_bold_headings(uniference, tmp_path, columns):
    (tmp_path / "s.yaml").write_text(SCENARIO)
    # At 60 columns, the others become records.
    commands = [["simulate", "--no-record", "s.yaml"], ["devices"], ["models"]]
    for command in commands[: 1 if columns == 60 else 3]:
        code, shown = on_terminal(uniference, *command, columns=columns, cwd=tmp_path)
        lines = shown.replace("\r", "\n").split("\n")
        assert code == 0, shown
        rows = [line for line in lines if "│" in line or "┼" in line]
        assert rows and max(map(width, rows)) <= columns, f"{command} at {columns}:\n{shown}"
        assert any(line.startswith("\x1b[1m") and line.endswith("\x1b[0m") for line in rows), shown
        assert "\\u{1B}[1m" not in shown
        # The cluster's own name is not obeyed.
        assert "\x1b[31m" not in shown
        assert ("\\u{1B}[31mred" in shown) == (command[0] == "simulate")
