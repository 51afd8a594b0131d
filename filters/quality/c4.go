package quality

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"winnow/filters"
)

// cutter does what C4 (Raffel et al. 2020, section 2.2; datatrove c4_filters.py) does inside rows: it takes lines out and then asks whether enough is left.
type cutter struct {
	out []byte
}

// references are Wikipedia's marks, which C4 takes out of lines.
var references = regexp.MustCompile(`\[\d*\]|\[edit\]|\[citation needed\]`)

var policies = [][]byte{[]byte("terms of use"), []byte("privacy policy"), []byte("cookie policy"), []byte("uses cookies"), []byte("use of cookies"), []byte("use cookies")}

const (
	c4MaxWord      = 1000 // bytes
	c4MinLineWords = 3
	c4MinSentences = 5
)

// apply cuts the lines of every piece when edit is set, and returns why the row as a whole is not wanted, "" when it is.
func (c *cutter) apply(row *filters.Row, edit bool) (reason string) {
	all := row.Text()
	switch {
	case containsFold(all, []byte("lorem ipsum")):
		return "lorem ipsum"
	case bytes.IndexByte(all, '{') >= 0:
		return "curly bracket"
	}
	sentences := 0
	for i := range row.Pieces() {
		c.out = c.out[:0]
		for line := range bytes.SplitSeq(row.Pieces()[i].Text, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				c.line(line)
			}
		}
		text := bytes.TrimSuffix(c.out, []byte("\n"))
		sentences += countSentences(text)
		if edit && !bytes.Equal(text, row.Pieces()[i].Text) {
			row.SetPiece(i, text)
		}
	}
	if sentences < c4MinSentences {
		return "too few sentences"
	}
	return ""
}

// line adds a line to out unless a rule cuts it.
func (c *cutter) line(line []byte) {
	words := bytes.Fields(line)
	for _, w := range words {
		if len(w) > c4MaxWord {
			return
		}
	}
	if bytes.IndexByte(line, '[') >= 0 {
		line = references.ReplaceAll(line, nil)
	}
	last, _ := utf8.DecodeLastRune(line)
	if !endsSentence(last) || bytes.HasSuffix(line, []byte("...")) {
		return
	}
	// Chinese lines have no spaces; they are long enough when they have as many characters as three words would.
	if len(words) < c4MinLineWords && utf8.RuneCount(line) < 3*c4MinLineWords {
		return
	}
	if len(words) < c4MinLineWords && len(line) == utf8.RuneCount(line) {
		return
	}
	if containsFold(line, []byte("javascript")) {
		return
	}
	for _, p := range policies {
		if containsFold(line, p) {
			return
		}
	}
	c.out = append(append(c.out, line...), '\n')
}

// countSentences counts marks that end a sentence and are followed by white space, a closing quote or the end; Chinese marks need nothing after them.
func countSentences(b []byte) int {
	n := 0
	ended := true
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		i += size
		switch r {
		case '.', '!', '?':
			if !ended && (i == len(b) || b[i] <= ' ' || b[i] == '"' || b[i] == '\'' || b[i] == ')') {
				n++
				ended = true
			}
		case '。', '！', '？', '…':
			if !ended {
				n++
				ended = true
			}
		case '\n':
			if !ended {
				n++
			}
			ended = true
		default:
			if r > ' ' && r != '"' && r != '\'' && r != '”' && r != '’' && r != '」' {
				ended = false
			}
		}
	}
	if !ended {
		n++
	}
	return n
}

// containsFold reports whether b holds lower, which is written in small ASCII letters, in any case.
func containsFold(b, lower []byte) bool {
	for i := 0; i+len(lower) <= len(b); i++ {
		if b[i]|0x20 != lower[0] {
			continue
		}
		if bytes.EqualFold(b[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}
