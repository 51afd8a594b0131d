package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func image(header string, body int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	out = append(out, header...)
	return append(out, make([]byte, body)...)
}

func TestParseRefusesWhatDoesNotAddUp(t *testing.T) {
	const a = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "fewer than the 8"},
		{"header beyond the file", image("{}", 0)[:9], "has only 1 after it"},
		{"huge header", []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), "limit"},
		{"not JSON", image("hello", 0), "does not start with '{'"},
		{"duplicate name", image("{"+a+","+a+"}", 8), "duplicate"},
		{"cut data", image("{"+a+"}", 7), "lie outside the 7 bytes"},
		{"data of nobody", image("{"+a+"}", 12), "last 4 bytes belong to no tensor"},
		{"hole", image(`{`+a+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16), "bytes 8 to 12"},
		{"overlap", image(`{`+a+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), `inside the tensor "a"`},
		{"wrong size", image(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "needs 12 bytes"},
		{"overflow", image(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, 8), "overflows"},
		{"negative", image(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), "out of range"},
		{"unknown type", image(`{"a":{"dtype":"Q9","shape":[2],"data_offsets":[0,8]}}`, 8), "unknown dtype"},
		{"backwards", image(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "lie outside"},
		{"no shape", image(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), "shape"},
		{"no offsets", image(`{"a":{"dtype":"F32","shape":[2]}}`, 8), "must be two numbers"},
	} {
		if _, err := Parse(c.data, "x.safetensors"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestReadNamesTheValueThatIsNotFinite(t *testing.T) {
	for _, d := range []DType{F32, F16, BF16} {
		raw := image(`{"layer.w":{"dtype":"`+string(d)+`","shape":[2,2],"data_offsets":[0,`+map[int]string{4: "16", 2: "8"}[d.size()]+`]}}`, 4*d.size())
		copy(raw[len(raw)-d.size():], bytes.Repeat([]byte{0xff}, d.size()))
		f, err := Parse(raw, "x")
		if err != nil {
			t.Fatal(err)
		}
		w, _ := f.Tensor("layer.w")
		if _, err := w.Float32s(); err == nil || !strings.Contains(err.Error(), `"layer.w" holds NaN at index 3`) {
			t.Errorf("%s: %v", d, err)
		}
	}
}

func TestWriteThenOpen(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		d := rapid.SampledFrom([]DType{F32, F16, BF16}).Draw(r, "type")
		n := rapid.IntRange(0, 5).Draw(r, "tensors")
		var want []Source
		for i := range n {
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(r, "shape")
			size, _ := elements(shape)
			values := make([]float32, size)
			for j := range values { // eighths are exact in all three types
				values[j] = float32(rapid.IntRange(-16, 16).Draw(r, "v")) / 8
			}
			want = append(want, FromSlice(string(rune('a'+i))+`.".weight`, shape, values))
		}
		path := filepath.Join(dir, "m.safetensors")
		if err := Write(path, want, d); err != nil {
			r.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			r.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if f.Metadata["format"] != "pt" || len(f.Tensors()) != n {
			r.Fatalf("metadata %v, %d tensors", f.Metadata, len(f.Tensors()))
		}
		for _, s := range want {
			got, ok := f.Tensor(s.Name)
			if !ok || got.DType != d || len(got.Shape) != len(s.Shape) {
				r.Fatalf("%s: %v %v", s.Name, ok, got)
			}
			values, err := got.Float32s()
			if err != nil {
				r.Fatal(err)
			}
			for i, v := range s.Values() {
				if values[i] != v {
					r.Fatalf("%s[%d] = %v, want %v", s.Name, i, values[i], v)
				}
			}
		}
	})
}

func TestWriteLeavesNothingBehindOnError(t *testing.T) {
	dir := t.TempDir()
	bad := []Source{FromSlice("w", []int{2}, []float32{1, 1e6})}
	if err := Write(filepath.Join(dir, "m.safetensors"), bad, F16); err == nil || !strings.Contains(err.Error(), `"w": value 1e+06 at index 1`) {
		t.Fatalf("1e6 fits no half: %v", err)
	}
	bad[0] = FromSlice("w", []int{1}, []float32{float32(math.NaN())})
	if err := Write(filepath.Join(dir, "m.safetensors"), bad, F32); err == nil {
		t.Fatal("NaN was written")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestOpenReportsAFileThatShrinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := Write(path, []Source{FromSlice("w", []int{1 << 16}, make([]float32, 1<<16))}, F32); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	w, _ := f.Tensor("w")
	if _, err := w.Float32s(); err == nil || !strings.Contains(err.Error(), "changed while it was open") {
		t.Fatalf("a shrunken file: %v", err)
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add(image(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]}}`, 12))
	f.Add(image(`{}`, 0))
	f.Add(image(`{"a":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}`, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data, "fuzz")
		if err != nil {
			return
		}
		total := 0
		for _, w := range file.Tensors() {
			total += len(w.data)
			_, _ = w.Float32s()
			_, _ = w.Int32s()
		}
		if size := binary.LittleEndian.Uint64(data); total != len(data)-8-int(size) {
			t.Fatalf("the tensors hold %d bytes of %d", total, len(data)-8-int(size))
		}
	})
}
