package dedup

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"

	"winnow/datasets"
	"winnow/filters"
)

// verify is the second round of a deduplication: candidates write down their shingles, and pairs are compared exactly. A row that is the first of many pairs
// (a hub) writes its shingles once for a block of pairs, not once a pair.
type verify struct {
	d        *Dedup
	clusters *clusters
	duties   []duty            // sorted by row, then key
	rare     func(uint32) bool // whether a word is rare; nil when templates are copies, too
}

// duty says that a row has to write its shingles under a key.
type duty struct {
	row datasets.Ref
	key uint64
}

// hubBlock bounds how many rows are held against a hub at a time, and so the memory of Group.
const hubBlock = 512

func newVerify(d *Dedup, c *clusters, pairs []pair) *verify {
	v := &verify{d: d, clusters: c}
	c.pairs = len(pairs)
	for lo := 0; lo < len(pairs); {
		hi := lo
		for hi < len(pairs) && hi < lo+hubBlock && pairs[hi].a == pairs[lo].a {
			hi++
		}
		key := mix64(uint64(pairs[lo].a) ^ mix64(uint64(pairs[lo].b)))
		v.duties = append(v.duties, duty{pairs[lo].a, key})
		for _, p := range pairs[lo:hi] {
			v.duties = append(v.duties, duty{p.b, key})
		}
		lo = hi
	}
	slices.SortFunc(v.duties, func(x, y duty) int { return cmp.Or(cmp.Compare(x.row, y.row), cmp.Compare(x.key, y.key)) })
	return v
}

// Emit writes the length, the id and, when shingles are to be compared, the sorted shingles of a candidate.
func (v *verify) Emit(row *filters.Row, emit func(key uint64, value []byte)) {
	i := v.duty(row.Ref)
	if i < 0 {
		return
	}
	s := v.d.pool.Get().(*scratch)
	defer v.d.pool.Put(s)
	b := append(s.value[:0], latin)
	if row.Doc().Chinese() {
		b[0] = han
	}
	b = binary.AppendUvarint(b, uint64(len(row.Text())))
	b = binary.AppendUvarint(b, uint64(len(row.ID)))
	b = append(b, row.ID...)
	b = v.appendRare(b, &s.shingler, row.Doc())
	if v.d.Verify {
		shingles := s.shingler.shingles(row.Doc(), v.d.plan.words, v.d.plan.han)
		slices.Sort(shingles)
		for _, h := range slices.Compact(shingles) {
			b = binary.LittleEndian.AppendUint32(b, h)
		}
	}
	s.value = b
	for ; i < len(v.duties) && v.duties[i].row == row.Ref; i++ {
		emit(v.duties[i].key, b)
	}
}

// Group compares the first row of a key with every other and writes the similarity under the row that comes later.
func (v *verify) Group(key uint64, notes []filters.Note, out func(filters.Note)) error {
	hub, err := parseCandidate(notes[0].Value)
	if err != nil {
		return err
	}
	var value []byte
	for _, n := range notes[1:] {
		c, err := parseCandidate(n.Value)
		if err != nil {
			return err
		}
		similarity := 1.0
		if v.d.Verify {
			similarity = jaccard(hub.shingles, c.shingles)
		}
		if template(hub.rare, c.rare) {
			continue
		}
		value = binary.LittleEndian.AppendUint64(value[:0], uint64(notes[0].Row))
		value = binary.LittleEndian.AppendUint64(value, math.Float64bits(similarity))
		value = append(value, max(hub.script, c.script))
		value = appendNamed(value, hub)
		value = appendNamed(value, c)
		out(filters.Note{Key: key, Row: n.Row, Value: value})
	}
	return nil
}

// Conclude unites the pairs at or above the threshold.
func (v *verify) Conclude(notes iter.Seq2[filters.Note, error]) (filters.Conclusion, error) {
	c := v.clusters
	var alike []pair
	for n, err := range notes {
		if err != nil {
			return filters.Conclusion{}, err
		}
		if len(n.Value) < 17 {
			return filters.Conclusion{}, errNote
		}
		a := datasets.Ref(binary.LittleEndian.Uint64(n.Value))
		similarity := math.Float64frombits(binary.LittleEndian.Uint64(n.Value[8:]))
		limit := v.d.plan.similarity
		if n.Value[16] == han {
			limit = v.d.plan.similarityHan
		}
		rest := n.Value[17:]
		keep := similarity >= limit
		for _, r := range []datasets.Ref{a, n.Row} {
			var id []byte
			var length uint64
			if length, id, rest, err = parseNamed(rest); err != nil {
				return filters.Conclusion{}, err
			}
			if keep {
				c.ids[r], c.length[r] = string(id), length
			}
			if v.d.Verify {
				c.best[r] = max(c.best[r], similarity)
			}
		}
		if keep {
			alike = append(alike, pair{a, n.Row})
		}
	}
	slices.SortFunc(alike, comparePairs)
	for _, p := range alike {
		c.near(p.a, p.b)
	}
	return c.conclude(), nil
}

// Scripts of a row: they have thresholds of their own.
const (
	latin byte = iota
	han
)

// candidate is what a row wrote down for the comparison.
type candidate struct {
	script   byte
	length   uint64
	id       []byte
	rare     []byte // sorted 32-bit numbers, little endian
	shingles []byte // sorted 32-bit numbers, little endian
}

var errNote = fmt.Errorf("a note of dedup is damaged; delete the run's work folder and run again")

func parseCandidate(value []byte) (candidate, error) {
	if len(value) == 0 {
		return candidate{}, errNote
	}
	length, id, rest, err := parseNamed(value[1:])
	if err != nil {
		return candidate{}, err
	}
	rare, shingles, err := cutRare(rest)
	if err == nil && len(shingles)%4 != 0 {
		err = errNote
	}
	return candidate{value[0], length, id, rare, shingles}, err
}

func parseNamed(value []byte) (length uint64, id, rest []byte, err error) {
	length, n := binary.Uvarint(value)
	if n <= 0 {
		return 0, nil, nil, errNote
	}
	value = value[n:]
	size, n := binary.Uvarint(value)
	if n <= 0 || size > uint64(len(value)-n) {
		return 0, nil, nil, errNote
	}
	return length, value[n : n+int(size)], value[n+int(size):], nil
}

func appendNamed(b []byte, c candidate) []byte {
	b = binary.AppendUvarint(b, c.length)
	b = binary.AppendUvarint(b, uint64(len(c.id)))
	return append(b, c.id...)
}

// jaccard returns the size of the common part of two sorted sets over the size of their union.
func jaccard(a, b []byte) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	common := commonOf(a, b)
	return float64(common) / float64(len(a)/4+len(b)/4-common)
}
