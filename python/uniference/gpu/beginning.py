"""Has torch find described GPUs: what has to be done before it is imported, and after."""

from __future__ import annotations

import logging
import sys

from uniference.gpu import library as native
from uniference.gpu.bindings import BeforeTorchCuda, Bindings
from uniference.gpu.description import Description


class DescribedGPUs:
    """The GPUs that this process and those that are forked from it see."""

    def __init__(self, description: Description) -> None:
        """To be made before torch is imported. Raises `build.CannotBuild` or ``OSError``."""
        self.description = description
        self.library = native.load()
        self.library.uniference_gpu_describe(
            description.count, description.total_memory_bytes, description.context_bytes
        )
        self._bindings = Bindings(self.library, description)
        sys.meta_path.insert(0, BeforeTorchCuda(self._bindings))

    def finish(self) -> None:
        """To be called once torch has been imported."""
        import torch

        from uniference.gpu import graphs, nccl, pinning, storages, triton

        self.library.uniference_gpu_register()
        self._bindings.finish()
        storages.install(self.library)
        pinning.install()
        graphs.install()
        nccl.install()
        triton.install()
        # Torch would run the backward pass of each device in a thread of its own; here they share the rank's clock.
        torch.autograd.set_multithreading_enabled(False)
        # It warns that there is no triton, which a described GPU has no use for.
        logging.getLogger("torch.utils.flop_counter").setLevel(logging.ERROR)
        global current
        current = self


current: DescribedGPUs | None = None
"""What this process's torch has, if anything."""
