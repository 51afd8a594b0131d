package tokenize

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// Character classes, as bits so that a scanner tests a set of them in one operation.
const (
	clsLetter  = 1 << iota // \p{L}
	clsNumber              // \p{N}
	clsSpace               // \s: Unicode White_Space
	clsNewline             // \r or \n
	clsMark                // \p{M}
	clsPunct               // \p{P}
	clsSymbol              // \p{S}
)

// pageShift splits a code point into a page (its upper bits) and a place in the page.
const pageShift = 8

// classTable maps a code point to its classes through pages of 256; pages of equal content (unassigned planes, Han, Hangul) are shared, so the table
// stays in the first-level cache for most text.
type classTable struct {
	page [0x110000 >> pageShift]uint8
	data [][1 << pageShift]uint8
}

func (t *classTable) of(r rune) uint8 {
	return t.data[t.page[uint32(r)>>pageShift]][r&(1<<pageShift-1)]
}

// asciiClass is the table's first half page, for the common case.
var asciiClass [utf8.RuneSelf]uint8

// classes is filled by initClasses, which everything that builds a Tokenizer calls first.
var classes classTable

var initClasses = sync.OnceFunc(func() {
	flat := make([]uint8, 0x110000)
	mark := func(table *unicode.RangeTable, bit uint8) {
		for _, r := range table.R16 {
			for c := uint32(r.Lo); c <= uint32(r.Hi); c += uint32(r.Stride) {
				flat[c] |= bit
			}
		}
		for _, r := range table.R32 {
			for c := r.Lo; c <= r.Hi; c += r.Stride {
				flat[c] |= bit
			}
		}
	}
	mark(unicode.L, clsLetter)
	mark(unicode.N, clsNumber)
	mark(unicode.White_Space, clsSpace)
	mark(unicode.M, clsMark)
	mark(unicode.P, clsPunct)
	mark(unicode.S, clsSymbol)
	bits := map[byte]uint8{'L': clsLetter, 'N': clsNumber, 'M': clsMark, 'P': clsPunct, 'S': clsSymbol}
	for name, ranges := range addedSinceUnicode15 {
		if len(name) > 2 { // a script
			continue
		}
		for _, r := range ranges {
			for c := r[0]; c <= r[1]; c++ {
				flat[c] |= bits[name[0]]
			}
		}
	}
	flat['\r'] |= clsNewline
	flat['\n'] |= clsNewline
	copy(asciiClass[:], flat)

	classes.fill(flat)
})

// fill builds the table from one value a code point.
func (t *classTable) fill(flat []uint8) {
	seen := map[[1 << pageShift]uint8]uint8{}
	for p := range t.page {
		var content [1 << pageShift]uint8
		copy(content[:], flat[p<<pageShift:])
		at, ok := seen[content]
		if !ok {
			at = uint8(len(t.data)) // the tables here have fewer than 200 distinct pages
			seen[content] = at
			t.data = append(t.data, content)
		}
		t.page[p] = at
	}
}

// classAt returns the classes of the character of b that starts at i, and its length in bytes. b must be valid UTF-8.
func classAt(b []byte, i int) (class uint8, size int) {
	c := b[i]
	if c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, n := runeAt(b, i)
	return classes.of(r), n
}

// runeAt decodes the character of b that starts at i. b must be valid UTF-8, which spares the checks of utf8.DecodeRune.
func runeAt(b []byte, i int) (rune, int) {
	c := b[i]
	switch {
	case c < 0x80:
		return rune(c), 1
	case c < 0xE0:
		return rune(c&0x1F)<<6 | rune(b[i+1]&0x3F), 2
	case c < 0xF0:
		return rune(c&0x0F)<<12 | rune(b[i+1]&0x3F)<<6 | rune(b[i+2]&0x3F), 3
	default:
		return rune(c&0x07)<<18 | rune(b[i+1]&0x3F)<<12 | rune(b[i+2]&0x3F)<<6 | rune(b[i+3]&0x3F), 4
	}
}
