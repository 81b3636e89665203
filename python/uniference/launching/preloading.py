"""What is imported before the ranks are forked, so that it is imported once."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator


def preload(script: str) -> None:
    """Imports the modules of torch that the script names in its import statements, wherever these stand.

    Only torch's own: others might do something on import that each rank has to do for itself. What cannot be read or
    imported is left to the script to fail at.
    """
    try:
        with open(script, encoding="utf-8") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return
    for name in imported_modules(tree):
        if name.startswith("torch.") and name not in sys.modules:
            try:
                importlib.import_module(name)
            except Exception:
                continue


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Full names of the modules in ``import a.b`` and ``from a.b import c``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
