package datasets

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// detectBytes is how much of a stream is looked at to find its encoding.
const detectBytes = 1 << 20

// normalEncoding returns the name under which an encoding is known here: lower case, and GB2312 and GBK as what they are part of. Pages and files that
// declare gb2312 hold characters of GBK and GB18030 as a rule.
func normalEncoding(name string) string {
	n := strings.ToLower(strings.TrimSpace(name))
	switch n {
	case "", "auto":
		return "auto"
	case "utf8", "utf-8", "ascii", "us-ascii", "utf-8-sig":
		return "utf-8"
	case "gb2312", "gbk", "cp936", "gb_2312-80", "x-gbk", "gb18030", "euc-cn", "hz-gb-2312":
		return "gb18030"
	case "latin1", "latin-1", "iso-8859-1", "cp1252", "windows-1252":
		return "windows-1252"
	case "sjis", "shift-jis", "cp932", "shift_jis":
		return "shift_jis"
	case "cp949", "euc-kr", "ks_c_5601-1987":
		return "euc-kr"
	case "cp1251", "windows-1251":
		return "windows-1251"
	case "utf-16", "utf16":
		return "utf-16"
	}
	return n
}

func isWide(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32")
}

// encodingByName returns the encoding of a name as IANA or the web's standard has it; nil for UTF-8 and auto.
func encodingByName(name string) (encoding.Encoding, error) {
	switch n := normalEncoding(name); n {
	case "auto", "utf-8":
		return nil, nil
	case "utf-16", "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	case "utf-32", "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), nil
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), nil
	case "gb18030":
		return simplifiedchinese.GB18030, nil
	default:
		if e, err := htmlindex.Get(n); err == nil {
			return e, nil
		}
		if e, err := ianaindex.IANA.Encoding(n); err == nil && e != nil {
			return e, nil
		}
		return nil, fmt.Errorf("the encoding %q is not known%s", name, didYouMean(n, commonEncodings))
	}
}

var commonEncodings = []string{"utf-8", "utf-16le", "utf-16be", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "windows-1252", "windows-1251", "koi8-r", "iso-8859-2", "iso-8859-15"}

// utf8Mark is the byte order mark of UTF-8.
var utf8Mark = []byte("\xef\xbb\xbf")

// textBody returns the bytes of a text format as UTF-8, without a byte order mark, and the name of the encoding they were decoded from, "" when they were
// UTF-8. With the encoding left to be found it looks at the beginning of the file; assume, when not empty, is what the format is by its standard, and
// only byte order marks and the zero bytes of UTF-16 speak against it. UTF-8 is passed on as it is: the formats check it row by row.
func (o *opening) textBody(assume string) (io.Reader, string, error) {
	name := normalEncoding(o.source.encoding())
	body, head := o.body, o.head
	if !o.part {
		br := bufio.NewReaderSize(o.body, detectBytes)
		head, _ = br.Peek(detectBytes) // an error comes again when the rows are read
		body = br
	}
	if name == "auto" {
		name = assume
		if wide := wideEncoding(head); wide != "" {
			name = wide
		} else if assume == "" {
			name = DetectEncoding(head)
		}
	}
	e, err := encodingByName(name)
	if err != nil {
		return nil, "", err
	}
	if e != nil {
		return transform.NewReader(body, e.NewDecoder()), name, nil
	}
	if !o.part && bytes.HasPrefix(head, utf8Mark) {
		if _, err := io.CopyN(io.Discard, body, int64(len(utf8Mark))); err != nil {
			return nil, "", err
		}
	}
	return body, "", nil
}

// decodedHead is textBody with the beginning of the file, decoded, beside it; the body still holds it unless the opening is a later part of the file.
func (o *opening) decodedHead() (body io.Reader, name string, head []byte, err error) {
	body, name, err = o.textBody("")
	if err != nil {
		return nil, "", nil, err
	}
	if !o.part {
		br := bufio.NewReaderSize(body, 64<<10)
		head, _ = br.Peek(64 << 10)
		return br, name, head, nil
	}
	first := &opening{source: o.source, body: bytes.NewReader(o.head)}
	decoded, _, err := first.textBody("")
	if err != nil {
		return nil, "", nil, err
	}
	head, _ = io.ReadAll(decoded)
	return body, name, head, nil
}

// decodeAll returns a whole file as UTF-8 without a byte order mark, and the name of the encoding that it was in. Bytes that are not the encoding's
// make an error with the place of the first.
func decodeAll(data []byte, declared string) (text []byte, name string, err error) {
	name = normalEncoding(declared)
	if name == "auto" {
		name = DetectEncoding(data[:min(len(data), detectBytes)])
		if name == "utf-8" && len(data) > detectBytes && !utf8.Valid(data) {
			name = DetectEncoding(data)
		}
	}
	e, err := encodingByName(name)
	if err != nil {
		return nil, name, err
	}
	if e == nil {
		text = bytes.TrimPrefix(data, utf8Mark)
		if bad := firstInvalid(text); bad >= 0 {
			return nil, name, fmt.Errorf("byte %d is not valid UTF-8: set the source's `encoding` if the text is in another", bad)
		}
		return text, name, nil
	}
	text, err = e.NewDecoder().Bytes(data)
	if err != nil {
		return nil, name, err
	}
	if k := bytes.Index(text, []byte("\uFFFD")); k >= 0 {
		return nil, name, fmt.Errorf("the text holds bytes that are not %s, the first after %d characters: set the source's `encoding` if the guess is wrong", name, utf8.RuneCount(text[:k]))
	}
	return bytes.TrimPrefix(text, utf8Mark), name, nil
}

// firstInvalid returns the index of the first byte that is not valid UTF-8, or -1.
func firstInvalid(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	i := 0
	for i < len(b) {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// checkText returns why a row's text cannot be taken: bytes that are not UTF-8, or, in a file that was decoded, the mark that the decoder left for bytes
// that were not of its encoding.
func checkText(text []byte, encoding string) string {
	if bad := firstInvalid(text); bad >= 0 {
		return fmt.Sprintf("byte %d is not valid UTF-8: set the source's `encoding` if the text is in another", bad)
	}
	if encoding != "" && bytes.Contains(text, []byte("\uFFFD")) {
		return fmt.Sprintf("it holds bytes that are not %s", encoding)
	}
	return ""
}
