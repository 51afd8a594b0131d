package datasets

import (
	"bytes"
	"fmt"
	"io"

	"winnow/internal/spec"
)

// TextOptions are the parameters of running text.
type TextOptions struct {
	Rows string `param:"rows" default:"file" enum:"file,section,paragraph,line" doc:"what makes a row of text and markdown: the whole file, a section under a heading (markdown), a paragraph between blank lines, or a line"`
}

func (o *TextOptions) check() []error { return nil }

func (o *TextOptions) rows() string { return orDefault(o.Rows, "file") }

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "text",
			Summary: "plain text: a row per file, paragraph or line",
			Doc: `The encoding is found for each file, from the whole of it when the row is the file. Line breaks of Windows and of old Macs become plain ones; nothing
else is changed, so that licence texts around a book or running heads are left to steps. Empty files, paragraphs and lines make no row.`,
			Example: "books: {path: books-en.tar.zst, rows: paragraph}",
			New:     func() any { return new(TextOptions) },
		},
		Extensions: []string{".txt", ".text"},
		open:       openText,
	})
}

func openText(o *opening) (rowReader, error) {
	if o.source.rows() == "line" {
		body, name, err := o.textBody("")
		if err != nil {
			return nil, err
		}
		return &textLines{newLineReader(body), o.columns.slot(ColText), name}, nil
	}
	return &textPieces{o: o, slot: o.columns.slot(ColText), cut: func(text []byte) []piece {
		if o.source.rows() == "file" {
			return []piece{{text: text, line: 1}}
		}
		return paragraphs(text)
	}}, nil
}

// textLines makes a row of every line that is not blank.
type textLines struct {
	lines    *lineReader
	slot     int
	encoding string
}

func (t *textLines) Next(r *record) error {
	for {
		line, err := t.lines.next()
		if err != nil {
			return err
		}
		line = trimReturn(line)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		r.line = t.lines.line
		if reason := checkText(line, t.encoding); reason != "" {
			return &rowError{Line: r.line, Reason: reason, Raw: line}
		}
		r.set(t.slot, cell{kind: stringCell, text: line})
		return nil
	}
}

func (t *textLines) Close() error { return nil }

// piece is a part of a file that makes a row.
type piece struct {
	text  []byte
	title []byte
	line  int64
}

// textPieces takes a file whole and cuts it.
type textPieces struct {
	o      *opening
	slot   int
	title  int // slot of the title; -1 for none
	cut    func(text []byte) []piece
	pieces []piece
	loaded bool
}

func (t *textPieces) Next(r *record) error {
	if !t.loaded {
		t.loaded = true
		data, err := io.ReadAll(io.LimitReader(t.o.body, maxRowBytes+1))
		if err != nil {
			return err
		}
		if len(data) > maxRowBytes {
			return &rowError{Reason: fmt.Sprintf("the file is larger than %d MiB, the most that one row may hold; read it with `rows: line`", maxRowBytes>>20), Raw: data[:rawBytes]}
		}
		text, _, err := decodeAll(data, t.o.source.encoding())
		if err != nil {
			return &rowError{Reason: err.Error(), Raw: data[:min(len(data), rawBytes)]}
		}
		t.pieces = t.cut(plainBreaks(text))
	}
	for len(t.pieces) > 0 {
		p := t.pieces[0]
		t.pieces = t.pieces[1:]
		if len(bytes.TrimSpace(p.text)) == 0 {
			continue
		}
		r.line = p.line
		r.set(t.slot, cell{kind: stringCell, text: p.text})
		if len(p.title) > 0 {
			r.set(t.title, cell{kind: stringCell, text: p.title})
		}
		return nil
	}
	return io.EOF
}

func (t *textPieces) Close() error { return nil }

// plainBreaks turns the line breaks of Windows (and of Macs before 2001, when a file has no other) into newlines.
func plainBreaks(text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if bytes.IndexByte(text, '\n') < 0 {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text
}

// paragraphs cuts text at blank lines.
func paragraphs(text []byte) []piece {
	var out []piece
	line := int64(0)
	start, first := -1, int64(0)
	offset := 0
	for offset < len(text) {
		line++
		end := bytes.IndexByte(text[offset:], '\n')
		next := len(text)
		if end >= 0 {
			next = offset + end + 1
		}
		blank := len(bytes.TrimSpace(text[offset:next])) == 0
		switch {
		case blank && start >= 0:
			out = append(out, piece{text: bytes.TrimRight(text[start:offset], "\n"), line: first})
			start = -1
		case !blank && start < 0:
			start, first = offset, line
		}
		offset = next
	}
	if start >= 0 {
		out = append(out, piece{text: bytes.TrimRight(text[start:], "\n"), line: first})
	}
	return out
}
