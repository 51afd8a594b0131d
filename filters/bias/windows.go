package bias

import (
	"bytes"

	"winnow/internal/text"
)

// span is a run of words of a text: the words [first, last).
type span struct{ first, last int }

// cutWindows cuts the words of a text into sentences, lines or, for any other mode, leaves them whole.
func cutWindows(dst []span, d *text.Doc, mode string) []span {
	words, t := d.Words(), d.Text()
	dst = dst[:0]
	first := 0
	for i := range words {
		end := i + 1
		if end == len(words) {
			break
		}
		gap := t[words[i].End:words[end].Start]
		cut := bytes.IndexByte(gap, '\n') >= 0
		if mode == "sentence" {
			cut = cut && bytes.Count(gap, []byte("\n")) > 1 || endsSentence(d, words, i)
		} else if mode != "line" {
			cut = false
		}
		if cut {
			dst = append(dst, span{first, end})
			first = end
		}
	}
	if first < len(words) {
		dst = append(dst, span{first, len(words)})
	}
	return dst
}

// endsSentence reports whether word i is the mark that ends a sentence. A full stop needs white space and no small letter after it, and no title or initial before.
func endsSentence(d *text.Doc, words []text.Word, i int) bool {
	if words[i].Kind != text.Punct {
		return false
	}
	switch mark := string(d.Bytes(words[i])); mark {
	case "。", "！", "？", "!", "?", "…":
		return true
	case ".":
		next := d.Bytes(words[i+1])
		if words[i].End == words[i+1].Start || next[0] >= 'a' && next[0] <= 'z' {
			return false
		}
		if i == 0 || words[i-1].End != words[i].Start {
			return true
		}
		before := d.Bytes(words[i-1])
		return len(before) > 1 && !titles[string(bytes.ToLower(before))]
	}
	return false
}

var titles = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "prof": true, "st": true, "jr": true, "sr": true, "rev": true, "gen": true, "capt": true,
	"lt": true, "col": true, "sgt": true, "hon": true, "vs": true, "no": true}
