"""Prints the values of every Parquet file below a folder as pyarrow reads them: read_parquet.py FOLDER. One JSON object by file name: either error, or
the columns' types and values in the spelling of datasets (ISO 8601 dates, decimals as text, maps as lists of key and value)."""
import datetime
import decimal
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def instant(n, unit, utc):
    per = UNITS[unit]
    seconds, rest = divmod(n, per)
    text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    year = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).year
    text = "%04d" % year + text[text.index("-"):]
    if rest:
        text += ("." + str(rest).rjust(len(str(per)) - 1, "0")).rstrip("0")
    return text + ("Z" if utc else "")


def plain(v):
    if v is None or isinstance(v, (bool, int, str)):
        return v
    if isinstance(v, float):
        return v if v == v and abs(v) != float("inf") else {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[repr(v)]
    if isinstance(v, bytes):
        try:
            return v.decode("utf-8")
        except UnicodeDecodeError:
            return {"binary": len(v)}
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, datetime.datetime):
        return v.isoformat()
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, datetime.time):
        return v.strftime("%H:%M:%S.%f").rstrip("0").rstrip(".")
    if isinstance(v, list):
        return [{"key": plain(x[0]), "value": plain(x[1])} if isinstance(x, tuple) else plain(x) for x in v]
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    return {"unknown": str(type(v))}


def values(column):
    t = column.type
    if pa.types.is_timestamp(t):
        return [None if v is None else instant(v, t.unit, t.tz is not None) for v in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_time64(t) and t.unit == "ns":
        out = []
        for v in column.cast(pa.int64()).to_pylist():
            out.append(None if v is None else instant(v, "ns", False)[11:])
        return out
    if pa.types.is_dictionary(t):
        column = column.cast(t.value_type)
    return [plain(v) for v in column.to_pylist()]


def read(path):
    table = pq.ParquetFile(path, page_checksum_verification=True).read()
    out = {"rows": table.num_rows, "columns": {}, "types": {}}
    for name, column in zip(table.column_names, table.columns):
        out["types"][name] = str(column.type)
        try:
            out["columns"][name] = values(column)
        except Exception as e:
            out["columns"][name] = "error: " + str(e)
    return out


result = {}
for folder, _, files in sorted(os.walk(sys.argv[1])):
    for name in sorted(files):
        if name.endswith(".parquet"):
            path = os.path.join(folder, name)
            try:
                result[os.path.relpath(path, sys.argv[1])] = read(path)
            except Exception as e:
                result[os.path.relpath(path, sys.argv[1])] = {"error": str(e).splitlines()[0][:300]}
json.dump(result, sys.stdout)
