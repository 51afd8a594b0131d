package dedup

import (
	"encoding/binary"
	"fmt"
	"slices"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/text"
)

// Pages from one template share most of their shingles and yet say different things: "Is albinism inherited?" and "Is galactosemia inherited?" have one answer in
// all words but one. What tells them from rewritten copies are the rare words: a copy keeps most of those of its original, whereas two pages of a template have
// each their own names and figures. wordCounts learns which words are rare, between the two rounds of a deduplication.

// Rare is a word that stands in at most rareRows of the candidates, or in one of rareShare of them where they are many. A name stands in a handful of rows (all
// questions about one disease), the words of a template in each of its rows.
const (
	rareRows  = 10
	rareShare = 500
	rareMost  = 200 // counters end at 255
)

// Two rows are pages of one template when each has a rare word that the other lacks, and they share fewer of their rare words than half.
const templateShare = 0.5

const (
	counterBits   = 20
	countedAtMost = 200_000 // candidates that are counted: a sample tells rare from common
)

// counter is the place of a word among the counters.
func counter(word uint32) uint32 { return word >> (32 - counterBits) }

// wordCounts counts in how many candidates a word stands.
type wordCounts struct {
	next   *verify
	sample uint64 // one of so many candidates is counted
}

func newWordCounts(v *verify) *wordCounts {
	c := &wordCounts{next: v, sample: 1}
	rows := 0
	for i := range v.duties {
		if i == 0 || v.duties[i].row != v.duties[i-1].row {
			rows++
		}
	}
	for uint64(rows) > countedAtMost*c.sample {
		c.sample *= 2
	}
	return c
}

// wordTally is what wordCounts knows of one shard.
type wordTally struct {
	Rows  int64
	Count []uint8 // by counter; 255 is 255 and more
}

// NewTally returns an empty tally.
func (c *wordCounts) NewTally() any { return &wordTally{Count: make([]uint8, 1<<counterBits)} }

// Observe counts the different words of a candidate.
func (c *wordCounts) Observe(row *filters.Row, into any) {
	if c.next.duty(row.Ref) < 0 || mix64(uint64(row.Ref))%c.sample != 0 {
		return
	}
	s := c.next.d.pool.Get().(*scratch)
	defer c.next.d.pool.Put(s)
	t := into.(*wordTally)
	t.Rows++
	for _, w := range s.shingler.names(row.Doc()) {
		if n := &t.Count[counter(w)]; *n < 255 {
			*n++
		}
	}
}

// Merge adds the counts of a later shard.
func (c *wordCounts) Merge(into, from any) {
	a, b := into.(*wordTally), from.(*wordTally)
	a.Rows += b.Rows
	for i, n := range b.Count {
		a.Count[i] = uint8(min(255, int(a.Count[i])+int(n)))
	}
}

// Conclude hands the rare words to the comparison of the candidates.
func (c *wordCounts) Conclude(tally any) (filters.Conclusion, error) {
	t := tally.(*wordTally)
	limit := uint8(min(rareMost, max(rareRows, t.Rows/rareShare)))
	c.next.rare = func(word uint32) bool { return t.Count[counter(word)] <= limit }
	return filters.Conclusion{Next: c.next}, nil
}

// names returns the sorted hashes of the different words of a text, of Chinese text those of its pairs of characters. They are valid until the next call.
func (s *shingler) names(d *text.Doc) []uint32 {
	words := s.wordsOf(d)
	s.out = s.out[:0]
	if d.Chinese() {
		for i := 1; i < len(words); i++ {
			s.out = append(s.out, uint32(mix64(words[i-1]*multiplier+words[i])>>32))
		}
	} else {
		for _, w := range words {
			s.out = append(s.out, uint32(mix64(w)>>32))
		}
	}
	slices.Sort(s.out)
	s.out = slices.Compact(s.out)
	return s.out
}

// duty returns the place of a row's first duty, or -1.
func (v *verify) duty(row datasets.Ref) int {
	i, found := slices.BinarySearchFunc(v.duties, row, func(d duty, r datasets.Ref) int {
		switch {
		case d.row < r:
			return -1
		case d.row > r:
			return 1
		}
		return 0
	})
	if !found {
		return -1
	}
	return i
}

// appendRare appends the number of a row's rare words and the words, sorted.
func (v *verify) appendRare(b []byte, s *shingler, d *text.Doc) []byte {
	if v.rare == nil {
		return binary.AppendUvarint(b, 0)
	}
	kept := slices.DeleteFunc(s.names(d), func(w uint32) bool { return !v.rare(w) })
	b = binary.AppendUvarint(b, uint64(len(kept)))
	for _, w := range kept {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// cutRare parts the rare words, sorted 32-bit numbers, from what follows them.
func cutRare(b []byte) (rare, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size)/4 {
		return nil, nil, fmt.Errorf("rare words: %w", errNote)
	}
	end := size + 4*int(n)
	return b[size:end], b[end:], nil
}

// template reports whether two rows differ as pages of one template do, by their rare words.
func template(a, b []byte) bool {
	common := commonOf(a, b)
	own := min(len(a)/4, len(b)/4) - common // of the row that has fewer
	return own > 0 && float64(common) < templateShare*float64(common+own)
}

// commonOf counts what two sorted lists of 32-bit numbers share.
func commonOf(a, b []byte) (common int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		x, y := binary.LittleEndian.Uint32(a[i:]), binary.LittleEndian.Uint32(b[j:])
		switch {
		case x == y:
			common++
			i, j = i+4, j+4
		case x < y:
			i += 4
		default:
			j += 4
		}
	}
	return common
}
