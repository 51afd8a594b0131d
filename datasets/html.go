package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"winnow/internal/page"
	"winnow/internal/spec"
)

// HTMLOptions are the parameters of web pages.
type HTMLOptions struct {
	Text string `param:"text" default:"main" enum:"main,all,raw" doc:"what is taken of an HTML page: its main content, all text, or the file as it is"`
}

func (o *HTMLOptions) check() []error { return nil }

func (o *HTMLOptions) textMode() string { return orDefault(o.Text, "main") }

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "html",
			Summary: "web pages: main content, all text, or the page as it is",
			Doc: "A file is a row with the columns text and title. The encoding is that of the byte order mark, else what the page declares when the bytes agree (a page that declares " +
				"gb2312 is read as GB18030, of which that is a part), else what the bytes look like. A page without any text makes no row but a bad row.",
			Example: "pages: {path: pages/**/*.html, text: main}",
			New:     func() any { return new(HTMLOptions) },
		},
		Extensions: []string{".html", ".htm", ".xhtml"},
		open: func(o *opening) (rowReader, error) {
			return &htmlReader{o: o, text: o.columns.slot(ColText), title: o.columns.slot("title")}, nil
		},
	})
}

// htmlReader makes one row of one page.
type htmlReader struct {
	o           *opening
	text, title int
	done        bool
}

func (h *htmlReader) Next(r *record) error {
	if h.done {
		return io.EOF
	}
	h.done = true
	data, err := io.ReadAll(io.LimitReader(h.o.body, maxRowBytes+1))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return io.EOF
	}
	if len(data) > maxRowBytes {
		return &rowError{Reason: fmt.Sprintf("the page is larger than %d MiB", maxRowBytes>>20)}
	}
	title, text, err := pageText(data, "", h.o.source)
	if err != nil {
		return &rowError{Reason: err.Error(), Raw: data[:min(len(data), rawBytes)]}
	}
	r.set(h.text, cell{kind: stringCell, text: text})
	if title != "" {
		r.set(h.title, cell{kind: stringCell, text: []byte(title)})
	}
	return nil
}

func (h *htmlReader) Close() error { return nil }

var errNoText = errors.New("no text was found in the page")

// pageText decodes a page and takes from it what the source asks for. contentType is that of the HTTP answer, when there was one.
func pageText(data []byte, contentType string, s *Source) (title string, text []byte, err error) {
	utf8Page, err := decodePage(data, contentType, s.encoding())
	if err != nil {
		return "", nil, err
	}
	if len(utf8Page) == 0 {
		return "", nil, errNoText
	}
	switch s.textMode() {
	case "raw":
		return "", plainBreaks(utf8Page), nil
	case "all":
		title, text, err = page.All(utf8Page, utf8ContentType)
	default:
		title, text, err = page.Main(utf8Page, utf8ContentType)
	}
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		err = errNoText
	}
	return title, text, err
}

// utf8ContentType tells the extractor that the page has been decoded, whatever it declares itself.
const utf8ContentType = "text/html; charset=utf-8"
