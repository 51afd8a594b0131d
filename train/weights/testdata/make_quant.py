"""Reference values for the block types of GGUF: python make_quant.py (with numpy, safetensors and gguf installed) writes quant.safetensors.

`values` are float32 [4, 256]; NAME.packed their bytes (as float32, one a byte) in type NAME and NAME.values what those bytes stand for, both
by the gguf package. q4_k and q6_k, which that package cannot write, are bytes from a generator with sane scales.
"""
import os

import gguf
import numpy as np
from safetensors.numpy import save_file

rng = np.random.default_rng(3)
values = (rng.standard_normal((4, 256)) * np.array([[1], [0.02], [30], [1e-3]])).astype(np.float32)
values[0, :32] = 0
out = {"values": values}
for name in ("F16", "BF16", "Q8_0", "Q4_0"):
    kind = gguf.GGMLQuantizationType[name]
    packed = gguf.quants.quantize(values, kind)
    out[name.lower() + ".packed"] = packed.view(np.uint8).astype(np.float32)
    out[name.lower() + ".values"] = gguf.quants.dequantize(packed, kind).astype(np.float32)
for name, size, scales in (("Q4_K", 144, (0, 2)), ("Q6_K", 210, (208,))):
    packed = rng.integers(0, 256, (4, size), dtype=np.uint8)
    for at in scales:
        packed[:, at:at + 2] = (rng.standard_normal((4, 1)) * 0.01).astype(np.float16).view(np.uint8)
    out[name.lower() + ".packed"] = packed.astype(np.float32)
    out[name.lower() + ".values"] = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType[name]).astype(np.float32)
save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, os.path.join(os.path.dirname(__file__), "quant.safetensors"))
