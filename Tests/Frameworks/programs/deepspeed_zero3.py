"""deepspeed: ZeRO 3."""

from deepspeed_training import train

train(3)
