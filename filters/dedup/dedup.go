// Package dedup holds the steps that find rows which say the same: `dedup` looks for copies within the set (exact copies, near copies by MinHash, repeated
// paragraphs or lines), `decontaminate` for rows that hold items of a test set.
//
// How a near copy is found: shingles.go turns a row into hashes of its runs of words, minhash.go into a signature, dedup.go writes one note for each band of
// the signature; rows that share a band are candidates, verify.go compares their shingles exactly, clusters.go unites what is alike and picks who stays.
package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

// ColDuplicateOf is the column that names the row which stays in place of a dropped one; ColSimilarity holds the similarity of the two.
const (
	ColDuplicateOf = "duplicate_of"
	ColSimilarity  = "dedup_similarity"
)

// Dedup drops rows that are copies of another row.
type Dedup struct {
	Method     string   `param:"method" default:"minhash" enum:"minhash,exact,url,paragraph,line" doc:"minhash: near copies and exact ones; exact: copies only; url: rows from the same address; paragraph, line: cut what other rows say, too"`
	Preset     string   `param:"preset" default:"copies" enum:"copies,rewrites,fineweb" doc:"similarity, shingles and bands of minhash: copies (0.7, 5 words), rewrites (0.55, 3 words; in Chinese 0.5, 3 characters), fineweb (0.7, 5 words, 14 bands of 8 rows)"`
	Similarity float64  `param:"similarity" default:"0" min:"0" max:"1" doc:"Jaccard similarity of the shingles from which rows are copies; 0 takes the preset's"`
	Words      int      `param:"words" default:"0" min:"0" max:"64" doc:"words of a shingle; 0 takes the preset's"`
	Characters int      `param:"characters" default:"0" min:"0" max:"64" doc:"characters of a shingle in Chinese; 0 takes the preset's"`
	Bands      int      `param:"bands" default:"0" min:"0" max:"512" doc:"bands of the signature; 0 takes as many as find a pair at the threshold with 0.98"`
	Rows       int      `param:"rows" default:"0" min:"0" max:"64" doc:"rows of a band; 0 as bands"`
	Verify     bool     `param:"verify" default:"true" doc:"compare the shingles of candidates exactly; without it a shared band is enough"`
	Templates  string   `param:"templates" default:"keep" enum:"keep,drop" doc:"pages of one template that differ in the names and figures they are about: keep takes them for different rows, drop for copies where they are similar enough"`
	Survivor   string   `param:"survivor" default:"first" enum:"first,longest,none" doc:"which of several copies stays: the first in the order of sources and rows, or the longest; none only for paragraph and line"`
	By         []string `param:"by" doc:"columns that make rows of method exact the same, such as [prompt]; empty: the text. For url the column with the address, url by default"`
	Copies     int      `param:"copies" default:"2" min:"2" doc:"rows in which a paragraph or line must stand to be cut"`
	MinLength  int      `param:"min_length" default:"20" min:"1" unit:"characters" doc:"shorter paragraphs and lines are not compared"`

	plan plan
	pool *sync.Pool
}

// plan is what the parameters come to.
type plan struct {
	similarity    float64 // from which rows are copies
	similarityHan float64 // the same of Chinese rows
	words, han    int
	bands, rows   int
	mix           []permutation
}

type preset struct {
	similarity, similarityHan float64
	words, han, bands, rows   int
}

// Of texts in which 2-10 % of the words are changed 99 % keep a similarity of .55 by shingles of 3 words, and of Chinese texts with as many characters changed 97 %
// one of .5 by 3 characters. (By 4 characters 88 % keep .5, by 5 words 75 %.)
var presets = map[string]preset{
	"copies":   {similarity: 0.7, similarityHan: 0.7, words: 5, han: 4},
	"rewrites": {similarity: 0.55, similarityHan: 0.5, words: 3, han: 3},
	"fineweb":  {similarity: 0.7, similarityHan: 0.7, words: 5, han: 5, bands: 14, rows: 8}, // datatrove's MinHash as FineWeb and FineWeb-2 use it: .92 of pairs at .8
}

// maxPermutations bounds the signature when bands and rows are chosen here: more of them cost time and find little more.
const maxPermutations = 256

