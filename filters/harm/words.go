package harm

import (
	"winnow/internal/text"
)

// wordLists finds words and phrases of the user's as whole words: sequences of the tokens that the text's analysis has cut and hashed already. In Chinese a token
// is a character.
type wordLists struct {
	filter [1 << 10]uint64
	first  map[uint64][]phrase // by the hash of the first token
}

type phrase []uint64

// newWordLists returns nil when there are no words.
func newWordLists(words []string) *wordLists {
	l := &wordLists{first: map[uint64][]phrase{}}
	var doc text.Doc
	for _, w := range words {
		doc.Reset([]byte(w))
		var p phrase
		for _, t := range doc.Words() {
			p = append(p, t.Hash)
		}
		if len(p) > 0 {
			l.first[p[0]] = append(l.first[p[0]], p)
			l.filter[p[0]>>6&(1<<10-1)] |= 1 << (p[0] & 63)
		}
	}
	if len(l.first) == 0 {
		return nil
	}
	return l
}

// find appends the spans of the phrases in a text.
func (l *wordLists) find(doc *text.Doc, dst [][2]int) [][2]int {
	words := doc.Words()
	for i := range words {
		h := words[i].Hash
		if l.filter[h>>6&(1<<10-1)]>>(h&63)&1 == 0 {
			continue
		}
		for _, p := range l.first[h] {
			if i+len(p) > len(words) {
				continue
			}
			same := true
			for k := 1; k < len(p) && same; k++ {
				same = words[i+k].Hash == p[k]
			}
			if same {
				dst = append(dst, [2]int{int(words[i].Start), int(words[i+len(p)-1].End)})
				break
			}
		}
	}
	return dst
}
