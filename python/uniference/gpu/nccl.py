"""``ProcessGroupNCCL``, which torch has in builds for CUDA: what scripts say to it, and tell groups apart by."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import torch.distributed as dist
from torch._C._distributed_c10d import Backend
from torch.distributed import distributed_c10d

DEFAULT_TIMEOUT = timedelta(minutes=10)
"""``c10d::kProcessGroupNCCLDefaultTimeout``."""

base: Any = Backend.Options


class Options(base):  # type: ignore[misc]
    """``ProcessGroupNCCL.Options``. NCCL's own choices are made by the described cluster."""

    def __init__(self, is_high_priority_stream: bool = False) -> None:
        super().__init__("nccl", DEFAULT_TIMEOUT)
        self.is_high_priority_stream = is_high_priority_stream
        self.config = SimpleNamespace(
            blocking=-1, cga_cluster_size=-1, min_ctas=-1, max_ctas=-1, net_name=None, split_share=-1
        )
        self.split_from: Any = None
        self.split_color = 0


class ProcessGroupNCCL:
    """Stands for torch's class, of which there are no instances: groups are simulated."""

    Options = Options

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        raise NotImplementedError(
            "ProcessGroupNCCL is not made directly in simulation; use init_process_group('nccl') or new_group"
        )


def install() -> None:
    """Has programs find NCCL's class and its options."""
    module: Any = distributed_c10d
    module._NCCL_AVAILABLE = True
    package: Any = dist
    package.ProcessGroupNCCL = module.ProcessGroupNCCL = ProcessGroupNCCL
    constants: Any = dist.constants
    module.default_pg_nccl_timeout = constants.default_pg_nccl_timeout = DEFAULT_TIMEOUT
