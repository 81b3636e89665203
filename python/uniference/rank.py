"""One rank of ``uniference run``: an ordinary Python process with the engine's clock and process groups in it."""

from __future__ import annotations

import sys
from types import TracebackType

from uniference import integration
from uniference.channel import RunEnded
from uniference.joining import exception_at_exit, join, leave
from uniference.launching.ending import RankEnd, renew_main


def become_rank(folder: str, rank: int, world_size: int, rank_end: RankEnd) -> None:
    """Joins the run, so that whatever Python runs next in this process is this rank's script."""
    session = join(folder, "main", rank, world_size)
    integration.install(session)
    sys.excepthook = report
    renew_main()
    rank_end.set(lambda: leave(session, *exception_at_exit()))


def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own hook, except for the end of the run: the engine tells the user why, once and not for each rank."""
    if not issubclass(kind, RunEnded):
        sys.__excepthook__(kind, error, trace)
