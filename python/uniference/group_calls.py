"""How a process group talks to the engine: what all its operations have in common."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from torch import Tensor

from uniference import kernel_costs, profiling, wire
from uniference.session import Session
from uniference.tensors import data_type_code, is_fake
from uniference.wire import ANSWERED, NO_BLOCK, NO_TIMEOUT, NO_VALUES, CollectiveCall, MessageCall
from uniference.work import SeveralWorks, UniferenceWork, nanoseconds

LIBRARIES = {"gloo": 0, "nccl": 1}
NCCL_WITH_INTRA_NODE = 2
INTRA_NODE = "ENABLE_INTRA_NODE_COMM"
"""By which users have torch's NCCL groups add up small tensors within a machine by kernels of its own."""
"""Libraries that the engine knows the algorithms of; all others are taken to work as gloo does."""


def works_on_device(library: int) -> bool:
    """Whether a library's calls take place on the accelerator."""
    return library != LIBRARIES["gloo"]


class GroupCalls:
    """A group's members and libraries, and the operations that they have under way."""

    def __init__(
        self,
        session: Session,
        name: str,
        initialization: str,
        world_ranks: Sequence[int],
        backends: Mapping[str, str],
        timeout: timedelta | None,
        is_profiled: bool = True,
    ) -> None:
        """
        Args:
            name: what the members call the group.
            initialization: tells groups of one ``init_process_group`` from those of another.
            world_ranks: the members in group order.
            backends: for each type of device the backend that the script has asked for.
            timeout: for all operations that do not have one of their own; ``None`` for none.
            is_profiled: whether profilers see the operations.
        """
        self.session = session
        self.members = len(world_ranks)
        self.timeout_ns = NO_TIMEOUT
        if timeout is not None:
            self.set_timeout(timeout)
        self._name = name
        self._initialization = initialization
        self._world_ranks = world_ranks
        self._backends = backends
        self._is_profiled = is_profiled
        self._numbers: dict[int, int] = {}
        self._coalesced: list[UniferenceWork] | None = None

    def alongside(self, purpose: str) -> GroupCalls:
        """A group of the same members whose operations are parts of others': they have an order of their own."""
        calls = GroupCalls(
            self.session, f"{self._name} ({purpose})", self._initialization, self._world_ranks, self._backends, None,
            is_profiled=False,
        )  # fmt: skip
        calls.timeout_ns = self.timeout_ns
        return calls

    def set_timeout(self, timeout: timedelta) -> None:
        """How long operations wait that have no time-out of their own."""
        self.timeout_ns = nanoseconds(timeout)

    def library(self, device_type: str) -> int:
        """Which library moves tensors of such a device: the only one there is, where none is named for it."""
        backend = self._backends.get(device_type) or next(iter(self._backends.values()), "gloo")
        library = LIBRARIES.get(backend, LIBRARIES["gloo"])
        is_intra_node = library == LIBRARIES["nccl"] and os.environ.get(INTRA_NODE) == "1"
        return NCCL_WITH_INTRA_NODE if is_intra_node else library

    def is_nccl(self, tensor: Tensor) -> bool:
        return works_on_device(self.library(tensor.device.type))

    def default_library(self) -> int:
        """The library of operations without tensors."""
        return self.library(next(iter(self._backends), "cpu"))

    def finished(self, outputs: Sequence[Tensor] = ()) -> UniferenceWork:
        """An operation that there is nothing to do for."""
        return UniferenceWork(self.session, 0, outputs, NO_TIMEOUT)

    def collective(
        self,
        call: CollectiveCall,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        options: Any,
        shown: Sequence[Tensor] | None = None,
    ) -> UniferenceWork:
        """Starts a collective and, unless the options say that it is asynchronous, waits for it.

        ``inputs`` are what this member contributes, one after another, ``outputs`` likewise what the result goes into;
        ``shown`` those whose shapes profilers are told, if not the inputs.
        """
        sample = inputs[0] if inputs else outputs[0] if outputs else None
        if sample is not None and sample.device.type == "meta":
            return self.finished(outputs)
        recorder = kernel_costs.recorder
        if recorder is not None and recorder.capture is not None:
            again = functools.partial(self.collective, call, options=options, shown=shown)
            recorder.capture.collective(again, inputs, outputs)
        is_awaited = not (options is None or options.asyncOp) and self._coalesced is None
        timeout_ns = self._timeout_ns(options)
        session = self.session
        session.enter()
        try:
            has_values = not (session.fake and sample is not None and is_fake(sample))
            is_answered = is_awaited and not session.threads.are_needed()
            flags = (ANSWERED if is_answered else 0) | (0 if has_values else NO_VALUES)
            handle = 0 if is_answered else session.new_handle()
            library = self.default_library() if sample is None else self.library(sample.device.type)
            group = self._number(library)
            name = session.name_id(call.name)
            block = session.values.contribute(inputs) if has_values else NO_BLOCK
            if timeout_ns != NO_TIMEOUT:
                call = call._replace(timeout_ns=timeout_ns)
            event = None
            if self._is_profiled:
                event = profiling.begun(call.name, works_on_device(library), inputs if shown is None else shown)
            work = UniferenceWork(session, handle, outputs, timeout_ns, event=event)
            frame = wire.collective(session.interval(), call, name, flags, group, handle, block)
            if is_answered:
                work.finish(session.ask(frame))
            else:
                session.post(frame)
                if is_awaited:
                    work.take_result(timeout_ns, called=False)
        finally:
            session.leave()
        return self._started(work)

    def send(self, tensor: Tensor, destination: int, tag: int) -> UniferenceWork:
        """Starts sending a tensor to a member."""
        return self._message(tensor, destination, tag, is_receive=False)

    def receive(self, tensor: Tensor, source: int, tag: int) -> UniferenceWork:
        """Starts receiving into a tensor from a member, or from any if ``source`` is -1."""
        return self._message(tensor, source, tag, is_receive=True)

    def _message(self, tensor: Tensor, peer: int, tag: int, is_receive: bool) -> UniferenceWork:
        if tensor.device.type == "meta":
            return self.finished()
        if (recorder := kernel_costs.recorder) is not None and recorder.capture is not None:
            raise NotImplementedError("send and recv in a CUDA graph are not simulated; leave them out of the capture")
        call = MessageCall(data_type_code(tensor.dtype), peer, tag, tensor.numel())
        session = self.session
        session.enter()
        try:
            has_values = not (session.fake and is_fake(tensor))
            flags = 0 if has_values else NO_VALUES
            handle = session.new_handle()
            library = self.library(tensor.device.type)
            group = self._number(library)
            event = profiling.begun_message(
                is_receive, self._world_ranks.index(session.rank), peer, works_on_device(library), tensor
            )
            if is_receive:
                work = UniferenceWork(session, handle, (tensor,), self.timeout_ns, is_receive=True, event=event)
                session.post(wire.receive(session.interval(), call, flags, group, handle))
            else:
                work = UniferenceWork(session, handle, (), self.timeout_ns, event=event)
                block = session.values.contribute((tensor,)) if has_values else NO_BLOCK
                session.post(wire.send(session.interval(), call, flags, group, handle, block))
        finally:
            session.leave()
        return self._started(work)

    def start_coalescing(self) -> None:
        """Operations are from now on started together, as between NCCL's group start and group end."""
        self._coalesced = []

    def end_coalescing(self) -> UniferenceWork:
        """All operations since `start_coalescing` as one."""
        works, self._coalesced = self._coalesced or [], None
        return SeveralWorks(self.session, works)

    def _started(self, work: UniferenceWork) -> UniferenceWork:
        if self._coalesced is not None:
            self._coalesced.append(work)
        return work

    def _timeout_ns(self, options: Any) -> int:
        given = None if options is None else options.timeout
        return nanoseconds(given) if given is not None and given > timedelta(0) else self.timeout_ns

    def _number(self, library: int) -> int:
        """The engine's number of this group with a library; the engine is told at the first use. Needs the session."""
        number = self._numbers.get(library)
        if number is None:
            number = self._numbers[library] = self.session.define_group(
                self._name, self._initialization, library, self._world_ranks
            )
        return number
