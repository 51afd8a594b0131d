package datasets

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"winnow/internal/spec"
)

// CSVOptions are the parameters of delimited text.
type CSVOptions struct {
	Delimiter string   `param:"delimiter" doc:"character between the fields of csv and tsv; without it a comma for csv, a tab for tsv, and for csv a semicolon or tab when the first line has those instead"`
	Header    string   `param:"header" default:"auto" enum:"auto,yes,no" doc:"whether the first row names the columns; auto says no when the first row holds numbers or repeats itself"`
	Names     []string `param:"names" doc:"names of the columns of a csv or tsv without header; otherwise column_1, column_2, …"`
	Quotes    string   `param:"quotes" default:"auto" enum:"auto,yes,no" doc:"whether double quotes enclose fields; auto says yes for csv, and for tsv only when every quoted field is closed where it ends"`
}

func (o *CSVOptions) check() []error {
	if o.Delimiter == "" || o.Delimiter == `\t` {
		return nil
	}
	if len(o.Delimiter) != 1 || strings.ContainsAny(o.Delimiter, "\"\r\n") {
		return []error{fmt.Errorf("delimiter: %q is not one ASCII character; write for example \";\"", o.Delimiter)}
	}
	return nil
}

func init() {
	doc := `Fields may be enclosed in double quotes and then hold delimiters, line breaks and doubled quotes (RFC 4180). A row with more or fewer fields than the
header is a bad row, as is a quoted field that goes on after its closing quote or never ends; reading goes on at the next line. The encoding is found from
the beginning of the file. Numbers and true/false are told from text by their spelling in the first rows: 007 stays text, and an empty field of a number column is null.`
	registerFormat(Format{
		Spec: spec.Spec{Name: "csv", Summary: "comma-separated values, also with semicolons or tabs", Doc: doc,
			Example: "dialogue: {path: dialogue-zh.csv.gz, map: {prompt: ask, response: answer}}", New: func() any { return new(CSVOptions) }},
		Extensions: []string{".csv"}, untyped: true,
		open: func(o *opening) (rowReader, error) { return openCSV(o, ',') },
	})
	registerFormat(Format{
		Spec: spec.Spec{Name: "tsv", Summary: "tab-separated values", Doc: doc + "\n\nQuotes are ordinary characters in most tab-separated files; `quotes` settles it.",
			Example: "pairs: {path: tatoeba-en-zh.tsv.zst}", New: func() any { return new(CSVOptions) }},
		Extensions: []string{".tsv", ".tab"}, untyped: true,
		open: func(o *opening) (rowReader, error) { return openCSV(o, '\t') },
	})
}

// dialect is how one file separates and encloses its fields.
type dialect struct {
	delimiter byte
	quotes    bool
	header    bool
	names     []string
}

type csvReader struct {
	dialect
	lines    *lineReader
	columns  *columns
	slots    []int // of each field; -1 for a column that nobody asked for
	fields   []field
	row      []byte // a row that spans lines
	arena    []byte
	encoding string

	pending     []byte // lines put back after a quoted field that never ended; nil for none
	pendingLine int64
}

// field is a part of a row; quoted fields whose quotes were doubled live in the arena.
type field struct {
	text   []byte
	quoted bool
}

func openCSV(o *opening, delimiter byte) (rowReader, error) {
	body, name, head, err := o.decodedHead()
	if err != nil {
		return nil, err
	}
	c := &csvReader{lines: newLineReader(body), columns: o.columns, encoding: name}
	c.dialect = o.source.dialectOf(head, delimiter)
	if !o.part && c.header {
		if _, err := c.readFields(); err != nil && err != io.EOF {
			return nil, fmt.Errorf("the header cannot be read: %w", err)
		}
	}
	c.slots = make([]int, len(c.names))
	for i, n := range c.names {
		c.slots[i] = o.columns.slot(n)
	}
	return c, nil
}

