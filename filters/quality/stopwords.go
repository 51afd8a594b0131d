package quality

import (
	"strings"

	"winnow/internal/text"
)

// stopWordsOf are the words of which a text of a language holds at least two different ones. English: Gopher (Rae et al. 2021, table A1). Chinese: FineWeb-2,
// configs/cmn_Hani.yml, simplified and traditional forms. A language that is not here is not held to the rule.
var stopWordsOf = map[string]*stopList{
	"en": newStopList("the be to of and that have with"),
	"zh": newStopList("的 年 在 月 是 和 日 了 於 為 有 被 人 中 为 他 與 後 也 而 由"),
}

// stopList finds a word of at most 32 by its hash.
type stopList struct {
	hashes []uint64
	filter [4]uint64 // one bit for each of the low bytes that occur: most words end here
}

func newStopList(words string) *stopList {
	var d text.Doc
	d.Reset([]byte(words))
	s := &stopList{}
	for _, w := range d.Words() {
		s.hashes = append(s.hashes, w.Hash)
		s.filter[w.Hash>>6&3] |= 1 << (w.Hash & 63)
	}
	if len(s.hashes) > 32 || len(s.hashes) != len(strings.Fields(words)) {
		panic("stop list: more than 32 words, or a word that is cut in two: " + words)
	}
	return s
}

// find returns the word's place in the list, or -1.
func (s *stopList) find(hash uint64) int {
	if s.filter[hash>>6&3]>>(hash&63)&1 == 0 {
		return -1
	}
	for i, h := range s.hashes {
		if h == hash {
			return i
		}
	}
	return -1
}
