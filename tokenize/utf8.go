package tokenize

import "unicode/utf8"

// appendValid appends text with each maximal ill-formed part replaced by one U+FFFD, as Python's errors="replace" and Rust's from_utf8_lossy do
// (Unicode 16.0, section 3.9, "U+FFFD substitution of maximal subparts"). Go's range gives one per byte, strings.ToValidUTF8 one per run.
func appendValid(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			dst = append(dst, text[i])
			i++
			continue
		}
		if r, n := utf8.DecodeRune(text[i:]); r != utf8.RuneError || n > 1 {
			dst = append(dst, text[i:i+n]...)
			i += n
			continue
		}
		dst = append(dst, "\uFFFD"...)
		i += illFormed(text[i:])
	}
	return dst
}

// illFormed returns the length of the maximal ill-formed part at the start of b: the longest prefix that begins a well-formed sequence, or one byte.
func illFormed(b []byte) int {
	lo, hi, need := byte(0x80), byte(0xBF), 0
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		if c == 0xE0 {
			lo = 0xA0
		} else if c == 0xED {
			hi = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		if c == 0xF0 {
			lo = 0x90
		} else if c == 0xF4 {
			hi = 0x8F
		}
	}
	n := 1
	for ; n <= need && n < len(b); n++ {
		if b[n] < lo || b[n] > hi {
			break
		}
		lo, hi = 0x80, 0xBF
	}
	return n
}
