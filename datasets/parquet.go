package datasets

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"winnow/internal/spec"
)

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "parquet",
			Summary: "Apache Parquet, with any encoding and compression",
			Doc: `Page checksums are verified where a file has them, and the number of values in every column is held against the footer; a file that promises more than it
holds is refused. Text, whole numbers, numbers and true/false keep their type. Decimals become text that loses no digit, dates and times ISO 8601, UUIDs
their usual spelling. Lists, maps and structs are nested values; a list of structs with role and content is a conversation. Columns of types that no text
set needs (BSON, VARIANT, geometry, intervals, binary data that is not UTF-8) are left out with a note, and an error when the recipe asks for one.
Encrypted files are refused. Large files are read in parts of whole row groups.`,
			Example: "web: {path: data/train-*.parquet}",
			New:     func() any { return new(struct{}) },
		},
		Extensions: []string{".parquet", ".pq"},
		random:     true,
		open:       openParquet,
	})
}

// parquetReader reads the wanted columns of a run of row groups side by side.
type parquetReader struct {
	ctx     context.Context
	file    *parquet.File
	fields  []*parquetField
	groups  []parquet.RowGroup
	next    int   // index of the row group that comes next
	rows    int64 // of the current row group
	row     int64 // in the current row group
	done    int64
	total   int64
	before  int64 // rows of the file in earlier parts
	arena   []byte
	opened  bool
	ordinal int // of the current row group in the file
}

// parquetField is one wanted top-level column.
type parquetField struct {
	slot   int
	node   *parquetNodeReader
	leaves []*leafReader
}

func openParquet(o *opening) (rowReader, error) {
	f, err := openParquetFile(o.random)
	if err != nil {
		return nil, err
	}
	all := f.RowGroups()
	start, end := 0, len(all)
	if o.part || o.end >= 0 {
		start, end = int(o.start), int(o.end)
		if end < 0 || end > len(all) {
			end = len(all)
		}
		if start > end {
			return nil, fmt.Errorf("the file has %d row groups; the part begins at %d", len(all), start)
		}
	}
	p := &parquetReader{ctx: o.ctx, file: f, groups: all[start:end], ordinal: start - 1}
	for i, g := range all {
		switch {
		case i < start:
			p.before += g.NumRows()
		case i < end:
			p.total += g.NumRows()
		}
	}
	tree := parquetTree(f)
	for _, node := range tree {
		if slot := o.columns.slot(node.name); slot >= 0 {
			p.fields = append(p.fields, &parquetField{slot: slot, node: node, leaves: node.allLeaves(nil)})
		}
	}
	if len(p.fields) == 0 && len(tree) > 0 { // the rows are counted by a column, not by what the footer says
		p.fields = append(p.fields, &parquetField{slot: -1, node: tree[0], leaves: tree[0].allLeaves(nil)})
	}
	return p, nil
}

// openParquetFile reads the footer and holds what it promises against the file.
func openParquetFile(r randomAccess) (*parquet.File, error) {
	if r.size < 12 {
		return nil, fmt.Errorf("it has %d bytes and is no Parquet file", r.size)
	}
	var tail [8]byte
	if _, err := r.ReadAt(tail[:], r.size-8); err != nil && err != io.EOF {
		return nil, err
	}
	switch string(tail[4:]) {
	case "PAR1":
	case "PARE":
		return nil, errors.New("it is encrypted, and cannot be read here: decrypt it first")
	default:
		return nil, errors.New("it does not end like a Parquet file: it is cut off, or of another format")
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:4])); n > r.size-12 {
		return nil, fmt.Errorf("its footer claims %d bytes, which is more than the file has (%d)", n, r.size)
	}
	f, err := parquet.OpenFile(r, r.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(64<<10))
	if err != nil {
		return nil, err
	}
	return f, checkFooter(f, r.size)
}

