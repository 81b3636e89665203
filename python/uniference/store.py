"""The key-value store of a rendezvous, kept by the engine, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import torch.distributed as dist
from torch._C._distributed_c10d import Store

from uniference import wire
from uniference.answers import Result
from uniference.session import Session
from uniference.wire import NO_TIMEOUT, StoreCall, StoreOperation
from uniference.work import nanoseconds

Value = str | bytes | Sequence[int]


class EngineStore(Store):
    """What ``TCPStore`` and ``FileStore`` are for process groups, without a server.

    Torch's C++ code, `dist.PrefixStore` among it, calls these methods by the same names and passes values as lists of
    bytes.
    """

    def __init__(self, session: Session, namespace: str) -> None:
        """Ranks that give the same ``namespace`` share the store."""
        super().__init__()
        self._session = session
        self._namespace = namespace
        self._timeout_ns = NO_TIMEOUT

    def set(self, key: str, value: Value) -> None:
        self._ask(self._call(StoreOperation.SET, key)._replace(value=as_bytes(value)))

    def get(self, key: str) -> bytes:
        """The key's value, once it is there."""
        return self._ask_bytes(self._call(StoreOperation.GET, key)._replace(timeout_ns=self._timeout_ns))

    def add(self, key: str, value: int) -> int:
        """Adds to a number, 0 where there is none; the sum."""
        result = self._ask(self._call(StoreOperation.ADD, key)._replace(delta=value))
        return result if isinstance(result, int) else 0

    def compare_set(self, key: str, expected_value: Value, desired_value: Value) -> bytes:
        """Sets the key if it has the expected value, or is not there and none is expected; its value afterwards."""
        call = self._call(StoreOperation.COMPARE_SET, key)
        return self._ask_bytes(call._replace(value=as_bytes(desired_value), expected=as_bytes(expected_value)))

    def wait(self, keys: Sequence[str], timeout: timedelta | None = None) -> None:
        """Waits until all keys are there."""
        timeout_ns = self._timeout_ns if timeout is None else nanoseconds(timeout)
        self._ask(self._call(StoreOperation.WAIT, *keys)._replace(timeout_ns=timeout_ns))

    def check(self, keys: Sequence[str]) -> bool:
        return bool(self._ask(self._call(StoreOperation.CHECK, *keys)))

    def delete_key(self, key: str) -> bool:
        return bool(self._ask(self._call(StoreOperation.DELETE, key)))

    deleteKey = delete_key  # noqa: N815

    def num_keys(self) -> int:
        result = self._ask(self._call(StoreOperation.COUNT))
        return result if isinstance(result, int) else 0

    getNumKeys = num_keys  # noqa: N815

    def append(self, key: str, value: Value) -> None:
        self._ask(self._call(StoreOperation.APPEND, key)._replace(value=as_bytes(value)))

    def multi_get(self, keys: Sequence[str]) -> list[bytes]:
        return [self.get(key) for key in keys]

    def multi_set(self, keys: Sequence[str], values: Sequence[Value]) -> None:
        for key, value in zip(keys, values):
            self.set(key, value)

    def list_keys(self) -> list[str]:
        result = self._ask(self._call(StoreOperation.LIST_KEYS))
        return [str(key) for key in result] if isinstance(result, list) else []

    def has_extended_api(self) -> bool:
        return True

    def set_timeout(self, timeout: timedelta) -> None:
        """How long ``get`` and ``wait`` wait, in virtual time. Torch's usual time-out is none: deadlocks are found."""
        self._timeout_ns = NO_TIMEOUT if timeout == dist.default_pg_timeout else nanoseconds(timeout)

    @property
    def timeout(self) -> timedelta:
        if self._timeout_ns == NO_TIMEOUT:
            return dist.default_pg_timeout
        return timedelta(microseconds=self._timeout_ns / 1000)

    def clone(self) -> EngineStore:
        return EngineStore(self._session, self._namespace)

    def _call(self, operation: StoreOperation, *keys: str) -> StoreCall:
        return StoreCall(operation, self._namespace, keys)

    def _ask(self, call: StoreCall) -> Result:
        self._session.enter()
        try:
            if call.operation in (StoreOperation.GET, StoreOperation.WAIT) and self._session.threads.are_needed():
                self._await_keys(call)
            return self._session.ask(wire.store(self._session.interval(), call)).result
        except dist.DistBackendError as error:
            raise dist.DistStoreError(str(error)) from None
        finally:
            self._session.leave()

    def _await_keys(self, call: StoreCall) -> None:
        session = self._session
        handle = session.new_handle()
        session.post(wire.expect(session.interval(), handle, call.namespace, call.keys))
        session.threads.await_end(handle, call.timeout_ns, called=False)
        session.ask(wire.wait(session.interval(), handle, call.timeout_ns))

    def _ask_bytes(self, call: StoreCall) -> bytes:
        result = self._ask(call)
        return result if isinstance(result, bytes) else b""


def as_bytes(value: Value) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
