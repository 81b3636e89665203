"""GPUs that are described, not there: scripts for CUDA run as they are on a torch that was built for the CPU.

Torch's CUDA key gets the CPU's kernels, which work in this machine's memory (``native``): tensors say ``cuda:0``,
autograd, ``DDP``, ``FSDP`` and ``DTensor`` treat them as they do a GPU's, and their values are true. ``torch.cuda``
finds the functions of ``torch._C`` that a build for CUDA has (`bindings`), which tell of the described device.
"""
