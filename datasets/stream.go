package datasets

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxRowBytes is the most that one row may take in its file. More is a broken file, or one that should be read by lines or paragraphs.
	maxRowBytes = 128 << 20
	// maxInMemory bounds files that have to be taken whole out of an archive or a compression because their format needs to jump about.
	maxInMemory = 1 << 30
	// maxWindow is the largest zstd window that is accepted: what `zstd --long` writes by default.
	maxWindow = 128 << 20
)

// compressionOf tells by the first bytes how a stream is compressed: gzip, zstd, bzip2, or "" for not at all.
func compressionOf(head []byte) string {
	switch {
	case hasPrefix(head, "\x1f\x8b"):
		return "gzip"
	case hasPrefix(head, "\x28\xb5\x2f\xfd"), len(head) >= 4 && head[0]&0xf0 == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18:
		return "zstd"
	case hasPrefix(head, "BZh") && len(head) > 3 && head[3] >= '1' && head[3] <= '9':
		return "bzip2"
	}
	return ""
}

// isTar reports whether a file begins with the header of a tar archive.
func isTar(head []byte) bool {
	return len(head) >= 512 && string(head[257:262]) == "ustar"
}

// brokenError is a compressed stream or an archive that ends early or fails its checksum.
type brokenError struct {
	kind  string
	outer bool // it is the file itself that is broken, not one member of it
	err   error
}

func (e *brokenError) Error() string {
	what := e.err.Error()
	if errors.Is(e.err, io.ErrUnexpectedEOF) {
		what = "the file ends early"
	}
	return fmt.Sprintf("broken %s: %s; the rows after this place could not be read", e.kind, what)
}

func (e *brokenError) Unwrap() error { return e.err }

// markedReader turns the errors of a decompressor into brokenError.
type markedReader struct {
	io.Reader
	kind  string
	outer bool
}

func (m *markedReader) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if err != nil && err != io.EOF {
		var broken *brokenError
		if !errors.As(err, &broken) {
			err = &brokenError{m.kind, m.outer, err}
		}
	}
	return n, err
}

// decompress returns the plain bytes of a stream, whatever wraps them, and what to call at the end.
func decompress(r io.Reader, outer bool) (io.Reader, func(), error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch kind := compressionOf(head); kind {
	case "gzip":
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, &brokenError{kind, outer, unexpected(err)}
		}
		return &markedReader{z, kind, outer}, func() { _ = z.Close() }, nil
	case "zstd":
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(1<<62))
		if err != nil {
			return nil, nil, &brokenError{kind, outer, err}
		}
		return &markedReader{z, kind, outer}, z.Close, nil
	case "bzip2":
		return &markedReader{bzip2.NewReader(br), kind, outer}, func() {}, nil
	}
	return br, func() {}, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// formatOf decides how a file is read: as the source says, else by name, else by content.
func (s *Source) formatOf(name string, head []byte) *Format {
	if f := s.format(); f != "auto" {
		return formats[f]
	}
	if f := formatByName(name); f != nil {
		return f
	}
	return formatByContent(head)
}
