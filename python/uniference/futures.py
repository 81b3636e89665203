"""Futures of operations under way.

In simulation nothing happens to a rank while it computes: an operation's result comes when its rank asks for it. With
gloo and NCCL another thread completes an operation's future meanwhile, and code waits for futures in many ways, some of
them in C++ (``Reducer``, ``torch.futures.collect_all``, the future that a communication hook returns) where nobody
would ask. Three things see to it that every future is completed:

* futures of operations, and those that ``then`` makes of them, ask for their own operation when they are waited for;
* waiting for any other future of torch first completes those under way, in the order in which they were started;
* where a rank waits in any other way (for an event that a callback sets, say) `Attendant` notices that the process does
  nothing, and completes them one after another.
"""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable
from typing import Any, Protocol

import torch

from uniference import timed_waits

CHECK_SECONDS = 0.05
"""How often it is looked at whether the process does anything, while futures are under way."""

IDLE_SHARE = 0.1
"""A process that uses less of the processor than this does nothing: the looking itself takes some."""

IDLE_CHECKS = 3
"""After so many looks in a row at which it has done nothing, a process is taken to wait."""

_process_time_ns = time.process_time_ns
_torch_wait = torch._C.Future.wait
_torch_done = torch._C.Future.done


class Awaited(Protocol):
    """An operation that has a future, which it completes when it has ended."""

    _outputs: Any

    def wait(self) -> Any:
        """Waits until it has ended and raises what it has failed with."""

    def try_wait(self) -> None:
        """As `wait`, unless the rank is waiting for the engine already."""

    def is_completed(self) -> bool:
        """Whether it has ended."""


class LateFuture(torch.futures.Future):  # type: ignore[type-arg]
    """A future that nobody completes before somebody asks."""

    def value(self) -> Any:
        self.wait()
        return super().value()

    def then(self, callback: Any) -> Any:
        return DependentFuture(self, super().then(callback))


class WorkFuture(LateFuture):
    """The future of an operation: completed by whoever first needs it."""

    def __new__(cls, work: Awaited) -> WorkFuture:
        return super().__new__(cls)

    def __init__(self, work: Awaited) -> None:
        super().__init__()
        self.work = work

    def complete(self) -> None:
        """The operation has ended; its tensors are the value."""
        _under_way.pop(id(self), None)
        if not _torch_done(self):
            self.set_result(list(self.work._outputs))

    def fail(self, error: Exception) -> None:
        """The operation has ended with an error."""
        _under_way.pop(id(self), None)
        if not _torch_done(self):
            self.set_exception(error)

    def done(self) -> bool:
        return bool(_torch_done(self)) or self.work.is_completed()

    def wait(self) -> Any:
        if not _torch_done(self):
            self.work.wait()
        return _torch_wait(self)


class DependentFuture(LateFuture):
    """What a callback makes of another future's value."""

    def __new__(cls, source: Any, future: Any) -> DependentFuture:
        return super().__new__(cls)

    def __init__(self, source: Any, future: Any) -> None:
        super().__init__()
        self._source = source
        future.add_done_callback(self._take)

    def _take(self, future: Any) -> None:
        try:
            self.set_result(future.value())
        except Exception as error:
            self.set_exception(error)

    def done(self) -> bool:
        return self._source.done() and _torch_done(self)

    def wait(self) -> Any:
        self._source.wait()
        return _torch_wait(self)


_under_way: dict[int, WorkFuture] = {}
"""Futures that are not completed, in the order in which they were made. They live here, since C++ code may hold the
only other reference, which keeps no Python object alive."""


def expect(future: WorkFuture) -> None:
    """Has the future completed by whatever is waited for."""
    _under_way[id(future)] = future
    attendant.watch()


def forget_all() -> None:
    """No operation will end any more: the rank has left its world."""
    _under_way.clear()


def wait(future: Any) -> Any:
    """Stands for ``torch._C.Future.wait``: what the future may depend on is completed first."""
    while not _torch_done(future) and complete_first(lambda work: work.wait()):
        pass
    return _torch_wait(future)


def done(future: Any) -> bool:
    """Stands for ``torch._C.Future.done``: what has ended by now is noticed."""
    if not _torch_done(future):
        for other in list(_under_way.values()):
            other.work.is_completed()
    return bool(_torch_done(future))


def complete_first(wait_for: Callable[[Awaited], Any]) -> bool:
    """Waits for the operation that has been under way for longest, if there is one, which it returns. An error is its
    future's."""
    future = next(iter(_under_way.values()), None)
    if future is None:
        return False
    try:
        wait_for(future.work)
    except Exception as error:
        future.fail(error)
    return True


class Attendant:
    """Completes futures for a process that waits for them without asking."""

    def __init__(self) -> None:
        self._is_running = False
        self._lock = _thread.allocate_lock()

    def watch(self) -> None:
        """There is a future to be completed."""
        with self._lock:
            if not self._is_running:
                self._is_running = True
                _thread.start_new_thread(self._attend, ())

    def after_fork(self) -> None:
        """The thread has stayed in the parent process, and so have the operations."""
        self.__init__()  # type: ignore[misc]
        forget_all()

    def _attend(self) -> None:
        pause = _thread.allocate_lock()
        pause.acquire()
        idle = 0
        while self._is_needed():
            start_ns = _process_time_ns()
            pause.acquire(timeout=CHECK_SECONDS)
            is_idle = _process_time_ns() - start_ns < IDLE_SHARE * CHECK_SECONDS * 1e9
            idle = idle + 1 if is_idle else 0
            if idle == IDLE_CHECKS:
                idle = 0
                complete_first(lambda work: work.try_wait())

    def _is_needed(self) -> bool:
        with self._lock:
            self._is_running = bool(_under_way)
            return self._is_running


attendant = Attendant()


def install() -> None:
    """Has torch's futures complete the operations that they may depend on."""
    future_class: Any = torch._C.Future
    future_class.wait = wait
    future_class.done = done
    # Callbacks of futures under way may set an event.
    timed_waits.may_be_ended.append(lambda: bool(_under_way))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=attendant.after_fork)
