package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Letter case follows Unicode's full mapping, as Python's does: the upper case of one letter may be two (ß, SS).

func upper(s string) string { return cased(s, strings.ToUpper, cases.Upper(language.Und)) }
func lower(s string) string { return cased(s, strings.ToLower, cases.Lower(language.Und)) }

func cased(s string, ascii func(string) string, full cases.Caser) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return full.String(s)
		}
	}
	return ascii(s)
}

func isUpper(s string) bool { return s == upper(s) && s != lower(s) }
func isLower(s string) bool { return s == lower(s) && s != upper(s) }

// capitalize is Python's str.capitalize: the first letter in title case, the others in lower case.
func capitalize(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return cased(s[:n], strings.ToTitle, cases.Title(language.Und)) + lower(s[n:])
}

// titleWords is Python's str.title: a letter that follows no letter begins a word.
func titleWords(s string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		begins := !unicode.IsLetter(before)
		before = r
		if begins {
			return unicode.ToTitle(r)
		}
		return unicode.ToLower(r)
	}, s)
}

// titleFilter is Jinja's title filter: words begin after whitespace, hyphens and opening brackets only.
func titleFilter(s string) string {
	begins := true
	return strings.Map(func(r rune) rune {
		first := begins
		begins = isSpace(r) || strings.ContainsRune("-({[<", r)
		if first {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, s)
}
