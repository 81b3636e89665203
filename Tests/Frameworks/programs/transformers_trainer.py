"""transformers: Trainer, data parallelism, LoRA."""

import tempfile

import torch
from common import llama_configuration, result, seeded
from peft import LoraConfig, get_peft_model
from transformers import LlamaForCausalLM, Trainer, TrainingArguments

torch.manual_seed(0)
model = get_peft_model(
    LlamaForCausalLM(llama_configuration()),
    LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM", init_lora_weights="gaussian"),
)
tokens = torch.randint(3, 128, (24, 16), generator=seeded(3))
data = [{"input_ids": row, "labels": row} for row in tokens]
arguments = TrainingArguments(
    tempfile.mkdtemp(), per_device_train_batch_size=4, max_steps=3, learning_rate=0.05, optim="adamw_torch",
    report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True, dataloader_pin_memory=False,
)  # fmt: skip
result("loss", Trainer(model=model, args=arguments, train_dataset=data).train().training_loss)
