"""Going on with a measurement that did not come to its end."""

import json

import pytest
from uniference.calibration.figures import Measurements, identity, medians, read_former
from uniference.calibration.samples import Summary

HOSTS = ["a", "b"]


def measured(path, kinds):
    document = Measurements(path, hosts=[{"name": name} for name in HOSTS])
    for kind in kinds:
        document.add(kind, [0, 1], Summary.of([1.0, 2.0, 3.0]), bytes=64)
    return document


def test_figures_are_taken_over_and_known_by_what_they_are(tmp_path):
    path = tmp_path / "m.json"
    measured(path, ["ping_pong", "stream"]).end("told to end")
    before = json.loads(path.read_text())["figures"]

    former = read_former(path, HOSTS)
    document = measured(path, [])
    document.go_on_with(former)
    document.add("send_call", [0, 1], Summary.of([4.0]))
    document.end()

    content = json.loads(path.read_text())
    assert medians(former) == {identity(kind, [0, 1], {"bytes": 64}): 2.0 for kind in ("ping_pong", "stream")}
    assert content["figures"][:2] == before
    assert [figure["kind"] for figure in content["figures"]] == ["ping_pong", "stream", "send_call"]
    assert content["complete"] and "several runs" in content["notes"][-1]


@pytest.mark.parametrize("text, hosts, reason", [
    (None, HOSTS, "cannot be read"), ("{", HOSTS, "does not hold measurements"),
    ("[]", HOSTS, "does not hold measurements"), ("", ["a", "c"], "was measured on a, b, not on a, c"),
])
def test_what_cannot_be_gone_on_with_is_said_in_a_line(tmp_path, text, hosts, reason):
    path = tmp_path / "m.json"
    if text == "":
        measured(path, ["ping_pong"])
    elif text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=reason) as failure:
        read_former(path, hosts)
    assert "\n" not in str(failure.value) and "--resume" in str(failure.value)
