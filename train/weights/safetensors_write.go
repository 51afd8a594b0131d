package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Source is a tensor to be written. Values is called once, when its turn comes, so that a model larger than memory can be merged and
// written tensor by tensor; the slice it returns is not kept.
type Source struct {
	Name   string
	Shape  []int
	Values func() []float32
}

// FromSlice makes a Source of values that lie in memory.
func FromSlice(name string, shape []int, values []float32) Source {
	return Source{Name: name, Shape: shape, Values: func() []float32 { return values }}
}

// Write puts the tensors, in the order given, into one safetensors file of storage type d. The file appears whole or not at all; a value
// that is not finite (or too large for fp16) stops the writing with its name. The same input gives the same bytes.
func Write(path string, tensors []Source, d DType) error {
	if err := writeAtomic(path, func(w io.Writer) error { return writeTo(w, tensors, d) }); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func writeTo(w io.Writer, tensors []Source, d DType) error {
	header, err := header(tensors, d)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	buf := make([]byte, 1<<18)
	step := len(buf) / d.size()
	for _, t := range tensors {
		values := t.Values()
		if n, _ := elements(t.Shape); n != len(values) {
			return fmt.Errorf("tensor %q: %d values do not fill shape %v", t.Name, len(values), t.Shape)
		}
		for at := 0; at < len(values); at += step {
			part := values[at:min(at+step, len(values))]
			raw := buf[:len(part)*d.size()]
			bad, err := encode(raw, part, d)
			if err != nil {
				return err
			}
			if bad >= 0 {
				return fmt.Errorf("tensor %q: value %v at index %d is not finite in %s", t.Name, part[bad], at+bad, d)
			}
			if _, err := w.Write(raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// header builds the JSON, padded with spaces so that the data starts at a multiple of 8 bytes, as the reference writer does. The metadata
// entry is what transformers demands of every file.
func header(tensors []Source, d DType) ([]byte, error) {
	if d.size() == 0 {
		return nil, fmt.Errorf("unknown storage type %q", d)
	}
	out := []byte(`{"` + metadataKey + `":{"format":"pt"}`)
	seen, at := make(map[string]bool, len(tensors)), 0
	for _, t := range tensors {
		if seen[t.Name] || t.Name == metadataKey {
			return nil, fmt.Errorf("tensor name %q is used twice or reserved", t.Name)
		}
		seen[t.Name] = true
		n, err := elements(t.Shape)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		out = append(out, ',')
		if out, err = jsontext.AppendQuote(out, t.Name); err != nil {
			return nil, fmt.Errorf("tensor name %q: %w", t.Name, err)
		}
		out = append(out, `:{"dtype":"`+string(d)+`","shape":[`...)
		for i, s := range t.Shape {
			if i > 0 {
				out = append(out, ',')
			}
			out = strconv.AppendInt(out, int64(s), 10)
		}
		end := at + n*d.size()
		out = append(out, fmt.Sprintf(`],"data_offsets":[%d,%d]}`, at, end)...)
		at = end
	}
	out = append(out, '}')
	for len(out)%8 != 0 {
		out = append(out, ' ')
	}
	return out, nil
}

// writeAtomic streams into a temporary file beside path, syncs it and renames it into place. The temporary name is fixed, so that a run that
// was killed here and is started again leaves nothing behind.
func writeAtomic(path string, fill func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp"))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
