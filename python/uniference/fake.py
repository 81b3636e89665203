"""Tensors without values, for models larger than this machine: ``uniference run --fake --compute roofline``.

The whole script runs under torch's ``FakeTensorMode``: tensors have shapes and types, operations infer theirs, and
nothing is computed. Modules are built, copied, converted, sharded and trained as ever; collectives carry sizes. What
depends on a tensor's values (``item()``, a branch on a tensor) is an error that says so.

What torch itself needs values for stays true: objects that ranks send one another, device meshes, and the order in
which data are drawn.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed as dist
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
    unset_fake_temporarily,
)

from uniference.functional import NAMESPACE, FunctionalCollectives

OBJECT_COLLECTIVES = (
    "all_gather_object", "gather_object", "broadcast_object_list", "scatter_object_list", "send_object_list",
    "recv_object_list",
)  # fmt: skip

MESH_METHODS = ("__init__", "__getitem__", "_flatten", "_unflatten")
"""Methods of ``DeviceMesh`` that make meshes."""

_replaced: list[tuple[Any, str, Any]] = []


class MissingValues(DataDependentOutputException, DynamicOutputShapeException):
    """The script asked for a tensor's values."""

    def __str__(self) -> str:
        asked = str(self.func)
        if asked == "aten._local_scalar_dense.default":
            asked = "item(), tolist(), or a tensor as a condition or an index,"
        return (
            f"{asked} needs a tensor's values, and with --fake tensors have none; leave that part out of a run that is "
            f"only timed, or run a smaller model without --fake"
        )


class ValuelessMode(FakeTensorMode):  # type: ignore[no-untyped-call]
    """Torch's mode of fake tensors, with errors for the script's author."""

    def __init__(self) -> None:
        super().__init__(allow_non_fake_inputs=True)
        self._functional = FunctionalCollectives()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch would have to import its compiler, in each rank, to keep it away from this class.
        return False

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        keywords = keywords or {}
        check_device(keywords.get("device"))
        try:
            result = self.dispatch(function, types, arguments, keywords)
        except (DataDependentOutputException, DynamicOutputShapeException) as error:
            raise MissingValues(error.func) from None
        if function.namespace == NAMESPACE:
            self._functional.called(function, arguments, result)
        return result


def check_device(device: torch.device | None) -> None:
    """Raises ``RuntimeError`` for CUDA where torch is built without it: autograd would end the process there."""
    if device is not None and device.type == "cuda" and not torch.cuda._is_compiled():
        raise RuntimeError(
            f"torch has been built without CUDA here, so it has no tensors on {device}, not even with --fake; use the "
            f"device cpu: operations are charged to the device that the cluster describes in any case"
        )


def begin() -> None:
    """Makes every tensor fake that is made from now on."""
    end()
    # Torch's own `deepcopy` and others ask fake tensors for it, to no effect.
    warnings.filterwarnings("ignore", "Accessing the data pointer of FakeTensor")
    mode = ValuelessMode()
    mode.__enter__()
    for name in OBJECT_COLLECTIVES:
        _replace_in_torch(name, getattr(dist, name), on_true_tensors(getattr(dist, name)))
    make_mesh = dist.device_mesh.init_device_mesh
    _replace_in_torch("init_device_mesh", make_mesh, on_true_tensors(make_mesh))
    for name in MESH_METHODS:
        method = getattr(dist.device_mesh.DeviceMesh, name)
        _replace(dist.device_mesh.DeviceMesh, name, on_true_tensors(method))
    _replace(torch.utils, "swap_tensors", exchange)
    # It compares shapes by their values in tensors, in C++.
    _replace(torch.nn.parallel.distributed, "_verify_param_shape_across_processes", lambda *arguments: None)
    _draw_true_samples()
    _replaced.append((mode, "", None))


def end() -> None:
    """Ends what `begin` began."""
    while _replaced:
        owner, name, former = _replaced.pop()
        if isinstance(owner, ValuelessMode):
            owner.__exit__(None, None, None)
        else:
            setattr(owner, name, former)


def mode() -> FakeTensorMode | None:
    """The mode by which tensors are fake now, if they are."""
    found = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE)
    return found if isinstance(found, FakeTensorMode) else None


def on_true_tensors(function: Any) -> Any:
    """The function, with tensors that have values inside."""

    @functools.wraps(function)
    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        with unset_fake_temporarily():
            return function(*arguments, **keywords)

    return wrapped


def exchange(first: torch.Tensor, second: torch.Tensor) -> None:
    """``torch.utils.swap_tensors`` for what ``Module.to`` does to fake parameters. The original refuses tensors that
    weak references point to, which are here those of the mode's memory of tensors that it has converted."""
    first.__class__, second.__class__ = second.__class__, first.__class__
    first.__dict__, second.__dict__ = second.__dict__, first.__dict__
    torch._C._swap_tensor_impl(first, second)


def _draw_true_samples() -> None:
    from torch.utils.data import DistributedSampler, RandomSampler, dataloader

    for sampler in (RandomSampler, DistributedSampler):
        _replace(sampler, "__iter__", drawn_at_once(sampler.__iter__))
    iterator = dataloader._BaseDataLoaderIter
    _replace(iterator, "__init__", on_true_tensors(iterator.__init__))


def drawn_at_once(draw: Any) -> Any:
    """A sampler's ``__iter__`` that has drawn all indices, with true tensors, before it gives the first."""

    @functools.wraps(draw)
    def wrapped(sampler: Any) -> Iterator[int]:
        with unset_fake_temporarily():
            return iter(list(draw(sampler)))

    return wrapped


def _replace_in_torch(name: str, former: Any, value: Any) -> None:
    """Replaces a function wherever modules of torch have imported it by its name."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("torch.distributed") and vars(module).get(name) is former:
            _replace(module, name, value)


def _replace(owner: Any, name: str, value: Any) -> None:
    _replaced.append((owner, name, getattr(owner, name)))
    setattr(owner, name, value)
