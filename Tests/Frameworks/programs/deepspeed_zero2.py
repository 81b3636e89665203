"""deepspeed: ZeRO 2."""

from deepspeed_training import train

train(2)
