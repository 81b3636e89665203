"""Which kernels a compiled program is: the fusion of a region's operations, by the rules of torch's compiler.

The rule, after Inductor's scheduler:

* Element-wise operations (also casts, copies, concatenations, random numbers, lookups of rows and elements) and
  reductions are generated code. All others, such as matrix products, attention and sorting, are kernels of libraries.
* Generated operations are one kernel with those whose results they read, and with those of equal size that read the
  same memory, unless a library's kernel has to run in between. The result of a reduction over more than 65 536 elements
  is known only when its kernel has ended.
* A kernel reads what its operations read and none of them has written, and writes what others read or what is left when
  the region ends. What is only kept for the backward pass is computed again there rather than written, if it is
  element-wise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from uniference.kernel_shapes import KernelShape
from uniference.operations import Operation
from uniference.traffic import PICKING, Access, element_bytes

if TYPE_CHECKING:
    from uniference.operations import KnownCall

ELEMENT_WISE = frozenset(
    {"_to_copy", "copy_", "_copy_from", "cat", "stack", "fill_", "zero_", "full", "full_like", "new_full", "zeros",
     "zeros_like", "new_zeros", "ones", "ones_like", "new_ones", "scalar_tensor", "arange", "eye", "masked_fill_",
     "floor_divide", "polar", "tril", "triu", "constant_pad_nd", "slice_backward", "select_backward", "repeat", "roll",
     "flip", "exponential_", "bernoulli_", "uniform_", "normal_", "random_", "rand", "randn", "rand_like", "randn_like",
     "randint", "native_dropout", "native_dropout_backward", "nll_loss_forward", "nll_loss_backward", "select_scatter",
     "slice_scatter", "index_put_", "_index_put_impl_", "index_put", "scatter_", "scatter", "index_copy_",
     "index_fill_", *PICKING}
)  # fmt: skip
"""Operations without torch's tag for element-wise ones that are generated as such."""

REDUCTIONS = frozenset(
    {"_softmax", "_log_softmax", "_softmax_backward_data", "_log_softmax_backward_data", "native_layer_norm",
     "native_layer_norm_backward", "_fused_rms_norm", "_fused_rms_norm_backward", "native_group_norm", "var_mean",
     "linalg_vector_norm", "_foreach_norm", "native_batch_norm", "mse_loss"}
)  # fmt: skip
"""Operations without torch's tag for reductions that are generated as such."""

LARGEST_ROW = 65_536
"""So many elements one block of threads reduces, whose result the same kernel can go on with."""

GENERATED_KINDS = 4
"""A fused kernel's name has so many operations' names at most."""


@dataclass(frozen=True)
class Kind:
    """What the compiler makes of an operation."""

    is_generated: bool
    is_reduction: bool = False


LIBRARY = Kind(False)
ELEMENT_WISE_KIND = Kind(True)
REDUCTION_KIND = Kind(True, True)


def kind_of(function: Any) -> Kind:
    """See `Kind`."""
    name = function._overloadpacket.__name__
    tags = getattr(function, "tags", ())
    if torch.Tag.pointwise in tags or name in ELEMENT_WISE:
        return ELEMENT_WISE_KIND
    if torch.Tag.reduction in tags or name in REDUCTIONS:
        return REDUCTION_KIND
    # The compiler takes the lists of optimizers apart into element-wise operations.
    return ELEMENT_WISE_KIND if name.startswith("_foreach_") else LIBRARY


class Place(NamedTuple):
    """Where among arguments and results of a call a tensor is."""

    source: int
    """0 arguments, 1 keywords, 2 results."""
    key: Any
    """Its position or name."""
    entry: int
    """In a list of tensors; -1 for a tensor by itself."""

    @property
    def is_new(self) -> bool:
        """Whether the call has made the tensor."""
        return self.source == 2

    def tensor(self, arguments: Any, keywords: Any, result: Any) -> Tensor:
        """The tensor of a call."""
        if self.source == 2:
            value = result[self.key] if isinstance(result, tuple) else result
        else:
            value = keywords[self.key] if self.source == 1 else arguments[self.key]
        return value if self.entry < 0 else value[self.entry]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class StepPlan:
    """What calls of one signature are as a part of a region: everything but which memory they read and write."""

    operation: Operation
    kind: Kind
    reads: list[tuple[Place, float]]
    """Tensors with the bytes that are read of them."""
    writes: list[tuple[Place, float]]
    elements: int
    """Of the largest tensor."""
    is_barrier: bool
    """Whether its result is known only when its kernel has ended."""
    is_dense: bool
    """Whether all tensors have one memory each."""

    @staticmethod
    def of(known: KnownCall, arguments: Any, keywords: Any, result: Any) -> StepPlan:
        """The plan of a call that concerns the device."""
        assert known.operation is not None
        access = Access.of(known.function, arguments, keywords, result)
        places = {id(tensor): place for place, tensor in places_of(arguments, keywords, result)}
        tensors = [*access.read, *access.written]
        dense = all(is_dense(tensor) and id(tensor) in places for tensor in tensors)
        largest = max((tensor.numel() for tensor in tensors), default=0)
        row = largest / max(1, sum(tensor.numel() for tensor in access.written))
        kind = kind_of(known.function)
        reads, writes = [], []
        if dense:
            reads = [(places[id(tensor)], read_bytes(access, place)) for place, tensor in enumerate(access.read)]
            writes = [(places[id(tensor)], written_bytes(access, tensor)) for tensor in access.written]
        is_barrier = kind.is_reduction and row > LARGEST_ROW
        return StepPlan(known.operation, kind, reads, writes, largest, is_barrier, dense)

    def step(self, reads: list[int], writes: list[int]) -> Step:
        """The step that reads and writes these storages."""
        read: dict[int, float] = {}
        for key, (_, size) in zip(reads, self.reads):
            read[key] = max(read.get(key, 0.0), size)
        written: dict[int, float] = {}
        for key, (_, size) in zip(writes, self.writes):
            written[key] = written.get(key, 0.0) + size
        return Step(self.operation, self.kind, read, written, self.elements, self.is_barrier)


