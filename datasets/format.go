package datasets

import (
	"context"
	"fmt"
	"io"
	"path"
	"sort"
	"strings"

	"winnow/internal/spec"
)

// Format is a way in which rows are written in a file.
type Format struct {
	spec.Spec
	Extensions []string // with dot, without that of a compression
	// random says that the format needs the whole file at hand (open.random) instead of a stream (open.body).
	random bool
	// untyped says that all values come as text, so that numbers must be told from text by their spelling (CSV).
	untyped bool
	open    func(o *opening) (rowReader, error)
}

var formats = map[string]*Format{}

// registerFormat makes a format known. It is called from init functions.
func registerFormat(f Format) {
	if formats[f.Name] != nil {
		panic(fmt.Sprintf("format %q is registered twice", f.Name))
	}
	f.Group = "formats"
	formats[f.Name] = &f
}

// Formats lists the readable formats by name, each with its documentation.
func Formats() []*Format {
	out := make([]*Format, 0, len(formats))
	for _, name := range formatNames() {
		out = append(out, formats[name])
	}
	return out
}

func formatNames() []string {
	names := make([]string, 0, len(formats))
	for name := range formats {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// opening is what a format is given to read one file, one member of an archive, or one part of a file.
type opening struct {
	ctx     context.Context
	source  *Source
	name    string       // as shown in messages
	body    io.Reader    // decompressed bytes of the part
	random  randomAccess // the whole file, for formats that ask for it
	start   int64        // first unit of a part in the format's own measure: row groups of Parquet
	end     int64        // one past the last unit; -1 for the end
	part    bool         // the part does not begin at the file's start
	head    []byte       // the first bytes of the file, given when part is set: header and encoding stand there
	columns *columns
}

// randomAccess is a file whose every byte can be reached.
type randomAccess struct {
	io.ReaderAt
	size int64
}

// rowReader delivers the rows of a file in order.
type rowReader interface {
	// Next fills r, which has been reset. io.EOF ends the file; a *rowError says that one row could not be read and that reading can go on; any
	// other error ends the file. Bytes of the cells are valid until the call after.
	Next(r *record) error
	// Close gives resources back. It does not close the underlying file.
	Close() error
}

// rowError is one row that could not be read.
type rowError struct {
	Line   int64 // from 1; 0 when the format has no lines
	Column string
	Reason string
	Raw    []byte
}

func (e *rowError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, "column %q: ", e.Column)
	}
	return b.String() + e.Reason
}

// cellKind is the type of a value as the file has it.
type cellKind uint8

const (
	nullCell cellKind = iota // null, or the row has no such column
	stringCell
	intCell
	floatCell
	boolCell
	nestedCell // a list or an object; text holds it as JSON
	binaryCell // a value that cannot be carried; text says what it is
)

func (k cellKind) String() string {
	return [...]string{"null", "string", "int", "float", "bool", "nested", "binary"}[k]
}

// cell is one value of a row.
type cell struct {
	kind   cellKind
	text   []byte  // of a string or a nested value; of a number its spelling when the file has one
	whole  int64   // of an int; 1 for true
	number float64 // of a float
}

// record is one row as the file has it, before it is mapped.
type record struct {
	cells    []cell // by slot of columns
	line     int64  // from 1; 0 when the format has no lines
	file     string // name for ids and messages
	position int64  // in the file
	bytes    int64  // of text, roughly
}

func (r *record) reset(n int) {
	if cap(r.cells) < n {
		r.cells = make([]cell, n, n+8)
	}
	r.cells = r.cells[:n]
	clear(r.cells)
	r.line, r.bytes = 0, 0
}

// set puts a value into a slot; slot -1 (a column that nobody asked for) is ignored.
func (r *record) set(slot int, c cell) {
	if slot < 0 {
		return
	}
	for len(r.cells) <= slot {
		r.cells = append(r.cells, cell{})
	}
	r.cells[slot] = c
	r.bytes += int64(len(c.text))
}

func (r *record) at(slot int) cell {
	if slot < 0 || slot >= len(r.cells) {
		return cell{}
	}
	return r.cells[slot]
}

// columns numbers the columns of a source. While it is open every new name gets a slot (sniffing); once sealed, readers skip the values of names
// that are not there.
type columns struct {
	names  []string
	slots  map[string]int
	sealed bool
}

// maxColumns bounds what a file may claim: wider tables are broken or hostile.
const maxColumns = 1 << 14

func newColumns(names ...string) *columns {
	c := &columns{slots: map[string]int{}}
	for _, n := range names {
		c.slot(n)
	}
	return c
}

func (c *columns) slot(name string) int {
	if i, ok := c.slots[name]; ok {
		return i
	}
	return c.add(name)
}

func (c *columns) slotBytes(name []byte) int {
	if i, ok := c.slots[string(name)]; ok {
		return i
	}
	return c.add(string(name))
}

func (c *columns) add(name string) int {
	if c.sealed || len(c.names) >= maxColumns {
		return -1
	}
	c.slots[name] = len(c.names)
	c.names = append(c.names, name)
	return len(c.names) - 1
}

// compressions are the extensions that are opened on the way. What a file really is goes by its first bytes.
var compressions = []string{".gz", ".zst", ".zstd", ".bz2"}

// trimCompression returns name without the extension of a compression, and whether there was one.
func trimCompression(name string) (string, bool) {
	lower := strings.ToLower(name)
	for _, ext := range compressions {
		if strings.HasSuffix(lower, ext) {
			return name[:len(name)-len(ext)], true
		}
	}
	for short, long := range map[string]string{".tgz": ".tar", ".tzst": ".tar", ".tbz2": ".tar"} {
		if strings.HasSuffix(lower, short) {
			return name[:len(name)-len(short)] + long, true
		}
	}
	return name, false
}

// isArchiveName reports whether a name, less its compression, is that of a tar archive.
func isArchiveName(name string) bool {
	base, _ := trimCompression(name)
	return strings.EqualFold(path.Ext(base), ".tar")
}

// formatByName returns the format that a file's name stands for, or nil.
func formatByName(name string) *Format {
	base, _ := trimCompression(name)
	ext := strings.ToLower(path.Ext(base))
	if ext == "" {
		return nil
	}
	for _, n := range formatNames() {
		for _, e := range formats[n].Extensions {
			if e == ext {
				return formats[n]
			}
		}
	}
	return nil
}

// formatByContent guesses the format from a file's first bytes when its name says nothing.
func formatByContent(head []byte) *Format {
	switch {
	case hasPrefix(head, "PAR1"):
		return formats["parquet"]
	case hasPrefix(head, "ARROW1"):
		return formats["arrow"]
	case hasPrefix(head, "WARC/1."):
		return formats["warc"]
	}
	text := strings.TrimLeft(string(head[:min(len(head), 1024)]), "\ufeff \t\r\n")
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return formats["html"]
	case strings.HasPrefix(text, "{"):
		return formats["jsonl"]
	case strings.HasPrefix(text, "["):
		return formats["json"]
	}
	return formats["text"]
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
