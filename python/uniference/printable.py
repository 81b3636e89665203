"""Text that comes from a path or a script and is about to be shown on a terminal."""

from __future__ import annotations

import re

# C0, DEL and C1; line and paragraph separators; marks that turn the direction of writing; bytes that were no text.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def printable(text: object) -> str:
    """The text in one line, with what a terminal would obey written as escapes."""
    return _OBEYED.sub(lambda match: _SHORT.get(match[0], f"\\u{{{ord(match[0]):X}}}"), str(text))
