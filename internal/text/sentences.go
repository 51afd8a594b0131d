package text

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// abbreviations end with a point that ends no sentence, in lower case and without it. A single letter is one, too (initials).
var abbreviations = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "prof": true, "st": true, "sr": true, "jr": true, "vs": true, "etc": true, "e.g": true, "i.e": true, "cf": true,
	"al": true, "no": true, "vol": true, "pp": true, "fig": true, "eq": true, "sec": true, "ch": true, "ed": true, "eds": true, "inc": true, "ltd": true, "co": true, "corp": true, "dept": true, "gen": true,
	"col": true, "capt": true, "lt": true, "sgt": true, "rev": true, "hon": true, "gov": true, "sen": true, "rep": true, "jan": true, "feb": true, "mar": true, "apr": true, "jun": true, "jul": true,
	"aug": true, "sep": true, "sept": true, "oct": true, "nov": true, "dec": true, "approx": true, "ca": true, "u.s": true, "u.k": true, "a.m": true, "p.m": true, "ph.d": true, "bzw": true, "z.b": true, "d.h": true}

// Sentences appends the sentences of a text to dst, without white space at their ends. A sentence ends at 。！？；… and ! ? with what closes them (quotes, brackets), at
// a point before white space that follows no abbreviation and precedes no small letter, and at an empty line. A single line break ends it, too, unless it stands between
// Latin words or after a comma: that is a line broken for its width.
func Sentences(dst []Span, text []byte) []Span {
	start := 0
	end := func(i int) {
		a, b := start, i
		for a < b && isSpaceByte(text[a]) {
			a++
		}
		for b > a && isSpaceByte(text[b-1]) {
			b--
		}
		if a < b {
			dst = append(dst, Span{int32(a), int32(b)})
		}
		start = i
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			switch c {
			case '!', '?':
				i = closing(text, i+1)
				if i == len(text) || isSpaceByte(text[i]) || text[i] >= utf8.RuneSelf {
					end(i)
				}
				continue
			case '.':
				j := closing(text, i+1)
				if (j == len(text) || isSpaceByte(text[j])) && !abbreviated(text[start:i]) && !smallFollows(text[j:]) {
					end(j)
				}
				i = j
				continue
			case '\n':
				if breaks(text, i) {
					end(i)
				}
			}
			i++
			continue
		}
		r, n := decode(text, i)
		i += n
		switch r {
		case '。', '！', '？', '；', '…', '｡':
			i = closing(text, i)
			if r == '…' && i < len(text) && text[i] < utf8.RuneSelf && !isSpaceByte(text[i]) {
				continue
			}
			if r == '…' && smallFollows(text[i:]) {
				continue
			}
			end(i)
		}
	}
	end(len(text))
	return dst
}

// closing passes over the marks that belong to the end of a sentence.
func closing(text []byte, i int) int {
	for i < len(text) {
		r, n := decode(text, i)
		switch r {
		case '.', '!', '?', '"', '\'', ')', ']', '。', '！', '？', '…', '”', '’', '」', '』', '）', '》', '】', '»':
			i += n
		default:
			return i
		}
	}
	return i
}

// abbreviated reports whether a sentence so far ends in an abbreviation, an initial, or the number of a list ("1").
func abbreviated(sentence []byte) bool {
	i := bytes.LastIndexAny(sentence, " \n\t(\"“")
	if i >= 0 && sentence[i] >= utf8.RuneSelf {
		_, n := utf8.DecodeRune(sentence[i:])
		i += n - 1
	}
	w := sentence[i+1:]
	if len(w) == 0 || len(w) > 6 {
		return false
	}
	if len(w) == 1 && (w[0] >= 'A' && w[0] <= 'Z' || w[0] >= 'a' && w[0] <= 'z' && w[0] != 'i') {
		return true
	}
	if len(bytes.TrimSpace(sentence)) == len(w) && len(w) <= 3 && len(bytes.TrimFunc(w, unicode.IsDigit)) == 0 {
		return true
	}
	return abbreviations[string(bytes.ToLower(w))]
}

// smallFollows reports whether the next character that is no white space on this line is a small letter.
func smallFollows(text []byte) bool {
	for i := 0; i < len(text) && text[i] != '\n'; {
		r, n := decode(text, i)
		if !unicode.IsSpace(r) {
			return unicode.IsLower(r)
		}
		i += n
	}
	return false
}

// breaks reports whether the line break at i ends a sentence.
func breaks(text []byte, i int) bool {
	before, after := bytes.TrimRight(text[:i], " \t\r"), text[i+1:]
	rest := bytes.TrimLeft(after, " \t\r")
	if len(before) == 0 || len(rest) == 0 || rest[0] == '\n' || before[len(before)-1] == '\n' {
		return true
	}
	if bytes.IndexByte([]byte("-*#|>+`=0123456789"), rest[0]) >= 0 {
		return true
	}
	last, _ := utf8.DecodeLastRune(before)
	next, _ := utf8.DecodeRune(rest)
	latin := func(r rune) bool { return r < 0x2E80 && unicode.IsLetter(r) }
	return !(latin(last) || last == ',' || last == '-' || last == ';') || !(latin(next) || next == '"' || next == '\'' || next == '“' || next == '(')
}

// Sentences returns the sentences of the text in order. They are found anew at each call.
func (d *Doc) Sentences() []Span {
	d.sentences = Sentences(d.sentences[:0], d.text)
	return d.sentences
}
