package datasets

import (
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/renameio/v2"
)

// ColRef is the column that carries the Refs of rows in intermediate files.
const ColRef = "_ref"

// SpillWriter writes batches to an intermediate file: an Arrow IPC file, compressed, with the Refs in the column _ref. The file appears under its name
// when Close has succeeded and not before.
type SpillWriter struct {
	file   *renameio.PendingFile
	w      *ipc.FileWriter
	schema *arrow.Schema
	rows   int64
}

// NewSpillWriter begins a file for batches of schema. compression is "lz4" (fast), "zstd" (small) or "none".
func NewSpillWriter(path string, schema *arrow.Schema, compression string) (*SpillWriter, error) {
	fields := append(append([]arrow.Field(nil), schema.Fields()...), arrow.Field{Name: ColRef, Type: arrow.PrimitiveTypes.Uint64})
	full := arrow.NewSchema(fields, nil)
	opts := []ipc.Option{ipc.WithSchema(full)}
	switch compression {
	case "zstd":
		opts = append(opts, ipc.WithZstd(), ipc.WithCompressConcurrency(1))
	case "lz4":
		opts = append(opts, ipc.WithLZ4(), ipc.WithCompressConcurrency(1))
	case "none":
	default:
		return nil, fmt.Errorf("compression %q of an intermediate file is not known; there are lz4, zstd and none", compression)
	}
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return nil, err
	}
	w, err := ipc.NewFileWriter(file, opts...)
	if err != nil {
		return nil, joinErrors(err, file.Cleanup())
	}
	return &SpillWriter{file: file, w: w, schema: full}, nil
}

// Write appends a batch; the batch stays the caller's.
func (s *SpillWriter) Write(b Batch) error {
	refs := array.NewUint64Builder(memory.DefaultAllocator)
	defer refs.Release()
	refs.Reserve(len(b.Refs))
	for _, r := range b.Refs {
		refs.UnsafeAppend(uint64(r))
	}
	column := refs.NewArray()
	defer column.Release()
	if int(b.Record.NumRows()) != len(b.Refs) {
		return fmt.Errorf("a batch of %d rows has %d refs", b.Record.NumRows(), len(b.Refs))
	}
	rec := array.NewRecord(s.schema, append(append([]arrow.Array(nil), b.Record.Columns()...), column), b.Record.NumRows())
	defer rec.Release()
	s.rows += b.Record.NumRows()
	return s.w.Write(rec)
}

// Rows returns the number of rows written so far.
func (s *SpillWriter) Rows() int64 { return s.rows }

// Close finishes the file and puts it in its place.
func (s *SpillWriter) Close() error {
	if err := s.w.Close(); err != nil {
		return joinErrors(err, s.file.Cleanup())
	}
	return s.file.CloseAtomicallyReplace()
}

// Abort throws the file away.
func (s *SpillWriter) Abort() { _ = s.file.Cleanup() }

// SpillReader reads what SpillWriter wrote.
type SpillReader struct {
	path   string
	file   *os.File
	r      *ipc.FileReader
	schema *arrow.Schema
	next   int
}

// OpenSpill opens an intermediate file. One that is damaged or cut off is an error that names it.
func OpenSpill(path string) (s *SpillReader, err error) {
	defer guard(path, &err)
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = verifyArrowFile(randomAccess{file, info.Size()})
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: the intermediate file is damaged: %w", path, err)
	}
	r, err := ipc.NewFileReader(file, ipc.WithAllocator(memory.DefaultAllocator))
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: the intermediate file is damaged: %w", path, err)
	}
	full := r.Schema()
	n := full.NumFields()
	if n == 0 || full.Field(n-1).Name != ColRef || full.Field(n-1).Type.ID() != arrow.UINT64 {
		_ = file.Close()
		return nil, fmt.Errorf("%s has no column %s: it is no intermediate file of a run", path, ColRef)
	}
	return &SpillReader{path: path, file: file, r: r, schema: arrow.NewSchema(full.Fields()[:n-1], nil)}, nil
}

// Schema returns the schema of the batches, without the column of Refs.
func (s *SpillReader) Schema() *arrow.Schema { return s.schema }

// Next returns the next batch, which belongs to the caller; io.EOF after the last.
func (s *SpillReader) Next() (b Batch, err error) {
	defer guard(s.path, &err)
	if s.next >= s.r.NumRecords() {
		return Batch{}, io.EOF
	}
	rec, err := s.r.RecordAt(s.next)
	if err != nil {
		return Batch{}, fmt.Errorf("%s: record batch %d is damaged: %w", s.path, s.next, err)
	}
	defer rec.Release()
	s.next++
	n := int(rec.NumCols())
	values := rec.Column(n - 1).(*array.Uint64).Uint64Values()
	refs := make([]Ref, len(values))
	for i, v := range values {
		refs[i] = Ref(v)
	}
	return Batch{Record: array.NewRecord(s.schema, rec.Columns()[:n-1], rec.NumRows()), Refs: refs}, nil
}

// Close closes the file. Batches that were handed out stay valid.
func (s *SpillReader) Close() error {
	return joinErrors(s.r.Close(), s.file.Close())
}

// guard turns a panic of a parser on broken bytes into an error.
func guard(path string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: the file is broken: its parser met what it cannot be (%v)", path, p)
	}
}

func joinErrors(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
