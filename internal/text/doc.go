// Package text holds what several steps need to know of a text: its words, lines and sentences, counts of its characters, hashes of its words. Doc finds
// each of them once, on first use, in one pass. Start with Doc.
package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// WordKind says what a word is made of.
type WordKind uint8

// The kinds of words. A word of letters may hold digits; apostrophes and hyphens between letters belong to it.
const (
	Letters WordKind = iota // a run of letters and digits that holds a letter
	Number                  // a run of digits with inner . , :
	Han                     // one Chinese character (also kana and Hangul syllables are words of their own kind Letters)
	Punct                   // one punctuation mark or symbol
)

// Word is a half-open span of bytes of the text.
type Word struct {
	Start, End int32
	Hash       uint64 // of the word in lower case
	Kind       WordKind
}

// Line is a half-open span of bytes without its line break, with white space at both ends left off.
type Line struct {
	Start, End int32
	Hash       uint64
}

// Span is a half-open span of bytes.
type Span struct{ Start, End int32 }

// Counts are counts of characters (code points).
type Counts struct {
	Runes, Letters, Upper, Digits, Spaces, Newlines, Punct, Han, Kana, Hangul, Cyrillic, Arabic, Other, Replacement int
}

// Doc is the analysis of one text. It keeps its memory from text to text and is not safe for concurrent use.
type Doc struct {
	text    []byte
	words   []Word
	lines   []Line
	counts  Counts
	done    uint8
	scratch []byte
}

const (
	doneWords = 1 << iota
	doneLines
	doneCounts
)

// Reset starts on a new text and forgets everything about the last. The text must not change while the Doc is in use.
func (d *Doc) Reset(text []byte) { d.text, d.done = text, 0 }

// Text returns the text.
func (d *Doc) Text() []byte { return d.text }

// Bytes returns the bytes of a word.
func (d *Doc) Bytes(w Word) []byte { return d.text[w.Start:w.End] }

// Chinese reports whether more than a fifth of the letters are Han, and rules for Chinese apply.
func (d *Doc) Chinese() bool {
	c := d.Counts()
	return c.Han > 0 && c.Han*5 > c.Letters
}

// Counts returns the counts of characters. Letters include Han.
func (d *Doc) Counts() Counts {
	if d.done&doneCounts != 0 {
		return d.counts
	}
	var c Counts
	for i := 0; i < len(d.text); {
		r, n := rune(d.text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(d.text[i:])
		}
		i += n
		c.Runes++
		switch {
		case r == '\n':
			c.Newlines++
			c.Spaces++
		case unicode.IsSpace(r):
			c.Spaces++
		case r >= '0' && r <= '9':
			c.Digits++
		case r == utf8.RuneError:
			c.Replacement++
			c.Other++
		case unicode.Is(unicode.Han, r):
			c.Han++
			c.Letters++
		case unicode.IsLetter(r):
			c.Letters++
			switch {
			case unicode.IsUpper(r):
				c.Upper++
			case unicode.In(r, unicode.Hiragana, unicode.Katakana):
				c.Kana++
			case unicode.Is(unicode.Hangul, r):
				c.Hangul++
			}
			switch {
			case unicode.Is(unicode.Cyrillic, r):
				c.Cyrillic++
			case unicode.Is(unicode.Arabic, r):
				c.Arabic++
			}
		case unicode.IsPunct(r) || unicode.IsSymbol(r):
			c.Punct++
		default:
			c.Other++
		}
	}
	d.counts = c
	d.done |= doneCounts
	return c
}

// Lines returns the lines that hold something besides white space, in order.
func (d *Doc) Lines() []Line {
	if d.done&doneLines != 0 {
		return d.lines
	}
	d.lines = d.lines[:0]
	for start := 0; start < len(d.text); {
		end := start
		for end < len(d.text) && d.text[end] != '\n' {
			end++
		}
		a, b := start, end
		for a < b && isSpaceByte(d.text[a]) {
			a++
		}
		for b > a && isSpaceByte(d.text[b-1]) {
			b--
		}
		if a < b {
			d.lines = append(d.lines, Line{int32(a), int32(b), xxh3.Hash(d.text[a:b])})
		}
		start = end + 1
	}
	d.done |= doneLines
	return d.lines
}

func isSpaceByte(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// Words returns the words in order. Chinese characters are words of one character each; Segments cuts them by the dictionary.
func (d *Doc) Words() []Word {
	if d.done&doneWords != 0 {
		return d.words
	}
	d.words = d.words[:0]
	t := d.text
	for i := 0; i < len(t); {
		r, n := utf8.DecodeRune(t[i:])
		switch {
		case unicode.IsSpace(r):
			i += n
		case unicode.Is(unicode.Han, r):
			d.add(i, i+n, Han)
			i += n
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			start, kind := i, Number
			for i < len(t) {
				r, n = utf8.DecodeRune(t[i:])
				if unicode.Is(unicode.Han, r) {
					break
				}
				if unicode.IsLetter(r) {
					kind = Letters
				} else if !unicode.IsDigit(r) && !unicode.IsMark(r) {
					next, _ := utf8.DecodeRune(t[min(i+n, len(t)):])
					joins := (r == '\'' || r == '’' || r == '-') && unicode.IsLetter(next) || (r == '.' || r == ',' || r == ':') && unicode.IsDigit(next) && kind == Number
					if !joins || unicode.Is(unicode.Han, next) {
						break
					}
				}
				i += n
			}
			d.add(start, i, kind)
		default:
			d.add(i, i+n, Punct)
			i += n
		}
	}
	d.done |= doneWords
	return d.words
}

func (d *Doc) add(start, end int, kind WordKind) {
	w := d.text[start:end]
	lower := w
	for j := 0; j < len(w); j++ {
		if b := w[j]; b >= 'A' && b <= 'Z' || b >= utf8.RuneSelf && kind == Letters {
			d.scratch = append(d.scratch[:0], w...)
			lower = lowerInPlace(d.scratch)
			d.scratch = lower[:0]
			break
		}
	}
	d.words = append(d.words, Word{int32(start), int32(end), xxh3.Hash(lower), kind})
}

func lowerInPlace(b []byte) []byte {
	ascii := true
	for i, c := range b {
		if c >= utf8.RuneSelf {
			ascii = false
			break
		}
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	if ascii {
		return b
	}
	out := make([]byte, 0, len(b)+8)
	for _, r := range string(b) {
		out = utf8.AppendRune(out, unicode.ToLower(r))
	}
	return out
}
