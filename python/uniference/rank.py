"""One rank of ``uniference run``: the script with the engine's clock and process groups under it."""

from __future__ import annotations

import atexit
import os
import runpy
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from uniference import integration
from uniference.channel import RunEnded
from uniference.joining import join, leave

if TYPE_CHECKING:
    from uniference.launcher import Task

INTERNAL_FRAMES = ("uniference/rank.py", "<frozen runpy>")
"""Where the script was called from, which its author does not want to see in a traceback."""


def run_rank(folder: str, rank: int, task: Task, environment: dict[str, str]) -> int:
    """Runs the script in a process that has been forked for it; the process's exit code."""
    os.environ.clear()
    os.environ.update(environment)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    session = join(folder, "main", rank, task.ranks)
    integration.install(session)
    code, reason = run_script(task)
    # As at the end of any Python program: threads are waited for, then what has been registered is called.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    leave(session, code, reason)
    return code


def run_script(task: Task) -> tuple[int, str]:
    """The script's exit code, and the exception that ended it, in one line; empty for none."""
    sys.argv = [task.script, *task.arguments]
    try:
        if task.is_module:
            sys.path.insert(0, os.getcwd())
            runpy.run_module(task.script, run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, os.path.dirname(os.path.abspath(task.script)))
            runpy.run_path(task.script, run_name="__main__")
    except SystemExit as exit:
        return exit_code(exit), ""
    except RunEnded as error:
        # The engine tells the user why, once and not for each rank.
        return 1, str(error)
    except BaseException as error:
        print_traceback(error)
        return 1, "".join(traceback.format_exception_only(type(error), error)).strip()
    return 0, ""


def exit_code(exit: SystemExit) -> int:
    """As Python does: 0 for nothing, 1 and the text on standard error for what is no number."""
    if exit.code is None:
        return 0
    if isinstance(exit.code, int):
        return exit.code & 0xFF
    print(exit.code, file=sys.stderr)
    return 1


def print_traceback(error: BaseException) -> None:
    """The traceback as Python would print it had it started the script itself."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.endswith(INTERNAL_FRAMES):
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame or error.__traceback__)
