package datasets

import (
	"fmt"
	"io"
	"runtime"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/renameio/v2"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/snappy"
	"github.com/parquet-go/parquet-go/compress/uncompressed"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// ParquetOptions say how a Parquet file is written. What is written depends on rows and options alone: not on how the rows come in batches, nor on Workers.
type ParquetOptions struct {
	Compression   string            // zstd (default), fastest (zstd at its fastest), snappy, none
	RowGroupBytes int64             // bytes of values in a row group; 0 means 16 MiB
	Workers       int               // row groups compressed at once; 0 means one a core, at most 4
	Metadata      map[string]string // key-value metadata of the footer
}

func (o ParquetOptions) withDefaults() (ParquetOptions, error) {
	if o.RowGroupBytes <= 0 {
		o.RowGroupBytes = 16 << 20
	}
	if o.Workers <= 0 {
		o.Workers = min(4, runtime.GOMAXPROCS(0))
	}
	if o.Compression == "" {
		o.Compression = "zstd"
	}
	_, err := codecOf(o.Compression)
	return o, err
}

func codecOf(name string) (compress.Codec, error) {
	switch name {
	case "zstd":
		return &zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}, nil
	case "fastest":
		return &zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}, nil
	case "snappy":
		return &snappy.Codec{}, nil
	case "none":
		return &uncompressed.Codec{}, nil
	}
	return nil, fmt.Errorf("compression %q is not known; there are zstd, fastest, snappy and none", name)
}

// parquetWriter writes records to w, row group by row group. Row groups are built and compressed by several goroutines and committed in order.
type parquetWriter struct {
	w       *parquet.GenericWriter[any]
	schema  *arrow.Schema
	opt     ParquetOptions
	pending []arrow.Record // of the row group being collected
	bytes   int64
	sizes   []int64
	queue   []*groupJob
	rows    int64
	values  int64 // bytes of values, before encoding
	err     error
}

type groupJob struct {
	group *parquet.ConcurrentRowGroupWriter
	done  chan error
}

func newParquetWriter(w io.Writer, schema *arrow.Schema, opt ParquetOptions) (*parquetWriter, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	codec, err := codecOf(opt.Compression)
	if err != nil {
		return nil, err
	}
	root, err := parquetNode(schema)
	if err != nil {
		return nil, err
	}
	config := []parquet.WriterOption{parquet.NewSchema("rows", root), parquet.Compression(codec), parquet.DataPageStatistics(false), parquet.CreatedBy("winnow", "1", "0")}
	for _, f := range schema.Fields() {
		if f.Type.ID() == arrow.STRING && IsContent(f.Name) && f.Name != ColSource {
			config = append(config, parquet.SkipPageBounds(f.Name)) // bounds of documents serve nobody
		}
	}
	for _, k := range sortedKeys(opt.Metadata) {
		config = append(config, parquet.KeyValueMetadata(k, opt.Metadata[k]))
	}
	return &parquetWriter{w: parquet.NewGenericWriter[any](w, config...), schema: schema, opt: opt}, nil
}

// write adds the rows of a record; the record stays the caller's.
func (p *parquetWriter) write(rec arrow.Record) error {
	if p.err != nil {
		return p.err
	}
	if !rec.Schema().Equal(p.schema) {
		return fmt.Errorf("a record of %d columns does not fit the file's %d: %v", rec.NumCols(), p.schema.NumFields(), rec.Schema())
	}
	p.sizes = rowSizes(rec, p.sizes)
	start := 0
	for i, size := range p.sizes {
		p.bytes += size
		p.values += size
		if p.bytes >= p.opt.RowGroupBytes {
			p.pending = append(p.pending, rec.NewSlice(int64(start), int64(i+1)))
			start = i + 1
			p.flushGroup()
		}
	}
	if n := int(rec.NumRows()); start < n {
		p.pending = append(p.pending, rec.NewSlice(int64(start), int64(n)))
	}
	p.rows += rec.NumRows()
	return p.err
}

// flushGroup hands the collected rows to a goroutine, after waiting for the oldest one when enough are at work.
func (p *parquetWriter) flushGroup() {
	if len(p.pending) == 0 || p.err != nil {
		return
	}
	if len(p.queue) >= p.opt.Workers {
		p.commitOldest()
	}
	records := p.pending
	p.pending, p.bytes = nil, 0
	job := &groupJob{p.w.BeginRowGroup(), make(chan error, 1)}
	p.queue = append(p.queue, job)
	go func() {
		job.done <- fillGroup(job.group, records)
		for _, r := range records {
			r.Release()
		}
	}()
}

func (p *parquetWriter) commitOldest() {
	job := p.queue[0]
	p.queue = p.queue[1:]
	err := <-job.done
	if err == nil && p.err == nil {
		_, err = job.group.Commit()
	}
	if p.err == nil {
		p.err = err
	}
}

// close writes what is left and the footer.
func (p *parquetWriter) close() error {
	p.flushGroup()
	for len(p.queue) > 0 {
		p.commitOldest()
	}
	if p.err != nil {
		return p.err
	}
	return p.w.Close()
}

// abandon waits for the goroutines and lets the records go.
func (p *parquetWriter) abandon() {
	for _, job := range p.queue {
		if err := <-job.done; err != nil && p.err == nil {
			p.err = err
		}
	}
	for _, r := range p.pending {
		r.Release()
	}
	p.queue, p.pending = nil, nil
}

