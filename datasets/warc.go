package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"winnow/internal/spec"
)

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "warc",
			Summary: "web archives (WARC 1.0 and 1.1), as Common Crawl publishes them, and its extracted text (WET)",
			Doc: "Every response with an HTML or plain-text body and status 200 makes a row with the columns text, title, url and date; every conversion record (WET) a row with its text. Requests, metadata, " +
				"redirects, images and the like are passed over and count as no row. The body may be chunked and compressed with gzip or zstd. A response that cannot be decoded is a bad row.",
			Example: "crawl: {path: crawl/*.warc.gz, text: main}",
			New:     func() any { return new(HTMLOptions) },
		},
		Extensions: []string{".warc", ".wet"},
		open: func(o *opening) (rowReader, error) {
			return &warcReader{o: o, r: bufio.NewReaderSize(o.body, 64<<10), text: o.columns.slot(ColText), title: o.columns.slot("title"),
				url: o.columns.slot("url"), date: o.columns.slot("date")}, nil
		},
	})
}

// warcReader walks the records of an archive.
type warcReader struct {
	o                      *opening
	r                      *bufio.Reader
	text, title, url, date int
}

// maxHeader bounds the headers of a record: longer ones are no headers.
const maxHeader = 64 << 10

func (w *warcReader) Next(r *record) error {
	for {
		header, err := w.header()
		if err != nil {
			return err
		}
		length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
		if err != nil || length < 0 {
			return fmt.Errorf("a record has no valid Content-Length (%q), so the next one cannot be found", header.Get("Content-Length"))
		}
		kind := header.Get("Warc-Type")
		wanted := kind == "response" || kind == "conversion" || kind == "resource"
		if !wanted || length > maxRowBytes {
			if _, err := io.CopyN(io.Discard, w.r, length); err != nil {
				return w.early(err)
			}
			if wanted {
				return &rowError{Reason: fmt.Sprintf("the record of %s is larger than %d MiB", header.Get("Warc-Target-Uri"), maxRowBytes>>20)}
			}
			continue
		}
		block := make([]byte, length)
		if _, err := io.ReadFull(w.r, block); err != nil {
			return w.early(err)
		}
		row, err := w.row(r, kind, header, block)
		if err != nil {
			return &rowError{Reason: header.Get("Warc-Target-Uri") + ": " + err.Error(), Raw: block[:min(len(block), rawBytes)]}
		}
		if row {
			return nil
		}
	}
}

func (w *warcReader) early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the archive ends in the middle of a record")
	}
	return err
}

// header reads the version line and the headers of the next record; io.EOF at the archive's end.
func (w *warcReader) header() (textproto.MIMEHeader, error) {
	for {
		line, err := w.r.ReadSlice('\n')
		if err == io.EOF && len(bytes.TrimSpace(line)) == 0 {
			return nil, io.EOF
		}
		if err != nil && err != bufio.ErrBufferFull && err != io.EOF {
			return nil, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if !hasPrefix(line, "WARC/") {
			return nil, fmt.Errorf("a record should begin with its version, and there stands %.40q; the rows after this place could not be read", line)
		}
		break
	}
	header := textproto.MIMEHeader{}
	total := 0
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return nil, w.early(err)
		}
		if total += len(line); total > maxHeader {
			return nil, fmt.Errorf("the headers of a record are longer than %d KiB", maxHeader>>10)
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return header, nil
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok {
			header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
}

// row makes a row of a record; false when it is of a kind that holds no text.
func (w *warcReader) row(r *record, kind string, header textproto.MIMEHeader, block []byte) (bool, error) {
	contentType := header.Get("Content-Type")
	body := block
	if kind == "response" {
		if !strings.Contains(contentType, "http") && !hasPrefix(block, "HTTP/") {
			return false, nil
		}
		response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(block)), nil)
		if err != nil {
			return false, err
		}
		defer func() { _ = response.Body.Close() }()
		contentType = response.Header.Get("Content-Type")
		if response.StatusCode != http.StatusOK || !isTextType(contentType) {
			return false, nil
		}
		if body, err = readBody(response); err != nil {
			return false, err
		}
	} else if kind == "resource" && !isTextType(contentType) {
		return false, nil
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return false, nil
	}
	var title string
	var text []byte
	var err error
	if kind == "conversion" || strings.HasPrefix(contentType, "text/plain") {
		text, _, err = decodeAll(body, w.o.source.encoding())
		text = plainBreaks(text)
	} else {
		title, text, err = pageText(body, contentType, w.o.source)
	}
	if err != nil {
		return false, err
	}
	set := func(slot int, value string) {
		if value != "" {
			r.set(slot, cell{kind: stringCell, text: bytes.ToValidUTF8([]byte(value), []byte("\uFFFD"))})
		}
	}
	r.set(w.text, cell{kind: stringCell, text: text})
	set(w.title, title)
	set(w.url, strings.Trim(header.Get("Warc-Target-Uri"), "<>"))
	set(w.date, header.Get("Warc-Date"))
	return true, nil
}

// isTextType reports whether a body of a content type holds text; an answer that does not say is taken for a page.
func isTextType(contentType string) bool {
	t, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(t) {
	case "", "text/html", "application/xhtml+xml", "text/plain":
		return true
	}
	return false
}

// readBody reads and decompresses the body of a stored HTTP answer. Crawlers often store it decompressed and keep the header, so the bytes decide; a body that
// is shorter than its header says was cut by the crawler and is taken as it is.
func readBody(response *http.Response) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxRowBytes))
	if err != nil && (len(raw) == 0 || !errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, err
	}
	if compressionOf(raw) == "" || response.Header.Get("Content-Encoding") == "" {
		return raw, nil
	}
	plain, done, err := decompress(bytes.NewReader(raw), false)
	if err != nil {
		return nil, err
	}
	defer done()
	return readCapped(plain, maxRowBytes)
}

func (w *warcReader) Close() error { return nil }
