package tokenize

import "unicode/utf8"

func isSpace(r rune) bool { return classes.of(r)&clsSpace != 0 }

// isNumeric is what the pre-tokenizer Digits isolates.
func isNumeric(r rune) bool {
	if r < 0x11DE0 {
		return classes.of(r)&clsNumber != 0
	}
	return rustNumeric(r)
}

// isPunctuation is what BERT and the pre-tokenizer Punctuation cut at.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7F && asciiClass[r]&(clsLetter|clsNumber) == 0
	}
	return bertPunctuation(r)
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
