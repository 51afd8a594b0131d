package text

import (
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Blocks that hold no character with a decomposition and none that combines with what stands before it: text of these alone is in NFC. The table is tested
// against x/text over all code points (TestNFCTable).
//
//	U+0000-02FF   ASCII, Latin with accents, phonetic signs
//	U+0400-0482   Cyrillic, without the combining marks that follow
//	U+2002-2BFF   punctuation, signs, arrows, mathematics, boxes, without the singletons that NFC replaces (U+2000, 2001, 2126, 212A, 212B, 2329, 232A, 2ADC)
//	              and the marks that combine (U+20D0-20F0)
//	U+3000-33FF   Chinese punctuation, kana and enclosed characters, without tone marks (U+302A-302F) and voicing marks (U+3099, 309A)
//	U+4E00-9FFF   Chinese characters, and U+3400-4DFF their extension A
//	U+AC00-D7A3   Hangul syllables
//	U+FF00-FFEF   full and half width forms
//	U+1F000-1FAFF emoji
//
// EasyNFC returns the length of the longest prefix, up to a character's end, that is in NFC by this table alone. Bytes that are no UTF-8 end it, too.
func EasyNFC(b []byte) int {
	i := 0
	for i < len(b) {
		if c := b[i]; c < utf8.RuneSelf {
			for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
				i += 8
			}
			for i < len(b) && b[i] < utf8.RuneSelf {
				i++
			}
			continue
		}
		if b[i] >= 0xE4 && b[i] <= 0xE9 {
			i = HanRun(b, i)
		}
		if i == len(b) || b[i] < utf8.RuneSelf {
			continue
		}
		n := EasyRune(b[i:])
		if n == 0 {
			return i
		}
		i += n
	}
	return i
}

func cont(c byte) bool { return c&0xC0 == 0x80 }

// EasyRune returns the length of the character that b begins with when it is one of the table of EasyNFC, outside ASCII; else 0.
func EasyRune(b []byte) int {
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xCB, c == 0xD0, c == 0xD1:
		if len(b) >= 2 && cont(b[1]) {
			return 2
		}
	case c == 0xD2:
		if len(b) >= 2 && b[1] >= 0x80 && b[1] <= 0x82 {
			return 2
		}
	case len(b) < 3 || !cont(b[1]) || !cont(b[2]):
	case c == 0xE2:
		switch x := b[2]; {
		case b[1] == 0x80 && x < 0x82, b[1] == 0x83 && x >= 0x90 && x <= 0xB0, b[1] == 0x84 && (x == 0xA6 || x == 0xAA || x == 0xAB), b[1] == 0x8C && (x == 0xA9 || x == 0xAA),
			b[1] == 0xAB && x == 0x9C, b[1] > 0xAF:
			return 0
		}
		return 3
	case c == 0xE3:
		if !(b[1] == 0x80 && b[2] >= 0xAA && b[2] <= 0xAF || b[1] == 0x82 && (b[2] == 0x99 || b[2] == 0x9A)) {
			return 3
		}
	case c == 0xEA && b[1] >= 0xB0, c == 0xEB, c == 0xEC, c == 0xED && (b[1] < 0x9E || b[1] == 0x9E && b[2] <= 0xA3):
		return 3
	case c == 0xF0:
		if len(b) >= 4 && b[1] == 0x9F && b[2] <= 0xAB && cont(b[3]) {
			return 4
		}
	case c >= 0xE4 && c <= 0xE9:
		return 3
	case c == 0xEF:
		if b[1] >= 0xBC && (b[1] < 0xBF || b[2] <= 0xAF) {
			return 3
		}
	}
	return 0
}

// NFC returns b in Unicode Normalization Form C and whether that is another text. Text that needs no change is returned as it is; x/text sees only what
// the table of EasyNFC does not know.
func NFC(b []byte) ([]byte, bool) {
	n := EasyNFC(b)
	if n == len(b) {
		return b, false
	}
	if _, last := utf8.DecodeLastRune(b[:n]); norm.NFC.IsNormal(b[n-last:]) && utf8.Valid(b[n:]) { // the last easy character may combine with what follows
		return b, false
	}
	out := norm.NFC.Bytes(b)
	return out, string(out) != string(b)
}
