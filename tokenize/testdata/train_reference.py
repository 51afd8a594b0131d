"""Trains a byte-level BPE vocabulary with Hugging Face tokenizers and encodes sample texts with a given tokenizer.json.

Usage: train_reference.py VERSION < request.json > answer.json

The request: {"vocab_size", "min_count", "special", "split" (regex or null for ByteLevel's own), "digits", "texts", "tokenizer" (JSON text), "samples"}.
The answer: {"merges": [[left, right], ...], "vocab": {...}, "ids": [[...], ...]}; ids are of "samples" by "tokenizer". Exits with 3 when the
tokenizers package is absent or of another version.
"""
import json
import sys

try:
    import tokenizers
except ImportError:
    sys.exit(3)
if tokenizers.__version__ != sys.argv[1]:
    sys.exit(3)
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

request = json.load(sys.stdin)
tok = Tokenizer(models.BPE())
stages = []
if request["digits"] and not request["split"]:
    stages.append(pre_tokenizers.Digits(individual_digits=True))
if request["split"]:
    stages.append(pre_tokenizers.Split(Regex(request["split"]), "isolated"))
stages.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not request["split"]))
tok.pre_tokenizer = pre_tokenizers.Sequence(stages)
trainer = trainers.BpeTrainer(
    vocab_size=request["vocab_size"],
    min_frequency=request["min_count"],
    special_tokens=request["special"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    show_progress=False,
)
tok.train_from_iterator(request["texts"], trainer)
model = json.loads(tok.to_str())["model"]
ours = Tokenizer.from_str(request["tokenizer"])
json.dump(
    {
        "merges": [m if isinstance(m, list) else m.split(" ") for m in model["merges"]],
        "vocab": model["vocab"],
        "ids": [ours.encode(s).ids for s in request["samples"]],
    },
    sys.stdout,
)
