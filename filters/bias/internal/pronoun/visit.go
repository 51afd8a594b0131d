package pronoun

import (
	"bytes"
	"strings"

	"winnow/internal/text"
)

// Visit calls f with every word of a text that is a pronoun (her, his, him), in lower case, and with what stands around it.
func Visit(b []byte, f func(word string, c Context)) {
	var d text.Doc
	d.Reset(b)
	words := d.Words()
	for i, w := range words {
		if w.End-w.Start != 3 {
			continue
		}
		if s := strings.ToLower(string(d.Bytes(w))); s == "his" || s == "him" || s == "her" {
			f(s, Around(&d, words, i))
		}
	}
}

// Around returns the context of word i.
func Around(d *text.Doc, words []text.Word, i int) Context {
	var out Context
	after := func(k int) string {
		if k >= len(words) || endsParagraph(d.Text()[words[k-1].End:words[k].Start]) {
			return ""
		}
		return strings.ToLower(string(d.Bytes(words[k])))
	}
	before := func(k int) string {
		if k < 0 || endsParagraph(d.Text()[words[k].End:words[k+1].Start]) {
			return ""
		}
		return strings.ToLower(string(d.Bytes(words[k])))
	}
	if out.After = after(i + 1); out.After != "" {
		first := d.Text()[words[i+1].Start]
		out.Capital = first >= 'A' && first <= 'Z'
		out.After2 = after(i + 2)
	}
	if out.Before = before(i - 1); out.Before != "" {
		out.Before2 = before(i - 2)
	}
	return out
}

func endsParagraph(gap []byte) bool { return bytes.Count(gap, []byte("\n")) > 1 }
