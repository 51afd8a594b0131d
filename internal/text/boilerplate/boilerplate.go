// Package boilerplate tells lines that are part of a page's furniture (menus, copyright, cookie notices, share bars, "read more") from content, in English and
// Chinese. It knows phrases, listed in phrases.go by what they are, and a line is judged by how sure its phrases are and how much of it they cover; a short
// line made of nothing but such phrases is furniture, a sentence that mentions one is not. Start with Line.
package boilerplate

import (
	"bytes"
	"sync"
	"unicode"
	"unicode/utf8"

	"winnow/internal/text"
)

// Kind says what a line is.
type Kind uint8

// The kinds of furniture; None is content.
const (
	None      Kind = iota
	Menu           // names of pages side by side
	Copyright      // whose the page is, who may copy it, registration numbers
	Notice         // cookies, scripts, privacy
	Share          // networks and counts of readers
	More           // the way to other text: read more, next page, related articles
	Credit         // editor, source, date, tags
	Form           // log in, subscribe, comment
	Ad             // advertising
	Farm           // the phrases with which content farms open and close
)

var kindNames = [...]string{"", "menu", "copyright", "notice", "share", "more", "credit", "form", "ad", "farm"}

func (k Kind) String() string { return kindNames[k] }

// Limits of a line, in weighted characters (one of Chinese counts twice). Longer lines are content whatever they hold.
const (
	longestSure  = 160 // with a phrase that says it all
	longestOther = 80  // with phrases that need company
)

// Shares of a line's letters and digits that phrases must cover.
const (
	coverSure  = .12 // a phrase that occurs in no other text: the rest may be names and dates
	coverFirm  = .5  // a phrase that sentences about the subject use, too
	coverLoose = .8  // words that are furniture only in the company of others of their kind
)

type state struct {
	matcher *text.Matcher
	phrases []phrase
}

var table = sync.OnceValue(func() *state {
	s := &state{phrases: phrases()}
	words := make([]string, len(s.phrases))
	for i, p := range s.phrases {
		words[i] = p.text
	}
	s.matcher = text.NewMatcher(words, true).AtEdges()
	return s
})

// Line judges one line of a text.
func Line(line []byte) Kind {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || len(line) > 3*longestSure {
		return None
	}
	size, parts := measure(line)
	if size == 0 || size > longestSure {
		return None
	}
	s := table()
	var covered [3]int // by strength: weighted characters
	var count [3]int
	var kinds [len(kindNames)]int // weighted characters by kind
	var menuWords, farm int
	end := 0 // of the phrases counted so far
	type hit struct{ start, end, phrase int }
	var hits [64]hit
	n := 0
	s.matcher.Find(line, func(a, b, w int) bool {
		if !bounded(line, a, b) || s.phrases[w].opens && a > openLimit(line) {
			return true
		}
		for n > 0 && hits[n-1].start >= a { // the longer phrase wins
			n--
		}
		if n > 0 && hits[n-1].end > a {
			return true
		}
		hits[n] = hit{a, b, w}
		n++
		return n < len(hits)
	})
	for _, h := range hits[:n] {
		p := &s.phrases[h.phrase]
		w, _ := measure(line[max(h.start, end):h.end])
		end = h.end
		covered[p.strength] += w
		count[p.strength]++
		kinds[p.kind] += max(w, 1)
		if p.kind == Menu {
			menuWords++
		}
		if p.kind == Farm {
			farm++
		}
	}
	if n == 0 {
		return None
	}
	best := None
	for k, w := range kinds {
		if w > kinds[best] {
			best = Kind(k)
		}
	}
	share := func(w int) float64 { return float64(w) / float64(size) }
	all := covered[loose] + covered[firm] + covered[sure]
	switch {
	case farm >= 2 || farm == 1 && count[sure] > 0 && kinds[Farm] > 0 && share(kinds[Farm]) > coverSure:
		return Farm
	case count[sure] > 0 && share(covered[sure]) >= coverSure && share(all) >= 2*coverSure:
		return best
	case size > longestOther:
		return None
	case kinds[Copyright] > 0 && openLimit(line) <= 12 && hits[0].start <= openLimit(line) && year(line):
		return Copyright
	case count[firm]+count[sure] > 0 && share(all) >= coverFirm:
		return best
	case menuWords >= 2 && parts >= 2 && share(all) >= coverFirm:
		return Menu
	case count[loose] >= 2 && share(all) >= coverLoose:
		return best
	}
	return None
}

// year reports whether a line holds a year from 1990 to 2099.
func year(line []byte) bool {
	for i := 0; i+4 <= len(line); i++ {
		if (line[i] == '2' && line[i+1] == '0' || line[i] == '1' && line[i+1] == '9' && line[i+2] == '9') && digit(line[i+2]) && digit(line[i+3]) {
			return true
		}
	}
	return false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// openLimit is how far into a line a phrase that opens it may stand: behind a bullet or a bracket.
func openLimit(line []byte) int {
	i := 0
	for i < len(line) {
		r, n := utf8.DecodeRune(line[i:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			break
		}
		i += n
	}
	return i
}

// weights of ASCII characters: 1 for a letter or digit, 2 for one that separates parts.
var weights = func() (t [utf8.RuneSelf]uint8) {
	for c := range t {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || digit(byte(c)):
			t[c] = 1
		case c == '|' || c == '>' || c == '/':
			t[c] = 2
		}
	}
	return t
}()

// measure returns the weighted letters and digits of a line and the number of parts that separators such as | · > cut it into. It stops behind longestSure.
func measure(line []byte) (size, parts int) {
	parts = 1
	for i := 0; i < len(line) && size <= longestSure; {
		c := line[i]
		if c < utf8.RuneSelf {
			i++
			w := weights[c]
			size += int(w & 1)
			parts += int(w >> 1)
			if c == ' ' && i < len(line) && line[i] == ' ' {
				parts++
			}
			continue
		}
		r, n := utf8.DecodeRune(line[i:])
		i += n
		switch {
		case r == '·' || r == '•' || r == '›' || r == '»' || r == '｜' || r == '　' || r == '：':
			parts++
		case r >= 0x3040 && r <= 0x9FFF:
			size += 2
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			size++
		}
	}
	return size, parts
}

// bounded reports whether line[a:b] begins and ends at the edge of a word, where it begins and ends with a Latin letter or digit.
func bounded(line []byte, a, b int) bool {
	word := func(i int) bool {
		c := line[i]
		return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
	}
	return !(a > 0 && word(a) && word(a-1)) && !(b < len(line) && word(b-1) && word(b))
}

// MenuWord reports whether a line is nothing but one name that menus hold: "Home", "联系我们". It takes several such lines to make a menu.
func MenuWord(line []byte) bool {
	line = bytes.TrimFunc(line, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(line) == 0 || len(line) > 40 {
		return false
	}
	s := table()
	whole := false
	s.matcher.Find(line, func(a, b, w int) bool {
		whole = a == 0 && b == len(line) && s.phrases[w].kind != None
		return !whole
	})
	return whole
}
