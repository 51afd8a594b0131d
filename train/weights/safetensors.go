package weights

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The file is: uint64 little-endian N, N bytes of JSON {"name": {"dtype", "shape", "data_offsets": [from, to]}, "__metadata__": {…}}, then the
// data the offsets point into (huggingface/safetensors, README "Format"). maxHeader is the reference reader's own limit.
const (
	maxHeader   = 100_000_000
	maxRank     = 8
	metadataKey = "__metadata__"
)

// File is one opened safetensors file. Its tensors view the mapped bytes and are valid until Close.
type File struct {
	Path     string
	Metadata map[string]string
	tensors  []Tensor // in order of their data
	index    map[string]int
	release  func() error
}

// Tensor is a named array inside a file.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	file  string
	data  []byte
}

// Open maps a safetensors file and checks its whole header against the file's size; no tensor data is touched yet.
func Open(path string) (*File, error) {
	data, release, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("open weights: %w", err)
	}
	f, err := Parse(data, path)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	f.release = release
	return f, nil
}

// Close ends the mapping; tensors of the file must not be read afterwards.
func (f *File) Close() error {
	if f.release == nil {
		return nil
	}
	release := f.release
	f.release, f.tensors, f.index = nil, nil, nil
	return release()
}

// Tensors lists the file's tensors in the order of their data.
func (f *File) Tensors() []Tensor { return f.tensors }

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

type headerEntry struct {
	DType   DType   `json:"dtype"`
	Shape   []int64 `json:"shape"`
	Offsets []int64 `json:"data_offsets"`
}

// Parse reads a safetensors file held in memory; path is used in messages only. The tensors must cover the data without gap or overlap,
// as the format demands: a gap can hide other content, an overlap makes two parameters one.
func Parse(data []byte, path string) (*File, error) {
	fail := func(format string, a ...any) (*File, error) {
		return nil, fmt.Errorf("%s is no valid safetensors file: %s", path, fmt.Sprintf(format, a...))
	}
	if len(data) < 8 {
		return fail("it has %d bytes, fewer than the 8 of the header's length (was the download cut off?)", len(data))
	}
	size := binary.LittleEndian.Uint64(data)
	if size > maxHeader {
		return fail("byte 0: the header claims %d bytes, more than the format's limit of %d", size, maxHeader)
	}
	if size > uint64(len(data)-8) {
		return fail("byte 0: the header claims %d bytes, the file has only %d after it (was the download cut off?)", size, len(data)-8)
	}
	header, body := data[8:8+size], data[8+size:]
	if len(header) == 0 || header[0] != '{' {
		return fail("byte 8: the header does not start with '{'")
	}
	var raw map[string]jsontext.Value // duplicate names are an error of this decoder
	if err := json.Unmarshal(header, &raw); err != nil {
		return fail("header: %v", err)
	}
	f := &File{Path: path, index: make(map[string]int, len(raw))}
	spans := make([][2]int64, 0, len(raw))
	for name, value := range raw {
		if name == metadataKey {
			if err := json.Unmarshal(value, &f.Metadata); err != nil {
				return fail("%s: %v", metadataKey, err)
			}
			continue
		}
		var e headerEntry
		if err := json.Unmarshal(value, &e, json.RejectUnknownMembers(true)); err != nil {
			return fail("tensor %q: %v", name, err)
		}
		t, span, err := e.tensor(name, int64(len(body)))
		if err != nil {
			return fail("tensor %q: %v", name, err)
		}
		t.file, t.data = path, body[span[0]:span[1]:span[1]]
		f.tensors = append(f.tensors, t)
		spans = append(spans, span)
	}
	if err := f.order(spans, int64(len(body))); err != nil {
		return fail("%v", err)
	}
	return f, nil
}

