package datasets

import (
	"bytes"
	"io"
)

// csvBorders finds row beginnings about every shardBytes. Where quotes may enclose line breaks the file is followed from its beginning, as only that
// tells inside from outside.
func (s *Source) csvBorders(r io.ReaderAt, size int64, format string) ([]int64, error) {
	delimiter := byte(',')
	if format == "tsv" {
		delimiter = '\t'
	}
	raw := make([]byte, min(size, 64<<10))
	if _, err := r.ReadAt(raw, 0); err != nil && err != io.EOF {
		return nil, err
	}
	o := &opening{source: s, body: bytes.NewReader(raw)}
	_, name, head, err := o.decodedHead()
	if err != nil {
		return nil, err
	}
	d := s.dialectOf(head, delimiter)
	if !d.quotes {
		return lineBorders(r, size, shardBytes)
	}
	if name != "" && d.delimiter == '|' { // the second byte of a character in Big5, GB18030 and Shift_JIS can be a bar
		return nil, nil
	}
	return quotedBorders(io.NewSectionReader(r, 0, size), size, d.delimiter)
}

// quotedBorders follows the quotes of a whole file. It gives up, so that the file is read in one piece, when a quoted field is longer than a row may be.
func quotedBorders(r io.Reader, size int64, delimiter byte) ([]int64, error) {
	return quotedBordersAt(r, size, delimiter, shardBytes)
}

func quotedBordersAt(r io.Reader, size int64, delimiter byte, part int64) ([]int64, error) {
	var borders []int64
	buf := make([]byte, 256<<10)
	var offset, opened int64
	target := part
	fieldStart, inside, maybeClosed := true, false, false
	for {
		n, err := r.Read(buf)
		b := buf[:n]
		for i := 0; i < n; i++ {
			c := b[i]
			switch {
			case maybeClosed:
				maybeClosed = false
				if c == '"' { // a doubled quote: still inside
					continue
				}
				inside = false
				fallthrough
			case !inside:
				switch {
				case c == '\n':
					fieldStart = true
					if at := offset + int64(i) + 1; at >= target && at <= size-part/2 {
						borders = append(borders, at)
						target = at + part
					}
				case c == delimiter:
					fieldStart = true
				case c == '"' && fieldStart:
					inside, fieldStart, opened = true, false, offset+int64(i)
				default:
					fieldStart = false
				}
			default:
				k := bytes.IndexByte(b[i:], '"')
				if k < 0 {
					i = n
					continue
				}
				i += k
				maybeClosed = true
			}
		}
		offset += int64(n)
		if inside && offset-opened > maxQuoted {
			return nil, nil
		}
		if err == io.EOF {
			return borders, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
