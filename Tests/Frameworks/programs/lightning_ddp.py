"""lightning: data parallelism."""

from lightning_module import train

train("ddp")
