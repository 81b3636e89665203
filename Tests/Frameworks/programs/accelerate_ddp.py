"""accelerate: data parallelism."""

import torch
from accelerate import Accelerator
from common import dataset, model, result

accelerator = Accelerator()
network = model()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
loader = torch.utils.data.DataLoader(dataset(), batch_size=4)
network, optimizer, loader = accelerator.prepare(network, optimizer, loader)
for step, (inputs, targets) in enumerate(loader):
    loss = torch.nn.functional.mse_loss(network(inputs), targets)
    accelerator.backward(loss)
    accelerator.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    result(f"loss{step}", accelerator.reduce(loss.detach(), "mean").item())
accelerator.end_training()