class Step(NamedTuple):
    """One operation of a region, with the memory that it reads and writes: bytes by storage."""

    operation: Operation
    kind: Kind
    reads: dict[int, float]
    writes: dict[int, float]
    elements: int
    is_barrier: bool


def places_of(arguments: Any, keywords: Any, result: Any) -> Iterator[tuple[Place, Tensor]]:
    """All tensors of a call; those of arguments last, which results can be."""
    results = result if isinstance(result, tuple) else (result,)
    sources: list[tuple[int, Iterable[tuple[int | str, Any]]]] = [
        (2, enumerate(results)),
        (1, keywords.items()),
        (0, enumerate(arguments)),
    ]
    for source, values in sources:
        for key, value in values:
            if isinstance(value, Tensor):
                yield Place(source, key, -1), value
            elif isinstance(value, (list, tuple)):
                for entry, each in enumerate(value):
                    if isinstance(each, Tensor):
                        yield Place(source, key, entry), each


def read_bytes(access: Access, place: int) -> float:
    """Bytes read of a tensor; of a table from which rows are picked only as much as is picked."""
    if place == 0 and access.name in PICKING:
        return float(sum(element_bytes(written) for written in access.written))
    return float(element_bytes(access.read[place]))


def written_bytes(access: Access, tensor: Tensor) -> float:
    """Bytes written of a tensor."""
    if access.placement is not None:
        return float(access.placement.elements * tensor.element_size())
    return float(element_bytes(tensor))


def storage_key(tensor: Tensor) -> int:
    """Tells memory apart, as long as somebody holds a reference to it."""
    return int(tensor.untyped_storage()._cdata)


def is_dense(tensor: Tensor) -> bool:
    """Whether a tensor has one memory of its own."""
    return tensor.layout is torch.strided


@dataclass
class Group:
    """Steps that are one kernel."""

    level: int
    first: int
    elements: int
    steps: list[Step] = field(default_factory=list)
    into: Group | None = None
    """What it has become a part of."""

    def found(self) -> Group:
        """The group that it is a part of by now."""
        group = self
        while group.into is not None:
            group = group.into
        return group


