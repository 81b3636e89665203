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
