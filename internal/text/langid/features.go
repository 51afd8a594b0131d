package langid

import (
	"unicode"
	"unicode/utf8"
)

// Bits of the number of rows in the tables of weights.
const (
	LatinBits = 17
	OtherBits = 14
)

// letters maps a character under U+2000 to its small form when it is a letter, else to 0.
var letters = func() (t [0x2000]uint16) {
	for r := range rune(len(t)) {
		if unicode.IsLetter(r) {
			t[r] = uint16(r)
			if l := unicode.ToLower(r); l < 0x2000 {
				t[r] = uint16(l)
			}
		}
	}
	t['İ'] = 'i'
	return t
}()

// skipped: marks that are written or left out at will, Arabic vowel signs and the stretching of letters.
func skipped(r rune) bool {
	return r >= 0x0300 && r <= 0x036F || r >= 0x064B && r <= 0x065F || r == 0x0670 || r == 0x0640 || r == 0xAD || r == 0x200C || r == 0x200D
}

// Hash constants: odd numbers with well-mixed bits (Steele and Vigna 2021).
const (
	mix3 = 0xd1342543de82ef95
	mix4 = 0xaf251af3b0f025b5
	mixW = 0xda942042e4dd58b5
	mix1 = 0x9e3779b97f4a7c15
)

// Features appends the rows of the table that a text names: for every word of letters its runs of three and four characters (with its edges), itself, and
// its letters outside ASCII. Only words that begin with a letter of the script are taken. The trainer and the detector both use it.
func Features(dst []uint32, text []byte, script func(rune) bool, bits uint) []uint32 {
	shift := 64 - bits
	var a, b, c uint64 // the last three characters of the word, 0 before its first
	var word uint64
	length := 0
	end := func() {
		if length == 0 {
			return
		}
		dst = append(dst, uint32((b<<42|c<<21|1)*mix3>>shift))
		if length > 1 {
			dst = append(dst, uint32(((a<<42|b<<21|c)*mix3+1)*mix4>>shift))
		}
		dst = append(dst, uint32((word^uint64(length))*mixW>>shift))
		a, b, c, word, length = 0, 0, 0, 0, 0
	}
	skip := false
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		i += n
		l := uint64(0)
		if r < 0x2000 {
			l = uint64(letters[r])
		}
		if l == 0 {
			if length > 0 && skipped(r) {
				continue
			}
			end()
			skip = false
			continue
		}
		if length == 0 {
			if skip || !script(r) {
				skip = true
				continue
			}
			b, c = 0, 1 // the edge
		}
		if length > 0 {
			dst = append(dst, uint32(((a<<42|b<<21|c)*mix3+l)*mix4>>shift))
		}
		a, b, c = b, c, l
		if length > 0 || b == 1 {
			dst = append(dst, uint32((a<<42|b<<21|c)*mix3>>shift))
		}
		if l >= utf8.RuneSelf {
			dst = append(dst, uint32(l*mix1>>shift))
		}
		word = (word ^ l) * mix1
		word ^= word >> 29
		length++
	}
	end()
	return dst
}

// Latin, Cyrillic and Arabic tell the scripts for which there are tables.
func Latin(r rune) bool {
	return r < 0x250 || r >= 0x1E00 && r < 0x1F00
}

// Cyrillic covers the letters of the block U+0400 and its supplement.
func Cyrillic(r rune) bool { return r >= 0x0400 && r < 0x0530 }

// Arabic covers the letters of the block U+0600 and its supplement.
func Arabic(r rune) bool { return r >= 0x0600 && r < 0x0780 }
