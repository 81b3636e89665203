"""The command line on files of any content: no end by a signal, at most 1 GB, at most 10 s, one line of error.

Each target runs for ``UNIFERENCE_FUZZ_SECONDS`` (3 unless told), from the seed ``UNIFERENCE_FUZZ_SEED`` on. What is
found is printed with its seed, and the file stays in ``UNIFERENCE_FUZZ_KEEP``, if that names a folder.
"""

import itertools
import json
import os
import pathlib
import random
import shutil
import struct
import time
from collections.abc import Callable

import pytest

from fuzzing import mutation, watched

SECONDS = float(os.environ.get("UNIFERENCE_FUZZ_SECONDS", "3"))
FIRST_SEED = int(os.environ.get("UNIFERENCE_FUZZ_SEED", "20261128"))

FLOWS = {
    "links": [{"id": "a", "bandwidth_Bps": 1e8, "latency_s": 0.001}, {"id": "b", "bandwidth_Bps": 2e8, "latency_s": 0}],
    "flows": [
        {"id": "x", "start_s": 0, "bytes": 1_000_000, "links": ["a", "b"]},
        {"id": "y", "start_s": 0.5, "bytes": 50_000, "links": ["a"]},
        {"id": "z", "start_s": 0.1, "bytes": 50_000_000, "links": ["b", "a"]},
    ],
}
MODEL = {
    "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 64, "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "torch_dtype": "float16", "hidden_act": "silu", "tie_word_embeddings": False, "rope_theta": 10000.0,
    "sliding_window": None, "rope_scaling": {"type": "linear", "factor": 2.0},
}
BERT = {
    "model_type": "bert", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 64, "type_vocab_size": 2,
    "layer_norm_eps": 1e-12, "hidden_act": "gelu",
}
CLIP = {
    "model_type": "clip", "projection_dim": 32,
    "text_config": {"vocab_size": 100, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
                    "num_attention_heads": 4, "max_position_embeddings": 16, "eos_token_id": 2},
    "vision_config": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
                      "image_size": 64, "patch_size": 16, "num_channels": 3},
}
TRANSPORT = {
    "base": "gloo-tcp", "send": {"per_message": "30 us", "per_byte": "10 GB/s"}, "receive": {"per_message": "30 us"},
    "progress": "4 ms", "send_buffer": "750 kB", "per_collective": "60 us", "rendezvous_threshold": "64 KiB",
    "header": "162 B", "clear_to_send": "98 B", "per_clear_to_send": "5 us",
    "c_state_exit": {"latency": "50 us", "after": "120 us"},
    "cold_cache": {"latency": "50 us", "after": "200 us"}, "sleep_overshoot": "10 us", "shared_cores": 2,
    "wire_factor": [["1 KiB", 1.2], ["1 MiB", 1.05]], "reduce_per_byte": "4 GB/s", "copy_per_byte": "10 GB/s",
    "per_copy": "20 us",
}
LINK = {"bandwidth": "1 Gbps", "latency": "0.5 ms"}
NETWORKS = [
    {"topology": "switch", "duplex": "half", "link": LINK | {"jitter": "1 ms", "loss": "1%", "burst": "6000 B",
     "packet": "1500 B"}, "links": {"d-1": {"bandwidth": "10 Mbps"}}, "transport": "gloo-tcp"},
    {"link": LINK, "transport": TRANSPORT, "collectives": {"all_reduce": "double_binary_tree", "otherwise": "gloo"},
     "changes": [{"link": "d-0->switch", "at": "1 ms", "bandwidth": "100 Mbps"},
                 {"link": "switch->d-1", "at": "2 ms", "down_until": "3 ms"}]},
    {"topology": "nodes", "devices_per_node": 2, "cards": 1, "inside": {"bandwidth": "450 GB/s"}, "link": LINK,
     "transport": "nccl"},
    {"topology": "two-level-tree", "hosts_per_leaf": 2, "spines": 2, "oversubscription": 4, "link": LINK},
    {"topology": "fat-tree", "arity": 4, "oversubscription": 2, "link": LINK},
    {"topology": "torus", "dimensions": [2, 2], "link": LINK},
    {"topology": "sites", "hosts_per_site": [1, 3],
     "wide_area": {"bandwidth": "100 Mbps", "latency": "20 ms"}, "link": LINK},
    {"topology": "graph", "link": LINK, "cables": [
        {"from": "d-0", "to": "a"}, {"from": "d-1", "to": "a", "kind": "half"}, {"from": "a", "to": "d-2"},
        {"from": "d-2", "to": "d-3", "bandwidth": "10 Mbps"}]},
]
DEVICE = {
    "name": "d", "count": 4, "model": "jetson-orin-nano", "speed": 0.9, "memory": "16 GiB", "compute_efficiency": 0.4,
    "launch_overhead": "10 us", "slowdowns": [{"from": "1 ms", "until": "20 s", "speed": 0.5}],
    "quota": {"share": "50%", "period": "10 ms"}, "peak_float16": "10 TFLOPS", "busy_power": "15 W",
}
STRATEGIES = ["single", "tensor=2", "pipeline=2", "tensor=2,pipeline=2", "sequence=3", "sequence=3,overlap", "all"]

