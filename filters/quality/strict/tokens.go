// Package strict judges English text as datatrove 0.10 does, for `strict: datatrove`: the same tokens (those of spaCy's blank English pipeline, which datatrove cuts
// words with), the same divisors, case-sensitive words. It is slower than winnow's own rules and exists to be compared with. Start with verdicts.go; this file
// cuts tokens.
package strict

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The signs that spaCy parts from the beginning and the end of a word (spacy/lang/char_classes.py).
const (
	punct    = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
	quotes   = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧"
	currency = "$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿"
)

// units are parted from a figure before them; longer ones first.
var units = strings.Fields("km² km³ dm² dm³ cm² cm³ mm² mm³ km/h mbar km m² m³ dm cm mm ha µm nm yd in ft kg mg µg lb oz m/s kmh mph hPa Pa mb MB kb KB gb GB tb TB m g t T G M K %")

var (
	punctSet, quoteSet, currencySet = setOf(punct), setOf(quotes), setOf(currency)
	prefixSigns                     = setOf("§%=—–")
)

func setOf(s string) map[rune]bool {
	m := map[rune]bool{}
	for _, r := range s {
		m[r] = true
	}
	return m
}

// outer says that a sign is cut off at either end of a word; icons are the symbols of Unicode's class So.
func outer(r rune) bool { return punctSet[r] || quoteSet[r] || unicode.Is(unicode.So, r) }

func lower(r rune) bool { return unicode.IsLetter(r) && !unicode.IsUpper(r) }
func digit(r rune) bool { return r >= '0' && r <= '9' }

// Tokens appends the tokens of an English text to dst. They are parts of the text.
func Tokens(dst []string, text string) []string {
	for chunk := range strings.FieldsSeq(text) {
		dst = word(dst, chunk)
	}
	return dst
}

// word cuts what stands between two white spaces.
func word(dst []string, s string) []string {
	var suffixes []string
	for s != "" {
		if n := special(s); n > 0 {
			break
		}
		p := prefix(s)
		if p > 0 && p < len(s) && special(s[p:]) > 0 {
			dst, s = append(dst, s[:p]), s[p:]
			break
		}
		q := suffix(s[p:])
		if q > 0 && q < len(s) && special(s[:len(s)-q]) > 0 {
			suffixes, s = append(suffixes, s[len(s)-q:]), s[:len(s)-q]
			break
		}
		if p == 0 && q == 0 {
			break
		}
		if p > 0 {
			dst = append(dst, s[:p])
		}
		if q > 0 {
			suffixes = append(suffixes, s[len(s)-q:])
		}
		s = s[p : len(s)-q]
	}
	if s != "" {
		switch n := special(s); {
		case n > 0 && n < len(s):
			dst = append(dst, s[:n], s[n:])
		case n > 0 || address(s):
			dst = append(dst, s)
		default:
			dst = infixes(dst, s)
		}
	}
	for i := len(suffixes) - 1; i >= 0; i-- {
		dst = append(dst, suffixes[i])
	}
	return dst
}

// prefix returns the bytes that are cut off at the beginning of a word.
func prefix(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case prefixSigns[r] || currencySet[r] || outer(r):
		return n
	case r == '+':
		if len(s) == 1 || !digit(rune(s[1])) {
			return 1
		}
	case r == '.':
		if dots := len(s) - len(strings.TrimLeft(s, ".")); dots >= 2 {
			return dots
		}
	case strings.HasPrefix(s, "US$"):
		return 3
	case strings.HasPrefix(s, "C$"), strings.HasPrefix(s, "A$"):
		return 2
	}
	return 0
}

// suffix returns the bytes that are cut off at the end of a word.
func suffix(s string) int {
	if s == "" {
		return 0
	}
	if strings.HasSuffix(s, "..") {
		return len(s) - len(strings.TrimRight(s, "."))
	}
	for _, x := range []string{"'s", "'S", "’s", "’S"} {
		if strings.HasSuffix(s, x) {
			return len(x)
		}
	}
	r, n := utf8.DecodeLastRuneInString(s)
	before, m := utf8.DecodeLastRuneInString(s[:len(s)-n])
	if m == 0 {
		before = 0
	}
	switch {
	case r == '—' || r == '–' || outer(r):
		return n
	case digit(before) && (r == '+' || currencySet[r]):
		return n
	case r == '.' && before != 0:
		if digit(before) || lower(before) || strings.ContainsRune("%²-+|", before) || punctSet[before] || quoteSet[before] {
			return 1
		}
		second, _ := utf8.DecodeLastRuneInString(s[:len(s)-n-m])
		if unicode.IsUpper(before) && unicode.IsUpper(second) || strings.ContainsRune("FCK", before) && second == '°' {
			return 1
		}
	}
	for _, u := range units {
		if rest, ok := strings.CutSuffix(s, u); ok && rest != "" && digit(rune(rest[len(rest)-1])) {
			return len(u)
		}
	}
	return 0
}

// infixes cuts a word inside: at dots, hyphens, slashes and the like between letters.
func infixes(dst []string, s string) []string {
	start := 0
	var before rune
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		cut := infix(s, i, r, n, before)
		if cut == 0 {
			i += n
			before = r
			continue
		}
		if i > start {
			dst = append(dst, s[start:i], s[i:i+cut])
			start = i + cut
		}
		i += cut
		before, _ = utf8.DecodeLastRuneInString(s[:i])
	}
	if start < len(s) {
		dst = append(dst, s[start:])
	}
	return dst
}

// infix returns the length of what is cut out at s[i:], 0 for nothing.
func infix(s string, i int, r rune, n int, before rune) int {
	rest := s[i+n:]
	after, _ := utf8.DecodeRuneInString(rest)
	letterAfter := rest != "" && unicode.IsLetter(after)
	switch {
	case r == '…' || unicode.Is(unicode.So, r):
		return n
	case r == '.':
		if dots := len(s[i:]) - len(strings.TrimLeft(s[i:], ".")); dots >= 2 {
			return dots
		}
		if (lower(before) || quoteSet[before]) && rest != "" && (unicode.IsUpper(after) || quoteSet[after]) {
			return 1
		}
	case strings.ContainsRune("+-*^", r) && digit(before) && rest != "" && (digit(after) || after == '-'):
		return n
	case r == ',' && unicode.IsLetter(before) && letterAfter:
		return 1
	case strings.ContainsRune(":<>=/", r) && (unicode.IsLetter(before) || digit(before)) && letterAfter:
		return n
	}
	if unicode.IsLetter(before) || digit(before) {
		for _, h := range []string{"-", "–", "—", "--", "---", "——", "~"} {
			if x, ok := strings.CutPrefix(s[i:], h); ok {
				if c, _ := utf8.DecodeRuneInString(x); x != "" && unicode.IsLetter(c) {
					return len(h)
				}
			}
		}
	}
	return 0
}

// hosts is the shape of a web address without a scheme, as spaCy's URL pattern has it: names joined by dots that end in small letters.
var hosts = regexp.MustCompile(`^(?:[\w+\-.]{2,}://)?(?:\S+(?::\S*)?@)?(?:(?:[A-Za-z0-9\x{a1}-\x{ffff}](?:[A-Za-z0-9\x{a1}-\x{ffff}_-]{0,62}[A-Za-z0-9\x{a1}-\x{ffff}])?\.)+\p{Ll}{2,63}|[1-9]\d{0,2}(?:\.\d{1,3}){3})(?::\d{2,5})?(?:[/?#]\S*)?$`)

func address(s string) bool { return strings.IndexByte(s, '.') > 0 && hosts.MatchString(s) }
