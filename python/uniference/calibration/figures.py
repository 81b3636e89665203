"""What has been measured so far, kept in a file at all times."""

from __future__ import annotations

import json
import os
import pathlib
import time
from typing import Any

from uniference.calibration.samples import Summary

FORMAT = "uniference measurements"
VERSION = 1


class Measurements:
    """The document that `fit` reads. It is written anew after every figure, so that whatever ends the run, the figures
    so far are kept."""

    def __init__(self, path: pathlib.Path, **header: Any) -> None:
        self._path = path
        self._start = time.monotonic()
        self._content: dict[str, Any] = {
            "format": FORMAT, "version": VERSION, "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **header, "complete": False, "failure": None, "notes": [], "figures": [],
        }  # fmt: skip
        self._write()

    def go_on_with(self, former: dict[str, Any]) -> None:
        """Takes over what an earlier run, which did not come to its end, has measured."""
        self._content["began"] = former["began"]
        self._content["notes"] = [*former["notes"], "measured in several runs, each with processes of its own"]
        self._content["figures"] = list(former["figures"])
        self._start -= former["took_s"]
        self._write()

    def add(self, kind: str, ranks: list[int], summary: Summary, **details: Any) -> None:
        """Adds a figure.

        Args:
            ranks: who took part.
            details: whatever else the kind has: ``bytes`` of payload, ``count`` of messages, and so on.
        """
        at_s = round(time.monotonic() - self._start, 3)
        self._content["figures"].append({"kind": kind, "ranks": ranks, **details, **vars(summary), "at_s": at_s})
        self._write()

    def note(self, text: str) -> None:
        """Adds a remark for whoever reads the cluster file."""
        self._content["notes"].append(text)
        self._write()

    def end(self, failure: str | None = None) -> None:
        """Says that all has been measured, or what has ended it early."""
        self._content["complete"] = failure is None
        self._content["failure"] = failure
        self._write()

    def _write(self) -> None:
        self._content["took_s"] = round(time.monotonic() - self._start, 3)
        partial = self._path.with_name(self._path.name + ".partial")
        partial.write_text(json.dumps(self._content, indent=1) + "\n")
        os.replace(partial, self._path)


def read_former(path: pathlib.Path, hosts: list[str]) -> dict[str, Any]:
    """What an earlier run has left in a file.

    Raises:
        ValueError: in one line, why it cannot be gone on with.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        known = [host["name"] for host in content["hosts"]]
        is_ours = (content["format"], content["version"]) == (FORMAT, VERSION)
        _ = content["began"], content["took_s"], content["notes"], content["figures"]
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}), so there is nothing to go on with; leave --resume "
                         "out") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} does not hold measurements; leave --resume out") from error
    if not is_ours:
        raise ValueError(f"{path} holds measurements of another version; leave --resume out")
    if known != hosts:
        raise ValueError(f"{path} was measured on {', '.join(known)}, not on {', '.join(hosts)}; leave --resume out")
    return content


def identity(kind: str, ranks: list[int], details: dict[str, Any]) -> str:
    """What tells a figure from the others of a run."""
    return json.dumps([kind, ranks, sorted(details.items())])


def medians(former: dict[str, Any]) -> dict[str, float]:
    """The median of each figure by its ``identity``."""
    own = {"kind", "ranks", "at_s", *Summary.__dataclass_fields__}
    return {
        identity(figure["kind"], figure["ranks"], {name: figure[name] for name in figure.keys() - own}):
            figure["median_s"]
        for figure in former["figures"]
    }  # fmt: skip
