package bias

import (
	"bytes"

	"winnow/internal/text"
)

// span is a run of words of a text: the words [first, last).
type span struct{ first, last int }

// cutWindows cuts the words of a text into sentences, lines or, for any other mode, leaves them whole.
func cutWindows(dst []span, d *text.Doc, mode string) []span {
	words := d.Words()
	dst = dst[:0]
	first := 0
	switch mode {
	case "sentence":
		for _, s := range d.Sentences() {
			last := first
			for last < len(words) && words[last].Start < s.End {
				last++
			}
			if last > first {
				dst = append(dst, span{first, last})
			}
			first = last
		}
	case "line":
		for i := 1; i < len(words); i++ {
			if bytes.IndexByte(d.Text()[words[i-1].End:words[i].Start], '\n') >= 0 {
				dst = append(dst, span{first, i})
				first = i
			}
		}
	}
	if first < len(words) {
		dst = append(dst, span{first, len(words)})
	}
	return dst
}

// titles are short words before a full stop that does not end a sentence.
var titles = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "prof": true, "st": true, "jr": true, "sr": true, "rev": true, "gen": true, "capt": true,
	"lt": true, "col": true, "sgt": true, "hon": true, "vs": true, "no": true}
