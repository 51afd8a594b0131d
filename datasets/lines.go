package datasets

import (
	"bytes"
	"fmt"
	"io"
)

// lineReader cuts a stream into lines. It holds one line at a time, so memory does not depend on the file.
type lineReader struct {
	r     io.Reader
	buf   []byte
	start int // of what has not been handed out
	end   int
	scan  int // how far after start newlines have been looked for
	line  int64
	err   error
	limit int
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: r, buf: make([]byte, 64<<10), limit: maxRowBytes}
}

// next returns the next line without its newline; a carriage return before it stays. The bytes are valid until the call after. The last line may lack its
// newline. A line longer than the limit is skipped and reported as *rowError. When the stream breaks, the line it breaks in is not returned.
func (l *lineReader) next() ([]byte, error) {
	for {
		if k := bytes.IndexByte(l.buf[l.start+l.scan:l.end], '\n'); k >= 0 {
			line := l.buf[l.start : l.start+l.scan+k]
			l.start += l.scan + k + 1
			l.scan = 0
			l.line++
			return line, nil
		}
		l.scan = l.end - l.start
		if l.err != nil {
			if l.err == io.EOF && l.scan > 0 {
				line := l.buf[l.start:l.end]
				l.start, l.scan = l.end, 0
				l.line++
				return line, nil
			}
			return nil, l.err
		}
		if l.scan > l.limit {
			return nil, l.skip()
		}
		l.fill()
	}
}

// fill reads more, moving or growing the buffer.
func (l *lineReader) fill() {
	if l.start > 0 {
		copy(l.buf, l.buf[l.start:l.end])
		l.end -= l.start
		l.start = 0
	}
	if l.end == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	for range 100 {
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}

// skip leaves out the rest of a line that is too long.
func (l *lineReader) skip() error {
	raw := append([]byte(nil), l.buf[l.start:min(l.start+rawBytes, l.end)]...)
	l.line++
	bad := &rowError{Line: l.line, Reason: fmt.Sprintf("the line is longer than %d MiB", l.limit>>20), Raw: raw}
	for {
		l.start, l.end, l.scan = 0, 0, 0
		if l.err != nil {
			return bad
		}
		l.fill()
		if k := bytes.IndexByte(l.buf[:l.end], '\n'); k >= 0 {
			l.start = k + 1
			return bad
		}
	}
}

// trimReturn takes a carriage return off a line's end.
func trimReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}
