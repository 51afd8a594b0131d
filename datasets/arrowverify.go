package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The Arrow library believes the metadata of a file: a vector that claims a billion fields is allocated, and running out of memory cannot be recovered from.
// So the metadata is walked here first, and every length in it held against the bytes that there are. Layouts: Apache Arrow format/Message.fbs,
// Schema.fbs and File.fbs.

const (
	maxArrowMetadata = 64 << 20 // of one message
	maxArrowRows     = 1 << 26  // of one record batch
	maxArrowDepth    = 64       // of nested types
)

// flatTable is a table of a flatbuffer. Reading out of bounds panics and is turned into an error by verifyMessage and verifyFooter.
type flatTable struct {
	buf []byte
	at  int
}

func rootTable(buf []byte) flatTable {
	return flatTable{buf, int(binary.LittleEndian.Uint32(buf))}
}

// field returns the position of a field's value, 0 when the table lacks it.
func (t flatTable) field(i int) int {
	vtable := t.at - int(int32(binary.LittleEndian.Uint32(t.buf[t.at:])))
	size := int(binary.LittleEndian.Uint16(t.buf[vtable:]))
	if slot := 4 + 2*i; slot+2 <= size {
		if off := int(binary.LittleEndian.Uint16(t.buf[vtable+slot:])); off > 0 {
			return t.at + off
		}
	}
	return 0
}

func (t flatTable) table(i int) (flatTable, bool) {
	p := t.field(i)
	if p == 0 {
		return t, false
	}
	return flatTable{t.buf, p + int(binary.LittleEndian.Uint32(t.buf[p:]))}, true
}

// vector returns where a vector's elements begin and how many there are; it panics when they do not lie in the buffer.
func (t flatTable) vector(i, elementSize int) (start, n int) {
	p := t.field(i)
	if p == 0 {
		return 0, 0
	}
	v := p + int(binary.LittleEndian.Uint32(t.buf[p:]))
	n = int(binary.LittleEndian.Uint32(t.buf[v:]))
	if n > (len(t.buf)-v-4)/elementSize {
		panic(fmt.Sprintf("a list of %d entries where %d bytes are left", n, len(t.buf)-v-4))
	}
	return v + 4, n
}

func (t flatTable) tables(i int) []flatTable {
	start, n := t.vector(i, 4)
	out := make([]flatTable, n)
	for k := range out {
		p := start + 4*k
		out[k] = flatTable{t.buf, p + int(binary.LittleEndian.Uint32(t.buf[p:]))}
	}
	return out
}

func (t flatTable) int64(i int) int64 {
	if p := t.field(i); p != 0 {
		return int64(binary.LittleEndian.Uint64(t.buf[p:]))
	}
	return 0
}

// guardMetadata runs a check of metadata and turns its panics into an error.
func guardMetadata(check func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("its metadata are damaged: %v", p)
		}
	}()
	return check()
}

