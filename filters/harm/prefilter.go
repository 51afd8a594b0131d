package harm

import "winnow/internal/text"

// TriggerUnits calls visit for every unit of a text that can be a trigger: words of letters, or pairs of neighbouring Chinese characters when han is set.
func TriggerUnits(doc *text.Doc, han bool, visit func(start, end int, hash uint64)) {
	words := doc.Words()
	for i := range words {
		w := &words[i]
		switch {
		case w.Kind == text.Letters:
			visit(int(w.Start), int(w.End), w.Hash)
		case han && w.Kind == text.Han && i > 0 && words[i-1].Kind == text.Han && words[i-1].End == w.Start:
			visit(int(words[i-1].Start), int(w.End), pairHash(words[i-1].Hash, w.Hash))
		}
	}
}

func pairHash(a, b uint64) uint64 { return (a^a>>31)*mix + b }

// triggerSet finds trigger words by the hashes that the text's analysis has already.
type triggerSet struct {
	han    bool
	filter [1 << 11]uint64 // 2^17 bits: nearly every word of good text ends here
	hashes map[uint64]bool
}

func newTriggerSet(words []string, han bool) *triggerSet {
	t := &triggerSet{han: han, hashes: make(map[uint64]bool, len(words))}
	var doc text.Doc
	for _, w := range words {
		doc.Reset([]byte(w))
		TriggerUnits(&doc, han, func(start, end int, hash uint64) {
			if end-start == len(w) {
				t.hashes[hash] = true
				t.filter[hash>>6&(1<<11-1)] |= 1 << (hash & 63)
			}
		})
	}
	return t
}

func (t *triggerSet) has(hash uint64) bool {
	return t.filter[hash>>6&(1<<11-1)]>>(hash&63)&1 != 0 && t.hashes[hash]
}

// windows appends the windows of a text that hold a trigger word as half-open spans; neighbours do not overlap.
func (t *triggerSet) windows(doc *text.Doc, dst [][2]int) [][2]int {
	raw := doc.Text()
	end := 0
	words := doc.Words()
	for i := 0; i < len(words); i++ {
		w := &words[i]
		if int(w.Start) < end {
			continue
		}
		hit := false
		if w.Kind == text.Letters {
			hit = t.has(w.Hash)
		} else if t.han && w.Kind == text.Han && i > 0 && words[i-1].Kind == text.Han && words[i-1].End == w.Start {
			hit = t.has(pairHash(words[i-1].Hash, w.Hash))
		}
		if !hit {
			continue
		}
		start := sentenceStart(raw, int(w.Start), end)
		end = sentenceEnd(raw, start)
		if end < int(w.End) {
			end = int(w.End)
		}
		dst = append(dst, [2]int{start, end})
	}
	return dst
}
