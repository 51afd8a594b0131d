package local

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/atomicfile"
)

// A run on disk is sorted notes in blocks, then a table of where each partition of the keys begins. A block is its payload's length (uint32, little endian, as
// all numbers here), a CRC-32C of length and payload, and the payload: whole records of key, row, length of the value (uvarint) and value. The table has its
// own checksum. A block is checked before anything in it is believed, so that a flipped bit on disk is an error and never a different grouping.

// partitions is how many ranges of keys a run of notes is cut into, so that several workers can group at once. It is fixed, for bytes must not depend on workers.
const partitions = 32

const (
	blockBytes = 1 << 15 // payload from which a block is full
	blockHead  = 8
	tableBytes = 8*(partitions+1) + 4
	largest    = 1 << 31 // bytes of one block: a note with its value
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func partitionOf(key uint64) int { return int(key >> (64 - 5)) }

func checksum(length, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, payload)
}

// writeRun writes sorted notes.
func writeRun(path string, notes []filters.Note) error {
	return atomicfile.Stream(path, func(f io.Writer) error {
		out := bufio.NewWriterSize(f, 1<<18)
		pos := uint64(0)
		var payload []byte
		flush := func() error {
			if len(payload) == 0 {
				return nil
			}
			var head [blockHead]byte
			binary.LittleEndian.PutUint32(head[:4], uint32(len(payload)))
			binary.LittleEndian.PutUint32(head[4:], checksum(head[:4], payload))
			if _, err := out.Write(head[:]); err != nil {
				return err
			}
			_, err := out.Write(payload)
			pos += blockHead + uint64(len(payload))
			payload = payload[:0]
			return err
		}
		var table []byte
		for _, n := range notes {
			for len(table)/8 <= partitionOf(n.Key) {
				if err := flush(); err != nil {
					return err
				}
				table = binary.LittleEndian.AppendUint64(table, pos)
			}
			if len(n.Value) > largest/2 {
				return fmt.Errorf("%s: a note of %d bytes; at most %d can be kept", path, len(n.Value), largest/2)
			}
			payload = binary.LittleEndian.AppendUint64(payload, n.Key)
			payload = binary.LittleEndian.AppendUint64(payload, uint64(n.Row))
			payload = binary.AppendUvarint(payload, uint64(len(n.Value)))
			payload = append(payload, n.Value...)
			if len(payload) >= blockBytes {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if err := flush(); err != nil {
			return err
		}
		for len(table) < 8*(partitions+1) {
			table = binary.LittleEndian.AppendUint64(table, pos)
		}
		table = binary.LittleEndian.AppendUint32(table, crc32.Checksum(table, castagnoli))
		if _, err := out.Write(table); err != nil {
			return err
		}
		return out.Flush()
	})
}

// noteReader reads one partition of one run, or the whole run.
type noteReader struct {
	f       *os.File
	in      *bufio.Reader
	left    int64  // bytes of blocks still to read
	payload []byte // of the block being read, without the notes that were given away; they keep it
	next    filters.Note
	path    string
}

func (r *noteReader) close() { _ = r.f.Close() }

func damaged(path, format string, args ...any) error {
	return fmt.Errorf("%s: damaged file of notes: %w; the disk or a copy has changed it: delete the run's work folder and run again", path, fmt.Errorf(format, args...))
}

// openRun opens partition p of a run; p < 0 opens all of it. A nil reader means that there is nothing.
func openRun(path string, p int) (*noteReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &noteReader{f: f, path: path}
	from, to, err := r.extent(p)
	if err == nil {
		r.left = to - from
		r.in = bufio.NewReaderSize(io.NewSectionReader(f, from, to-from), 1<<15)
		var ok bool
		if ok, err = r.advance(); ok {
			return r, nil
		}
	}
	r.close()
	return nil, err
}

// extent reads the table and returns where a partition's blocks begin and end.
func (r *noteReader) extent(p int) (from, to int64, err error) {
	info, err := r.f.Stat()
	if err != nil {
		return 0, 0, err
	}
	end := info.Size() - tableBytes
	var table [tableBytes]byte
	if end < 0 {
		return 0, 0, damaged(r.path, "it has %d bytes, the table alone %d", info.Size(), tableBytes)
	}
	if _, err := r.f.ReadAt(table[:], end); err != nil {
		return 0, 0, damaged(r.path, "%w", err)
	}
	if crc32.Checksum(table[:tableBytes-4], castagnoli) != binary.LittleEndian.Uint32(table[tableBytes-4:]) {
		return 0, 0, damaged(r.path, "the table at byte %d has not its checksum", end)
	}
	lo, hi := table[:], table[8*partitions:]
	if p >= 0 {
		lo, hi = table[8*p:], table[8*p+8:]
	}
	a, b := binary.LittleEndian.Uint64(lo), binary.LittleEndian.Uint64(hi)
	if a > b || b > uint64(end) || binary.LittleEndian.Uint64(table[8*partitions:]) != uint64(end) {
		return 0, 0, damaged(r.path, "blocks from %d to %d in a file with %d bytes of them", a, b, end)
	}
	return int64(a), int64(b), nil
}

// advance reads the next note; false at the end.
func (r *noteReader) advance() (bool, error) {
	if len(r.payload) == 0 {
		if r.left == 0 {
			return false, nil
		}
		if err := r.block(); err != nil {
			return false, err
		}
	}
	b := r.payload
	if len(b) < 17 {
		return false, damaged(r.path, "a record of %d bytes", len(b))
	}
	n, size := binary.Uvarint(b[16:])
	if size <= 0 || n > uint64(len(b)-16-size) {
		return false, damaged(r.path, "a value that leaves its block")
	}
	end := 16 + size + int(n)
	r.next = filters.Note{Key: binary.LittleEndian.Uint64(b), Row: datasets.Ref(binary.LittleEndian.Uint64(b[8:])), Value: b[16+size : end : end]}
	r.payload = b[end:]
	return true, nil
}

// block reads the next block and checks it.
func (r *noteReader) block() error {
	var head [blockHead]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return damaged(r.path, "%w", err)
	}
	n := int64(binary.LittleEndian.Uint32(head[:4]))
	if r.left -= blockHead + n; n == 0 || r.left < 0 {
		return damaged(r.path, "a block of %d bytes leaves its partition", n)
	}
	r.payload = make([]byte, n)
	if _, err := io.ReadFull(r.in, r.payload); err != nil {
		return damaged(r.path, "%w", err)
	}
	if checksum(head[:4], r.payload) != binary.LittleEndian.Uint32(head[4:]) {
		return damaged(r.path, "a block of %d bytes has not its checksum", n)
	}
	return nil
}
