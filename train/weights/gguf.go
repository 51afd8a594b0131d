package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
)

// A GGUF file is: "GGUF", uint32 version, uint64 tensors, uint64 metadata entries, the entries, the tensors' descriptions, padding to the
// alignment, the data (ggml, docs/gguf.md). All numbers are little-endian.
const (
	ggufMagic     = "GGUF"
	ggufAlignment = 32
	ggufMaxKey    = 1 << 16
	ggufMaxDims   = 4
)

// Types of metadata values.
const (
	ggufUint8 = iota
	ggufInt8
	ggufUint16
	ggufInt16
	ggufUint32
	ggufInt32
	ggufFloat32
	ggufBool
	ggufString
	ggufArray
	ggufUint64
	ggufInt64
	ggufFloat64
)

// GGUF is an opened GGUF file; its tensors view the mapped bytes and are valid until Close.
type GGUF struct {
	Path     string
	Metadata map[string]any // bool, string, int64, uint64, float64, or []any of them
	tensors  map[string]ggufTensor
	release  func() error
}

type ggufTensor struct {
	shape []int // outermost first, as everywhere in winnow; the file has it the other way round
	kind  ggmlType
	data  []byte
}

// OpenGGUF maps a file and checks its whole header against its size.
func OpenGGUF(path string) (*GGUF, error) {
	data, release, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("open GGUF: %w", err)
	}
	g, err := ParseGGUF(data, path)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	g.release = release
	return g, nil
}

// Close ends the mapping.
func (g *GGUF) Close() error {
	if g.release == nil {
		return nil
	}
	release := g.release
	g.release, g.tensors = nil, nil
	return release()
}

// Names lists the file's tensors, sorted.
func (g *GGUF) Names() []string { return slices.Sorted(mapKeys(g.tensors)) }

// ParseGGUF reads a file held in memory; path is used in messages only.
func ParseGGUF(data []byte, path string) (*GGUF, error) {
	r := &ggufReader{data: data}
	g := &GGUF{Path: path, Metadata: map[string]any{}, tensors: map[string]ggufTensor{}}
	if err := g.parse(r); err != nil {
		return nil, fmt.Errorf("%s is no valid GGUF file: byte %d: %w", path, r.at, err)
	}
	return g, nil
}

func (g *GGUF) parse(r *ggufReader) error {
	if string(r.take(4)) != ggufMagic {
		return errors.New("it does not begin with GGUF")
	}
	if v := r.u32(); r.err == nil && v != 2 && v != 3 {
		return fmt.Errorf("version %d is not supported (2 and 3 are; a big-endian file looks like a huge version)", v)
	}
	tensors, entries := r.u64(), r.u64()
	if r.err == nil && (tensors > uint64(len(r.data))/24 || entries > uint64(len(r.data))/13) { // the least that one takes
		return fmt.Errorf("%d tensors and %d metadata entries cannot fit into %d bytes", tensors, entries, len(r.data))
	}
	for range entries {
		key := r.text(ggufMaxKey)
		value := r.value(r.u32(), 0)
		if r.err != nil {
			return r.err
		}
		if _, twice := g.Metadata[key]; twice {
			return fmt.Errorf("metadata key %q occurs twice", key)
		}
		g.Metadata[key] = value
	}
	align := uint64(ggufAlignment)
	if a, ok := g.Metadata["general.alignment"]; ok {
		v, ok := a.(uint64)
		if !ok || v == 0 || v&(v-1) != 0 || v > 1<<20 {
			return fmt.Errorf("general.alignment is %v, not a power of two", a)
		}
		align = v
	}
	type place struct {
		name     string
		from, to uint64
	}
	var places []place
	for range tensors {
		name := r.text(ggufMaxKey)
		t, size, err := r.describe()
		offset := r.u64()
		if r.err != nil {
			return r.err
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		if _, twice := g.tensors[name]; twice {
			return fmt.Errorf("tensor %q occurs twice", name)
		}
		if offset%align != 0 || offset > uint64(len(r.data)) {
			return fmt.Errorf("tensor %q: offset %d is outside the file or not a multiple of %d", name, offset, align)
		}
		g.tensors[name] = t
		places = append(places, place{name, offset, offset + size})
	}
	if r.err != nil {
		return r.err
	}
	start := (uint64(r.at) + align - 1) / align * align
	slices.SortFunc(places, func(a, b place) int { return int(int64(a.from) - int64(b.from)) })
	for i, p := range places {
		if start+p.to > uint64(len(r.data)) {
			return fmt.Errorf("tensor %q ends %d bytes beyond the file (was the download cut off?)", p.name, start+p.to-uint64(len(r.data)))
		}
		if i > 0 && p.from < places[i-1].to {
			return fmt.Errorf("tensors %q and %q overlap", places[i-1].name, p.name)
		}
		t := g.tensors[p.name]
		t.data = r.data[start+p.from : start+p.to : start+p.to]
		g.tensors[p.name] = t
	}
	return nil
}

// read widens a tensor into dst.
func (g *GGUF) read(name string, dst []float32) (err error) {
	t := g.tensors[name]
	if n, _ := elements(t.shape); n != len(dst) {
		return fmt.Errorf("%s: tensor %q has %d values, %d were asked for", g.Path, name, n, len(dst))
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // see Tensor.Read
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: tensor %q could not be read, the file changed while it was open: %v", g.Path, name, r)
		}
	}()
	dequantise(dst, t.data, t.kind)
	for i, v := range dst {
		if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
			return fmt.Errorf("%s: tensor %q (%v) holds %v at index %d: the file is damaged", g.Path, name, t.kind, v, i)
		}
	}
	return nil
}

