package harm

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// explainUnits cuts a text into what an explanation can point at: words, and runs of two and three Chinese characters.
func explainUnits(text []byte) (spans [][2]int) {
	var han []int // starts of the characters of a Chinese run, and its end
	flush := func() {
		for n := 2; n <= 3; n++ {
			for i := 0; i+n < len(han); i++ {
				spans = append(spans, [2]int{han[i], han[i+n]})
			}
		}
		if len(han) == 2 {
			spans = append(spans, [2]int{han[0], han[1]})
		}
		han = han[:0]
	}
	word := -1
	for i := 0; i <= len(text); {
		r, n := rune(' '), 1
		if i < len(text) {
			r, n = utf8.DecodeRune(text[i:])
		}
		isHan := unicode.Is(unicode.Han, r)
		isWord := !isHan && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '*' || r == '-')
		if !isWord && word >= 0 {
			spans = append(spans, [2]int{word, i})
			word = -1
		}
		if isWord && word < 0 {
			word = i
		}
		if isHan {
			if len(han) == 0 {
				han = append(han, i)
			}
			han = append(han, i+n)
		} else if len(han) > 0 {
			flush()
		}
		i += n
	}
	return spans
}

func containsEither(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) }
