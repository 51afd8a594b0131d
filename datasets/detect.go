package datasets

import (
	"bytes"
	"unicode/utf8"
)

// wideEncoding recognises UTF-16 and UTF-32, by byte order mark or by their zero bytes, and UTF-8's mark; "" for everything else.
func wideEncoding(b []byte) string {
	switch {
	case bytes.HasPrefix(b, utf8Mark):
		return "utf-8"
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return "utf-32le"
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return "utf-32be"
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "utf-16be"
	}
	return ""
}

// DetectEncoding names the encoding that the bytes are most likely in.
func DetectEncoding(b []byte) string {
	if name := wideEncoding(b); name != "" {
		return name
	}
	if utf8.Valid(trimPartial(b)) {
		return "utf-8"
	}
	return "windows-1252"
}

// trimPartial takes a multi-byte character that is cut off by the end of b away.
func trimPartial(b []byte) []byte {
	for k := 1; k <= 3 && k <= len(b); k++ {
		c := b[len(b)-k]
		if c >= 0xC0 {
			if !utf8.FullRune(b[len(b)-k:]) {
				return b[:len(b)-k]
			}
			break
		}
		if c < 0x80 {
			break
		}
	}
	return b
}
