package datasets

import (
	"bytes"

	"winnow/internal/spec"
)

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "jsonl",
			Summary: "one JSON object a line",
			Doc: `Every line that is not blank holds one object. Reading is strict, as what a lenient reader lets through is lost or changed without a word: bytes that
are not UTF-8, raw line breaks inside strings, lone surrogates, and a name that stands twice in an object make the line a bad row, reported with line and byte.
So does a last line that was cut off. Whole numbers beyond 64 bits keep their spelling when the column is text.`,
			Example: "medquad: {path: medquad.jsonl.zst, map: {prompt: question, response: answer}}",
			New:     func() any { return new(struct{}) },
		},
		Extensions: []string{".jsonl", ".ndjson", ".jsonlines"},
		open:       openJSONL,
	})
}

type jsonlReader struct {
	lines   *lineReader
	columns *columns
	checker jsonChecker
	arena   []byte
}

func openJSONL(o *opening) (rowReader, error) {
	body, _, err := o.textBody("utf-8")
	if err != nil {
		return nil, err
	}
	return &jsonlReader{lines: newLineReader(body), columns: o.columns}, nil
}

func (j *jsonlReader) Next(r *record) error {
	for {
		line, err := j.lines.next()
		if err != nil {
			return err
		}
		line = bytes.Trim(line, " \t\r")
		if len(line) == 0 {
			continue
		}
		r.line = j.lines.line
		return j.fill(r, line)
	}
}

func (j *jsonlReader) fill(r *record, line []byte) error {
	if line[0] != '{' {
		return &rowError{Line: r.line, Reason: "the line holds no JSON object", Raw: line}
	}
	if err := j.checker.check(line); err != nil {
		return &rowError{Line: r.line, Reason: err.Error(), Raw: line}
	}
	j.arena = objectCells(r, line, j.columns, j.arena[:0])
	return nil
}

// objectCells puts the members of a checked object into r and returns the arena that unescaped texts live in.
func objectCells(r *record, object []byte, cols *columns, arena []byte) []byte {
	eachMember(object, func(name, value []byte) bool {
		if slot := cols.slotBytes(unescape(name, &arena)); slot >= 0 {
			r.set(slot, cellOfJSON(value, &arena))
		}
		return true
	})
	return arena
}

func (j *jsonlReader) Close() error { return nil }
