package pack

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"winnow/internal/atomicfile"
)

// batchTokens is how many tokens stand in one record batch, and shardTokens how many in one file: both are fixed, so that the same rows give the same bytes.
const (
	batchTokens = 1 << 18
	shardTokens = 1 << 25
)

// Writer writes packed rows as token shards: Arrow IPC files train-NNNNN.arrow and, last, index.json. The folder appears whole, or not at all.
//
// Columns: tokens (list of uint16, or uint32 for vocabularies from 65,536 on), labels (list of int32: begin and end of each run of tokens that carry loss), starts (list of
// int32), rows (list of string: ids), groups (list of string), weight (float32).
type Writer struct {
	dir, work string
	schema    *arrow.Schema
	index     Index
	wide      bool
	rb        *array.RecordBuilder
	batch     int64
	// batchTokens and shardTokens are the constants of these names, but in tests.
	batchTokens, shardTokens int64
	file                     *os.File
	ipc                      *ipc.FileWriter
	hashed                   *hashedWriter
	left                     *bufio.Writer // over leftFile; nil until a row is left out
	leftFile                 *os.File
}

type hashedWriter struct {
	w io.Writer
	h hash.Hash
	n int64
}

func (h *hashedWriter) Write(p []byte) (int, error) {
	n, err := h.w.Write(p)
	_, _ = h.h.Write(p[:n]) // a hash never fails
	h.n += int64(n)
	return n, err
}

func schemaOf(wide bool) *arrow.Schema {
	var id arrow.DataType = arrow.PrimitiveTypes.Uint16
	if wide {
		id = arrow.PrimitiveTypes.Uint32
	}
	ints := arrow.ListOf(arrow.PrimitiveTypes.Int32)
	texts := arrow.ListOf(arrow.BinaryTypes.String)
	return arrow.NewSchema([]arrow.Field{{Name: "tokens", Type: arrow.ListOf(id)}, {Name: "labels", Type: ints}, {Name: "starts", Type: ints},
		{Name: "rows", Type: texts}, {Name: "groups", Type: texts}, {Name: "weight", Type: arrow.PrimitiveTypes.Float32}}, nil)
}

// NewWriter begins a folder; what an interrupted attempt left is removed. The index says the vocabulary, the length of rows and the group columns, and
// whatever else is known beforehand; the writer counts the rest.
func NewWriter(dir string, index Index) (*Writer, error) {
	index.Version = IndexVersion
	w := &Writer{dir: dir, work: dir + ".new", wide: wideIDs(index.Vocabulary), index: index, batchTokens: batchTokens, shardTokens: shardTokens}
	w.schema = schemaOf(w.wide)
	w.rb = array.NewRecordBuilder(memory.DefaultAllocator, w.schema)
	if err := os.RemoveAll(w.work); err != nil {
		return nil, atomicfile.Explain(err)
	}
	return w, atomicfile.Explain(os.MkdirAll(w.work, 0o755))
}

// wideIDs says whether ids need 32 bits.
func wideIDs(vocabulary int) bool { return vocabulary >= 1<<16 }

// note appends a line to the list of rows that are not in the shards as they were.
func (w *Writer) note(l LeftOut) error {
	if w.left == nil {
		f, err := os.Create(filepath.Join(w.work, LeftOutFile))
		if err != nil {
			return atomicfile.Explain(err)
		}
		w.leftFile, w.left = f, bufio.NewWriter(f)
	}
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = w.left.Write(append(line, '\n'))
	return atomicfile.Explain(err)
}

// Write appends packed rows.
func (w *Writer) Write(rows []Row) error {
	for i := range rows {
		if err := w.row(&rows[i]); err != nil {
			return atomicfile.Explain(err)
		}
	}
	return nil
}