// dialectOf finds out how a file is written from its beginning (decoded).
func (s *Source) dialectOf(head []byte, delimiter byte) dialect {
	d := dialect{delimiter: delimiter}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case s.Delimiter == `\t`:
		d.delimiter = '\t'
	case s.Delimiter != "":
		d.delimiter = s.Delimiter[0]
	case delimiter == ',' && bytes.IndexByte(first, ',') < 0:
		for _, other := range []byte{'\t', ';', '|'} {
			if bytes.IndexByte(first, other) >= 0 {
				d.delimiter = other
				break
			}
		}
	}
	switch orDefault(s.Quotes, "auto") {
	case "yes":
		d.quotes = true
	case "auto":
		d.quotes = delimiter == ',' || quotedThroughout(head, d.delimiter)
	}
	probe := &csvReader{dialect: d, lines: newLineReader(bytes.NewReader(head))}
	var rows [][]string
	for len(rows) < 20 {
		_, err := probe.readFields()
		if err != nil {
			break
		}
		row := make([]string, len(probe.fields))
		for i, f := range probe.fields {
			row[i] = string(f.text)
		}
		rows = append(rows, row)
	}
	d.header = isHeader(rows)
	switch orDefault(s.Header, "auto") {
	case "yes":
		d.header = true
	case "no":
		d.header = false
	}
	if len(rows) > 0 {
		d.names = make([]string, len(rows[0]))
		for i := range d.names {
			switch {
			case d.header && strings.TrimSpace(rows[0][i]) != "":
				d.names[i] = strings.TrimSpace(rows[0][i])
			case !d.header && i < len(s.Names):
				d.names[i] = s.Names[i]
			default:
				d.names[i] = fmt.Sprintf("column_%d", i+1)
			}
		}
	}
	return d
}

// isHeader guesses whether the first of the rows names columns: no number among its fields, no field twice, none long enough to be content, and none that
// stands in the same column of another row.
func isHeader(rows [][]string) bool {
	if len(rows) == 0 {
		return false
	}
	seen := map[string]bool{}
	for i, name := range rows[0] {
		name = strings.TrimSpace(name)
		if k, _ := spelledKind([]byte(name)); k == intCell || k == floatCell || len(name) > 64 || name != "" && seen[name] {
			return false
		}
		seen[name] = true
		for _, row := range rows[1:] {
			if name != "" && i < len(row) && strings.TrimSpace(row[i]) == name {
				return false
			}
		}
	}
	return true
}

// quotedThroughout reports whether quotes enclose fields in a tab-separated file: every field that begins with a quote ends with one, and the quotes between
// come in pairs.
func quotedThroughout(head []byte, delimiter byte) bool {
	found := 0
	lines := bytes.Split(head, []byte("\n"))
	for i, line := range lines {
		if i == len(lines)-1 && i > 0 { // may be cut off
			break
		}
		for f := range bytes.SplitSeq(trimReturn(line), []byte{delimiter}) {
			if len(f) == 0 || f[0] != '"' {
				continue
			}
			if len(f) < 2 || f[len(f)-1] != '"' || bytes.Count(f[1:len(f)-1], []byte(`""`))*2 != bytes.Count(f[1:len(f)-1], []byte(`"`)) {
				return false
			}
			found++
		}
	}
	return found > 0
}

func (c *csvReader) Next(r *record) error {
	for {
		line, err := c.readFields()
		if err != nil {
			return err
		}
		if len(c.fields) == 1 && len(c.fields[0].text) == 0 && !c.fields[0].quoted && len(c.slots) != 1 {
			continue // a blank line
		}
		r.line = line
		if len(c.fields) != len(c.slots) {
			return &rowError{Line: line, Reason: fmt.Sprintf("it has %d fields where the file has %d columns", len(c.fields), len(c.slots)), Raw: c.raw()}
		}
		for i, f := range c.fields {
			slot := c.slots[i]
			if slot < 0 {
				continue
			}
			if reason := checkText(f.text, c.encoding); reason != "" {
				return &rowError{Line: line, Column: c.names[i], Reason: reason, Raw: c.raw()}
			}
			r.set(slot, cell{kind: stringCell, text: f.text})
		}
		return nil
	}
}

// raw returns the row as far as it is worth showing.
func (c *csvReader) raw() []byte {
	var b []byte
	for i, f := range c.fields {
		if i > 0 {
			b = append(b, c.delimiter)
		}
		b = append(b, f.text[:min(len(f.text), rawBytes)]...)
		if len(b) > rawBytes {
			break
		}
	}
	return b
}

