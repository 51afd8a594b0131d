"""Reads exported token files as their trainers do, with numpy alone: PATH.ds in the manner of datatrove, PATH.bin and .idx in that of Megatron-LM."""
import json
import struct
import sys

import numpy


def nanotron(path):
    size = int(open(path + ".metadata").readline().strip().rpartition("|")[2])
    ids = numpy.memmap(path, dtype={2: "<u2", 4: "<u4"}[size], mode="r")
    loss = numpy.fromfile(path + ".loss", dtype=bool)
    docs, begin = [], 0
    for end in numpy.fromfile(path + ".index", dtype="<u8"):
        docs.append([ids[begin:end].tolist(), loss[begin:end].astype(int).tolist()])
        begin = int(end)
    assert begin == len(ids) == len(loss)
    return docs


def megatron(prefix):
    kinds = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f8", 7: "<f4", 8: "<u2"}
    with open(prefix + ".idx", "rb") as f:
        assert f.read(9) == b"MMIDIDX\0\0" and struct.unpack("<Q", f.read(8)) == (1,)
        kind = numpy.dtype(kinds[f.read(1)[0]])
        sequences, documents = struct.unpack("<QQ", f.read(16))
        at = f.tell()
    index = memoryview(numpy.memmap(prefix + ".idx", mode="r"))
    lengths = numpy.frombuffer(index, dtype="<i4", count=sequences, offset=at)
    pointers = numpy.frombuffer(index, dtype="<i8", count=sequences, offset=at + lengths.nbytes)
    starts = numpy.frombuffer(index, dtype="<i8", count=documents, offset=at + lengths.nbytes + pointers.nbytes)
    assert starts[-1] == sequences and at + lengths.nbytes + pointers.nbytes + starts.nbytes == len(index)
    tokens = memoryview(numpy.memmap(prefix + ".bin", mode="r"))
    return [numpy.frombuffer(tokens, dtype=kind, count=n, offset=p).tolist() for n, p in zip(lengths, pointers)]


json.dump({"nanotron": nanotron, "megatron": megatron}[sys.argv[1]](sys.argv[2]), sys.stdout)
