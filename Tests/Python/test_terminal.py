"""What people see on a terminal: tables that fit it, with bold headings, and no escape sequences out of files."""

import re
import unicodedata

import pytest
from terminal import on_terminal

SCENARIO = """
cluster:
  name: "\\e[31mred"
  devices: [{name: a-device-of-a-rather-long-name, count: 4, model: h100-sxm}]
  network: {link: {bandwidth: 10 Gbps, latency: 10 us}}
model: llama-3.2-1b
strategy: all
workload: {prompt: 8, generate: 2}
"""


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
