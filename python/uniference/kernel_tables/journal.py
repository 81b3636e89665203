"""What has been measured so far, in a file beside the one that is to be written: a line for each kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Identity = tuple[str, str, tuple[int, ...]]
"""Kind, element type and key of a kernel."""


class ForeignJournal(Exception):
    """The file is of other measurements, in one line."""


class Journal:
    """Times that are kept as soon as they are known, so that whoever is stopped goes on from there."""

    def __init__(self, path: Path, subject: dict[str, Any]) -> None:
        """
        Args:
            subject: what is measured, with what; a journal of something else is refused.
        """
        self._path = path
        self.times: dict[Identity, float] = {}
        lines = path.read_text().splitlines() if path.exists() else []
        entries = [entry for entry in map(_parsed, lines) if entry is not None]
        if not entries:
            path.write_text(json.dumps(subject) + "\n")
            return
        if entries[0] != subject:
            raise ForeignJournal(
                f"{path}: it holds measurements of {_shown(entries[0])}, and these are of {_shown(subject)}; "
                "remove it to begin anew"
            )
        for entry in entries[1:]:
            self.times[entry["kind"], entry["type"], tuple(entry["key"])] = float(entry["us"])
        # The last line may lack its end.
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    def add(self, identity: Identity, microseconds: float) -> None:
        """Keeps a time."""
        kind, element_type, key = identity
        self.times[identity] = microseconds
        with self._path.open("a") as file:
            file.write(json.dumps({"kind": kind, "type": element_type, "key": key, "us": microseconds}) + "\n")

    def remove(self) -> None:
        """Everything is in the file that it was for."""
        self._path.unlink(missing_ok=True)


def _parsed(line: str) -> dict[str, Any] | None:
    """One line; a process that is killed may leave half of the last one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _shown(subject: dict[str, Any]) -> str:
    return ", ".join(str(value) for value in subject.values())
