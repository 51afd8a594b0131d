package pack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"pgregory.net/rapid"

	"winnow/internal/atomicfile"
)

// write writes rows in small batches and files.
func write(t rapid.TB, dir string, vocabulary, length int, rows []Row) *Index {
	w, err := NewWriter(dir, Index{Vocabulary: vocabulary, Length: length, Groups: []string{"lang"}})
	if err != nil {
		t.Fatal(err)
	}
	w.batchTokens, w.shardTokens = 50, 200
	if err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	x, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	return x
}

func drawRow(t *rapid.T, vocabulary int) Row {
	r := Row{Groups: []string{rapid.String().Draw(t, "group")}, Weight: float32(rapid.IntRange(0, 8).Draw(t, "weight")) / 4}
	for i := range rapid.IntRange(1, 3).Draw(t, "documents") {
		r.Starts, r.IDs = append(r.Starts, int32(len(r.Tokens))), append(r.IDs, fmt.Sprintf("%d·%s", i, rapid.String().Draw(t, "id")))
		for range rapid.IntRange(1, 20).Draw(t, "tokens") {
			r.Tokens = append(r.Tokens, rapid.Uint32Max(uint32(vocabulary-1)).Draw(t, "token"))
			r.Labels = append(r.Labels, rapid.Bool().Draw(t, "label"))
		}
	}
	return r
}

// TestShardsReadBack: what is written is read, in both widths of ids, from any number of batches and files.
func TestShardsReadBack(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		vocabulary := rapid.SampledFrom([]int{10, 1<<16 - 1, 1 << 16, 150_000}).Draw(t, "vocabulary")
		var rows []Row
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			rows = append(rows, drawRow(t, vocabulary))
		}
		folder := filepath.Join(dir, fmt.Sprint(n))
		write(t, folder, vocabulary, 60, rows)
		s, err := Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if s.Len() != len(rows) {
			t.Fatalf("%d rows of %d", s.Len(), len(rows))
		}
		for i := range rows {
			if got, err := s.Row(i); err != nil || !reflect.DeepEqual(got, rows[i]) {
				t.Fatalf("row %d: %v\n got %+v\nwant %+v", i, err, got, rows[i])
			}
		}
		for _, i := range []int{-1, len(rows)} {
			if _, err := s.Row(i); err == nil {
				t.Fatalf("row %d was read", i)
			}
		}
	})
}

