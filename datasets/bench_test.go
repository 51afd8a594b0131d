package datasets

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"winnow/internal/shared"
)

// benchRows returns batches of the bench corpus (id, text, source) of a language and their bytes of text.
func benchRows(b *testing.B, lang string) (*Opened, []Batch, int64) {
	b.Helper()
	plain := filepath.Join(b.TempDir(), lang+".jsonl")
	if err := os.WriteFile(plain, shared.Open(b, "bench/"+lang+".jsonl.zst"), 0o644); err != nil {
		b.Fatal(err)
	}
	o, err := OpenFile(context.Background(), plain)
	if err != nil {
		b.Fatal(err)
	}
	batches, size := drain(b, o, true)
	return o, batches, size
}

// drain reads everything and returns the bytes of text.
func drain(b *testing.B, o *Opened, keep bool) (batches []Batch, size int64) {
	b.Helper()
	for batch, err := range o.Read(context.Background(), ReadOptions{}) {
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range rowSizes(batch.Record, nil) {
			size += s
		}
		if keep {
			batches = append(batches, batch)
		} else {
			batch.Release()
		}
	}
	return batches, size
}

func BenchmarkReadJSONL(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		b.Run(lang, func(b *testing.B) {
			o, batches, size := benchRows(b, lang)
			releaseAll(batches)
			b.SetBytes(size)
			for b.Loop() {
				drain(b, o, false)
			}
		})
	}
}

func BenchmarkCheckJSON(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		b.Run(lang, func(b *testing.B) {
			data := shared.Open(b, "bench/"+lang+".jsonl.zst")
			lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
			b.SetBytes(int64(len(data)))
			var c jsonChecker
			for b.Loop() {
				for _, l := range lines {
					if err := c.check(l); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkReadParquet(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		b.Run(lang, func(b *testing.B) {
			o, batches, size := benchRows(b, lang)
			path := filepath.Join(b.TempDir(), "x.parquet")
			writeRecords(b, path, o.Schema, batches, "zstd")
			releaseAll(batches)
			p, err := OpenFile(context.Background(), path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			for b.Loop() {
				drain(b, p, false)
			}
		})
	}
}

func writeRecords(b *testing.B, path string, schema *arrow.Schema, batches []Batch, compression string) {
	b.Helper()
	w, err := NewParquetFile(path, schema, ParquetOptions{Compression: compression, Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range batches {
		if err := w.Write(batch.Record); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkWriteParquet(b *testing.B) {
	for _, compression := range []string{"zstd", "fastest", "none"} {
		b.Run(compression, func(b *testing.B) {
			o, batches, size := benchRows(b, "en")
			path := filepath.Join(b.TempDir(), "x.parquet")
			b.SetBytes(size)
			for b.Loop() {
				writeRecords(b, path, o.Schema, batches, compression)
			}
			releaseAll(batches)
		})
	}
}

func BenchmarkSpill(b *testing.B) {
	for _, compression := range []string{"lz4", "zstd", "none"} {
		b.Run(compression, func(b *testing.B) {
			o, batches, size := benchRows(b, "en")
			path := filepath.Join(b.TempDir(), "x.arrow")
			b.SetBytes(size)
			for b.Loop() {
				w, err := NewSpillWriter(path, o.Schema, compression)
				if err != nil {
					b.Fatal(err)
				}
				for _, batch := range batches {
					if err := w.Write(batch); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				r, err := OpenSpill(path)
				if err != nil {
					b.Fatal(err)
				}
				for {
					batch, err := r.Next()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					batch.Release()
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			releaseAll(batches)
		})
	}
}