// tensor checks one header entry by itself.
func (e headerEntry) tensor(name string, body int64) (Tensor, [2]int64, error) {
	var span [2]int64
	width := e.DType.size()
	if width == 0 {
		return Tensor{}, span, fmt.Errorf("unknown dtype %q", e.DType)
	}
	if e.Shape == nil || len(e.Shape) > maxRank {
		return Tensor{}, span, fmt.Errorf("shape %v: from 0 to %d sizes are allowed", e.Shape, maxRank)
	}
	shape := make([]int, len(e.Shape))
	for i, d := range e.Shape {
		if d < 0 || d > math.MaxInt {
			return Tensor{}, span, fmt.Errorf("shape %v: size %d is out of range", e.Shape, d)
		}
		shape[i] = int(d)
	}
	n, err := elements(shape)
	if err != nil {
		return Tensor{}, span, err
	}
	if len(e.Offsets) != 2 {
		return Tensor{}, span, fmt.Errorf("data_offsets %v must be two numbers", e.Offsets)
	}
	span = [2]int64{e.Offsets[0], e.Offsets[1]}
	if span[0] < 0 || span[0] > span[1] || span[1] > body {
		return Tensor{}, span, fmt.Errorf("data_offsets %v lie outside the %d bytes of data (was the download cut off?)", e.Offsets, body)
	}
	if span[1]-span[0] != int64(n)*int64(width) {
		return Tensor{}, span, fmt.Errorf("shape %v of %s needs %d bytes, data_offsets %v give %d", shape, e.DType, int64(n)*int64(width), e.Offsets, span[1]-span[0])
	}
	return Tensor{Name: name, DType: e.DType, Shape: shape}, span, nil
}

// order sorts the tensors by position and checks that together they are the data, each byte once.
func (f *File) order(spans [][2]int64, body int64) error {
	perm := make([]int, len(spans))
	for i := range perm {
		perm[i] = i
	}
	slices.SortFunc(perm, func(a, b int) int {
		return cmp.Or(cmp.Compare(spans[a][0], spans[b][0]), cmp.Compare(spans[a][1], spans[b][1]), cmp.Compare(f.tensors[a].Name, f.tensors[b].Name))
	})
	sorted, at := make([]Tensor, len(perm)), int64(0)
	for i, p := range perm {
		t, span := f.tensors[p], spans[p]
		if span[0] < at {
			return fmt.Errorf("tensor %q starts at byte %d of the data, inside the tensor %q before it", t.Name, span[0], sorted[i-1].Name)
		}
		if span[0] > at {
			return fmt.Errorf("bytes %d to %d of the data, before tensor %q, belong to no tensor", at, span[0], t.Name)
		}
		sorted[i], at = t, span[1]
		f.index[t.Name] = i
	}
	if at != body {
		return fmt.Errorf("the last %d bytes belong to no tensor", body-at)
	}
	f.tensors = sorted
	return nil
}

// Len is the number of elements.
func (t Tensor) Len() int { return len(t.data) / t.DType.size() }

// Read widens the tensor into dst, whose length must be Len. A value that is not finite is an error that names the tensor, file and index.
func (t Tensor) Read(dst []float32) (err error) {
	if len(dst) != t.Len() {
		return fmt.Errorf("%s: tensor %q has %d values, %d were asked for", t.file, t.Name, t.Len(), len(dst))
	}
	// A mapped file that another process cuts short faults on access; that becomes an error instead of the end of the process.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: tensor %q could not be read, the file changed while it was open: %v", t.file, t.Name, r)
		}
	}()
	bad, err := decode(dst, t.data, t.DType)
	if err != nil {
		return fmt.Errorf("%s: tensor %q: %w", t.file, t.Name, err)
	}
	if bad >= 0 {
		return fmt.Errorf("%s: tensor %q holds %v at index %d (shape %v): the file is damaged or its training diverged", t.file, t.Name, dst[bad], bad, t.Shape)
	}
	return nil
}

// Float32s returns the tensor's values as a new slice.
func (t Tensor) Float32s() ([]float32, error) {
	dst := make([]float32, t.Len())
	return dst, t.Read(dst)
}

// Int32s returns an I32 tensor's values as a new slice.
func (t Tensor) Int32s() ([]int32, error) {
	if t.DType != I32 {
		return nil, fmt.Errorf("%s: tensor %q is %s, not I32", t.file, t.Name, t.DType)
	}
	dst := make([]int32, t.Len())
	for i := range dst {
		dst[i] = int32(binary.LittleEndian.Uint32(t.data[4*i:]))
	}
	return dst, nil
}