func verifySchema(t flatTable) error {
	total := 0
	var visit func(fields []flatTable, depth int) error
	visit = func(fields []flatTable, depth int) error {
		if total += len(fields); total > maxColumns || depth > maxArrowDepth {
			return errors.New("its schema is larger than any that is read here")
		}
		for _, f := range fields {
			f.vector(0, 1) // name
			verifyPairs(f, 6)
			if err := visit(f.tables(5), depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	verifyPairs(t, 2)
	return visit(t.tables(1), 0)
}

// verifyPairs walks custom metadata.
func verifyPairs(t flatTable, i int) {
	for _, kv := range t.tables(i) {
		kv.vector(0, 1)
		kv.vector(1, 1)
	}
}

// verifyBatch holds the buffers of a record batch against its body.
func verifyBatch(t flatTable, body randomAccess) error {
	if rows := t.int64(0); rows < 0 || rows > maxArrowRows {
		return fmt.Errorf("a record batch claims %d rows", rows)
	}
	nodes, n := t.vector(1, 16)
	for k := range n {
		length, nulls := int64(binary.LittleEndian.Uint64(t.buf[nodes+16*k:])), int64(binary.LittleEndian.Uint64(t.buf[nodes+16*k+8:]))
		if length < 0 || length > maxArrowRows || nulls < 0 || nulls > length {
			return fmt.Errorf("a column claims %d values and %d nulls", length, nulls)
		}
	}
	_, compressed := t.table(3)
	buffers, n := t.vector(2, 16)
	for k := range n {
		offset, length := int64(binary.LittleEndian.Uint64(t.buf[buffers+16*k:])), int64(binary.LittleEndian.Uint64(t.buf[buffers+16*k+8:]))
		if offset < 0 || length < 0 || offset > body.size || length > body.size-offset {
			return fmt.Errorf("a column's %d bytes at %d do not lie in the batch of %d bytes", length, offset, body.size)
		}
		if compressed && length >= 8 {
			var size [8]byte
			if _, err := body.ReadAt(size[:], offset); err != nil {
				return err
			}
			if plain := int64(binary.LittleEndian.Uint64(size[:])); plain < -1 || plain > maxInMemory {
				return fmt.Errorf("a column claims %d bytes when decompressed", plain)
			}
		}
	}
	t.vector(4, 8)
	return nil
}

// verifyMessage checks the message at offset and returns where the next one begins. end says that the stream's end mark stands there; io.ErrUnexpectedEOF
// that the file ends within the message.
func verifyMessage(r randomAccess, offset int64) (next int64, end bool, err error) {
	var head [8]byte
	n, err := r.ReadAt(head[:], offset)
	if err != nil && err != io.EOF {
		return 0, false, err
	}
	if n == 0 {
		return offset, true, nil
	}
	if n < 4 {
		return 0, false, io.ErrUnexpectedEOF
	}
	prefix, length := int64(4), int64(int32(binary.LittleEndian.Uint32(head[:4])))
	if length == -1 { // the mark that newer files have before the length
		if n < 8 {
			return 0, false, io.ErrUnexpectedEOF
		}
		prefix, length = 8, int64(int32(binary.LittleEndian.Uint32(head[4:])))
	}
	if length == 0 {
		return offset + prefix, true, nil
	}
	if length < 0 || length > maxArrowMetadata {
		return 0, false, fmt.Errorf("a message claims %d bytes of metadata", length)
	}
	if length > r.size-offset-prefix {
		return 0, false, io.ErrUnexpectedEOF
	}
	meta := make([]byte, length)
	if _, err := r.ReadAt(meta, offset+prefix); err != nil && err != io.EOF {
		return 0, false, err
	}
	start := offset + prefix + length
	var bodyLength int64
	err = guardMetadata(func() error {
		t := rootTable(meta)
		bodyLength = t.int64(3)
		if bodyLength < 0 {
			return fmt.Errorf("a message claims a body of %d bytes", bodyLength)
		}
		if bodyLength > r.size-start {
			return io.ErrUnexpectedEOF
		}
		verifyPairs(t, 4)
		header, ok := t.table(2)
		if !ok {
			return errors.New("a message has no header")
		}
		body := randomAccess{io.NewSectionReader(r, start, bodyLength), bodyLength}
		switch meta[t.field(1)] {
		case 1:
			return verifySchema(header)
		case 2:
			data, ok := header.table(1)
			if !ok {
				return errors.New("a dictionary has no values")
			}
			return verifyBatch(data, body)
		case 3:
			return verifyBatch(header, body)
		}
		return errors.New("a message is neither schema, dictionary nor record batch")
	})
	return start + bodyLength, false, err
}

// verifyArrowStream checks a stream message by message and returns how far it is sound, and what is wrong after that.
func verifyArrowStream(r randomAccess) (sound int64, err error) {
	for sound < r.size {
		next, end, err := verifyMessage(r, sound)
		if err == io.ErrUnexpectedEOF {
			return sound, errors.New("the stream ends early; the rows after this place could not be read")
		}
		if err != nil {
			return sound, err
		}
		if end || next <= sound {
			return next, nil
		}
		sound = next
	}
	return sound, nil
}

// verifyArrowFile checks footer, schema and all batches of an Arrow IPC file.
func verifyArrowFile(r randomAccess) error {
	if r.size < 20 {
		return fmt.Errorf("it has %d bytes and is no Arrow file", r.size)
	}
	var tail [10]byte
	if _, err := r.ReadAt(tail[:], r.size-10); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(tail[4:], []byte("ARROW1")) {
		return errors.New("it does not end like an Arrow file: it is cut off")
	}
	n := int64(int32(binary.LittleEndian.Uint32(tail[:4])))
	if n <= 0 || n > r.size-20 || n > maxArrowMetadata {
		return fmt.Errorf("its footer claims %d bytes of a file of %d", n, r.size)
	}
	meta := make([]byte, n)
	if _, err := r.ReadAt(meta, r.size-10-n); err != nil && err != io.EOF {
		return err
	}
	return guardMetadata(func() error {
		t := rootTable(meta)
		schema, ok := t.table(1)
		if !ok {
			return errors.New("its footer has no schema")
		}
		if err := verifySchema(schema); err != nil {
			return err
		}
		verifyPairs(t, 4)
		for _, list := range []int{2, 3} {
			start, n := t.vector(list, 24)
			for k := range n {
				b := meta[start+24*k:]
				offset, length, body := int64(binary.LittleEndian.Uint64(b)), int64(int32(binary.LittleEndian.Uint32(b[8:]))), int64(binary.LittleEndian.Uint64(b[16:]))
				if offset < 8 || length < 8 || body < 0 || offset > r.size || length > r.size-offset || body > r.size-offset-length {
					return fmt.Errorf("batch %d is said to take %d and %d bytes from byte %d, which the file of %d bytes does not have", k, length, body, offset, r.size)
				}
				next, end, err := verifyMessage(r, offset)
				if err != nil || end {
					return fmt.Errorf("batch %d: %w", k, orEnd(err))
				}
				if next != offset+length+body {
					return fmt.Errorf("batch %d takes %d bytes, by the footer %d", k, next-offset, length+body)
				}
			}
		}
		return nil
	})
}

func orEnd(err error) error {
	if err == nil {
		return errors.New("there is none where the footer says")
	}
	return err
}
