"""Loads GGUF files with llama.cpp (through xllamacpp) and compares what it computes with what winnow computed.

    python check_gguf.py FOLDER

FOLDER holds NAME.gguf and NAME.json: {"prompt": [ids], "probabilities": [of each id to follow the prompt], "tolerance": of these,
"greedy": [ids that follow; null where rounding may change them], "texts": [[text, [ids]], …]}. Ends with status 1 on any difference.
"""
import glob
import json
import math
import os
import sys
import urllib.request

import xllamacpp

failed = False
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.gguf"))):
    want = json.load(open(path[:-5] + ".json"))
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.warmup, params.n_gpu_layers = 64, 1, False, 0
    params.cpuparams.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.port = 0
    server = xllamacpp.Server(params)
    name = os.path.basename(path)

    def post(route, body):
        request = urllib.request.Request(server.listening_address + route, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))

    body = {"prompt": want["prompt"], "n_predict": 1, "temperature": 0, "return_tokens": True, "cache_prompt": False}
    got = post("/completion", body | {"n_probs": len(want["probabilities"])})
    first = {p["id"]: math.exp(p["logprob"]) for p in got["completion_probabilities"][0]["top_logprobs"]}
    off = max(abs(first.get(i, 0) - p) for i, p in enumerate(want["probabilities"]))
    ok = off <= want["tolerance"]
    if want["greedy"]:
        got = post("/completion", body | {"n_predict": len(want["greedy"])})
        if got["tokens"] != want["greedy"]:
            ok = False
            print(f"{name}: greedy {got['tokens']}, want {want['greedy']}")
    for text, ids in want["texts"]:
        tokens = post("/tokenize", {"content": text, "add_special": False})["tokens"]
        if tokens != ids:
            ok = False
            print(f"{name}: {text!r} → {tokens}, want {ids}")
    failed |= not ok
    print(f"{name}: probabilities off by {off:.1e}{'' if ok else '  WRONG'}")
    sys.stdout.flush()
    del server
os._exit(failed)
