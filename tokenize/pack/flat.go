package pack

import "encoding/binary"

// flat reads flatbuffers, the encoding of Arrow's metadata, without trust: every access outside of the buffer reads as zero or as absent, so that
// a lie can only make the values wrong, and these are checked against the file. A table is the place of its vtable's offset, -1 for an absent one.
type flat struct{ buf []byte }

func (f flat) bad(at, size int) bool {
	return at < 0 || size < 0 || at > len(f.buf) || size > len(f.buf)-at
}

func (f flat) byte(at int) byte {
	if f.bad(at, 1) {
		return 0
	}
	return f.buf[at]
}

func (f flat) int16(at int) int {
	if f.bad(at, 2) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(f.buf[at:]))
}

func (f flat) int32(at int) int32 {
	if f.bad(at, 4) {
		return 0
	}
	return int32(binary.LittleEndian.Uint32(f.buf[at:]))
}

func (f flat) int64(at int) int64 {
	if f.bad(at, 8) {
		return -1 // sizes and counts below zero are refused
	}
	return int64(binary.LittleEndian.Uint64(f.buf[at:]))
}

func (f flat) root() int { return f.follow(0) }

// follow returns the place that the offset at a place points to.
func (f flat) follow(at int) int {
	if f.bad(at, 4) {
		return -1
	}
	to := at + int(binary.LittleEndian.Uint32(f.buf[at:]))
	if f.bad(to, 4) {
		return -1
	}
	return to
}

// scalar returns the place of a field of size bytes in a table, -1 when it is absent.
func (f flat) scalar(table, field, size int) int {
	if f.bad(table, 4) {
		return -1
	}
	vtable := table - int(f.int32(table))
	entry := 4 + 2*field
	if f.bad(vtable, 4) || entry+2 > f.int16(vtable) {
		return -1
	}
	offset := f.int16(vtable + entry)
	if offset == 0 || f.bad(table+offset, size) {
		return -1
	}
	return table + offset
}

// table returns the table that a field refers to.
func (f flat) table(table, field int) int { return f.follow(f.scalar(table, field, 4)) }

// vector returns the place of the first of count structs of a given size that a field refers to; none when they do not fit into the buffer.
func (f flat) vector(table, field, size int) (at, count int) {
	v := f.table(table, field)
	if v < 0 {
		return 0, 0
	}
	n := int(uint32(f.int32(v)))
	if n > len(f.buf)/size || f.bad(v+4, n*size) {
		return 0, -1
	}
	return v + 4, n
}
