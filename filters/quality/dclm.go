package quality

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"

	"winnow/filters"
)

// What RefinedWeb (Penedo et al. 2023, appendix G.2) takes out of lines, as DCLM-baseline does it.
var (
	counterLine = regexp.MustCompile(`(?i)^\W*\d(?:,|\.|\d)*(?:K|k|M|m|B|b)?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views|followers)\W*$`)
	itemsInCart = regexp.MustCompile(`(?i)items? in cart`)
	readMore    = regexp.MustCompile(`(?i)(?:read more|see more|continue reading)(?:\.\.\.|…)?\s*$`)
	signIn      = regexp.MustCompile(`(?i)^\s*(?:sign[- ]?in|log[- ]?in)\b`)
)

const (
	dclmUpper      = .5      // share of capitals among the letters of a line
	dclmDigits     = .999999 // share of digits
	dclmLineWords  = 2
	dclmShortLine  = 10  // words; longer lines are not searched for phrases
	dclmMaxRemoved = .05 // share of the row's words
)

// dclm takes lines and phrases out of every piece when edit is set, and returns why the row is not wanted: more than a twentieth of its words would go.
func (c *cutter) dclm(row *filters.Row, edit bool) (reason string) {
	before, after := 0, 0
	for i := range row.Pieces() {
		c.out = c.out[:0]
		text := row.Pieces()[i].Text
		for line := range bytes.Lines(text) {
			body := bytes.TrimSuffix(line, []byte("\n"))
			before += countWords(body)
			left, ok := dclmLine(body)
			if !ok {
				continue
			}
			after += countWords(left)
			c.out = append(c.out, left...)
			c.out = append(c.out, line[len(body):]...)
		}
		if edit && !bytes.Equal(c.out, text) {
			row.SetPiece(i, bytes.TrimRight(c.out, "\n"))
		}
	}
	if before == 0 || float64(before-after) > dclmMaxRemoved*float64(before) {
		return "too many lines that are no content"
	}
	return ""
}

// countWords counts what white space parts; in Chinese one word for each three bytes, a character.
func countWords(b []byte) int {
	n := len(bytes.Fields(b))
	if wide := utf8.RuneCount(b); wide < len(b)*2/3 {
		n = wide
	}
	return n
}

// dclmLine returns what is left of a line; ok is false when all of it goes. Empty lines stay: they part paragraphs.
func dclmLine(line []byte) (left []byte, ok bool) {
	words := countWords(line)
	if words == 0 {
		return line, true
	}
	if words < dclmLineWords {
		return nil, false
	}
	var upper, digits, dense int
	for _, r := range string(line) {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsDigit(r):
			digits++
		}
		if !unicode.IsSpace(r) {
			dense++
		}
	}
	if float64(upper) > dclmUpper*float64(dense) || float64(digits) > dclmDigits*float64(dense) || counterLine.Match(line) {
		return nil, false
	}
	if words <= dclmShortLine {
		line = itemsInCart.ReplaceAll(line, nil)
		line = readMore.ReplaceAll(line, nil)
		line = signIn.ReplaceAll(line, nil)
		if len(bytes.TrimSpace(line)) == 0 {
			return nil, false
		}
	}
	return line, true
}
