"""Loads GGUF files with llama.cpp (through xllamacpp) and compares what it computes with what winnow computed.

    python check_gguf.py FOLDER

FOLDER holds NAME.gguf and NAME.json: {"prompt": [ids], "greedy": [ids], "logprobs": [of each greedy id], "tolerance": …,
"texts": [[text, [ids]], …]}. Ends with status 1 on any difference.
"""
import glob
import json
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

    got = post("/completion", {"prompt": want["prompt"], "n_predict": len(want["greedy"]), "temperature": 0, "return_tokens": True,
                               "n_probs": 1, "ignore_eos": False, "cache_prompt": False})
    # the server holds back the probabilities of a character's bytes until it is whole
    logprobs = [p["logprob"] for p in got.get("completion_probabilities", [])]
    off = max((abs(a - b) for a, b in zip(logprobs, want["logprobs"])), default=float("inf"))
    ok = got["tokens"] == want["greedy"] and off <= want["tolerance"]
    for text, ids in want["texts"]:
        tokens = post("/tokenize", {"content": text, "add_special": False})["tokens"]
        if tokens != ids:
            ok = False
            print(f"{name}: {text!r} → {tokens}, want {ids}")
    failed |= not ok
    print(f"{name}: log-probabilities off by {off:.1e}{'' if ok else '  WRONG ' + str(got['tokens']) + ' want ' + str(want['greedy'])}")
    sys.stdout.flush()
    del server
os._exit(failed)
