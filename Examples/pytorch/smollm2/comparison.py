"""The same model by Hugging Face's transformers, to compare with."""

from __future__ import annotations

from typing import Any

import torch

from .checkpoint import Checkpoint, Configuration
from .strategies import SingleDevice

LOGITS_TOLERANCE = 1e-3


def compare(checkpoint: Checkpoint, prompt: list[int], tokens: list[int]) -> None:
    """Exits with a message unless transformers chooses the same tokens and gives the same logits for the prompt."""
    reference = reference_model(checkpoint)
    with torch.inference_mode():
        expected = reference(torch.tensor([prompt])).logits[0, -1]
        actual = SingleDevice(checkpoint, len(prompt)).logits(prompt, 0)
        generated = reference.generate(
            torch.tensor([prompt]), max_new_tokens=len(tokens), min_new_tokens=len(tokens), do_sample=False)
    difference = (expected - actual).abs().max().item()
    if difference > LOGITS_TOLERANCE:
        raise SystemExit(f"the logits differ from transformers' by {difference}, more than {LOGITS_TOLERANCE}")
    if generated[0, len(prompt):].tolist() != tokens:
        raise SystemExit(f"transformers chooses {generated[0, len(prompt):].tolist()}, not {tokens}")
    print(f"transformers agrees: the same {len(tokens)} tokens, logits within {difference:.1e}")


def reference_model(checkpoint: Checkpoint) -> Any:
    """A ``LlamaForCausalLM`` with the checkpoint's weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = checkpoint.configuration
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=sizes.vocabulary_size, hidden_size=sizes.hidden_size, intermediate_size=sizes.feed_forward_size,
        num_hidden_layers=sizes.layer_count, num_attention_heads=sizes.head_count,
        num_key_value_heads=sizes.key_value_head_count, rms_norm_eps=sizes.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": sizes.rope_theta}, tie_word_embeddings=True,
        attention_bias=False, mlp_bias=False, eos_token_id=None, pad_token_id=0))
    state = {"model.embed_tokens.weight": checkpoint.tensor("token_embd"),
             "model.norm.weight": checkpoint.tensor("output_norm")}
    for index in range(sizes.layer_count):
        state |= layer_state(checkpoint, sizes, index)
    loaded = model.load_state_dict(state, strict=False)
    # The output layer is the table of embeddings and has no weight of its own.
    if loaded.missing_keys not in ([], ["lm_head.weight"]) or loaded.unexpected_keys:
        raise SystemExit(f"transformers names the weights otherwise: {loaded}")
    return model.eval()


def layer_state(checkpoint: Checkpoint, sizes: Configuration, index: int) -> dict[str, torch.Tensor]:
    """One layer's weights by transformers' names."""
    source, target = f"blk.{index}", f"model.layers.{index}"
    names = {"attn_norm": "input_layernorm", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
             "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
             "ffn_down": "mlp.down_proj"}
    state = {f"{target}.{theirs}.weight": checkpoint.tensor(f"{source}.{ours}") for ours, theirs in names.items()}
    state[f"{target}.self_attn.q_proj.weight"] = halves(checkpoint.tensor(f"{source}.attn_q"), sizes.head_count)
    state[f"{target}.self_attn.k_proj.weight"] = halves(
        checkpoint.tensor(f"{source}.attn_k"), sizes.key_value_head_count)
    return state


def halves(weight: torch.Tensor, head_count: int) -> torch.Tensor:
    """Rows of a head in transformers' order, which turns first and second halves where GGUF turns neighbours."""
    rows, columns = weight.shape
    return weight.view(head_count, rows // head_count // 2, 2, columns).transpose(1, 2).reshape(rows, columns)
