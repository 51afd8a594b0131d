package dedup

import (
	"context"
	"fmt"
	"math/bits"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/internal/text"
)

// Columns of decontaminate.
const (
	ColContaminatedBy = "contaminated_by"
	ColContamination  = "contamination"
)

const decontaminateDoc = `A model that has seen the questions of a test answers them from memory, and its figures mean nothing. This step reads the test sets and drops every row that holds one of
their items; the file and the id of the item stand in the column ` + "`contaminated_by`" + ` of the dropped row.

| mode | a row goes when | as in |
|---|---|---|
| any | it shares one run of 13 words with an item | GPT-3 (Brown et al. 2020, appendix C), lm-evaluation-harness |
| share | runs of 8 words that it shares with an item cover at least half of the item's words | Tülu 3 and OLMo, as described in their papers |

Words are compared without regard to case, width and punctuation. Of Chinese items the runs are twice as many characters as words. Items with fewer words than a run are looked for
whole; items with fewer than ` + "`shortest`" + ` words only where a row says nothing else. The parts of an item (prompt and answer, message by message) are looked for one by one and joined. Labels
are not looked for.

` + "`any`" + ` drops text that quotes what an item quotes (a proverb, a statute, a standard disclaimer): look at ` + "`dropped/`" + ` once. A paraphrase is not found by either mode.`

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "decontaminate", Group: "dedup", Short: "against",
		Summary: "drops rows that hold items of test sets",
		Doc:     decontaminateDoc,
		Example: "decontaminate: {against: [eval/*.jsonl], ngram: 13}",
		New:     func() any { return new(Decontaminate) },
	}, Unit: filters.Whole})
}

// Decontaminate drops rows that hold test items.
type Decontaminate struct {
	Against   []string `param:"against" required:"true" doc:"files of the test sets, in any readable format; patterns are allowed"`
	Mode      string   `param:"mode" default:"any" enum:"any,share" doc:"one shared run of words, or a share of the item"`
	NGram     int      `param:"ngram" default:"0" min:"0" max:"64" unit:"words" doc:"length of a run; 0: 13 for any, 8 for share" source:"Brown et al. 2020; Tülu 3"`
	Threshold float64  `param:"threshold" default:"0.5" min:"0" max:"1" doc:"share of the item's words that must be covered, with mode: share"`
	Shortest  int      `param:"shortest" default:"5" min:"1" max:"64" unit:"words" doc:"items with fewer words (in Chinese twice as many characters) count only where they are the whole row"`
	Fields    []string `param:"columns" doc:"further columns of the test files to look for, such as [question, answer], where these are not the content"`

	index *itemIndex
	s     *shingler
	hits  map[int32][]uint64 // bits of the covered words by item
}

func (d *Decontaminate) ngram() int {
	switch {
	case d.NGram > 0:
		return d.NGram
	case d.Mode == "share":
		return 8
	}
	return 13
}

// Prepare reads the test sets.
func (d *Decontaminate) Prepare(ctx context.Context, env filters.Env) error {
	b := newItemIndex(d.ngram(), min(d.Shortest, d.ngram()))
	var doc text.Doc
	var s shingler
	for _, pattern := range d.Against {
		rows := 0
		for row, err := range env.Rows(ctx, pattern) {
			if err != nil {
				return fmt.Errorf("against: %s: %w", pattern, err)
			}
			rows++
			filters.Look(row)
			var parts [][]byte
			for _, p := range row.Pieces() {
				if p.Role != "label" {
					parts = append(parts, p.Text)
				}
			}
			for _, c := range d.Fields {
				if v := row.String(c); v != "" {
					parts = append(parts, []byte(v))
				}
			}
			name := pattern + "#" + row.ID
			if len(parts) != 1 {
				doc.Reset(row.Text())
				b.add(name, s.wordsOf(&doc), doc.Chinese(), true)
			}
			for _, p := range parts {
				doc.Reset(p)
				b.add(name, s.wordsOf(&doc), doc.Chinese(), len(parts) == 1)
			}
		}
		if rows == 0 {
			return fmt.Errorf("against: %s holds no rows", pattern)
		}
	}
	b.finish()
	if b.short > 0 {
		env.Warn("decontaminate: %d parts of test items have fewer than %d words: they are found only where they are a whole row", b.short, d.Shortest)
	}
	d.index = b
	return nil
}

// Fork gives a worker its own memory.
func (d *Decontaminate) Fork() filters.Step {
	c := *d
	c.s, c.hits = new(shingler), map[int32][]uint64{}
	return &c
}

// Columns lists the item that a row holds and, with mode share, how much of it.
func (d *Decontaminate) Columns() []filters.Column {
	out := []filters.Column{{Name: ColContaminatedBy, Kind: filters.String}}
	if d.Mode == "share" {
		out = append(out, filters.Column{Name: ColContamination, Kind: filters.Float})
	}
	return out
}

// Thresholds says how much of an item a row may hold.
func (d *Decontaminate) Thresholds() []filters.Threshold {
	if d.Mode != "share" {
		return nil
	}
	return []filters.Threshold{{Score: ColContamination, Limit: d.Threshold, Keep: "below"}}
}

// Apply looks for test items in a row.
func (d *Decontaminate) Apply(row *filters.Row) error {
	if d.s == nil {
		d = d.Fork().(*Decontaminate)
	}
	words := d.s.wordsOf(row.Doc())
	if item := d.index.wholeRow(words); item >= 0 {
		d.drop(row, item, 1)
		return nil
	}
	if d.Mode == "any" {
		if item := d.index.first(words); item >= 0 {
			d.drop(row, item, 1)
		}
		return nil
	}
	clear(d.hits)
	d.index.visit(words, func(item, start, n int32) bool {
		covered := d.hits[item]
		if covered == nil {
			covered = make([]uint64, (len(d.index.items[item].words)+63)/64)
			d.hits[item] = covered
		}
		for i := start; i < start+n; i++ {
			covered[i/64] |= 1 << (i % 64)
		}
		return true
	})
	best, share := int32(-1), 0.0
	for item, covered := range d.hits {
		n := 0
		for _, w := range covered {
			n += bits.OnesCount64(w)
		}
		x := float64(n) / float64(len(d.index.items[item].words))
		if x > share || x == share && item < best {
			best, share = item, x
		}
	}
	switch {
	case best >= 0 && share >= d.Threshold:
		d.drop(row, best, share)
	case best >= 0:
		row.Score(ColContamination, share)
	}
	return nil
}

func (d *Decontaminate) drop(row *filters.Row, item int32, share float64) {
	row.SetString(ColContaminatedBy, d.index.items[item].name)
	if d.Mode == "share" {
		row.Score(ColContamination, share)
	}
	row.Drop("holds a test item")
}
