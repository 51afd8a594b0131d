package datasets

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestDamage changes one to three bytes of small files at random places, half of them near the end where footers lie, and cuts some of them. Nothing may
// panic, hang or give more rows than the file had.
func TestDamage(t *testing.T) {
	schema := sampleSchema(t)
	batch := sampleBatch(schema, 0, 60)
	defer batch.Release()
	dir := t.TempDir()
	for _, c := range []string{"none", "zstd", "snappy"} {
		if err := WriteParquet(filepath.Join(dir, c+".parquet"), schema, ParquetOptions{Compression: c, RowGroupBytes: 2000}, batch.Record); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []string{"none", "lz4", "zstd"} {
		w, err := NewSpillWriter(filepath.Join(dir, c+".arrow"), schema, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 6 {
		t.Fatal(names, err)
	}
	edits := 60
	if n, err := strconv.Atoi(os.Getenv("WINNOW_DAMAGE")); err == nil {
		edits = n // more of them, for a longer look
	}
	for _, name := range names {
		original, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		refused, changed := 0, 0
		for range edits {
			data := append([]byte(nil), original...)
			for range 1 + rng.IntN(3) {
				at := rng.IntN(len(data))
				if rng.IntN(2) == 0 {
					at = len(data) - 1 - rng.IntN(min(len(data), 2000))
				}
				data[at] = byte(rng.IntN(256))
			}
			if rng.IntN(10) == 0 {
				data = data[:rng.IntN(len(data))]
			}
			file := filepath.Join(dir, "x"+filepath.Ext(name))
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
			rows, bad := countRows(t, file)
			if bad > 0 {
				refused++
			} else if rows != 60 {
				changed++
			}
			if rows > 60 {
				t.Errorf("%s: %d rows came out of a damaged file of 60", filepath.Base(name), rows)
			}
			if o, err := OpenFile(context.Background(), file); err == nil {
				n := 0
				for b, err := range o.Read(context.Background(), ReadOptions{Bad: func(BadRow) {}}) {
					if err != nil {
						t.Fatal(err)
					}
					n += len(b.Refs)
					b.Release()
				}
				if n > 60 {
					t.Errorf("%s: %d rows when opened", filepath.Base(name), n)
				}
			}
		}
		t.Logf("%s: %d of %d refused or cut short with a word, %d short without one", filepath.Base(name), refused, edits, changed)
	}
}

// countRows reads all columns of a file and counts rows and errors.
func countRows(t *testing.T, file string) (rows, bad int) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	sr := newShardReader(context.Background(), NewSource("d", file), Shard{File: File{Path: file, Name: "d", Bytes: info.Size()}, End: -1}, newColumns())
	defer sr.Close()
	var r record
	for {
		err := sr.Next(&r)
		if err == io.EOF {
			return rows, bad
		}
		if err == nil {
			rows++
			continue
		}
		bad++
		var broken *fileError
		var row *rowError
		if !errors.As(err, &broken) && !errors.As(err, &row) {
			t.Fatal(err)
		}
	}
}
