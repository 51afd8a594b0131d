package pack

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// exported is three documents in two rows.
var exported = []Row{
	{Tokens: []uint32{1, 2, 3, 7, 8}, Labels: []bool{false, true, true, false, true}, Starts: []int32{0, 3}, IDs: []string{"a", "b"}, Groups: []string{""}, Weight: 1},
	{Tokens: []uint32{9, 4}, Labels: []bool{false, true}, Starts: []int32{0}, IDs: []string{"c"}, Groups: []string{""}, Weight: 1},
}

func exportable(t *testing.T, vocabulary int, rows []Row) *Shards {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tokens")
	write(t, dir, vocabulary, 8, rows)
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func file(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestExportNanotron(t *testing.T) {
	for width, vocabulary := range map[int]int{2: 1 << 16, 4: 1<<16 + 1} {
		s := exportable(t, vocabulary, exported)
		path := filepath.Join(t.TempDir(), "out", "00000.ds")
		if err := ExportNanotron(s, path, "org/name"); err != nil {
			t.Fatal(err)
		}
		if got, want := file(t, path), appendIDs(nil, []uint32{1, 2, 3, 7, 8, 9, 4}, width); string(got) != string(want) {
			t.Errorf("ids %v, want %v", got, want)
		}
		index := file(t, path+".index")
		for i, end := range []uint64{3, 5, 7} {
			if len(index) != 24 || binary.LittleEndian.Uint64(index[8*i:]) != end {
				t.Fatalf("index %v", index)
			}
		}
		if got := file(t, path+".loss"); string(got) != "\x00\x01\x01\x00\x01\x00\x01" {
			t.Errorf("loss %v", got)
		}
		if got, want := string(file(t, path+".metadata")), "org/name|"+string(rune('0'+width))+"\n7\n7.00 T"; got != want {
			t.Errorf("metadata %q, want %q", got, want)
		}
	}
}

func TestExportMegatron(t *testing.T) {
	for width, vocabulary := range map[int]int{2: 65_499, 4: 65_500} {
		s := exportable(t, vocabulary, exported)
		prefix := filepath.Join(t.TempDir(), "data")
		if err := ExportMegatron(s, prefix); err != nil {
			t.Fatal(err)
		}
		if got, want := file(t, prefix+".bin"), appendIDs(nil, []uint32{1, 2, 3, 7, 8, 9, 4}, width); string(got) != string(want) {
			t.Errorf("ids %v, want %v", got, want)
		}
		idx := file(t, prefix+".idx")
		if len(idx) != 9+8+1+8+8+8+20*3 || !strings.HasPrefix(string(idx), "MMIDIDX\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00") {
			t.Fatalf("%d bytes: %q", len(idx), idx)
		}
		if code := map[int]byte{2: 8, 4: 4}[width]; idx[17] != code {
			t.Errorf("type code %d for %d bytes", idx[17], width)
		}
		number := func(at int) uint64 { return binary.LittleEndian.Uint64(idx[at:]) }
		if number(18) != 3 || number(26) != 4 {
			t.Errorf("%d sequences, %d entries of documents", number(18), number(26))
		}
		at := 0
		for i, n := range []int{3, 2, 2} {
			if got := binary.LittleEndian.Uint32(idx[34+4*i:]); got != uint32(n) {
				t.Errorf("length %d of document %d", got, i)
			}
			if got := number(46 + 8*i); got != uint64(at) {
				t.Errorf("document %d begins at %d, not %d", i, got, at)
			}
			at += n * width
		}
		for i := range 4 {
			if got := number(70 + 8*i); got != uint64(i) {
				t.Errorf("document entry %d is %d", i, got)
			}
		}
	}
	masked := exported[0]
	masked.Labels = []bool{false, false, true, false, true}
	err := ExportMegatron(exportable(t, 100, []Row{masked}), filepath.Join(t.TempDir(), "data"))
	if err == nil || !strings.Contains(err.Error(), "token 1 of document 0 carries no loss") {
		t.Errorf("labels were lost: %v", err)
	}
}

func TestMetric(t *testing.T) {
	for n, want := range map[float64]string{0: "0.00 T", 7: "7.00 T", 42: "42.0 T", 999: "999 T", 1500: "1.50 kT", 123456: "123 kT", 2.5e9: "2.50 GT"} {
		if got := metric(n); got != want {
			t.Errorf("%v is %q, want %q", n, got, want)
		}
	}
}
