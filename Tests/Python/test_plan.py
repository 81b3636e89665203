"""``uniference plan``: the best plan for a goal, and the scenario that it writes."""

import json
import subprocess

import pytest
from documents import BLOCKS, ROOT

PLAN = """
cluster:
  devices:
    - {name: nx, model: jetson-orin-nx}
    - {name: nano, model: jetson-orin-nano, count: 2}
  network: {link: {bandwidth: 1 Gbps, latency: 0.2 ms}}
model: tinyllama-1.1b
workload: {prompt: 16, generate: 4}
goal: GOAL
limits: LIMITS
search: {batch: [1, 2]}
"""


def plan(uniference, folder, *options: str, goal="tokens_per_second", limits="{}") -> subprocess.CompletedProcess:
    (folder / "plan.yaml").write_text(PLAN.replace("GOAL", goal).replace("LIMITS", limits))
    return subprocess.run([uniference, "plan", "plan.yaml", *options], cwd=folder, capture_output=True, text=True,
                          timeout=120)


def test_the_example_is_the_one_in_the_documents():
    (shown,) = [block for block in BLOCKS if block.document == "Documentation/plans.md" and block.language == "yaml"]
    assert shown.text == (ROOT / "Examples" / "plan.yaml").read_text()


@pytest.mark.parametrize("goal", ["tokens_per_second", "time_to_first_token", "energy_per_token_j"])
def test_simulating_the_winner_gives_the_same_figures(uniference, tmp_path, goal):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = plan(uniference, tmp_path, "--json", "--output", "elsewhere/winner.yaml", goal=goal)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    single = subprocess.run([uniference, "simulate", "winner.yaml", "--no-record", "--json"], cwd=folder,
                            capture_output=True, text=True)
    assert single.returncode == 0, single.stderr
    simulated = json.loads(single.stdout)
    best = said["best"]
    for name in ("strategy", "runs_on", "devices", "total_s", "energy_j", "event_log_sha256", "interval"):
        assert simulated.get(name) == best.get(name), name
    assert said["counts"]["simulated"] <= said["counts"]["candidates"]
    assert said["front"][0] == best
    assert any(worth["resource"].startswith("one more jetson-orin-n") for worth in said["worth"])


@pytest.mark.parametrize("goal, limits, message", [
    ("tokens_per_secnd", "{}", 'plan.yaml:9: goal: unknown goal "tokens_per_secnd": did you mean "tokens_per_second"?'),
    ("tokens_per_second", "{time_to_frist_token: 2 s}", 'did you mean "time_to_first_token_s"?'),
    ("tokens_per_second", "{time_to_first_token: 1 us}", "the closest is "),
    ("tokens_per_second", "{power: 1 W}", "no set of devices keeps within limits.devices and limits.power"),
])  # fmt: skip
def test_what_is_wrong_or_impossible_is_a_line(uniference, tmp_path, goal, limits, message):
    done = plan(uniference, tmp_path, "--output", "winner.yaml", goal=goal, limits=limits)
    assert done.returncode == 65, done.stdout
    assert message in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "winner.yaml").exists()


def test_too_little_memory_is_told_by_device(uniference, tmp_path):
    text = PLAN.replace("tinyllama-1.1b", "llama-3.1-70b").replace("GOAL", "total_s").replace("LIMITS", "{}")
    (tmp_path / "plan.yaml").write_text(text)
    done = subprocess.run([uniference, "plan", "plan.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 65
    assert "no plan fits in memory" in done.stderr and "would need" in done.stderr, done.stderr
