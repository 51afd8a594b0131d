package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"winnow/internal/spec"
)

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "json",
			Summary: "one JSON document: an array of objects, an object of columns, or objects one after another",
			Doc: "What the document is goes by its content: an array of objects gives a row an element; an object whose members are all arrays of one length is a table of " +
				"columns; an object that holds one array of objects under a name such as `data` gives its elements, and any other object is one row. Several objects one after another, also " +
				"spread over lines, give a row each. Reading is as strict as for jsonl; after a mistake in the grammar the rest of the file cannot be read.",
			Example: "alpaca: {path: alpaca_data.json}",
			New:     func() any { return new(struct{}) },
		},
		Extensions: []string{".json"},
		open:       openJSON,
	})
}

// jsonReader delivers objects one by one from a decoder that stands inside an array or between documents.
type jsonReader struct {
	dec     *jsontext.Decoder
	inArray bool
	columns *columns
	arena   []byte
	lines   *newlineCounter
	first   []byte   // an object read to find out what the document is, to be delivered as a row
	queue   [][]byte // rows of a document that had to be taken whole
	table   []tableColumn
	row     int
	rows    int
	broken  error
}

type tableColumn struct {
	slot   int
	values [][]byte
}

// newlineCounter counts the lines that have gone by, for messages.
type newlineCounter struct {
	r     io.Reader
	lines int64
}

func (n *newlineCounter) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	n.lines += int64(bytes.Count(p[:k], []byte{'\n'}))
	return k, err
}

func openJSON(o *opening) (rowReader, error) {
	body, _, err := o.textBody("utf-8")
	if err != nil {
		return nil, err
	}
	lines := &newlineCounter{r: body}
	j := &jsonReader{dec: jsontext.NewDecoder(lines), columns: o.columns, lines: lines}
	switch j.dec.PeekKind() {
	case '[':
		j.inArray = true
		_, err = j.dec.ReadToken()
		return j, err
	case '{':
		return j, j.document()
	}
	_, err = j.dec.ReadToken()
	if err == io.EOF {
		return j, nil // an empty file has no rows
	}
	if err == nil {
		err = errors.New("it is neither an array nor an object")
	}
	return nil, jsonReason(err, nil)
}

// document looks at the first object of the file: a row, a table, or a wrapper around an array of rows. It is taken whole.
func (j *jsonReader) document() error {
	value, err := j.dec.ReadValue()
	if err != nil {
		return jsonReason(err, value)
	}
	if len(value) > maxRowBytes*4 {
		return fmt.Errorf("its first object is larger than %d MiB: write it as jsonl", maxRowBytes*4>>20)
	}
	object := bytes.Clone(value)
	if j.dec.PeekKind() == '{' {
		j.first = object
		return nil
	}
	var names []string
	var arrays [][][]byte
	objects, others := -1, false
	eachMember(object, func(name, v []byte) bool {
		if v[0] != '[' {
			others = true
			return true
		}
		var list [][]byte
		eachElement(v, func(e []byte) bool { list = append(list, e); return true })
		if len(list) > 0 && list[0][0] == '{' && objects < 0 {
			objects = len(arrays)
		} else if len(list) > 0 && list[0][0] == '{' {
			objects = -2
		}
		names, arrays = append(names, string(unescape(name, &j.arena))), append(arrays, list)
		return true
	})
	switch {
	case objects >= 0 && (len(arrays) == 1 || !sameLength(arrays)):
		j.queue = arrays[objects]
	case len(arrays) > 0 && !others && sameLength(arrays):
		j.rows = len(arrays[0])
		for i, n := range names {
			if slot := j.columns.slot(n); slot >= 0 {
				j.table = append(j.table, tableColumn{slot, arrays[i]})
			}
		}
	default:
		j.first = object
	}
	return nil
}

func sameLength(arrays [][][]byte) bool {
	for _, a := range arrays {
		if len(a) != len(arrays[0]) {
			return false
		}
	}
	return true
}

func (j *jsonReader) Next(r *record) error {
	j.arena = j.arena[:0]
	if j.first != nil {
		object := j.first
		j.first = nil
		j.arena = objectCells(r, object, j.columns, j.arena)
		return nil
	}
	if len(j.queue) > 0 {
		value := j.queue[0]
		j.queue = j.queue[1:]
		return j.object(r, value)
	}
	if j.row < j.rows {
		for _, c := range j.table {
			r.set(c.slot, cellOfJSON(c.values[j.row], &j.arena))
		}
		j.row++
		return nil
	}
	if j.broken != nil {
		return io.EOF
	}
	if j.inArray && j.dec.PeekKind() == ']' {
		if _, err := j.dec.ReadToken(); err != nil {
			return j.fail(err)
		}
		j.inArray = false
	}
	value, err := j.dec.ReadValue()
	if err == io.EOF && !j.inArray {
		return io.EOF
	}
	if err != nil {
		return j.fail(err)
	}
	r.line = j.lines.lines + 1 - int64(bytes.Count(j.dec.UnreadBuffer(), []byte{'\n'}))
	return j.object(r, value)
}

func (j *jsonReader) object(r *record, value []byte) error {
	if len(value) > maxRowBytes {
		return &rowError{Line: r.line, Reason: fmt.Sprintf("the object is larger than %d MiB", maxRowBytes>>20), Raw: value}
	}
	if value[0] != '{' {
		return &rowError{Line: r.line, Reason: "it is no JSON object", Raw: value}
	}
	j.arena = objectCells(r, value, j.columns, j.arena)
	return nil
}

// fail ends the file: after a mistake in the grammar nobody knows where the next row begins.
func (j *jsonReader) fail(err error) error {
	j.broken = err
	var broken *brokenError
	if errors.As(err, &broken) {
		return broken
	}
	return fmt.Errorf("near line %d: %w; the rows after this place could not be read", j.lines.lines+1-int64(bytes.Count(j.dec.UnreadBuffer(), []byte{'\n'})), jsonReason(err, j.dec.UnreadBuffer()))
}

func (j *jsonReader) Close() error { return nil }
