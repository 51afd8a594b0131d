package bias

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how a word is written.
type style uint8

const (
	small style = iota // she
	title              // She
	upper              // SHE; a single capital counts as upper
	odd                // sHe
)

func styleOf(w string) style {
	first, size := utf8.DecodeRuneInString(w)
	if !unicode.IsUpper(first) {
		if strings.ToLower(w) == w {
			return small
		}
		return odd
	}
	rest := w[size:]
	switch {
	case strings.ToLower(rest) == rest && rest != "":
		return title
	case strings.ToUpper(rest) == rest:
		return upper
	}
	for part := range strings.SplitSeq(w, "-") { // Mother-In-Law
		if st := partStyle(part); st != title && st != small {
			return odd
		}
	}
	return title
}

// partStyle is the style of one part of a compound.
func partStyle(part string) style {
	first, size := utf8.DecodeRuneInString(part)
	rest := part[size:]
	switch {
	case strings.ToLower(rest) != rest:
		return odd
	case unicode.IsUpper(first):
		return title
	}
	return small
}

func inStyle(w string, st style) string {
	switch st {
	case title:
		r, size := utf8.DecodeRuneInString(w)
		return string(unicode.ToUpper(r)) + w[size:]
	case upper:
		return strings.ToUpper(w)
	}
	return w
}
