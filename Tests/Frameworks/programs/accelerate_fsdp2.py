"""accelerate: fully sharded data parallelism, FSDP2."""

import torch
from accelerate import Accelerator, FullyShardedDataParallelPlugin
from common import dataset, model, result

plugin = FullyShardedDataParallelPlugin(fsdp_version=2, auto_wrap_policy="no_wrap")
accelerator = Accelerator(fsdp_plugin=plugin)
network = model()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
loader = torch.utils.data.DataLoader(dataset(), batch_size=4)
network, optimizer, loader = accelerator.prepare(network, optimizer, loader)
for step, (inputs, targets) in enumerate(loader):
    loss = torch.nn.functional.mse_loss(network(inputs), targets)
    accelerator.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    result(f"loss{step}", accelerator.reduce(loss.detach(), "mean").item())
accelerator.end_training()
