// Package text holds what several steps need to know of a text: its words, lines and sentences, counts of its characters, hashes of its words. Doc finds
// each of them once, on first use. Start with Doc; scan.go is the pass over the characters, class.go the table it goes by.
package text

import (
	"bytes"

	"github.com/zeebo/xxh3"
)

// WordKind says what a word is made of.
type WordKind uint8

// The kinds of words. A word of letters may hold digits; apostrophes and hyphens between letters belong to it.
const (
	Letters WordKind = iota // a run of letters and digits that holds a letter; kana and Hangul too
	Number                  // a run of digits with inner . , :
	Han                     // one Chinese character
	Punct                   // one punctuation mark, symbol or other character
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

// Counts are counts of characters (code points). Letters include Han, Kana, Hangul, Cyrillic and Arabic; Spaces include Newlines; Other are marks, controls and what
// is not assigned; Replacement (U+FFFD, and each byte that is no UTF-8) is part of Other.
type Counts struct {
	Runes, Letters, Upper, Digits, Spaces, Newlines, Punct, Han, Kana, Hangul, Cyrillic, Arabic, Other, Replacement int
}

// Doc is the analysis of one text. It keeps its memory from text to text and is not safe for concurrent use.
type Doc struct {
	text      []byte
	words     []Word
	lines     []Line
	counts    Counts
	scanned   bool
	linesDone bool
	sentences []Span
}

// Reset starts on a new text and forgets everything about the last. The text must not change while the Doc is in use.
func (d *Doc) Reset(text []byte) {
	d.text, d.scanned, d.linesDone = text, false, false
}

// Text returns the text.
func (d *Doc) Text() []byte { return d.text }

// Bytes returns the bytes of a word.
func (d *Doc) Bytes(w Word) []byte { return d.text[w.Start:w.End] }

// Chinese reports whether more than a fifth of the letters are Han, and rules for Chinese apply.
func (d *Doc) Chinese() bool {
	c := d.Counts()
	return c.Han > 0 && c.Han*5 > c.Letters
}

// Counts returns the counts of characters.
func (d *Doc) Counts() Counts {
	d.scan()
	return d.counts
}

// Words returns the words in order. Chinese characters are words of one character each.
func (d *Doc) Words() []Word {
	d.scan()
	return d.words
}

// Lines returns the lines that hold something besides white space, in order.
func (d *Doc) Lines() []Line {
	if d.linesDone {
		return d.lines
	}
	d.lines = d.lines[:0]
	for start := 0; start < len(d.text); {
		end := len(d.text)
		if i := bytes.IndexByte(d.text[start:], '\n'); i >= 0 {
			end = start + i
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
	d.linesDone = true
	return d.lines
}

func isSpaceByte(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
