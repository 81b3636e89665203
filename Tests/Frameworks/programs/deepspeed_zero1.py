"""deepspeed: ZeRO 1."""

from deepspeed_training import train

train(1)
