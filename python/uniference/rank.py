"""One rank of ``uniference run``: an ordinary Python process with the engine's clock and process groups in it."""

from __future__ import annotations

import atexit
import os
import sys
from types import TracebackType

from uniference import integration
from uniference.channel import RunEnded
from uniference.joining import exception_at_exit, join, leave
from uniference.launching.ending import RankEnd, renew_main
from uniference.startup.hook import RANK


def become_rank(folder: str, rank: int, world_size: int, rank_end: RankEnd) -> None:
    """Joins the run, so that whatever Python runs next in this process is this rank's script."""
    os.environ[RANK] = f"{rank}/{world_size} {os.getpid()}"
    session = join(folder, "main", rank, world_size)
    integration.install(session)
    sys.excepthook = report
    renew_main()
    rank_end.set(lambda: leave(session, *exception_at_exit()))


def rejoin(folder: str, rank: int, world_size: int) -> None:
    """Joins the run once more, in a process that has executed itself anew, as it may before its first collective."""
    rank_end = RankEnd()
    atexit.register(rank_end.call)
    try:
        become_rank(folder, rank, world_size, rank_end)
    except RuntimeError as error:
        sys.stderr.write(f"uniference: error: {error}\n")
        sys.stderr.flush()
        os._exit(1)


def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own hook, except for the end of the run: the engine tells the user why, once and not for each rank."""
    if not issubclass(kind, RunEnded):
        sys.__excepthook__(kind, error, trace)