Target = Callable[[random.Random, pathlib.Path], list[str]]


def flows(source: random.Random, folder: pathlib.Path) -> list[str]:
    (folder / "case.json").write_text(mutation.document(mutation.mutated(FLOWS, source)))
    return ["flows", "case.json", source.choice(["--json", "--table"])]


def scenario(source: random.Random, folder: pathlib.Path) -> list[str]:
    cluster = {"name": "c", "devices": [dict(DEVICE)], "network": source.choice(NETWORKS)}
    tree = {
        "cluster": cluster, "model": "model.json", "dtype": "float16", "seed": 1, "strategy": source.choice(STRATEGIES),
        "workload": {"prompt": 8, "generate": 3, "batch": 2},
    }
    model = MODEL
    if source.random() < 0.2:
        model = mutation.mutated(MODEL, source)
    else:
        tree = mutation.mutated(tree, source)
    (folder / "model.json").write_text(mutation.document(model))
    (folder / "s.yaml").write_text(mutation.document(tree))
    return ["simulate", "--no-record", "s.yaml", *source.choice([[], ["--json"], ["--every-message"]])]


def encoders(source: random.Random, folder: pathlib.Path) -> list[str]:
    is_bert = source.random() < 0.5
    tree = {
        "cluster": {"devices": [{"name": "d", "count": 2, "model": "h200-sxm"}], "network": {"link": LINK}},
        "model": "model.json", "strategy": "all",
        "workload": {"batch": 2, "length": 8} if is_bert else {"images": 1, "texts": 2, "length": 8},
    }
    (folder / "model.json").write_text(mutation.document(mutation.mutated(BERT if is_bert else CLIP, source)))
    (folder / "s.yaml").write_text(mutation.document(tree if source.random() < 0.7 else mutation.mutated(tree, source)))
    return ["simulate", "--no-record", "--json", "s.yaml"]


def models(source: random.Random, folder: pathlib.Path) -> list[str]:
    tree = source.choice([MODEL, BERT, CLIP])
    (folder / "config.json").write_text(mutation.document(mutation.mutated(tree, source)))
    return ["models", "./config.json", *source.choice([[], ["--json"]])]


def gguf() -> bytes:
    """A small GGUF file: metadata of several kinds, two tensors."""
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("llama.block_count") + struct.pack("<II", 4, 2),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
        text("tokenizer.ggml.token_type") + struct.pack("<IIQII", 9, 5, 2, 1, 1),
        text("nested") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQB", 7, 1, 1),
    ]
    tensors = [
        text("norm") + struct.pack("<IQIQ", 1, 8, 0, 0), text("up") + struct.pack("<IQQIQ", 2, 32, 2, 2, 32),
        text("odd") + struct.pack("<IQIQ", 1, 256, 10, 96),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs) + b"".join(tensors)
    return head + b"\0" * (-len(head) % 32) + bytes(range(32)) + bytes(64) + bytes(84)


def safetensors() -> bytes:
    head = json.dumps({
        "__metadata__": {"format": "pt"}, "norm": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]},
        "up": {"dtype": "F8_E4M3", "shape": [4, 4], "data_offsets": [32, 48]},
    }).encode()
    return struct.pack("<Q", len(head)) + head + bytes(48)


