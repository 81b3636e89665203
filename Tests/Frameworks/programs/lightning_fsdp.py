"""lightning: fully sharded data parallelism."""

from lightning_module import train

train("fsdp")