class Fusion:
    """Takes the steps of a region in order and gives its kernels."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._library: list[tuple[int, int, Step]] = []
        """Kernels of libraries: level of what they read, place, step."""
        self._count = 0
        self._levels: dict[int, int] = {}
        """By storage, after how many kernels of libraries, one behind the other, what it holds is there."""
        self._read_levels: dict[int, int] = {}
        """By storage, the level behind which nobody reads what it holds any more."""
        self._writers: dict[int, Group] = {}
        self._readers: dict[int, list[Group]] = {}
        """By storage, the groups that have read it since it was last written to."""

    def add(self, step: Step) -> None:
        """Takes the next operation."""
        level = max(
            (self._levels.get(key, 0) for key in [*step.reads, *step.writes]),
            default=0,
        )
        level = max([level, *(self._read_levels.get(key, 0) for key in step.writes)])
        self._count += 1
        if not step.kind.is_generated:
            self._library.append((level, self._count, step))
            for key in step.reads:
                self._read_levels[key] = max(self._read_levels.get(key, 0), level + 1)
            for key in step.writes:
                self._levels[key] = level + 1
                self._writers.pop(key, None)
            return
        group = self._group_for(step, level)
        group.steps.append(step)
        group.elements = max(group.elements, step.elements)
        for key in step.reads:
            readers = self._readers.setdefault(key, [])
            if not readers or readers[-1] is not group:
                readers.append(group)
            self._read_levels[key] = max(self._read_levels.get(key, 0), level)
        for key in step.writes:
            self._levels[key] = level + 1 if step.is_barrier else level
            self._writers[key] = group
            self._readers[key] = []

    def _group_for(self, step: Step, level: int) -> Group:
        # What has to run before: who wrote what it reads, and who wrote or read what it writes.
        candidates = [self._writers.get(key) for key in [*step.reads, *step.writes]]
        candidates += [reader for key in step.writes for reader in self._readers.get(key, ())]
        sharing = [reader for key in step.reads for reader in self._readers.get(key, ())]
        found: Group | None = None
        for place, candidate in enumerate([*candidates, *sharing]):
            if candidate is None:
                continue
            group = candidate.found()
            if group.level != level or group is found:
                continue
            if place >= len(candidates) and group.elements != step.elements:
                continue
            found = group if found is None else merged(found, group)
        if found is None:
            found = Group(level, self._count, step.elements)
            self._groups.append(found)
        return found

    def kernels(self, is_needed: Callable[[int, bool], bool]) -> Iterator[Operation]:
        """The kernels, in an order in which they can run.

        ``is_needed``: whether what a storage holds is needed after the region, if it is element-wise or not.
        """
        groups = [group for group in self._groups if group.into is None]
        readers = last_readers(groups, [step for _, _, step in self._library])
        entries = [((2 * group.level, group.first), group.steps) for group in groups]
        entries += [((2 * level + 1, place), [step]) for level, place, step in self._library]
        entries.sort(key=lambda entry: entry[0])
        for _, steps in entries:
            yield kernel(steps, readers, is_needed)


def merged(group: Group, other: Group) -> Group:
    """One group of two."""
    first, second = (group, other) if group.first <= other.first else (other, group)
    second.into = first
    first.steps += second.steps
    first.elements = max(first.elements, second.elements)
    second.steps = []
    return first


def last_readers(groups: Iterable[Group], library: Iterable[Step]) -> dict[int, set[int]]:
    """By storage, the kernels that read it: groups and steps by their identity."""
    readers: dict[int, set[int]] = {}
    for group in groups:
        for step in group.steps:
            for key in step.reads:
                readers.setdefault(key, set()).add(id(group.steps))
    for step in library:
        for key in step.reads:
            readers.setdefault(key, set()).add(id(step))
    return readers


def kernel(steps: list[Step], readers: dict[int, set[int]], is_needed: Callable[[int, bool], bool]) -> Operation:
    """The kernel that steps are together."""
    if len(steps) == 1 and not steps[0].kind.is_generated:
        return steps[0].operation
    own: dict[int, float] = {}
    element_wise: dict[int, bool] = {}
    reads: dict[int, float] = {}
    for step in steps:
        for key, size in step.reads.items():
            if key not in own:
                reads[key] = max(reads.get(key, 0.0), size)
        for key, size in step.writes.items():
            own[key] = max(own.get(key, 0.0), size)
            element_wise[key] = not step.kind.is_reduction
    written = sum(
        size for key, size in own.items() if readers.get(key, set()) - {id(steps)} or is_needed(key, element_wise[key])
    )
    first = steps[0].operation
    if len(steps) == 1:
        return replace(first, bytes_read=sum(reads.values()), bytes_written=written)
    names = list(dict.fromkeys(step.operation.name for step in steps))
    name = "fused_" + "_".join(names[:GENERATED_KINDS]) + ("_etc" if len(names) > GENERATED_KINDS else "")
    return Operation(
        name, first.data_type, math.fsum(step.operation.flops for step in steps), sum(reads.values()), written,
        KernelShape(),
    )  # fmt: skip


class LiveStorages:
    """What storages are still there when a region ends."""

    def __init__(self) -> None:
        self._seen: dict[int, StorageWeakRef] = {}
        self._made: set[int] = set()

    def note(self, tensor: Tensor, is_new: bool = False) -> int:
        """Takes down a tensor's storage, whose address is nobody else's from then on, and gives its key."""
        storage = tensor.untyped_storage()
        key = int(storage._cdata)
        if key not in self._seen:
            self._seen[key] = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
            if is_new:
                self._made.add(key)
        return key

    def is_needed(self, key: int, is_element_wise: bool, outputs: set[int] | None) -> bool:
        """Whether a storage is needed later.

        ``outputs``: storages of what the region's function has returned; ``None`` where that is not known, as in the
        middle of it and in a backward pass.
        """
        reference = self._seen.get(key)
        if reference is None or reference.expired():  # type: ignore[no-untyped-call]
            return False
        if key not in self._made or outputs is None or not is_element_wise:
            return True
        return key in outputs
