package tokenize

import "unicode/utf8"

func isSpace(r rune) bool   { return classes.of(r)&clsSpace != 0 }
func isNumeric(r rune) bool { return classes.of(r)&clsNumber != 0 }

// isPunctuation is BERT's: \p{P} and the ASCII characters that are neither letters, digits, spaces nor controls.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7F && asciiClass[r]&(clsLetter|clsNumber) == 0
	}
	return classes.of(r)&clsPunct != 0
}

// digitPattern matches single number characters.
type digitPattern struct{}

func (digitPattern) matches(dst []match, b []byte) []match {
	return charPattern(isNumeric).matches(dst, b)
}

// whitespacePattern matches runs of white space and cuts what lies between by `\w+|[^\w\s]+`.
type whitespacePattern struct{}

func (whitespacePattern) matches(dst []match, b []byte) []match {
	kind := func(r rune) int {
		switch {
		case isSpace(r):
			return 0
		case isWord(r):
			return 1
		}
		return 2
	}
	for i := 0; i < len(b); {
		r, n := runeAt(b, i)
		k, end := kind(r), i+n
		for end < len(b) {
			if r, n = runeAt(b, end); kind(r) != k {
				break
			}
			end += n
		}
		dst = append(dst, match{i, end, k == 0})
		i = end
	}
	return rest(dst, b, len(b))
}
