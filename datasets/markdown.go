package datasets

import (
	"bytes"

	"winnow/internal/spec"
)

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "markdown",
			Summary: "Markdown: a row per file, section or paragraph, code blocks kept whole",
			Doc: "The text stays Markdown. Front matter between two lines of `---` at the beginning is left out; its `title`, else the first heading, becomes the column title. " +
				"Where a file is cut into sections or paragraphs, nothing inside a fenced block (between two lines of ``` or ~~~) is taken for a heading or a blank line, so that code is never torn. " +
				"A section goes from one heading to the next and carries its heading as its title.",
			Example: "manual: {path: docs/**/*.md, rows: section}",
			New:     func() any { return new(TextOptions) },
		},
		Extensions: []string{".md", ".markdown"},
		open: func(o *opening) (rowReader, error) {
			return &textPieces{o: o, slot: o.columns.slot(ColText), title: o.columns.slot("title"), cut: func(text []byte) []piece {
				return cutMarkdown(text, o.source.rows())
			}}, nil
		},
	})
}

// cutMarkdown cuts a file into rows: file, section, paragraph or line.
func cutMarkdown(text []byte, rows string) []piece {
	body, title, line := frontMatter(text)
	if rows == "file" {
		if title == nil {
			title = firstHeading(body)
		}
		return []piece{{text: body, title: title, line: line}}
	}
	var out []piece
	start, first := -1, int64(0)
	var heading []byte
	offset := 0
	var fence []byte
	end := func(at int) {
		if start >= 0 && len(bytes.TrimSpace(body[start:at])) > 0 {
			out = append(out, piece{text: bytes.TrimRight(body[start:at], "\n"), title: heading, line: first})
		}
		start = -1
	}
	for offset < len(body) {
		next := len(body)
		if k := bytes.IndexByte(body[offset:], '\n'); k >= 0 {
			next = offset + k + 1
		}
		current := body[offset:next]
		inside := fence != nil
		fence = fenceAfter(current, fence)
		plain := !inside && fence == nil
		h := headingOf(current)
		switch {
		case plain && h != nil:
			end(offset)
			heading = h
		case plain && rows == "paragraph" && len(bytes.TrimSpace(current)) == 0, plain && rows == "line":
			end(offset)
		}
		if start < 0 && len(bytes.TrimSpace(current)) > 0 {
			start, first = offset, line
		}
		offset = next
		line++
	}
	end(len(body))
	return out
}

// frontMatter takes a YAML block off the beginning. line is the number of the body's first line.
func frontMatter(text []byte) (body, title []byte, line int64) {
	const mark = "---\n"
	if !hasPrefix(text, mark) {
		return text, nil, 1
	}
	end := bytes.Index(text[len(mark)-1:], []byte("\n---\n"))
	if end < 0 {
		return text, nil, 1
	}
	block := text[len(mark) : len(mark)-1+end+1]
	body = text[len(mark)-1+end+len("\n---\n"):]
	for l := range bytes.SplitSeq(block, []byte("\n")) {
		if value, ok := bytes.CutPrefix(l, []byte("title:")); ok {
			title = bytes.Trim(bytes.TrimSpace(value), `"'`)
		}
	}
	return body, title, int64(bytes.Count(text[:len(text)-len(body)], []byte("\n"))) + 1
}

// fenceAfter returns the fence that is open after a line, nil when none is.
func fenceAfter(line, open []byte) []byte {
	trimmed := bytes.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 || len(trimmed) < 3 || trimmed[0] != '`' && trimmed[0] != '~' {
		return open
	}
	n := 0
	for n < len(trimmed) && trimmed[n] == trimmed[0] {
		n++
	}
	if n < 3 {
		return open
	}
	if open == nil {
		if trimmed[0] == '`' && bytes.IndexByte(trimmed[n:], '`') >= 0 {
			return nil // inline code
		}
		return trimmed[:n]
	}
	if trimmed[0] == open[0] && n >= len(open) && len(bytes.TrimSpace(trimmed[n:])) == 0 {
		return nil
	}
	return open
}

// headingOf returns the text of a heading line of the form `## text`, nil when it is none.
func headingOf(line []byte) []byte {
	n := 0
	for n < len(line) && line[n] == '#' {
		n++
	}
	if n == 0 || n > 6 || n >= len(line) || line[n] != ' ' && line[n] != '\t' {
		return nil
	}
	h := bytes.TrimSpace(line[n:])
	return bytes.TrimSpace(bytes.TrimRight(h, "#"))
}

// firstHeading returns the text of the first heading outside of code.
func firstHeading(body []byte) []byte {
	var fence []byte
	for line := range bytes.Lines(body) {
		inside := fence != nil
		fence = fenceAfter(line, fence)
		if !inside && fence == nil {
			if h := headingOf(line); len(h) > 0 {
				return h
			}
		}
	}
	return nil
}