// rowSizes returns the bytes of values of every row: texts as long as they are, everything else as eight bytes.
func rowSizes(rec arrow.Record, sizes []int64) []int64 {
	n := int(rec.NumRows())
	if cap(sizes) < n {
		sizes = make([]int64, n)
	}
	sizes = sizes[:n]
	for i := range sizes {
		sizes[i] = 0
	}
	for _, col := range rec.Columns() {
		switch c := col.(type) {
		case *array.String:
			for i := range sizes {
				sizes[i] += int64(c.ValueLen(i)) + 4
			}
		case *array.List:
			s := c.ListValues().(*array.Struct)
			for i := range sizes {
				from, to := c.ValueOffsets(i)
				for k := 0; k < s.NumField(); k++ {
					f := s.Field(k).(*array.String)
					for j := int(from); j < int(to); j++ {
						sizes[i] += int64(f.ValueLen(j)) + 4
					}
				}
			}
		default:
			for i := range sizes {
				sizes[i] += 8
			}
		}
	}
	return sizes
}

// fillGroup writes the columns of the records into a row group and compresses them.
func fillGroup(group *parquet.ConcurrentRowGroupWriter, records []arrow.Record) (err error) {
	defer guard("parquet", &err)
	writers := group.ColumnWriters()
	values := make([]parquet.Value, 0, 1024)
	leaf := 0
	for j := range records[0].Schema().Fields() {
		var leaves int
		for _, rec := range records {
			leaves, err = writeColumn(writers[leaf:], leaf, rec.Column(j), values)
			if err != nil {
				return err
			}
		}
		leaf += leaves
	}
	return group.Flush()
}

// writeColumn writes one column of a record and returns the number of leaf columns it has.
func writeColumn(w []*parquet.ColumnWriter, index int, col arrow.Array, values []parquet.Value) (int, error) {
	if list, ok := col.(*array.List); ok {
		s := list.ListValues().(*array.Struct)
		for k := 0; k < s.NumField(); k++ {
			if err := writeListLeaf(w[k], index+k, list, s, s.Field(k).(*array.String), values); err != nil {
				return 0, err
			}
		}
		return s.NumField(), nil
	}
	null := parquet.NullValue().Level(0, 0, index)
	for i := range col.Len() {
		v := null
		if !col.IsNull(i) {
			switch c := col.(type) {
			case *array.String:
				v = parquet.ByteArrayValue(stringBytes(c.Value(i))).Level(0, 1, index)
			case *array.Int64:
				v = parquet.Int64Value(c.Value(i)).Level(0, 1, index)
			case *array.Uint64:
				v = parquet.Int64Value(int64(c.Value(i))).Level(0, 1, index)
			case *array.Float64:
				v = parquet.DoubleValue(c.Value(i)).Level(0, 1, index)
			case *array.Boolean:
				v = parquet.BooleanValue(c.Value(i)).Level(0, 1, index)
			}
		}
		values = append(values, v)
		if len(values) == cap(values) {
			if _, err := w[0].WriteRowValues(values); err != nil {
				return 0, err
			}
			values = values[:0]
		}
	}
	_, err := w[0].WriteRowValues(values)
	return 1, err
}

// writeListLeaf writes one field of a column of list<struct>. Definition levels: 0 no list, 1 empty list, 2 null element, 3 null field, 4 value.
func writeListLeaf(w *parquet.ColumnWriter, index int, list *array.List, s *array.Struct, leaf *array.String, values []parquet.Value) error {
	for i := range list.Len() {
		from, to := list.ValueOffsets(i)
		switch {
		case list.IsNull(i):
			values = append(values, parquet.NullValue().Level(0, 0, index))
		case from == to:
			values = append(values, parquet.NullValue().Level(0, 1, index))
		}
		if list.IsValid(i) {
			for k := int(from); k < int(to); k++ {
				rep := min(1, k-int(from))
				switch {
				case s.IsNull(k):
					values = append(values, parquet.NullValue().Level(rep, 2, index))
				case leaf.IsNull(k):
					values = append(values, parquet.NullValue().Level(rep, 3, index))
				default:
					values = append(values, parquet.ByteArrayValue(stringBytes(leaf.Value(k))).Level(rep, 4, index))
				}
			}
		}
		if len(values) >= 1024 {
			if _, err := w.WriteRowValues(values); err != nil {
				return err
			}
			values = values[:0]
		}
	}
	_, err := w.WriteRowValues(values)
	return err
}

// ParquetFile writes one Parquet file, for example the dropped rows of a step. It appears under its name when Close has succeeded.
type ParquetFile struct {
	file *renameio.PendingFile
	w    *parquetWriter
}

// NewParquetFile begins a file. The schema's columns are string, int64, uint64, float64, bool, or lists of messages.
func NewParquetFile(path string, schema *arrow.Schema, opt ParquetOptions) (*ParquetFile, error) {
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return nil, err
	}
	w, err := newParquetWriter(file, schema, opt)
	if err != nil {
		return nil, joinErrors(err, file.Cleanup())
	}
	return &ParquetFile{file, w}, nil
}

// Write adds the rows of a record, which stays the caller's.
func (p *ParquetFile) Write(rec arrow.Record) error { return p.w.write(rec) }

// Rows returns the number of rows written.
func (p *ParquetFile) Rows() int64 { return p.w.rows }

// Close finishes the file and puts it in its place.
func (p *ParquetFile) Close() error {
	if err := p.w.close(); err != nil {
		return joinErrors(err, p.file.Cleanup())
	}
	return p.file.CloseAtomicallyReplace()
}

// Abort throws the file away.
func (p *ParquetFile) Abort() {
	p.w.abandon()
	_ = p.file.Cleanup()
}

// WriteParquet writes records to one file.
func WriteParquet(path string, schema *arrow.Schema, opt ParquetOptions, records ...arrow.Record) error {
	p, err := NewParquetFile(path, schema, opt)
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := p.Write(r); err != nil {
			p.Abort()
			return err
		}
	}
	return p.Close()
}
