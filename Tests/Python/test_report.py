"""`uniference report`: pages that need nothing else, whose figures can be checked, and which a browser shows."""

import html.parser
import json
import re
import shutil
import subprocess

import pytest

SCENARIO = """\
cluster: {name: pair, devices: [{name: jetson, count: 2, model: jetson-orin-nano}],
          network: {topology: switch, link: {bandwidth: 100 Mbps, latency: 0.3 ms}}}
model: llama-3.2-1b
workload: {prompt: 64, generate: 4}
"""
SWEEP = """\
scenario: small.yaml
vary:
  network.link.bandwidth: [100 Mbps, 1 Gbps]
  strategy: [pipeline=2, tensor=2]
"""
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chrome")


def call(uniference, folder, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([uniference, *words], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def folder(uniference, tmp_path_factory):
    """A folder with a run of two strategies and their pages, and a sweep with its own."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "small.yaml").write_text(SCENARIO)
    (folder / "sweep.yaml").write_text(SWEEP)
    for strategy in ("tensor=2", "pipeline=2"):
        assert call(uniference, folder, "simulate", "small.yaml", "--strategy", strategy).returncode == 0
        # What the record does not hold must not be needed.
        moved = (folder / "small.yaml").rename(folder / "moved.yaml")
        done = call(uniference, folder, "report", f"small-{strategy}")
        moved.rename(folder / "small.yaml")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"Report: small-{strategy}.html\n"
    assert call(uniference, folder, "sweep", "sweep.yaml").returncode == 0
    assert call(uniference, folder, "report", "sweep.db", "--output", "sweep-page.html").returncode == 0
    return folder


class Elements(html.parser.HTMLParser):
    """The elements of a page with their attributes, and the texts of those that have an id."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.texts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, text):
        if self.found and "id" in self.found[-1][1]:
            self.texts.setdefault(self.found[-1][1]["id"], text)


def data_of(path) -> dict:
    return json.loads(Elements(path.read_text()).texts["data"])


def test_a_page_needs_no_other_file(folder):
    for name in ("small-tensor=2.html", "sweep-page.html"):
        text = (folder / name).read_text()
        assert len(text) < 2_000_000
        elements = Elements(text)
        for tag, attributes in elements.found:
            assert tag not in ("link", "img", "iframe") and "src" not in attributes, tag
            assert attributes.get("href", "#").startswith("#")
        policy = next(each["content"] for tag, each in elements.found if each.get("http-equiv"))
        assert policy.startswith("default-src 'none'") and "http" not in policy


def test_a_resource_costs_what_the_run_takes_less_without_it(uniference, folder):
    data = data_of(folder / "small-tensor=2.html")
    attribution = data["explanation"]["attribution"]
    costs = {cost["resource"]: cost["remaining"] for cost in attribution["costs"]}
    times = [time["name"] for time in attribution["times"]]
    assert times == ["time per token", "first token", "total"]
    assert {"computing of jetson-0", "computing of all devices", "bandwidth of jetson-1->switch",
            "latency of all links", "bandwidth of all links"} <= costs.keys()

    def simulated(*settings: str) -> dict:
        words = [word for setting in settings for word in ("--set", setting)]
        return json.loads(call(uniference, folder, "simulate", "small.yaml", "--strategy", "tensor=2", "--no-record",
                               "--json", *words).stdout)

    for resource, setting in (("latency of all links", "network.link.latency=0 s"),
                              ("bandwidth of all links", "network.link.bandwidth=1000000 GBps")):
        before, without = simulated(), simulated(setting)
        assert costs[resource][2] == pytest.approx(without["total_s"] / before["total_s"], rel=1e-9)
        assert costs[resource][0] == pytest.approx(before["tokens_per_second"] / without["tokens_per_second"], rel=1e-9)
        assert costs[resource][0] < 1
    assert costs["computing of jetson-0"][0] == pytest.approx(1, abs=0.02), "the other one is as slow"


@pytest.mark.parametrize("strategy", ["tensor=2", "pipeline=2"])
def test_what_a_page_shows_adds_up(folder, strategy):
    data = data_of(folder / f"small-{strategy}.html")
    record = json.loads((folder / "runs" / f"small-{strategy}.run" / "run.json").read_text())
    total = record["results"]["total_s"]
    events = data["events"]
    assert data["total_s"] == events["profile"]["total_s"] == total
    path = events["critical_path"]
    assert sum(part["s"] for part in path["parts"]) == pytest.approx(total, rel=1e-9)
    unit = events["timeline"]["unit_s"]
    for row, device in zip(events["timeline"]["rows"], events["profile"]["devices"]):
        assert sum(row["length"]) * unit == pytest.approx(device["end_s"], rel=1e-3)
    carried = {row["link"]: row["bytes"] for row in data["explanation"]["links"]["rows"]}
    assert carried == pytest.approx({link["name"]: link["bytes"] for link in record["results"]["links"]}, rel=1e-9)
    for row in data["explanation"]["links"]["rows"]:
        assert max(row["use"]) <= 1.001
        assert sum(user["bytes"] for user in row["users"]) == pytest.approx(row["bytes"], rel=1e-9)


def test_a_run_that_cannot_be_made_again_says_why(uniference, folder, tmp_path):
    shutil.copytree(folder / "runs" / "small-tensor=2.run", tmp_path / "old.run")
    manifest = json.loads((tmp_path / "old.run" / "run.json").read_text())
    del manifest["inputs"]["scenario_path"]
    (tmp_path / "old.run" / "run.json").write_text(json.dumps(manifest))
    assert call(uniference, tmp_path, "report", "old.run").returncode == 0
    explanation = data_of(tmp_path / "old.html")["explanation"]
    assert "attribution" not in explanation
    assert "earlier version" in explanation["no_attribution"]
    assert call(uniference, tmp_path, "report", "old.run", "--no-reruns").returncode == 0
    assert "as was asked" in data_of(tmp_path / "old.html")["explanation"]["no_attribution"]


def test_wrong_subjects_are_one_line(uniference, folder, tmp_path):
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at as one")
    for subject, words in (("nothing", "no run record here"), ("text.db", "no SQLite file")):
        done = call(uniference, tmp_path, "report", subject)
        assert done.returncode != 0 and words in done.stderr and done.stderr.count("\n") == 1
    done = call(uniference, folder, "report", "sweep.db", "--sweep", "other")
    assert done.returncode == 65 and "it has sweep" in done.stderr


VISIT = """
<script>
const errors = [];
addEventListener("error", (event) => errors.push(event.message));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
</script>
"""
LOOK = """
<script>
const until = async (condition) => { while (!condition()) await new Promise((done) => setTimeout(done, 20)); };
(async () => {
  await until(() => document.documentElement.dataset.ready);
  const found = { ready: document.documentElement.dataset.ready, charts: charts.length,
    drawn: charts.filter((entry) => entry.holder.querySelector("svg path, svg rect")).length,
    headings: [...document.querySelectorAll("h2")].map((one) => one.textContent) };
  const zoomed = charts.find((entry) => entry.holder.tabIndex === 0);
  if (zoomed) {
    const zoom = () => { const one = zoomed.chart.getOption().dataZoom[0]; return one.end - one.start; };
    found.before = zoom();
    zoomed.holder.dispatchEvent(new KeyboardEvent("keydown", { key: "+", cancelable: true }));
    found.after = zoom();
    document.querySelector("button[aria-label='Show the whole run']").click();
    found.again = zoom();
  }
  const first = charts[0];
  const box = first.holder.getBoundingClientRect();
  for (let y = 10; y < box.height && !found.tip; y += 8) {
    for (let x = 200; x < box.width && !found.tip; x += 24) {
      const event = { clientX: box.x + x, clientY: box.y + y, bubbles: true };
      first.holder.querySelector("div").dispatchEvent(new MouseEvent("mousemove", event));
      found.tip = [...first.holder.querySelectorAll("div")].map((one) => one.textContent).find((text) => text) || "";
    }
  }
  found.errors = errors;
  const shown = Object.assign(document.createElement("pre"), { id: "found", textContent: JSON.stringify(found) });
  document.body.replaceChildren(shown);
})();
</script>
"""


@pytest.mark.parametrize("page", ["small-tensor=2.html", "sweep-page.html"])
def test_a_browser_draws_it_and_hovering_and_zooming_work(folder, page):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium here")
    text = (folder / page).read_text().replace("<head>", f"<head>{VISIT}", 1).replace("</body>", f"{LOOK}</body>", 1)
    (folder / f"visit-{page}").write_text(text)
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,2000",
         "--virtual-time-budget=20000", "--dump-dom", (folder / f"visit-{page}").as_uri()],
        capture_output=True, text=True, timeout=60)
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(html.unescape(match.group(1)))
    assert found["ready"] == "true" and found["errors"] == []
    assert found["charts"] == found["drawn"] >= 2
    assert found["tip"], "hovering shows a figure"
    if page.startswith("small"):
        headings = {"What costs the time", "Time line", "Critical path", "Links over time", "Memory"}
        assert headings <= set(found["headings"])
        assert found["after"] == pytest.approx(found["before"] / 2) and found["again"] == pytest.approx(100)
