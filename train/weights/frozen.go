package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"unsafe"

	"winnow/train/nn"
)

// LoadFrozen is Load for a model whose base does not change: matrices that the files store as bf16 stay where they lie, in the mapped file, at
// no cost in memory that the system cannot take back. Everything else is widened to float32 as Load does, so no value differs. release ends
// the mapping; the model must not be used afterwards, and the files must not be changed in place before (replacing them is fine).
func LoadFrozen(path string) (m *nn.Model, release func() error, err error) {
	if strings.EqualFold(filepath.Ext(path), ".gguf") {
		m, err = LoadGGUF(path)
		return m, func() error { return nil }, err
	}
	m, files, err := open(path)
	if err != nil {
		return nil, nil, err
	}
	if err := fill(m.Params(), files, place, hintConfig); err != nil {
		closeAll(files)
		return nil, nil, err
	}
	return m, func() error {
		var err error
		for _, f := range files {
			err = errors.Join(err, f.Close())
		}
		return err
	}, nil
}

// place gives a matrix the file's own bf16 values, and reads everything else.
func place(p *nn.Param, t Tensor) error {
	if len(p.Shape) < 2 || t.DType != BF16 {
		return t.Read(p.Data)
	}
	view, err := t.view16()
	if err != nil {
		return err
	}
	p.BF16, p.Data = view, nil
	return nil
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// view16 returns the values of a BF16 tensor where they lie, or a copy where the file places them at an odd byte or the machine is big-endian.
// A value that is not finite is an error, as in Read.
func (t Tensor) view16() (view []uint16, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: tensor %q could not be read, the file changed while it was open: %v", t.file, t.Name, r)
		}
	}()
	n := t.Len()
	if n == 0 {
		return []uint16{}, nil
	}
	if first := unsafe.Pointer(unsafe.SliceData(t.data)); littleEndian && uintptr(first)%2 == 0 {
		view = unsafe.Slice((*uint16)(first), n)
	} else {
		view = make([]uint16, n)
		for i := range view {
			view[i] = binary.LittleEndian.Uint16(t.data[2*i:])
		}
	}
	const infinite = 0x7f80 // all bits of the exponent
	for i, v := range view {
		if v&infinite == infinite {
			return nil, fmt.Errorf("%s: tensor %q holds a value that is not finite at index %d (shape %v): the file is damaged or its training diverged", t.file, t.Name, i, t.Shape)
		}
	}
	return view, nil
}