// Prepare settles bands and rows.
func (d *Dedup) Prepare(context.Context, filters.Env) error {
	p := presets[d.Preset]
	if p.similarity == 0 {
		return fmt.Errorf("preset: there is no preset %q", d.Preset)
	}
	d.plan = plan{similarity: p.similarity, similarityHan: p.similarityHan, words: p.words, han: p.han, bands: p.bands, rows: p.rows}
	if d.Similarity > 0 {
		d.plan.similarity, d.plan.similarityHan = d.Similarity, d.Similarity
		if d.Preset != "fineweb" {
			d.plan.bands, d.plan.rows = 0, 0
		}
	}
	if d.Words > 0 {
		d.plan.words = d.Words
	}
	if d.Characters > 0 {
		d.plan.han = d.Characters
	}
	switch {
	case (d.Bands > 0) != (d.Rows > 0):
		return fmt.Errorf("bands and rows go together: set both, or neither to have them chosen from similarity")
	case d.Bands > 0:
		d.plan.bands, d.plan.rows = d.Bands, d.Rows
	case d.plan.bands == 0:
		d.plan.bands, d.plan.rows = chooseBands(min(d.plan.similarity, d.plan.similarityHan))
	}
	if d.Method == "url" && len(d.By) == 0 {
		d.By = []string{"url"}
	}
	if d.Method == "minhash" && len(d.By) > 0 {
		return fmt.Errorf("by: near copies are found in the text; write method: exact to compare columns")
	}
	blocks := d.blocks()
	switch {
	case d.Survivor == "none" && !blocks:
		return fmt.Errorf("survivor: none would drop every copy; it is for the methods paragraph and line")
	case d.Survivor == "longest" && blocks:
		return fmt.Errorf("survivor: repeated %ss are equally long; write first or none", d.Method)
	}
	d.plan.mix = permutations(d.plan.bands * d.plan.rows)
	d.pool = &sync.Pool{New: func() any { return &scratch{} }}
	return nil
}

// blocks reports whether parts of rows are compared, not rows.
func (d *Dedup) blocks() bool { return d.Method == "paragraph" || d.Method == "line" }

// UseColumns checks that the columns of by are there.
func (d *Dedup) UseColumns(columns []filters.Column) error {
	names := d.By
	if d.Method == "url" && len(names) == 0 {
		names = []string{"url"}
	}
	for _, name := range names {
		if err := hasColumn(columns, name); err != nil {
			return err
		}
	}
	return nil
}

