"""transformers: generation, on each rank."""

import torch
from common import device, llama_configuration, result, seeded
from transformers import LlamaForCausalLM

torch.manual_seed(0)
model = LlamaForCausalLM(llama_configuration()).to(device()).eval()
tokens = torch.randint(3, 128, (1, 8), generator=seeded(3)).to(model.device)
result("tokens", model.generate(tokens, max_new_tokens=8, do_sample=False, min_new_tokens=8)[0].tolist())
