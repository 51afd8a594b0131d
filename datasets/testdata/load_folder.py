"""Loads a data set folder with the datasets library and prints features, splits and rows as JSON: load_folder.py FOLDER"""
import json
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
import datasets

datasets.disable_progress_bars()
with tempfile.TemporaryDirectory() as cache:
    loaded = datasets.load_dataset(sys.argv[1], cache_dir=cache)
    out = {}
    for name, split in loaded.items():
        out[name] = {"features": {k: str(v) for k, v in split.features.items()}, "rows": list(split)}
    json.dump(out, sys.stdout, ensure_ascii=False)
