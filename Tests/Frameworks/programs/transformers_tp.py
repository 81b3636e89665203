"""transformers: tensor parallelism by ``tp_plan``."""

import tempfile

import torch
import torch.distributed as dist
from common import device, is_first, llama_configuration, result, seeded
from transformers import LlamaForCausalLM

if torch.cuda.is_available():
    torch.cuda.set_device(device())
dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
folder = [tempfile.mkdtemp()]
dist.broadcast_object_list(folder)
if is_first():
    torch.manual_seed(0)
    LlamaForCausalLM(llama_configuration()).save_pretrained(folder[0])
dist.barrier()
model = LlamaForCausalLM.from_pretrained(folder[0], tp_plan="auto")
tokens = torch.randint(3, 128, (2, 16), generator=seeded(3)).to(model.device)
with torch.no_grad():
    output = model(input_ids=tokens, labels=tokens)
result("loss", output.loss.item())
dist.destroy_process_group()
