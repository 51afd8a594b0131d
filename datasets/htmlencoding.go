package datasets

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// decodePage returns a page as UTF-8. said is the source's `encoding`.
func decodePage(data []byte, contentType, said string) ([]byte, error) {
	name := normalEncoding(said)
	if name == "auto" {
		name = pageEncoding(data, contentType)
	}
	e, err := encodingByName(name)
	if err != nil {
		return nil, err
	}
	if e == nil {
		data = bytes.TrimPrefix(data, utf8Mark)
		if bad := firstInvalid(data); bad >= 0 {
			// Pages are put together from parts and often hold a few stray bytes; browsers show a mark there, and so do we.
			if share := invalidShare(data); share > maxInvalid {
				return nil, fmt.Errorf("byte %d is not valid UTF-8, and %.1f %% of the page are not: set the source's `encoding`", bad, 100*share)
			}
			return bytes.ToValidUTF8(data, []byte("\uFFFD")), nil
		}
		return data, nil
	}
	return decodeLeniently(data, e, name)
}

// maxInvalid is the share of bytes of a page that may be foreign to its encoding: pages hold stray bytes from advertisements and comments.
const maxInvalid = 0.005

func decodeLeniently(data []byte, e encoding.Encoding, name string) ([]byte, error) {
	text, err := e.NewDecoder().Bytes(data)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte("\uFFFD")); float64(n) > maxInvalid*float64(len(data)) {
		return nil, fmt.Errorf("%d places in the page are not %s: set the source's `encoding`", n, name)
	}
	return bytes.TrimPrefix(text, utf8Mark), nil
}

func invalidShare(b []byte) float64 {
	bad := 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		}
		i += n
	}
	return float64(bad) / float64(max(1, len(b)))
}

// pageEncoding decides by byte order mark, then by what is declared, when the bytes agree with it, then by the bytes.
func pageEncoding(data []byte, contentType string) string {
	if name := wideEncoding(data); name != "" {
		return name
	}
	declared := declaredEncoding(data, contentType)
	if declared != "" {
		e, err := encodingByName(declared)
		if err == nil {
			if e == nil {
				if invalidShare(data) <= maxInvalid {
					return "utf-8"
				}
			} else if _, err := decodeLeniently(data, e, declared); err == nil && !utf8.Valid(data) {
				return declared
			}
		}
	}
	return DetectEncoding(data[:min(len(data), detectBytes)])
}

// declaredEncoding returns the encoding of the HTTP answer, else of the page's meta element, "" when neither says.
func declaredEncoding(data []byte, contentType string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		return normalEncoding(params["charset"])
	}
	head := data[:min(len(data), 4096)]
	if !bytes.Contains(bytes.ToLower(head), []byte("charset")) && !bytes.Contains(head, []byte("encoding=")) {
		return ""
	}
	_, name, certain := charset.DetermineEncoding(data[:min(len(data), 1024)], "")
	if certain {
		return normalEncoding(name)
	}
	lower := strings.ToLower(string(head)) // beyond the 1,024 bytes that the standard looks at
	if i := strings.Index(lower, "charset="); i >= 0 {
		value := strings.TrimLeft(lower[i+len("charset="):], `"' `)
		if end := strings.IndexAny(value, `"'>; /`); end > 0 {
			return normalEncoding(value[:end])
		}
	}
	return ""
}
