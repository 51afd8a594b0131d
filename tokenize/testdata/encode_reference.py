"""Encodes and decodes texts with Hugging Face tokenizers.

Usage: encode_reference.py VERSION < request.json > answer.json

The request: {"tokenizer" (JSON text), "texts", "plain" (bool: special tokens are ordinary text)}. The answer: {"ids", "offsets", "decoded"}, a list
each. Exits with 3 when the tokenizers package is absent or of another version.
"""
import json
import sys

try:
    import tokenizers
except ImportError:
    sys.exit(3)
if tokenizers.__version__ != sys.argv[1]:
    sys.exit(3)

request = json.load(sys.stdin)
tok = tokenizers.Tokenizer.from_str(request["tokenizer"])
tok.encode_special_tokens = request["plain"]
tok.no_truncation()
tok.no_padding()
answer = {"ids": [], "offsets": [], "decoded": []}
for text in request["texts"]:
    e = tok.encode(text, add_special_tokens=False)
    answer["ids"].append(e.ids)
    answer["offsets"].append([list(o) for o in e.offsets])
    answer["decoded"].append(tok.decode(e.ids, skip_special_tokens=False))
json.dump(answer, sys.stdout)