def weights(source: random.Random, folder: pathlib.Path) -> list[str]:
    name, data = source.choice([("w.gguf", gguf()), ("w.safetensors", safetensors())])
    (folder / name).write_bytes(mutation.mutated_bytes(data, source))
    return ["weights", name, *source.choice([[], ["--json"], ["--tensor", "norm", "--npy", "t.npy"]])]


def tokenizers(source: random.Random, folder: pathlib.Path) -> list[str]:
    letters = {chr(code): index for index, code in enumerate(range(0x21, 0x7F))}
    tree = {
        "added_tokens": [{"id": 200, "content": "<|end|>", "special": True}], "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}, "post_processor": None,
        "model": {"type": "BPE", "vocab": letters | {"he": 100, "ll": 101}, "merges": ["h e", "l l"]},
    }
    (folder / "tokenizer.json").write_text(mutation.document(mutation.mutated(tree, source)))
    return ["tokenize", "tokenizer.json", "hello world", *source.choice([[], ["--json"]])]


def records(source: random.Random, folder: pathlib.Path) -> list[str]:
    record = pathlib.Path(shutil.copytree(folder.parent / "original.run", folder / "a.run", dirs_exist_ok=True))
    if source.random() < 0.5:
        manifest = json.loads((record / "run.json").read_text())
        (record / "run.json").write_text(mutation.document(mutation.mutated(manifest, source)))
    else:
        (record / "events.bin").write_bytes(mutation.mutated_bytes((record / "events.bin").read_bytes(), source))
    return ["compare", "a.run", "../original.run", *source.choice([[], ["--json"]])]


TARGETS: list[Target] = [flows, scenario, encoders, models, weights, tokenizers, records]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_files_of_any_content(uniference: pathlib.Path, tmp_path: pathlib.Path, target: Target) -> None:
    if target is records:
        make_record(uniference, tmp_path)
    found = []
    rounds = 0
    end = time.monotonic() + SECONDS
    for seed in itertools.count(FIRST_SEED):
        if time.monotonic() > end or len(found) > 20:
            break
        folder = tmp_path / "case"
        folder.mkdir()
        arguments = target(random.Random(seed), folder)
        done = watched.run(uniference, *arguments, cwd=folder)
        problem = watched.problem(done) or answer_problem(done, arguments)
        if problem:
            found.append(f"seed {seed}: {' '.join(arguments)}: {problem}")
            keep(folder, f"{target.__name__}-{seed}")
        shutil.rmtree(folder)
        rounds += 1
    print(f"{target.__name__}: {rounds} rounds from seed {FIRST_SEED} on, {len(found)} problems")
    assert rounds > 0
    assert not found, "\n".join(found)


def answer_problem(done: watched.End, arguments: list[str]) -> str | None:
    """A good end has a good answer: JSON that is JSON, and no number that is none."""
    if done.code != 0:
        return None
    if "--json" in arguments or (arguments[0] == "flows" and "--table" not in arguments):
        try:
            json.loads(done.output, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
        except ValueError as error:
            return f"printed no JSON: {error}"
    elif any(word in done.output.replace("│", " ").split() for word in ("inf", "nan", "-nan%", "nan%")):
        return f"printed what is no number: {done.output[:1000]}"
    return None


def keep(folder: pathlib.Path, name: str) -> None:
    if kept := os.environ.get("UNIFERENCE_FUZZ_KEEP"):
        shutil.copytree(folder, pathlib.Path(kept) / name, dirs_exist_ok=True)


def make_record(uniference: pathlib.Path, folder: pathlib.Path) -> None:
    (folder / "model.json").write_text(json.dumps(MODEL))
    (folder / "s.yaml").write_text(json.dumps({
        "cluster": {"devices": [{"name": "d", "count": 2, "model": "h100-sxm"}], "network": {"link": LINK}},
        "model": "model.json", "strategy": "tensor=2", "workload": {"prompt": 8, "generate": 3}}))
    done = watched.run(uniference, "simulate", "s.yaml", "--record", "original.run", cwd=folder)
    assert done.code == 0, done.errors
