package ngram

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

const (
	heldOut   = 10       // one text of so many is measured on, not trained on
	leastText = 100_000  // characters that a model needs
	mostText  = 24 << 20 // characters trained on: more takes memory and changes little
	leastHeld = 20       // held-out texts of a script, for quantiles
)

// context is how often a run of characters was followed by something, and by how many different characters.
type context struct{ total, kinds uint32 }

// Train makes a model of texts. Han says of each text whether it is Chinese.
func Train(name string, texts []string, han func(string) bool) (*Model, error) {
	var held []string
	var runes []rune
	for _, t := range texts {
		if xxh3.HashString(t)%heldOut == 0 {
			held = append(held, t)
		} else if len(runes) < mostText {
			runes = appendFolded(append(runes, textEnd), t)
		}
	}
	if len(runes) < leastText {
		return nil, fmt.Errorf("%d characters are too few for a language model: at least %d are needed", len(runes), leastText)
	}
	counts := map[uint64]uint32{}
	each(runes, func(hashes *[order]uint64, _ *[order]uint64, n int) {
		for _, h := range hashes[:n] {
			counts[h]++
		}
	})
	contexts := map[uint64]context{}
	seen := map[uint64]bool{}
	var kinds, total float64
	each(runes, func(hashes, before *[order]uint64, n int) {
		for k := range n {
			if seen[hashes[k]] {
				continue
			}
			seen[hashes[k]] = true
			c := counts[hashes[k]]
			if k == 0 {
				kinds++
				total += float64(c)
				continue
			}
			x := contexts[before[k-1]]
			x.total += c
			x.kinds++
			contexts[before[k-1]] = x
		}
	})
	// Probabilities from the shortest n-grams to the longest: each is its count mixed with the probability after a context shorter by one.
	probability := make(map[uint64]float32, len(counts))
	for k := range order {
		each(runes, func(hashes, before *[order]uint64, n int) {
			if k >= n || probability[hashes[k]] != 0 {
				return
			}
			c := float64(counts[hashes[k]])
			if k == 0 {
				probability[hashes[0]] = float32(c / (total + kinds))
				return
			}
			x := contexts[before[k-1]]
			t := float64(x.kinds)
			probability[hashes[k]] = float32((c + t*float64(probability[hashes[k-1]])) / (float64(x.total) + t))
		})
	}
	m := &Model{Header: Header{Name: name, Unknown: costOf(1 / (total + kinds) / 100)}}
	m.fill(runes, counts, contexts, probability)
	m.measure(held, han)
	return m, nil
}

// textEnd stands between texts, so that no n-gram reaches from one into the next.
const textEnd = -1

func appendFolded(dst []rune, text string) []rune {
	last := ' '
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		if r = fold(r); r == ' ' && last == ' ' {
			continue
		}
		dst, last = append(dst, r), r
	}
	return dst
}

// each calls f at every character with the hashes of the n-grams that end there, those of the place before, and how many characters of the text there are, up to
// order.
func each(runes []rune, f func(hashes, before *[order]uint64, n int)) {
	var s stream
	var hashes, before [order]uint64
	n := 0
	for _, r := range runes {
		if r == textEnd {
			s.start()
			n = 0
			continue
		}
		before = hashes
		hashes = s.push(r)
		n = min(n+1, order)
		f(&hashes, &before, n)
	}
}

func costOf(p float64) uint16 { return uint16(min(math.Round(-math.Log2(p)*costUnit), math.MaxUint16)) }

// fill writes the table. N-grams of four and five characters that occur once are left out: they are most of all and say least. An n-gram that is kept has its
// suffixes and prefixes kept, for they occur as often.
func (m *Model) fill(runes []rune, counts map[uint64]uint32, contexts map[uint64]context, probability map[uint64]float32) {
	keep := func(k int, h uint64) bool { return k < 3 || counts[h] > 1 }
	kept := map[uint64]bool{}
	each(runes, func(hashes, _ *[order]uint64, n int) {
		for k := range n {
			if keep(k, hashes[k]) {
				kept[hashes[k]] = true
			}
		}
	})
	list := make([]uint64, 0, len(kept))
	for h := range kept {
		list = append(list, h)
	}
	slices.Sort(list) // the table does not depend on the order of a map
	m.Bits = 10
	for m.Bits < maxBits && 3*len(list) > 2<<m.Bits {
		m.Bits++
	}
	m.slots = make([]slot, 1<<m.Bits)
	mask := uint64(len(m.slots) - 1)
next:
	for _, h := range list {
		s := slot{check: uint32(h) | 1, cost: costOf(float64(probability[h]))}
		if x, ok := contexts[h]; ok {
			s.retreat = costOf(float64(x.kinds) / float64(x.total+x.kinds))
		}
		i := h >> 32 & mask
		for ; m.slots[i].check != 0; i = (i + 1) & mask {
			if m.slots[i].check == s.check { // two n-grams with one hash: the first stays
				continue next
			}
		}
		m.slots[i] = s
		m.Grams++
	}
}

// measure takes the quantiles of held-out texts.
func (m *Model) measure(held []string, han func(string) bool) {
	bits := map[string][]float64{}
	for _, t := range held {
		if b, n := m.Surprise([]byte(t)); n > 0 {
			script := Script(han(t))
			bits[script] = append(bits[script], b)
		}
	}
	m.Quantiles = map[string][]float64{}
	for script, list := range bits {
		if len(list) < leastHeld {
			continue
		}
		slices.Sort(list)
		q := make([]float64, 101)
		for i := range q {
			q[i] = list[i*(len(list)-1)/100]
		}
		m.Quantiles[script] = q
	}
}
