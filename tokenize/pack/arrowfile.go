package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// arrowFile finds the columns of a token shard in an Arrow IPC file (https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format). Any Arrow
// library reads shards; this reader is here because a shard may come from elsewhere, and a general reader believes the sizes that a file claims and
// would try to allocate them. Here every place and size is checked against the file, nothing is allocated on a claim, and single rows are read from
// where they lie.
type arrowFile struct {
	wide    bool
	batches []batch
	rows    int
}

// extent is a range of bytes of the file.
type extent struct{ at, size int64 }

// batch is where the columns of one record batch lie.
type batch struct {
	first, rows int
	lists       [5]listColumn // tokens, labels, starts, rows, groups
	weight      extent        // float32
}

// listColumn is a list: one more int32 offset than rows, and values; those of a string column have offsets of their own.
type listColumn struct {
	offsets, values, text extent
	n                     int64 // values
}

const arrowMagic = "ARROW1"

var errDamaged = errors.New("it is no token shard, or it is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// openArrow reads the footer and the heads of all batches.
func openArrow(r io.ReaderAt, size int64, wide bool) (*arrowFile, error) {
	head := header(wide)
	if size < int64(len(head))+10 {
		return nil, damaged("%d bytes are too few", size)
	}
	start, err := readAt(r, extent{0, int64(len(head))}, size)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(start, head) {
		return nil, damaged("it does not begin with the columns of a token shard")
	}
	end, err := readAt(r, extent{size - 10, 10}, size)
	if err != nil {
		return nil, err
	}
	if string(end[4:]) != arrowMagic {
		return nil, damaged("it does not end as an Arrow file")
	}
	n := int64(int32(binary.LittleEndian.Uint32(end)))
	if n <= 0 || n > size-10-int64(len(head)) {
		return nil, damaged("its footer cannot have %d bytes", n)
	}
	footer, err := readAt(r, extent{size - 10 - n, n}, size)
	if err != nil {
		return nil, err
	}
	f := &arrowFile{wide: wide}
	fb := flat{footer}
	blocks, count := fb.vector(fb.root(), 3, 24)
	if count < 0 {
		return nil, damaged("its footer is broken")
	}
	for i := range count {
		at := blocks + 24*i
		block := extent{fb.int64(at), int64(fb.int32(at + 8))}
		body := extent{block.at + block.size, fb.int64(at + 16)}
		if block.at < 0 || block.size < 8 || body.at < block.at || body.size < 0 || body.at > size || body.size > size-body.at {
			return nil, damaged("batch %d lies outside of the file", i)
		}
		b, err := readBatch(r, block, body, size, wide)
		if err != nil {
			return nil, fmt.Errorf("batch %d: %w", i, err)
		}
		b.first = f.rows
		f.rows += b.rows
		f.batches = append(f.batches, b)
	}
	return f, nil
}

// readBatch reads the head of a record batch: its buffers in the order of the schema, each list with validity, offsets, and its values' buffers.
func readBatch(r io.ReaderAt, block, body extent, size int64, wide bool) (b batch, err error) {
	meta, err := readAt(r, block, size)
	if err != nil {
		return b, err
	}
	if binary.LittleEndian.Uint32(meta) != 0xffffffff {
		return b, damaged("its head does not begin as a message")
	}
	fb := flat{meta[8:]}
	message := fb.root()
	if kind := fb.scalar(message, 1, 1); kind < 0 || fb.byte(kind) != 3 {
		return b, damaged("it is no record batch")
	}
	record := fb.table(message, 2)
	if fb.scalar(record, 3, 4) >= 0 {
		return b, damaged("it is compressed, which token shards are not")
	}
	nodes, nodeCount := fb.vector(record, 1, 16)
	buffers, bufferCount := fb.vector(record, 2, 16)
	length := fb.scalar(record, 0, 8)
	if nodeCount != 11 || bufferCount != 24 || length < 0 {
		return b, damaged("it has %d columns with %d buffers", nodeCount, bufferCount)
	}
	rows := fb.int64(length)
	if rows < 0 || rows > body.size {
		return b, damaged("it cannot have %d rows", rows)
	}
	b.rows = int(rows)
	node, buffer := 0, 0
	nextNode := func() int64 {
		n, nulls := fb.int64(nodes+16*node), fb.int64(nodes+16*node+8)
		if node++; nulls != 0 {
			err = damaged("column %d has empty places", node)
		}
		return n
	}
	nextBuffer := func(need int64) extent {
		e := extent{fb.int64(buffers + 16*buffer), fb.int64(buffers + 16*buffer + 8)}
		if buffer++; e.at < 0 || e.size < need || need < 0 || e.at > body.size || e.size > body.size-e.at {
			err = damaged("buffer %d does not lie in its batch, or is too small", buffer)
		}
		return extent{body.at + e.at, e.size}
	}
	widths := [5]int64{2, 4, 4, 0, 0} // bytes of a value; 0 is a string
	if wide {
		widths[0] = 4
	}
	for i := range b.lists {
		l := &b.lists[i]
		if n := nextNode(); n != rows {
			return b, damaged("column %d has %d rows instead of %d", i, n, rows)
		}
		nextBuffer(0) // validity: there are no empty places
		l.offsets = nextBuffer(listOffsets(rows))
		if l.n = nextNode(); l.n < 0 || l.n > body.size {
			return b, damaged("column %d cannot have %d values", i, l.n)
		}
		nextBuffer(0)
		if widths[i] > 0 {
			l.values = nextBuffer(l.n * widths[i])
			continue
		}
		l.values = nextBuffer(listOffsets(l.n))
		l.text = nextBuffer(0)
	}
	if n := nextNode(); n != rows {
		return b, damaged("the weights are %d instead of %d", n, rows)
	}
	nextBuffer(0)
	b.weight = nextBuffer(4 * rows)
	return b, err
}

// listOffsets is the size of the offsets of n lists; of none there may be none.
func listOffsets(n int64) int64 {
	if n == 0 {
		return 0
	}
	return 4 * (n + 1)
}

func readAt(r io.ReaderAt, e extent, size int64) ([]byte, error) {
	if e.at < 0 || e.size < 0 || e.at > size || e.size > size-e.at {
		return nil, damaged("bytes %d to %d are outside of it", e.at, e.at+e.size)
	}
	buf := make([]byte, e.size)
	if _, err := r.ReadAt(buf, e.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	} else if err != nil {
		return nil, damaged("it ends inside bytes %d to %d", e.at, e.at+e.size)
	}
	return buf, nil
}

// header returns the bytes that every shard begins with: the magic and the schema as the writer writes it.
var header = func() func(wide bool) []byte {
	narrow := sync.OnceValue(func() []byte { return makeHeader(false) })
	wide := sync.OnceValue(func() []byte { return makeHeader(true) })
	return func(w bool) []byte {
		if w {
			return wide()
		}
		return narrow()
	}
}()

func makeHeader(wide bool) []byte {
	var b seekBuffer
	w, err := ipc.NewFileWriter(&b, ipc.WithSchema(schemaOf(wide)))
	if err != nil {
		panic(err) // the schema is fixed
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	// The schema message is "continuation, size, flatbuffer" behind the magic and its padding.
	return b.Bytes()[:16+binary.LittleEndian.Uint32(b.Bytes()[12:])]
}

// seekBuffer is a buffer that can say where it stands.
type seekBuffer struct{ bytes.Buffer }

func (b *seekBuffer) Seek(int64, int) (int64, error) { return int64(b.Len()), nil }