// ggufReader walks over the header; after the first error every call returns zero values.
type ggufReader struct {
	data []byte
	at   int
	err  error
}

func (r *ggufReader) take(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.data)-r.at) {
		r.err = fmt.Errorf("%d bytes are promised, %d are left (was the download cut off?)", n, len(r.data)-r.at)
	}
	if r.err != nil {
		return nil
	}
	out := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return out
}

func (r *ggufReader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *ggufReader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *ggufReader) text(limit uint64) string {
	n := r.u64()
	if r.err == nil && n > limit {
		r.err = fmt.Errorf("a string of %d bytes is above the limit of %d", n, limit)
	}
	return string(r.take(n))
}

// value reads one metadata value; depth guards against arrays nested without end.
func (r *ggufReader) value(kind uint32, depth int) any {
	switch kind {
	case ggufUint8, ggufInt8, ggufBool:
		b := r.take(1)
		if b == nil {
			return nil
		}
		switch kind {
		case ggufInt8:
			return int64(int8(b[0]))
		case ggufBool:
			return b[0] != 0
		}
		return uint64(b[0])
	case ggufUint16, ggufInt16:
		b := r.take(2)
		if b == nil {
			return nil
		}
		v := binary.LittleEndian.Uint16(b)
		if kind == ggufInt16 {
			return int64(int16(v))
		}
		return uint64(v)
	case ggufUint32:
		return uint64(r.u32())
	case ggufInt32:
		return int64(int32(r.u32()))
	case ggufFloat32:
		return float64(math.Float32frombits(r.u32()))
	case ggufUint64:
		return r.u64()
	case ggufInt64:
		return int64(r.u64())
	case ggufFloat64:
		return math.Float64frombits(r.u64())
	case ggufString:
		return r.text(math.MaxUint32)
	case ggufArray:
		return r.array(depth)
	}
	if r.err == nil {
		r.err = fmt.Errorf("metadata value of unknown type %d", kind)
	}
	return nil
}

func (r *ggufReader) array(depth int) any {
	kind, n := r.u32(), r.u64()
	if r.err == nil && (depth > 2 || n > uint64(len(r.data)-r.at)) { // an element takes a byte at least
		r.err = fmt.Errorf("an array of %d elements does not fit", n)
	}
	if r.err != nil {
		return nil
	}
	out := make([]any, 0, min(n, 1<<16))
	for range n {
		out = append(out, r.value(kind, depth+1))
		if r.err != nil {
			return nil
		}
	}
	return out
}

// describe reads a tensor's dimensions and type and computes its bytes.
func (r *ggufReader) describe() (t ggufTensor, size uint64, err error) {
	dims := r.u32()
	if r.err == nil && dims > ggufMaxDims {
		return t, 0, fmt.Errorf("%d dimensions are more than %d", dims, ggufMaxDims)
	}
	for range dims {
		d := r.u64()
		if r.err == nil && d > uint64(len(r.data))*8 {
			return t, 0, fmt.Errorf("a dimension of %d is more than the file can hold", d)
		}
		t.shape = append([]int{int(d)}, t.shape...)
	}
	t.kind = ggmlType(r.u32())
	if r.err != nil {
		return t, 0, r.err
	}
	values, bytes, ok := t.kind.block()
	if !ok {
		return t, 0, fmt.Errorf("%v is not supported (f32, f16, bf16, q8_0, q4_0, q4_k and q6_k are): convert the file, or start from the original model", t.kind)
	}
	n, err := elements(t.shape)
	if err != nil {
		return t, 0, err
	}
	if len(t.shape) > 0 && t.shape[len(t.shape)-1]%values != 0 {
		return t, 0, fmt.Errorf("rows of %d values are no whole blocks of %v (%d values)", t.shape[len(t.shape)-1], t.kind, values)
	}
	if n/values > len(r.data) {
		return t, 0, fmt.Errorf("shape %v is more than the file can hold", t.shape)
	}
	return t, uint64(n / values * bytes), nil
}
