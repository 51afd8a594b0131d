package text

import (
	"sync"
	"unicode"
)

// class is what the scanner needs to know of a character.
type class uint8

const (
	other class = iota // controls, private use, not assigned
	mark
	punct  // punctuation and symbols
	joiner // ' ’ - inside words
	point  // . , : inside numbers
	space
	newline
	digit
	letter
	upper
	kana
	hangul
	cyrillic
	cyrillicUpper
	arabic
	han
)

// isLetter reports whether a class is one of letters, Han apart.
func (c class) isLetter() bool { return c >= letter && c < han }

// classes returns the classes of the Basic Multilingual Plane. The table is built on first use, range by range, in about a millisecond.
var classes = sync.OnceValue(func() *[1 << 16]class {
	t := new([1 << 16]class)
	set := func(table *unicode.RangeTable, c class) {
		for _, r := range table.R16 {
			for x := uint32(r.Lo); x <= uint32(r.Hi); x += uint32(r.Stride) {
				t[x] = c
			}
		}
	}
	set(unicode.M, mark)
	set(unicode.P, punct)
	set(unicode.S, punct)
	set(unicode.L, letter)
	set(unicode.Lu, upper)
	set(unicode.Nd, digit)
	for _, s := range []struct {
		table *unicode.RangeTable
		class class
	}{{unicode.Hiragana, kana}, {unicode.Katakana, kana}, {unicode.Hangul, hangul}, {unicode.Cyrillic, cyrillic}, {unicode.Arabic, arabic}} {
		for _, r := range s.table.R16 {
			for x := uint32(r.Lo); x <= uint32(r.Hi); x += uint32(r.Stride) {
				switch {
				case t[x] == upper && s.class == cyrillic:
					t[x] = cyrillicUpper
				case t[x] == letter || t[x] == upper:
					t[x] = s.class
				}
			}
		}
	}
	set(unicode.Han, han)
	set(unicode.White_Space, space)
	t['\n'] = newline
	t['\''], t['’'], t['-'] = joiner, joiner, joiner
	t['.'], t[','], t[':'] = point, point, point
	return t
})

// classOf returns the class of a character of any plane.
func classOf(t *[1 << 16]class, r rune) class {
	switch {
	case r < 1<<16:
		return t[r]
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.IsLetter(r):
		if unicode.IsUpper(r) {
			return upper
		}
		return letter
	case unicode.IsDigit(r):
		return digit
	case unicode.IsMark(r):
		return mark
	case unicode.IsPunct(r), unicode.IsSymbol(r):
		return punct
	}
	return other
}
