"""What a script does with the streams of a described GPU, for the engine, which keeps their clocks."""

from __future__ import annotations

from typing import NamedTuple

from uniference.wire import StreamCommand


class StreamNote(NamedTuple):
    """One command to a stream."""

    command: StreamCommand
    subject: int
    """The stream or the event."""