// nextLine returns the next line and its number, first those that were put back.
func (c *csvReader) nextLine() ([]byte, int64, error) {
	if c.pending != nil {
		line, rest, more := bytes.Cut(c.pending, []byte("\n"))
		c.pending = rest
		if !more {
			c.pending = nil
		}
		c.pendingLine++
		return line, c.pendingLine, nil
	}
	line, err := c.lines.next()
	return line, c.lines.line, err
}

// maxQuoted is the longest row with line breaks inside quotes: a quote that never ends would otherwise take the file with it.
const maxQuoted = 16 << 20

// readFields reads one row into c.fields and returns the line it begins in.
func (c *csvReader) readFields() (int64, error) {
	line, number, err := c.nextLine()
	if err != nil {
		return 0, err
	}
	if !c.quotes || bytes.IndexByte(line, '"') < 0 {
		c.plain(trimReturn(line))
		return number, nil
	}
	open, reason := c.split(line)
	if reason != "" {
		return number, &rowError{Line: number, Reason: reason, Raw: line}
	}
	if !open {
		return number, nil
	}
	if c.pending != nil {
		return number, &rowError{Line: number, Reason: "a quoted field does not end in its line", Raw: line}
	}
	// Inside quotes every further quote opens or closes, so only a line with an odd number of them can end the row.
	first := len(line)
	c.row = append(c.row[:0], line...)
	for {
		next, _, err := c.nextLine()
		if err != nil && err != io.EOF {
			return number, err
		}
		if err == io.EOF || len(c.row) > maxQuoted {
			c.pendingLine = number
			if len(c.row) > first {
				c.pending = append([]byte(nil), c.row[first+1:]...)
				if err == nil {
					c.pending = append(append(c.pending, '\n'), next...)
				}
			}
			reason := "a quoted field does not end before the file does"
			if err == nil {
				reason = fmt.Sprintf("a quoted field is longer than %d MiB", maxQuoted>>20)
			}
			return number, &rowError{Line: number, Reason: reason, Raw: c.row[:first]}
		}
		c.row = append(append(c.row, '\n'), next...)
		if bytes.Count(next, []byte{'"'})%2 == 0 {
			continue
		}
		open, reason := c.split(c.row)
		if reason != "" {
			return number, &rowError{Line: number, Reason: reason, Raw: c.row}
		}
		if !open {
			return number, nil
		}
	}
}

// plain cuts a row without quotes.
func (c *csvReader) plain(row []byte) {
	c.fields = c.fields[:0]
	for {
		k := bytes.IndexByte(row, c.delimiter)
		if k < 0 {
			c.fields = append(c.fields, field{text: row})
			return
		}
		c.fields = append(c.fields, field{text: row[:k]})
		row = row[k+1:]
	}
}

// split cuts a row with quotes into c.fields. open says that a quoted field goes on in the next line.
func (c *csvReader) split(row []byte) (open bool, reason string) {
	c.fields, c.arena = c.fields[:0], c.arena[:0]
	for {
		if len(row) == 0 || row[0] != '"' {
			k := bytes.IndexByte(row, c.delimiter)
			if k < 0 {
				c.fields = append(c.fields, field{text: trimReturn(row)})
				return false, ""
			}
			c.fields = append(c.fields, field{text: row[:k]})
			row = row[k+1:]
			continue
		}
		text, rest, closed := c.quoted(row[1:])
		if !closed {
			return true, ""
		}
		c.fields = append(c.fields, field{text, true})
		rest2 := trimReturn(rest)
		if len(rest2) == 0 {
			return false, ""
		}
		if rest[0] != c.delimiter {
			_, size := utf8.DecodeRune(rest)
			return false, fmt.Sprintf("field %d goes on with %q after its closing quote", len(c.fields), rest[:size])
		}
		row = rest[1:]
	}
}

// quoted returns the inside of a quoted field that begins at b and what follows its closing quote.
func (c *csvReader) quoted(b []byte) (text, rest []byte, closed bool) {
	start := len(c.arena)
	i := 0
	copied := false
	for {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return nil, nil, false
		}
		end := i + k
		if end+1 < len(b) && b[end+1] == '"' {
			c.arena = append(c.arena, b[i:end+1]...)
			copied = true
			i = end + 2
			continue
		}
		if !copied {
			return b[:end], b[end+1:], true
		}
		c.arena = append(c.arena, b[i:end]...)
		return c.arena[start:len(c.arena):len(c.arena)], b[end+1:], true
	}
}

func (c *csvReader) Close() error { return nil }