// checkFooter refuses a footer that promises what the file cannot hold, before anything is allocated for it.
func checkFooter(f *parquet.File, size int64) error {
	meta := f.Metadata()
	tree := allParquetLeaves(f)
	leaves := len(tree)
	var rows int64
	for i := range meta.RowGroups {
		g := &meta.RowGroups[i]
		rows += g.NumRows
		if g.NumRows < 0 || len(g.Columns) != leaves {
			return fmt.Errorf("row group %d has %d columns and %d rows; the schema has %d columns", i, len(g.Columns), g.NumRows, leaves)
		}
		for j := range g.Columns {
			m := &g.Columns[j].MetaData
			start := m.DataPageOffset
			if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < start {
				start = m.DictionaryPageOffset
			}
			name, leaf := strings.Join(m.PathInSchema, "."), tree[j]
			if err := checkChunk(m, leaf); err != nil {
				return fmt.Errorf("row group %d: column %q: %w", i, name, err)
			}
			switch {
			case g.Columns[j].FilePath != "":
				return fmt.Errorf("column %q lies in another file, %q", name, g.Columns[j].FilePath)
			case len(g.Columns[j].EncryptedColumnMetadata) > 0 || g.Columns[j].CryptoMetadata.Value != nil:
				return fmt.Errorf("column %q is encrypted, and cannot be read here: decrypt it first", name)
			case start < 4 && g.NumRows > 0, m.TotalCompressedSize < 0, m.TotalCompressedSize > size-start, m.NumValues < 0:
				return fmt.Errorf("row group %d: column %q is said to take %d bytes from byte %d, which the file of %d bytes does not have", i, name, m.TotalCompressedSize, start, size)
			case leaf.leaf.maxRep == 0 && m.NumValues != g.NumRows:
				return fmt.Errorf("row group %d: column %q has %d values where the row group has %d rows", i, name, m.NumValues, g.NumRows)
			}
		}
	}
	if meta.NumRows != rows && meta.NumRows != 0 { // some old writers left it at 0
		return fmt.Errorf("the footer counts %d rows, its row groups together %d", meta.NumRows, rows)
	}
	return nil
}

// checkChunk refuses column chunks that contradict the schema, and those whose compression cannot be read.
func checkChunk(m *format.ColumnMetaData, leaf *parquetNodeReader) error {
	switch {
	case m.Type != leaf.physical || m.Type < format.Boolean || m.Type > format.FixedLenByteArray:
		return fmt.Errorf("its values are of physical type %d, by the schema of %d", m.Type, leaf.physical)
	case leaf.leaf.maxDef == 0 && m.Statistics.NullCount > 0:
		return fmt.Errorf("it is required, but has %d nulls by its statistics", m.Statistics.NullCount)
	case m.Codec == format.Lz4Raw || m.Codec == format.Lz4:
		// parquet-go v0.32 loses the decompressed page of a column compressed with LZ4_RAW when the page shrank to more than a third (Column.decompress keeps
		// the old buffer when the codec returns a new one of the expected size), and does not know the older LZ4.
		return errors.New("it is compressed with LZ4, which cannot be read reliably: write the file again with zstd or snappy")
	}
	return nil
}

// allParquetLeaves lists the leaves of a file's schema in the order of its column chunks.
func allParquetLeaves(f *parquet.File) []*parquetNodeReader {
	var out []*parquetNodeReader
	var visit func(n *parquetNodeReader)
	visit = func(n *parquetNodeReader) {
		if n.leaf != nil {
			out = append(out, n)
		}
		for _, c := range n.children {
			visit(c)
		}
	}
	for _, n := range parquetTree(f) {
		visit(n)
	}
	return out
}

// base is the position in the file of the first row of this part.
func (p *parquetReader) base() int64 { return p.before }

// progress is the share of the part's rows that has been read.
func (p *parquetReader) progress() float64 {
	if p.total == 0 {
		return 1
	}
	return float64(p.done) / float64(p.total)
}

