"""``uniference run`` on a terminal shows how far it is, and leaves the script's own lines whole."""

from __future__ import annotations

import re
import sys

from terminal import on_terminal

SCRIPT = """
import time
import torch
import torch.distributed as dist

dist.init_process_group()
for step in range(6):
    # Real time, in which progress is shown.
    end = time.process_time() + (0.1 if dist.get_rank() == 0 else 0.8)
    while time.process_time() < end:
        torch.ones(100) @ torch.ones(100)
    dist.all_reduce(torch.ones(4))
    if dist.get_rank() == 0:
        print("step", step, flush=True)
print("begun", end="", flush=True)
end = time.process_time() + 0.6
while time.process_time() < end:
    torch.ones(100) @ torch.ones(100)
print(" and ended")
dist.destroy_process_group()
"""
CLUSTER = """
devices: [{name: d, count: 2, model: raspberry-pi-5}]
network: {link: {bandwidth: 1 Gbps, latency: 100 us}}
"""


def test_progress_comes_and_goes(uniference, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "c.yaml").write_text(CLUSTER)
    command = ("run", "--no-record", "--cluster", "c.yaml", "script.py")
    code, text = on_terminal(uniference, *command, cwd=tmp_path, UNIFERENCE_PYTHON=sys.executable)
    assert code == 0, text

    drawn = re.findall(r"\r\x1b\[2K([^\r\n\x1b]+)", text)
    progress = [line for line in drawn if re.match(r"[\d.]+ \S+ simulated, \d+ calls?", line)]
    assert len(progress) >= 3, text
    assert any("in the script" in line for line in progress), progress
    assert any("waits in all_reduce" in line for line in progress), progress

    # What a terminal has in its lines in the end.
    screen = [re.split(r"\x1b\[2K", line)[-1].strip("\r") for line in text.replace("\r\n", "\n").split("\n")]
    assert [line for line in screen if line.startswith("[0] step")] == [f"[0] step {step}" for step in range(6)]
    assert not any("simulated," in line for line in screen), screen
    assert "[0] begun and ended" in "".join(screen) or "[0]  and ended" in screen, screen
