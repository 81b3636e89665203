"""The functions of Python's library that a rank's virtual time replaces, as they were before.

The package's own waits and clocks are of the real world. They take these, whatever ``time``, ``threading`` and
``signal`` hold by now; nothing may have been replaced when this module is imported.
"""

from __future__ import annotations

import asyncio
import selectors
import signal
import threading
import time

monotonic = time.monotonic
sleep = time.sleep

condition_wait = threading.Condition.wait
event_wait = threading.Event.wait
join = threading.Thread.join
select = selectors.DefaultSelector.select
loop_time = asyncio.BaseEventLoop.time

setitimer = signal.setitimer
getitimer = signal.getitimer