func (p *parquetReader) Next(r *record) error {
	for p.row >= p.rows {
		if err := p.endGroup(); err != nil {
			return err
		}
		if p.next >= len(p.groups) {
			return io.EOF
		}
		p.beginGroup()
	}
	p.arena = p.arena[:0]
	for _, f := range p.fields {
		c, err := f.node.read(&p.arena)
		if err != nil {
			if err == io.EOF {
				err = fmt.Errorf("it ends after %d of %d rows", p.row, p.rows)
			}
			return fmt.Errorf("row group %d, column %q: %w", p.ordinal, f.node.name, err)
		}
		if len(c.text) > maxRowBytes {
			return fmt.Errorf("row group %d, column %q: row %d holds a value of %d MiB; the most that one may have is %d", p.ordinal, f.node.name, p.row, len(c.text)>>20, maxRowBytes>>20)
		}
		r.set(f.slot, c)
	}
	p.row++
	p.done++
	return nil
}

func (p *parquetReader) beginGroup() {
	g := p.groups[p.next]
	p.next++
	p.ordinal++
	p.rows, p.row, p.opened = g.NumRows(), 0, true
	chunks := g.ColumnChunks()
	for _, f := range p.fields {
		for _, l := range f.leaves {
			l.open(chunks[l.index])
		}
	}
}

// endGroup closes the columns of a row group and checks that none has more rows than the footer says.
func (p *parquetReader) endGroup() error {
	if !p.opened {
		return nil
	}
	p.opened = false
	var surplus error
	for _, f := range p.fields {
		for _, l := range f.leaves {
			if _, err := l.peek(); err != io.EOF && surplus == nil {
				surplus = fmt.Errorf("row group %d, column %q: it has more values than the %d rows of the footer", p.ordinal, f.node.name, p.rows)
			}
			l.close()
		}
	}
	return surplus
}

func (p *parquetReader) Close() error {
	for _, f := range p.fields {
		for _, l := range f.leaves {
			l.close()
		}
	}
	return nil
}

// leafReader walks the values of one leaf column of a row group. Values are views of the page they come from, which is kept until the value after.
type leafReader struct {
	index          int // of the leaf among all leaves of the file
	maxRep, maxDef int
	pages          parquet.Pages
	page           parquet.Page
	values         parquet.ValueReader
	buf            [256]parquet.Value
	i, n           int
	err            error
}

func (l *leafReader) open(chunk parquet.ColumnChunk) {
	l.close()
	l.pages, l.err = chunk.Pages(), nil
}

// peek returns the next value without taking it; io.EOF after the last of the row group.
func (l *leafReader) peek() (*parquet.Value, error) {
	for l.i >= l.n {
		if l.err != nil {
			return nil, l.err
		}
		if l.page == nil {
			page, err := l.pages.ReadPage()
			if err != nil {
				l.err = err
				return nil, err
			}
			l.page, l.values = page, page.Values()
		}
		n, err := l.values.ReadValues(l.buf[:])
		l.i, l.n = 0, n
		if n == 0 && (err == nil || err == io.EOF) {
			parquet.Release(l.page)
			l.page = nil
		} else if err != nil && err != io.EOF {
			l.err = err
		}
	}
	return &l.buf[l.i], nil
}

func (l *leafReader) close() {
	if l.page != nil {
		parquet.Release(l.page)
		l.page = nil
	}
	if l.pages != nil {
		_ = l.pages.Close() // it only gives buffers back
		l.pages = nil
	}
	l.i, l.n, l.err = 0, 0, io.EOF
}

// parquetBorders groups row groups to parts of about part bytes. Borders are numbers of row groups; a file that cannot be opened is not cut, and reading it says why.
func parquetBorders(r io.ReaderAt, size, part int64) (borders, weights []int64) {
	var f *parquet.File
	var err error
	func() {
		defer guard("", &err)
		f, err = openParquetFile(randomAccess{r, size})
	}()
	if err != nil {
		return nil, nil
	}
	var bytes int64
	groups := f.Metadata().RowGroups
	for i := range groups {
		var n int64
		for j := range groups[i].Columns {
			n += groups[i].Columns[j].MetaData.TotalCompressedSize
		}
		if bytes > 0 && bytes+n > part*5/4 {
			borders, weights = append(borders, int64(i)), append(weights, bytes)
			bytes = 0
		}
		bytes += n
	}
	return borders, append(weights, bytes)
}