func (w *Writer) row(r *Row) error {
	if w.ipc == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	list := func(i int) *array.ListBuilder {
		b := w.rb.Field(i).(*array.ListBuilder)
		b.Append(true)
		return b
	}
	tokens := list(0).ValueBuilder()
	for _, t := range r.Tokens {
		if w.wide {
			tokens.(*array.Uint32Builder).Append(t)
		} else {
			tokens.(*array.Uint16Builder).Append(uint16(t))
		}
	}
	labels := list(1).ValueBuilder().(*array.Int32Builder)
	for i := 0; i < len(r.Labels); i++ {
		if !r.Labels[i] {
			continue
		}
		from := i
		for i < len(r.Labels) && r.Labels[i] {
			i++
		}
		labels.AppendValues([]int32{int32(from), int32(i)}, nil)
		w.index.Labelled += int64(i - from)
	}
	list(2).ValueBuilder().(*array.Int32Builder).AppendValues(r.Starts, nil)
	for k, texts := range [][]string{r.IDs, r.Groups} {
		b := list(3 + k).ValueBuilder().(*array.StringBuilder)
		for _, s := range texts {
			b.Append(s)
		}
	}
	w.rb.Field(5).(*array.Float32Builder).Append(r.Weight)
	s := &w.index.Shards[len(w.index.Shards)-1]
	s.Rows++
	s.Tokens += int64(len(r.Tokens))
	w.index.Rows++
	w.index.Documents += int64(len(r.Starts))
	w.index.Tokens += int64(len(r.Tokens))
	w.batch += int64(len(r.Tokens))
	if w.batch >= w.batchTokens {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if s.Tokens >= w.shardTokens && !(w.index.Pairs && s.Rows%2 == 1) {
		return w.closeShard()
	}
	return nil
}

func (w *Writer) open() error {
	name := fmt.Sprintf("train-%05d.arrow", len(w.index.Shards))
	f, err := os.Create(filepath.Join(w.work, name))
	if err != nil {
		return err
	}
	w.file, w.hashed = f, &hashedWriter{w: f, h: sha256.New()}
	if w.ipc, err = ipc.NewFileWriter(struct {
		io.Writer
		io.Seeker
	}{w.hashed, f}, ipc.WithSchema(w.schema)); err != nil {
		return err
	}
	w.index.Shards = append(w.index.Shards, Shard{Name: name})
	return nil
}

func (w *Writer) flush() error {
	if w.batch == 0 {
		return nil
	}
	rec := w.rb.NewRecord()
	defer rec.Release()
	w.batch = 0
	return w.ipc.Write(rec)
}

func (w *Writer) closeShard() error {
	if w.ipc == nil {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.ipc.Close(); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	err := w.file.Close()
	s := &w.index.Shards[len(w.index.Shards)-1]
	s.SHA256, s.Bytes = hex.EncodeToString(w.hashed.h.Sum(nil)), w.hashed.n
	w.ipc, w.file = nil, nil
	return err
}

// Close ends the last shard, writes the index and puts the folder in its place.
func (w *Writer) Close() (*Index, error) {
	if err := w.closeShard(); err != nil {
		return nil, atomicfile.Explain(err)
	}
	if err := w.closeLeft(); err != nil {
		return nil, atomicfile.Explain(err)
	}
	if x := w.index; x.Samples != x.Kept+x.TooLong+x.Rejected {
		return nil, fmt.Errorf("token shards: of %d rows %d are kept, %d too long, %d rejected: the numbers do not add up", x.Samples, x.Kept, x.TooLong, x.Rejected)
	}
	if w.index.Rows > 0 {
		w.index.Filled = float64(w.index.Tokens) / float64(w.index.Rows*int64(w.index.Length))
	}
	if err := atomicfile.WriteJSON(filepath.Join(w.work, IndexFile), w.index); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(w.dir); err != nil {
		return nil, atomicfile.Explain(err)
	}
	return &w.index, atomicfile.Explain(os.Rename(w.work, w.dir))
}

func (w *Writer) closeLeft() error {
	if w.left == nil {
		return nil
	}
	if err := w.left.Flush(); err != nil {
		return err
	}
	if err := w.leftFile.Sync(); err != nil {
		return err
	}
	err := w.leftFile.Close()
	w.left, w.leftFile = nil, nil
	return err
}

// Abort throws away what was not finished by Close.
func (w *Writer) Abort() {
	if w.file != nil {
		_ = w.file.Close()
	}
	if w.leftFile != nil {
		_ = w.leftFile.Close()
	}
	if w.rb != nil {
		w.rb.Release()
		w.rb = nil
	}
	_ = os.RemoveAll(w.work)
}
