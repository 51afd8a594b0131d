package datasets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzzFormat reads foreign bytes as one format: no panic may leave the package, every row must be valid UTF-8, and nested values valid JSON.
func fuzzFormat(f *testing.F, name string, set func(*Source), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "f"+formats[name].Extensions[0])
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s := NewSource("f", file)
		s.Format = name
		if set != nil {
			set(s)
		}
		shard := Shard{File: File{Path: file, Name: "f", Bytes: int64(len(data))}, End: -1}
		cols := newColumns()
		sr := newShardReader(context.Background(), s, shard, cols)
		defer sr.Close()
		var r record
		for n := 0; n < 100000; n++ {
			err := sr.Next(&r)
			if err == io.EOF {
				break
			}
			if err != nil {
				var row *rowError
				var broken *fileError
				if !errors.As(err, &row) && !errors.As(err, &broken) {
					t.Fatalf("an error that is neither a row's nor a file's: %v", err)
				}
				continue
			}
			for _, c := range r.cells {
				if c.kind != binaryCell && !utf8.Valid(c.text) {
					t.Fatalf("a %s that is not UTF-8: %q", c.kind, c.text)
				}
				if c.kind == nestedCell && !json.Valid(c.text) {
					t.Fatalf("nested value is no JSON: %q", c.text)
				}
			}
		}
		if o, err := OpenFile(context.Background(), file); err == nil {
			for b, err := range o.Read(context.Background(), ReadOptions{Bad: func(BadRow) {}}) {
				if err != nil {
					t.Fatalf("reading on after a bad row: %v", err)
				}
				b.Release()
			}
		}
	})
}

func FuzzJSONL(f *testing.F) {
	fuzzFormat(f, "jsonl", nil, `{"text":"a","n":[1,{"b":null}]}`+"\n{}", "\xff\xfe{\x00", `{"messages":[{"role":"user","content":"x"}]}`)
}
func FuzzJSON(f *testing.F) {
	fuzzFormat(f, "json", nil, `[{"text":"a"}]`, `{"a":["x"],"b":[1]}`, `{"data":[{"text":"a"}]}`, `{"text":"a"}{"text":"b"}`)
}
func FuzzCSV(f *testing.F) {
	fuzzFormat(f, "csv", nil, "a,b\n\"x\n\"\"\",1\n", "a;b\r\n1;\"", "\xef\xbb\xbfa\tb\n")
}
func FuzzText(f *testing.F) {
	fuzzFormat(f, "text", func(s *Source) { s.Rows = "paragraph" }, "a\n\nb", "\xff\xfea\x00", "\xd6\xd0\xb9\xfa\n")
}
func FuzzMarkdown(f *testing.F) {
	fuzzFormat(f, "markdown", func(s *Source) { s.Rows = "section" }, "---\ntitle: a\n---\n# b\n```\n# c\n```\n", "~~~~\n~~~\n~~~~")
}
func FuzzHTML(f *testing.F) {
	fuzzFormat(f, "html", nil, "<html><meta charset=gb2312><title>a</title><p>b</p>", "<p>caf\xe9")
}
func FuzzWARC(f *testing.F) {
	fuzzFormat(f, "warc", nil, "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 5\r\n\r\nWords\r\n\r\n", "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 41\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n<p>a")
}

func FuzzParquet(f *testing.F) {
	schema := sampleSchema(f)
	batch := sampleBatch(schema, 0, 60)
	defer batch.Release()
	for _, c := range []string{"none", "zstd", "snappy"} {
		file := filepath.Join(f.TempDir(), "x.parquet")
		if err := WriteParquet(file, schema, ParquetOptions{Compression: c, RowGroupBytes: 2000}, batch.Record); err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	fuzzFormat(f, "parquet", nil)
}

func FuzzArrow(f *testing.F) {
	schema := sampleSchema(f)
	batch := sampleBatch(schema, 0, 20)
	defer batch.Release()
	file := filepath.Join(f.TempDir(), "x.arrow")
	w, err := NewSpillWriter(file, schema, "none")
	if err != nil {
		f.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[8:]) // a stream
	fuzzFormat(f, "arrow", nil)
}

// FuzzContainer reads foreign bytes as archive or compressed file.
func FuzzContainer(f *testing.F) {
	f.Add([]byte(tape(f, "a.jsonl", `{"text":"a"}`, "b.jsonl.gz", zip(f, `{"text":"b"}`))))
	f.Add([]byte(zip(f, `{"text":"a"}`)))
	f.Add([]byte(zst(f, tape(f, "a.jsonl", `{"text":"a"}`))))
	fuzzFormat(f, "jsonl", nil)
}

// FuzzCheckJSON holds the checker against the reference decoder, and the walker against what the checker lets through.
func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\ud83c\udf89","b":[1.5e-3,true,null,{"c":""}]}`, `{"a":1,"\u0061":2}`, "\"\\ud800\"", "{\"a\":\"\x01\"}", "[1,]", "01", "-", `{"a":{"x":1,"x":2}}`, " [ ] ", "1e5 2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c jsonChecker
		got, want := c.check(data), referenceCheck(data)
		if (got == nil) != (want == nil) {
			t.Fatalf("%q: %v, the reference says %v", data, got, want)
		}
		if got != nil {
			return
		}
		var arena []byte
		if v := cellOfJSON(bytes.TrimSpace(data), &arena); v.kind == stringCell {
			var s string
			if err := json.Unmarshal(data, &s); err != nil || s != string(v.text) {
				t.Fatalf("%q: %q, want %q", data, v.text, s)
			}
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(data, &m) == nil && m != nil {
			n := 0
			eachMember(data, func(name, value []byte) bool {
				n++
				if want := m[string(unescape(name, &arena))]; strings.TrimSpace(string(want)) != string(value) {
					t.Fatalf("%q: member %q is %q, want %q", data, name, value, want)
				}
				return true
			})
			if n != len(m) {
				t.Fatalf("%q: %d members, want %d", data, n, len(m))
			}
		}
	})
}

// FuzzDetectEncoding wants an answer that can be used for any bytes, and UTF-8 for whatever is UTF-8 without control characters.
func FuzzDetectEncoding(f *testing.F) {
	for _, s := range []string{"", "a", "\xff\xfe", "\xd6\xd0\xb9\xfa", "caf\xe9", "中文", "\x04\x3f"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		name := DetectEncoding(data)
		if _, err := encodingByName(name); err != nil {
			t.Fatal(err)
		}
		if utf8.Valid(data) && countControls(data) == 0 && !bytes.ContainsRune(data, '\uFEFF') && name != "utf-8" {
			t.Fatalf("%q is UTF-8, not %s", data, name)
		}
	})
}
