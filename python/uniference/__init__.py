"""PyTorch scripts in simulation: the rank's side of the bridge to the engine. And predictions as pandas frames.

For notebooks: `uniference.simulate`, `uniference.sweep` and `uniference.runs`; see `notebook`.

Of the bridge read `process_group` first, for what scripts call; then `group_calls` and `session`, for what the engine
hears of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .notebook import ToolError, runs, simulate, sweep

__all__ = ["ToolError", "runs", "simulate", "sweep"]


def __getattr__(name: str) -> Any:
    """Imports what notebooks use when it is first used: ranks do not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import notebook

    return getattr(notebook, name)
