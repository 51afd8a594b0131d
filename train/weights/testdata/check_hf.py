"""Loads what winnow wrote with Transformers and PEFT and compares logits with those winnow computed.

    python check_hf.py FOLDER

FOLDER holds cases, one folder each: base/ (a model folder), adapter/ (a PEFT adapter of it), merged/ (the same, merged), and
expected.safetensors with `tokens` [rows, length], `base`, `adapter` and `merged` [rows, length, vocabulary], all as float32.
Prints one line a case and ends with status 1 if any logit is off by more than 1e-4 of the largest.
"""
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
failed = False


def load(path):
    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()


for case in sorted(os.listdir(sys.argv[1])):
    folder = os.path.join(sys.argv[1], case)
    want = load_file(os.path.join(folder, "expected.safetensors"))
    tokens = want["tokens"].long()
    models = {
        "base": load(os.path.join(folder, "base")),
        "adapter": PeftModel.from_pretrained(load(os.path.join(folder, "base")), os.path.join(folder, "adapter")),
        "merged": load(os.path.join(folder, "merged")),
    }
    for name, model in models.items():
        with torch.no_grad():
            got = model(input_ids=tokens).logits
        off = ((got - want[name]).abs().max() / want[name].abs().max()).item()
        ok = off <= 1e-4
        failed |= not ok
        print(f"{case} {name}: off by {off:.1e} of the largest logit{'' if ok else '  TOO MUCH'}")
sys.exit(failed)
