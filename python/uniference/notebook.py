"""Predictions from Python: each function calls the command-line tool and returns what it prints as a pandas frame.

Nothing is computed here, so that notebooks and terminals cannot disagree. The tool is the one of this environment, or
the one that the variable UNIFERENCE names.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniference import tool

if TYPE_CHECKING:
    import pandas

__all__ = ["ToolError", "runs", "simulate", "sweep"]

PathLike = str | os.PathLike[str]


class ToolError(RuntimeError):
    """What the tool says is wrong, with its exit code."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


def simulate(
    scenario: PathLike | Mapping[str, Any],
    *,
    strategy: str | Iterable[str] = (),
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
    record: PathLike | bool = False,
) -> pandas.DataFrame:
    """Predicts a scenario: a row for each strategy, the best one first where several fit.

    scenario: the path of a file, or a mapping with the fields of one; paths in it are relative to the current folder.
    strategy: strategies to try instead of the scenario's, such as "tensor=4".
    settings: fields to set, as by --set: {"network.link.bandwidth": "100 Mbps"}.
    record: where the run record goes; True for a name of its own in runs/.

    A field of an object has the object's name before it: interval.tokens_per_second.low.
    """
    frame_type = _frame_type()
    words = [word for one in _listed(strategy) for word in ("--strategy", one)]
    words += [word for field, value in (settings or {}).items() for word in ("--set", f"{field}={_written(value)}")]
    words += [] if seed is None else ["--seed", str(seed)]
    if record is False:
        words.append("--no-record")
    elif record is not True:
        words += ["--record", os.fspath(record)]
    if isinstance(scenario, Mapping):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scenario.yaml"
            path.write_text(json.dumps(_with_absolute_paths(scenario)))
            printed = _call("simulate", path, *words)
    else:
        printed = _call("simulate", scenario, *words)
    rows = printed.get("predictions", [printed])
    frame = frame_type([_flat({key: value for key, value in row.items() if key != "requests"}) for row in rows])
    if len(frame) > 1:
        is_best = frame["strategy"] == printed["strategy"]
        frame = frame.loc[[*frame.index[is_best], *frame.index[~is_best]]].reset_index(drop=True)
    return frame


def sweep(
    path: PathLike,
    *,
    database: PathLike | None = None,
    where: str | None = None,
    order_by: str | None = None,
    limit: int | None = None,
    retry_failed: bool = False,
) -> pandas.DataFrame:
    """Predicts the points of a sweep that its database lacks, and returns all rows, or those that `where` selects.

    database: the SQLite file of the results; the sweep's name with .db in the current folder unless given.
    where, order_by: SQL over the columns: "tokens_per_second > 3".
    """
    frame_type = _frame_type()
    given = {"--database": database, "--where": where, "--order-by": order_by, "--limit": limit}
    words = [word for option, value in given.items() if value is not None for word in (option, str(value))]
    return frame_type(_call("sweep", path, *words, *(["--retry-failed"] if retry_failed else []))["points"])


def runs(folder: PathLike | None = None) -> pandas.DataFrame:
    """What has been recorded in `runs`, or in another folder: a row for each run, the newest first."""
    frame_type = _frame_type()
    frame = frame_type(_call("runs", *([] if folder is None else [folder])))
    if "recorded_at" in frame:
        import pandas

        frame["recorded_at"] = pandas.to_datetime(frame["recorded_at"])
    return frame


def _frame_type() -> Any:
    """pandas.DataFrame."""
    try:
        from pandas import DataFrame
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("this returns pandas frames; pip install pandas", name="pandas") from error
    return DataFrame


def _call(*words: PathLike) -> Any:
    """What the tool prints as JSON."""
    path = tool.path()
    if path is None:
        raise ToolError(tool.MISSING, 69)
    command = [os.fspath(path), *(os.fspath(word) for word in words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolError(done.stderr.strip().removeprefix("uniference: error: ") or "it gave no reason", done.returncode)
    return json.loads(done.stdout)


def _listed(one_or_more: str | Iterable[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _with_absolute_paths(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario with the paths of files, which would be relative to its own file."""
    fields = dict(scenario)
    for name in ("cluster", "model", "weights", "runtime"):
        value = fields.get(name)
        if isinstance(value, os.PathLike) or (isinstance(value, str) and Path(value).exists()):
            fields[name] = os.path.abspath(value)
    return fields


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Objects in objects as columns with the names before them."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
