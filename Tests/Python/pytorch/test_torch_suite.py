"""PyTorch's own tests of process groups pass in simulation as they do under gloo."""

from __future__ import annotations

import pathlib
import shutil

import pytest

RANKS = 3

NAMES = (
    "test_DistributedDataParallelCPU_grad_is_view", "test_accumulate_gradients_no_sync_allreduce_with_then_hook",
    "test_all_gather_coalesced_complex", "test_all_gather_full_group", "test_all_gather_object_subgroup",
    "test_all_reduce_coalesced_max", "test_all_reduce_complex_unsupported_ops", "test_all_reduce_product",
    "test_all_reduce_sum_async", "test_barrier_full_group", "test_barrier_timeout_full_group",
    "test_batch_isend_irecv_gloo_tags", "test_broadcast_full_group", "test_ddp_create_graph",
    "test_ddp_logging_data_cpu", "test_destroy_group", "test_gather_checks", "test_get_future", "test_get_rank",
    "test_get_rank_size_group", "test_isend_autograd_profiler", "test_monitored_barrier_gloo_rank_0_timeout",
    "test_monitored_barrier_gloo_subgroup", "test_reduce_min", "test_reduce_sum_twice", "test_scatter_complex",
    "test_scatter_object_list", "test_send_recv_any_source_autograd_profiler", "test_send_recv_torch_profiler",
    "test_send_recv_with_tag_torch_profiler", "test_sparse_all_reduce_sum", "test_static_graph_api_cpu",
)  # fmt: skip
"""A third of those that gloo passes on CPUs with three ranks: one of each kind."""


@pytest.mark.parametrize("options", [(), ("--real-clock",)], ids=["virtual clock", "real clock"])
def test_torchs_own_tests_pass(run, options):
    script = run.folder / "torch_suite.py"
    shutil.copy(pathlib.Path(__file__).parent / "torch_suite.py", script)
    done = run(RANKS, script, *NAMES, options=options, timeout=600)
    assert done.code == 0, done.errors
    for rank in range(RANKS):
        assert done.lines(rank) == [f"{name} ok" for name in NAMES], done.errors