// TestShardsAreArrow reads a shard by the Arrow library.
func TestShardsAreArrow(t *testing.T) {
	dir, _ := build(t, Options{Codec: testCodec(t, "chatml"), Length: 64, SplitText: true, Groups: []string{"lang"}}, someRows(100)...)
	_, rows := readAll(t, dir)
	data, err := os.ReadFile(filepath.Join(dir, "train-00000.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for i := range r.NumRecords() {
		rec, err := r.RecordAt(i)
		if err != nil {
			t.Fatal(err)
		}
		tokens, ids := rec.Column(0).(*array.List), rec.Column(3).(*array.List)
		for k := range int(rec.NumRows()) {
			from, to := tokens.ValueOffsets(k)
			for j := from; j < to; j++ {
				if got := tokens.ListValues().(*array.Uint16).Value(int(j)); uint32(got) != rows[at].Tokens[j-from] {
					t.Fatalf("row %d: token %d", at, j)
				}
			}
			from, _ = ids.ValueOffsets(k)
			if got := ids.ListValues().(*array.String).Value(int(from)); got != rows[at].IDs[0] {
				t.Fatalf("row %d is %q, not %q", at, got, rows[at].IDs[0])
			}
			at++
		}
	}
	if at != len(rows) {
		t.Errorf("%d rows of %d", at, len(rows))
	}
}

// TestOpenFindsLies changes one thing of a folder at a time, checksums made good where the lie is in the rows.
func TestOpenFindsLies(t *testing.T) {
	good := Row{Tokens: []uint32{1, 2, 3, 4}, Labels: []bool{false, true, true, false}, Starts: []int32{0, 2}, IDs: []string{"a", "b"}, Groups: []string{"en"}, Weight: 1}
	alter := func(change func(*Row)) []Row {
		r := good
		r.Tokens, r.Labels, r.Starts = append([]uint32(nil), r.Tokens...), append([]bool(nil), r.Labels...), append([]int32(nil), r.Starts...)
		change(&r)
		return []Row{good, r}
	}
	for name, test := range map[string]struct {
		rows  []Row
		index func(*Index)
		file  func([]byte) []byte
		want  string
	}{
		"id":              {rows: alter(func(r *Row) { r.Tokens[3] = 10 }), want: "token 3 is id 10, the vocabulary has only 10"},
		"start not zero":  {rows: alter(func(r *Row) { r.Starts[0] = 1 }), want: "document 0 begins at 1"},
		"start twice":     {rows: alter(func(r *Row) { r.Starts[1] = 0 }), want: "document 1 begins at 0"},
		"start behind":    {rows: alter(func(r *Row) { r.Starts[1] = 4 }), want: "document 1 begins at 4 of 4 tokens"},
		"no start":        {rows: alter(func(r *Row) { r.Starts = nil }), want: "0 documents from 2 rows"},
		"ids":             {rows: alter(func(r *Row) { r.IDs = r.IDs[:1] }), want: "2 documents from 1 rows"},
		"groups":          {rows: alter(func(r *Row) { r.Groups = nil }), want: "0 groups for 1 columns"},
		"weight":          {rows: alter(func(r *Row) { r.Weight = -1 }), want: "its weight is -1"},
		"empty":           {rows: alter(func(r *Row) { *r = Row{Groups: good.Groups} }), want: "it has 0 tokens"},
		"labels behind":   {rows: alter(func(r *Row) { r.Labels = append(r.Labels, true) }), want: "the label from token 4 to 5 does not fit 4 tokens"},
		"too long":        {rows: []Row{good}, index: func(x *Index) { x.Length = 3 }, want: "it has 4 tokens, rows have 1 to 3"},
		"row count":       {rows: []Row{good}, index: func(x *Index) { x.Rows++ }, want: "promises 2 rows with 4 tokens"},
		"labelled":        {rows: []Row{good}, index: func(x *Index) { x.Labelled = 1 }, want: "1 of them labelled"},
		"shard rows":      {rows: []Row{good}, index: func(x *Index) { x.Shards[0].Rows = 7 }, want: "promises 7 rows"},
		"vocabulary":      {rows: []Row{good}, index: func(x *Index) { x.Vocabulary = 100_000 }, want: "does not begin with the columns"},
		"no vocabulary":   {rows: []Row{good}, index: func(x *Index) { x.Vocabulary = 0 }, want: "cannot be"},
		"version":         {rows: []Row{good}, index: func(x *Index) { x.Version = 9 }, want: "has version 9"},
		"path":            {rows: []Row{good}, index: func(x *Index) { x.Shards[0].Name = "../x.arrow" }, want: "outside its folder"},
		"missing file":    {rows: []Row{good}, index: func(x *Index) { x.Shards[0].Name = "x.arrow" }, want: "no such file"},
		"odd pairs":       {rows: []Row{good}, index: func(x *Index) { x.Pairs = true }, want: "pairs need two rows"},
		"cut":             {rows: []Row{good}, file: func(b []byte) []byte { return b[:len(b)-1] }, want: "it is damaged"},
		"one bit":         {rows: []Row{good}, file: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, want: "its checksum is not that of index.json"},
		"no shard at all": {rows: []Row{good}, file: func([]byte) []byte { return nil }, want: "it has 0 bytes"},
	} {
		dir := filepath.Join(t.TempDir(), "tokens")
		x := write(t, dir, 10, 8, test.rows)
		if test.index != nil {
			test.index(x)
			if err := atomicfile.WriteJSON(filepath.Join(dir, IndexFile), x); err != nil {
				t.Fatal(err)
			}
		}
		if test.file != nil {
			path := filepath.Join(dir, x.Shards[0].Name)
			data, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, test.file(data), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v\nshould name the folder and say %q", name, err, test.want)
		}
	}
}

// TestEveryByte flips each byte of a shard whose checksum is made good: whatever it says, it is read or refused without a crash.
func TestEveryByte(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	x := write(t, dir, 70_000, 60, []Row{{Tokens: []uint32{1, 69_999}, Labels: []bool{false, true}, Starts: []int32{0}, IDs: []string{"a"}, Groups: []string{"en"}, Weight: 1}})
	data, err := os.ReadFile(filepath.Join(dir, x.Shards[0].Name))
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			data[i] ^= flip
			if err := readShard(data, x); err != nil && !errors.Is(err, errDamaged) {
				t.Fatalf("byte %d: %v", i, err)
			}
			data[i] ^= flip
		}
	}
	for n := range data {
		if err := readShard(data[:n], x); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a shard", n, len(data))
		}
	}
}

func readShard(data []byte, x *Index) error {
	r := bytes.NewReader(data)
	f, err := openArrow(r, int64(len(data)), wideIDs(x.Vocabulary))
	if err != nil {
		return err
	}
	var sum tally
	return f.verify(r, int64(len(data)), x, &sum)
}

func FuzzShard(f *testing.F) {
	for _, vocabulary := range []int{300, 70_000} {
		dir := filepath.Join(f.TempDir(), "tokens")
		x := write(f, dir, vocabulary, 60, []Row{
			{Tokens: []uint32{1, 2, 3}, Labels: []bool{false, true, true}, Starts: []int32{0, 1}, IDs: []string{"a", "b"}, Groups: []string{"en"}, Weight: 1},
			{Tokens: []uint32{4}, Labels: []bool{false}, Starts: []int32{0}, IDs: []string{""}, Groups: []string{"zh"}, Weight: 0.5},
		})
		data, err := os.ReadFile(filepath.Join(dir, x.Shards[0].Name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, vocabulary > 1<<16)
	}
	f.Fuzz(func(t *testing.T, data []byte, wide bool) {
		x := &Index{Vocabulary: 300, Length: 60, Groups: []string{"lang"}}
		if wide {
			x.Vocabulary = 70_000
		}
		if err := readShard(data, x); err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
	})
}

// TestShardChecksums compares the index with the files.
func TestShardChecksums(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	x, err := Build(context.Background(), Options{Codec: testCodec(t, "chatml"), Length: 64, SplitText: true, Groups: []string{"lang"}}, seq(someRows(50)...), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range x.Shards {
		data, err := os.ReadFile(filepath.Join(dir, sh.Name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sh.SHA256 || int64(len(data)) != sh.Bytes {
			t.Errorf("%s: the index does not describe it", sh.Name)
		}
	}
}
