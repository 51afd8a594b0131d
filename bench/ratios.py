"""Prints winnow's speed over the peers' from the lines of bench.sh."""
import json
import sys

ours, peers = {}, {}
for line in open(sys.argv[1], encoding="utf-8"):
    try:
        r = json.loads(line)
    except ValueError:
        continue
    if r.get("tool") == "winnow":
        ours[r["lang"], r["step"]] = r["mb_s"]
    elif r.get("peer") == "datatrove" and r.get("step") == "ALL":
        peers[r["lang"], "chain", "datatrove, six filters"] = r["mb_s"]
    elif r.get("peer") == "rensa" and "mb_s" in r:
        key = r["lang"], "dedup signatures from text", "rensa, whole"
        peers[key] = max(peers.get(key, 0), r["mb_s"])
print("\nlang  step                         MB/s a core   peer                       MB/s    ratio")
for (lang, step), speed in ours.items():
    shown = False
    for (l, s, name), theirs in peers.items():
        if (l, s) == (lang, step):
            print(f"{lang}    {step:28} {speed:10.1f}    {name:24} {theirs:7.3f} {speed / theirs:8.0f}×")
            shown = True
    if not shown:
        print(f"{lang}    {step:28} {speed:10.1f}")
