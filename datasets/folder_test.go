package datasets

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// sampleSchema has every column type that rows have.
func sampleSchema(t testing.TB) *arrow.Schema {
	t.Helper()
	schema, err := NewSchema([]Shape{Text, Messages}, []arrow.Field{
		{Name: "topic", Type: arrow.BinaryTypes.String}, {Name: "count", Type: arrow.PrimitiveTypes.Int64},
		{Name: "score", Type: arrow.PrimitiveTypes.Float64}, {Name: "checked", Type: arrow.FixedWidthTypes.Boolean}})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// sampleBatch makes rows [from, to) of an endless made-up data set; every kind of null occurs.
func sampleBatch(schema *arrow.Schema, from, to int) Batch {
	rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer rb.Release()
	var refs []Ref
	for i := from; i < to; i++ {
		refs = append(refs, NewRef(3, int64(i), 0))
		rb.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("row-%d", i))
		rb.Field(1).(*array.StringBuilder).Append("made")
		text, list := rb.Field(2).(*array.StringBuilder), rb.Field(3).(*array.ListBuilder)
		item := list.ValueBuilder().(*array.StructBuilder)
		switch i % 4 {
		case 0:
			text.Append(strings.Repeat("words of row ", i%50) + "终 🎉")
			list.AppendNull()
		case 1:
			text.AppendNull()
			list.Append(true)
			for k := range i % 3 {
				item.Append(true)
				item.FieldBuilder(0).(*array.StringBuilder).Append([]string{"user", "assistant"}[k%2])
				item.FieldBuilder(1).(*array.StringBuilder).Append(fmt.Sprintf("turn %d of %d", k, i))
			}
		case 2:
			text.Append("")
			list.AppendNull()
		default:
			text.AppendNull()
			list.Append(true)
			item.Append(true)
			item.FieldBuilder(0).(*array.StringBuilder).Append("user")
			item.FieldBuilder(1).(*array.StringBuilder).AppendNull()
		}
		for j := 4; j < 8; j++ {
			if (i+j)%5 == 0 {
				rb.Field(j).AppendNull()
				continue
			}
			switch b := rb.Field(j).(type) {
			case *array.StringBuilder:
				b.Append([]string{"law", "医"}[i%2])
			case *array.Int64Builder:
				b.Append(int64(i) - 7)
			case *array.Float64Builder:
				b.Append(float64(i) / 3)
			case *array.BooleanBuilder:
				b.Append(i%2 == 0)
			}
		}
	}
	return Batch{Record: rb.NewRecord(), Refs: refs}
}

func TestSpillRoundTrip(t *testing.T) {
	schema := sampleSchema(t)
	for _, compression := range []string{"lz4", "zstd", "none"} {
		path := filepath.Join(t.TempDir(), "part.arrow")
		w, err := NewSpillWriter(path, schema, compression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Fatal("the file is there before Close")
		}
		var want []Batch
		for _, r := range [][2]int{{0, 100}, {100, 101}, {101, 1000}} {
			b := sampleBatch(schema, r[0], r[1])
			if err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			want = append(want, b)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := OpenSpill(path)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Schema().Equal(schema) {
			t.Fatalf("schema %v", r.Schema())
		}
		for i := range want {
			got, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !array.RecordEqual(got.Record, want[i].Record) || fmt.Sprint(got.Refs) != fmt.Sprint(want[i].Refs) {
				t.Errorf("%s: batch %d differs", compression, i)
			}
			got.Release()
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("after the last batch: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		releaseAll(want)
	}
}

func TestSpillRefusesDamage(t *testing.T) {
	schema := sampleSchema(t)
	path := filepath.Join(t.TempDir(), "part.arrow")
	w, err := NewSpillWriter(path, schema, "lz4")
	if err != nil {
		t.Fatal(err)
	}
	b := sampleBatch(schema, 0, 500)
	defer b.Release()
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, len(data) / 2, len(data) - 1} {
		if err := os.WriteFile(path, data[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := OpenSpill(path); err == nil {
			t.Errorf("a file cut to %d of %d bytes was opened", n, len(data))
			_ = r.Close()
		}
	}
}

func TestFolderDoesNotDependOnBatches(t *testing.T) {
	schema := sampleSchema(t)
	write := func(step, workers int) string {
		dir := filepath.Join(t.TempDir(), "data")
		f, err := NewFolder(dir, schema, FolderOptions{ParquetOptions: ParquetOptions{RowGroupBytes: 20000, Workers: workers}, ShardBytes: 300000})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 3000; i += step {
			b := sampleBatch(schema, i, min(i+step, 3000))
			split := "train"
			if i >= 2800 {
				split = "validation"
			}
			if err := f.Write(split, b.Record); err != nil {
				t.Fatal(err)
			}
			b.Release()
		}
		if err := f.Close(Card{Name: "Made up", Languages: []string{"en", "zh"}, Licenses: []string{"MIT", "LicenseRef-own"}}); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	first := write(700, 1)
	names, err := filepath.Glob(filepath.Join(first, "*"))
	if err != nil || len(names) < 4 {
		t.Fatalf("files %v, %v", names, err)
	}
	for _, other := range []string{write(100, 4), write(1, 2)} {
		for _, name := range names {
			a, err1 := os.ReadFile(name)
			b, err2 := os.ReadFile(filepath.Join(other, filepath.Base(name)))
			if err1 != nil || err2 != nil || string(a) != string(b) {
				t.Errorf("%s differs (%v, %v)", filepath.Base(name), err1, err2)
			}
		}
	}
}
