"""The last things that a rank's process does."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from types import ModuleType


class RankEnd:
    """What is done when the interpreter ends, after threads have ended and all of ``atexit`` has been called.

    What the script has made is then destroyed as in any Python program. What was imported before the ranks were forked
    is left as it is: taking down torch takes half a second of processor time, and every page that is touched for it is
    copied. Processes that a rank forks inherit this and do nothing.
    """

    def __init__(self) -> None:
        self._action: Callable[[], None] | None = None
        self._pid = -1
        self._shared: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Notes what is there, in the process that ranks are about to be forked from."""
        self._shared = frozenset(sys.modules)
        libc = ctypes.CDLL(None)
        if hasattr(libc, "on_exit") and hasattr(libc, "fcloseall"):
            # Called in the reverse order, after what the script's own libraries have registered: C's files are written,
            # and then the process ends with the status that it has, before torch's libraries take themselves down.
            libc.on_exit(libc._exit, None)
            libc.on_exit(libc.fcloseall, None)

    def set(self, action: Callable[[], None]) -> None:
        """What to do at the end of this process."""
        self._action = action
        self._pid = os.getpid()

    def call(self) -> None:
        """Does it, in the process that has said so."""
        if self._action is None or os.getpid() != self._pid:
            return
        self._action()
        self._spare_modules()

    def _spare_modules(self) -> None:
        """Keeps the interpreter from taking shared modules down: it finds only those that are in ``sys.modules``."""
        main = sys.modules["__main__"]
        own = {"sys", "builtins", "__main__"}
        kept = [sys.modules.pop(name) for name in self._shared - own if sys.modules.get(name) not in (None, main)]
        sys.modules.pop("__mp_main__", None)
        keep = ctypes.pythonapi.Py_IncRef
        keep.argtypes, keep.restype = [ctypes.py_object], None
        keep(kept)


def renew_main() -> None:
    """A new ``__main__`` for Python to run the script in.

    The first one was there when the ranks were forked. What had been made by then is never collected, so that objects
    of the script in it would not be, either.
    """
    former = sys.modules["__main__"]
    main = ModuleType("__main__")
    for name, value in vars(former).items():
        setattr(main, name, {} if name == "__annotations__" else value)
    sys.modules["__main__"] = main
    if "__mp_main__" in sys.modules:
        sys.modules["__mp_main__"] = main
