package datasets

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// readParts reads a file as if it had been cut at borders.
func readParts(t *testing.T, path string, borders []int64, end int64) (rows []map[string]string) {
	t.Helper()
	ctx := context.Background()
	s := NewSource("s", path)
	shards, err := s.Discover(ctx, ".")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := s.Sniff(ctx, shards)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := NewSchema(layout.Shapes, layout.Extra)
	if err != nil {
		t.Fatal(err)
	}
	start := int64(0)
	for i, b := range append(borders, end) {
		shard := shards[0]
		shard.Index, shard.Start, shard.End = i, start, b
		for batch, err := range s.Read(ctx, shard, layout, schema, ReadOptions{BatchRows: 7}) {
			if err != nil {
				t.Fatal(err)
			}
			for k, ref := range batch.Refs {
				if ref.Shard() != i || k > 0 && ref <= batch.Refs[k-1] {
					t.Fatalf("part %d: refs %v", i, batch.Refs)
				}
			}
			rows = append(rows, rowsOf([]Batch{batch})...)
			batch.Release()
		}
		start = b
	}
	return rows
}

func TestPartsOfJSONL(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "{\"id\":\"r%d\",\"text\":%q}\n", i, strings.Repeat("x", i%40))
	}
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	borders, err := lineBorders(strings.NewReader(b.String()), int64(b.Len()), 1000)
	if err != nil || len(borders) < 5 {
		t.Fatalf("borders %v, %v", borders, err)
	}
	whole, parts := readParts(t, path, nil, -1), readParts(t, path, borders, int64(b.Len()))
	if render(whole, "id", "text") != render(parts, "id", "text") || len(whole) != 300 {
		t.Errorf("%d rows in parts, %d in whole", len(parts), len(whole))
	}
}

// TestParquetRoundTrip writes and reads every type and every kind of null, whole and in parts; ids of rows without one do not depend on the parts.
func TestParquetRoundTrip(t *testing.T) {
	schema := sampleSchema(t)
	fields := schema.Fields()[2:] // without id and source, so that ids are made
	batch := sampleBatch(schema, 0, 200)
	defer batch.Release()
	bare := arrow.NewSchema(fields, nil)
	rec := array.NewRecord(bare, batch.Record.Columns()[2:], batch.Record.NumRows())
	defer rec.Release()
	path := filepath.Join(t.TempDir(), "a.parquet")
	if err := WriteParquet(path, bare, ParquetOptions{RowGroupBytes: 1500}, rec); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	borders, weights := parquetBorders(strings.NewReader(string(data)), int64(len(data)), 1200)
	if len(borders) < 3 || len(weights) != len(borders)+1 {
		t.Fatalf("borders %v, weights %v", borders, weights)
	}
	raw := readRaw(t, path)
	if len(raw.bad) > 0 || len(raw.rows) != 200 {
		t.Fatalf("%d rows, %v", len(raw.rows), raw.bad)
	}
	want := rowsOf([]Batch{{Record: rec}})
	for i, row := range raw.rows {
		for j, name := range raw.names {
			got := row[j]
			w, ok := want[i][name]
			switch v := got.(type) {
			case nil:
				if ok {
					t.Fatalf("row %d %s is null, want %q", i, name, w)
				}
			case []any:
				var b strings.Builder
				for _, m := range v {
					content, _ := m.(map[string]any)["content"].(string)
					fmt.Fprintf(&b, "<%v>%s", m.(map[string]any)["role"], content)
				}
				if b.String() != w {
					t.Fatalf("row %d %s is %q, want %q", i, name, b.String(), w)
				}
			case string:
				if v != w {
					t.Fatalf("row %d %s is %q, want %q", i, name, v, w)
				}
			}
		}
	}
	cut := map[string]bool{}
	for i, r := range readPartsLoosely(t, path, borders) {
		if cut[r["id"]] || !strings.HasPrefix(r["id"], "a.parquet#") {
			t.Fatalf("row %d has the id %q", i, r["id"])
		}
		cut[r["id"]] = true
	}
	if len(cut) != 200 {
		t.Errorf("%d different ids", len(cut))
	}
}

// readPartsLoosely reads parts of a file whose rows need no content.
func readPartsLoosely(t *testing.T, path string, borders []int64) (rows []map[string]string) {
	t.Helper()
	ctx := context.Background()
	s := NewSource("s", filepath.Base(path))
	s.Map = map[string]string{"topic_kept": "topic"}
	s.Shape = "text"
	s.loose = true
	shards, err := s.Discover(ctx, filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	layout := Layout{Extra: []arrow.Field{{Name: "topic", Type: arrow.BinaryTypes.String}}, Mapping: map[string]string{"topic": "topic"}}
	schema, err := NewSchema(nil, layout.Extra)
	if err != nil {
		t.Fatal(err)
	}
	start := int64(0)
	for _, b := range append(borders, -1) {
		shard := shards[0]
		shard.Start, shard.End = start, b
		for batch, err := range s.Read(ctx, shard, layout, schema, ReadOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, rowsOf([]Batch{batch})...)
			batch.Release()
		}
		start = b
	}
	return rows
}

// TestOpenRunFolder reads the finished rows of a run through the run's folder, with the sources that stand in them.
func TestOpenRunFolder(t *testing.T) {
	run := t.TempDir()
	schema := sampleSchema(t)
	f, err := NewFolder(filepath.Join(run, "data"), schema, FolderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	batch := sampleBatch(schema, 0, 100)
	defer batch.Release()
	if err := f.Write("train", batch.Record); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(Card{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(run, "manifest.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	o, err := OpenFile(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	n, bad := 0, 0
	for b, err := range o.Read(context.Background(), ReadOptions{Bad: func(BadRow) { bad++ }}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rowsOf([]Batch{b}) {
			if row["source"] != "made" || !strings.HasPrefix(row["id"], "row-") {
				t.Fatalf("row %v", row)
			}
		}
		n += int(b.Record.NumRows())
		b.Release()
	}
	if n+bad != 100 || n < 60 {
		t.Errorf("%d rows, %d bad", n, bad)
	}
}