func hasColumn(columns []filters.Column, name string) error {
	known := []string{datasets.ColSource, datasets.ColID}
	for _, c := range columns {
		known = append(known, c.Name)
	}
	for _, k := range known {
		if k == name {
			return nil
		}
	}
	if near := spec.Nearest(name, known); near != "" {
		return fmt.Errorf("rows have no column %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("rows have no column %q; there are %s", name, strings.Join(known, ", "))
}

// Columns lists the columns that the conclusion sets.
func (d *Dedup) Columns() []filters.Column {
	if d.blocks() {
		return nil
	}
	return []filters.Column{{Name: ColDuplicateOf, Kind: filters.String}, {Name: ColSimilarity, Kind: filters.Float}}
}

// Thresholds says from which similarity rows are copies.
func (d *Dedup) Thresholds() []filters.Threshold {
	if d.Method != "minhash" {
		return nil
	}
	p := presets[d.Preset]
	if d.Similarity > 0 {
		p.similarity, p.similarityHan = d.Similarity, d.Similarity
	}
	out := []filters.Threshold{{Score: ColSimilarity, Limit: p.similarity, Keep: "below"}}
	if p.similarityHan != p.similarity {
		out = append(out, filters.Threshold{Score: ColSimilarity, Lang: "zh", Limit: p.similarityHan, Keep: "below"})
	}
	return out
}

// scratch is the memory of one call of Emit.
type scratch struct {
	shingler  shingler
	signature []uint32
	value     []byte
}

// The lowest bit of a key says what a note is about.
const exactKey = 1

// Emit writes a note with the hash of the whole row, and one for each band of its signature.
func (d *Dedup) Emit(row *filters.Row, emit func(key uint64, value []byte)) {
	if d.blocks() {
		d.emitBlocks(row, emit)
		return
	}
	s := d.pool.Get().(*scratch)
	defer d.pool.Put(s)
	var words []uint64
	if len(d.By) == 0 {
		words = s.shingler.wordsOf(row.Doc())
	}
	if key, ok := d.exactKey(row, words); ok {
		s.value = binary.AppendUvarint(s.value[:0], uint64(len(row.Text())))
		s.value = append(s.value, row.ID...)
		emit(key|exactKey, s.value)
	}
	if d.Method != "minhash" {
		return
	}
	shingles := s.shingler.shinglesOf(row.Doc(), words, d.plan.words, d.plan.han)
	if len(shingles) == 0 {
		return
	}
	if cap(s.signature) < len(d.plan.mix) {
		s.signature = make([]uint32, len(d.plan.mix))
	}
	s.signature = s.signature[:len(d.plan.mix)]
	signature(s.signature, d.plan.mix, shingles)
	for b := range d.plan.bands {
		emit(bandKey(b, s.signature[b*d.plan.rows:(b+1)*d.plan.rows])&^exactKey, nil)
	}
}

// exactKey is the hash of what makes two rows the same, the words or the columns of by; ok is false for a row without it, which is a copy of none.
func (d *Dedup) exactKey(row *filters.Row, words []uint64) (key uint64, ok bool) {
	if len(d.By) == 0 {
		return wholeOf(row.Doc(), words), true
	}
	h := uint64(0)
	for _, name := range d.By {
		v := row.String(name)
		if d.Method == "url" {
			v = canonicalURL(v)
		}
		ok = ok || v != ""
		h = xxh3.HashStringSeed(v, h+1)
	}
	return h, ok
}

func bandKey(band int, mins []uint32) uint64 {
	h := uint64(band)*0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D
	for _, m := range mins {
		h = (h ^ uint64(m)) * 0xFF51AFD7ED558CCD
		h ^= h >> 32
	}
	return mix64(h)
}

// smallGroup is the number of rows up to which all pairs of a band are candidates. In larger groups each row is held against the first and its neighbour.
const smallGroup = 6

// Group names the pairs of rows that share a key: all that share a whole text, and candidates that share a band.
func (d *Dedup) Group(key uint64, notes []filters.Note, out func(filters.Note)) error {
	if d.blocks() {
		d.groupBlocks(key, notes, out)
		return nil
	}
	if len(notes) < 2 {
		return nil
	}
	var value []byte
	if key&exactKey != 0 {
		best := 0
		length, id := splitLength(notes[0].Value)
		if d.Survivor == "longest" {
			for i := range notes {
				if n, name := splitLength(notes[i].Value); n > length {
					best, length, id = i, n, name
				}
			}
		}
		value = binary.LittleEndian.AppendUint64(value, uint64(notes[best].Row))
		value = append(value, id...)
		for i := range notes {
			if i != best {
				out(filters.Note{Key: key, Row: notes[i].Row, Value: value})
			}
		}
		return nil
	}
	pair := func(a, b datasets.Ref) {
		value = binary.LittleEndian.AppendUint64(value[:0], uint64(a))
		out(filters.Note{Key: key, Row: b, Value: value})
	}
	for i := 1; i < len(notes); i++ {
		for j := range i {
			if len(notes) <= smallGroup || j == 0 || j == i-1 {
				pair(notes[j].Row, notes[i].Row)
			}
		}
	}
	return nil
}

func splitLength(value []byte) (length uint64, rest []byte) {
	length, n := binary.Uvarint(value)
	return length, value[max(n, 0):]
}

// Conclude collects copies and candidates. A second round over the rows compares the candidates and learns their names.
func (d *Dedup) Conclude(notes iter.Seq2[filters.Note, error]) (filters.Conclusion, error) {
	if d.blocks() {
		return d.concludeBlocks(notes)
	}
	c := newClusters(d.plan.similarity, d.Survivor == "longest")
	var candidates pairSet
	for n, err := range notes {
		if err != nil {
			return filters.Conclusion{}, err
		}
		other := datasets.Ref(binary.LittleEndian.Uint64(n.Value))
		if n.Key&exactKey != 0 {
			c.exact(other, n.Row, string(n.Value[8:]))
			continue
		}
		candidates.add(other, n.Row)
	}
	pairs := candidates.pairs(c.keeper)
	if len(pairs) == 0 {
		return c.conclude(), nil
	}
	v := newVerify(d, c, pairs)
	if d.Verify && d.Templates == "keep" {
		return filters.Conclusion{Next: newWordCounts(v)}, nil
	}
	return filters.Conclusion{Next: v}, nil
}
