package pipeline

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"

	"github.com/zeebo/xxh3"

	"winnow/datasets"
	"winnow/filters"
)

// RowsDiff says what became of the rows in two runs.
type RowsDiff struct {
	Kept     [2]int64     `json:"kept"`    // rows of the data sets
	Dropped  [2]int64     `json:"dropped"` // rows that a step dropped
	Same     int64        `json:"same"`    // kept by both with the same text
	Changed  int64        `json:"changed"` // kept by both with other text
	Lost     int64        `json:"lost"`    // kept by the first alone
	Gained   int64        `json:"gained"`  // kept by the second alone
	Split    int64        `json:"split"`   // kept by both, in different splits
	Moves    []RowMove    `json:"moves,omitempty"`
	Examples []RowExample `json:"examples,omitempty"`
}

func (r *RowsDiff) alike() bool { return r.Changed+r.Lost+r.Gained+r.Split == 0 && len(r.Moves) == 0 }

// RowMove counts the rows that fared differently in two runs: kept, dropped ("step: reason"), or absent.
type RowMove struct {
	Before string `json:"before"`
	After  string `json:"after"`
	Rows   int64  `json:"rows"`
}

// RowExample is a row that differs. Text is empty in a run that has not got it; of a changed row the place of the first difference is shown.
type RowExample struct {
	Kind   string    `json:"kind"` // changed, lost, gained
	ID     string    `json:"id"`
	Source string    `json:"source,omitempty"`
	Before string    `json:"before"`
	After  string    `json:"after"`
	Text   [2]string `json:"text"`
}

const (
	outcomeKept   = "kept"
	outcomeAbsent = "absent"
	excerptBytes  = 240
)

// rowState is what is remembered of a row of the first run.
type rowState struct {
	text           uint64
	outcome, split uint32 // places in names
	met            bool   // the second run has the row, too
	shown          bool   // the row was passed in the round for examples
}

// rowTable holds the rows of the first run by a hash of source and id. Rows that share both are told apart by their order.
type rowTable struct {
	rows  map[uint64]rowState
	names []string
	place map[string]uint32
}

func (t *rowTable) name(s string) uint32 {
	i, ok := t.place[s]
	if !ok {
		i = uint32(len(t.names))
		t.names = append(t.names, s)
		t.place[s] = i
	}
	return i
}

func rowKey(row *filters.Row) uint64 { return xxh3.HashStringSeed(row.ID, xxh3.HashString(row.Source)) }

// find returns the key of the first row with the key's source and id that is still free by a test.
func (t *rowTable) find(key uint64, free func(rowState) bool) (uint64, rowState, bool) {
	for {
		s, ok := t.rows[key]
		if !ok || free(s) {
			return key, s, ok
		}
		key = mixHash(key + 1)
	}
}

// textHash is a hash of all texts of a row with their roles.
func textHash(row *filters.Row) uint64 {
	h := uint64(0)
	for _, p := range row.Pieces() {
		h = xxh3.HashSeed(p.Text, xxh3.HashStringSeed(p.Role, h))
	}
	return h
}

// rows compares the rows of the two runs in three rounds: over the first run, over the second, and over the first again for the texts of examples.
func (d *Diff) rows(ctx context.Context, examples int) error {
	t := &rowTable{rows: map[uint64]rowState{}, place: map[string]uint32{}}
	diff := &RowsDiff{}
	shares := map[[2]string]*[2]int64{}
	moves := map[[2]uint32]int64{}
	kept, absent := t.name(outcomeKept), t.name(outcomeAbsent)
	found, err := eachOutcome(ctx, d.Runs[0], func(row *filters.Row, outcome string) {
		key, _, _ := t.find(rowKey(row), func(rowState) bool { return false })
		t.rows[key] = rowState{text: textHash(row), outcome: t.name(outcome), split: t.name(row.Value(datasets.ColSplit).Text)}
		diff.count(0, row, outcome, shares)
	})
	if err != nil || !found {
		return err
	}
	examplesOf := map[string]int{}
	wanted := map[uint64]int{} // rows whose text in the first run is to be shown → place of the example
	show := func(kind string, row *filters.Row, before, after uint32, i int) bool {
		if examplesOf[kind] >= examples {
			return false
		}
		examplesOf[kind]++
		e := RowExample{Kind: kind, ID: row.ID, Source: row.Source, Before: t.names[before], After: t.names[after]}
		e.Text[i] = excerpt(row.Text(), excerptBytes)
		diff.Examples = append(diff.Examples, e)
		return true
	}
	if found, err = eachOutcome(ctx, d.Runs[1], func(row *filters.Row, outcome string) {
		diff.count(1, row, outcome, shares)
		key, was, ok := t.find(rowKey(row), func(s rowState) bool { return !s.met })
		now := t.name(outcome)
		if !ok {
			moves[[2]uint32{absent, now}]++
			if now == kept {
				diff.Gained++
				show("gained", row, absent, now, 1)
			}
			return
		}
		was.met = true
		t.rows[key] = was
		switch {
		case was.outcome == kept && now == kept:
			if was.split != t.name(row.Value(datasets.ColSplit).Text) {
				diff.Split++
			}
			if was.text == textHash(row) {
				diff.Same++
				return
			}
			diff.Changed++
			if show("changed", row, kept, kept, 1) {
				diff.Examples[len(diff.Examples)-1].Text[1] = string(row.Text())
				wanted[key] = len(diff.Examples) - 1
			}
			return
		case was.outcome == kept:
			diff.Lost++
			show("lost", row, kept, now, 1)
		case now == kept:
			diff.Gained++
			show("gained", row, was.outcome, kept, 1)
		}
		if was.outcome != now {
			moves[[2]uint32{was.outcome, now}]++
		}
	}); err != nil || !found {
		return err
	}
	gone := int64(0)
	for _, s := range t.rows {
		if !s.met {
			moves[[2]uint32{s.outcome, absent}]++
			if s.outcome == kept {
				gone++
			}
		}
	}
	diff.Lost += gone
	if len(wanted) > 0 || gone > 0 && examples > 0 {
		if _, err := eachOutcome(ctx, d.Runs[0], func(row *filters.Row, _ string) {
			key, s, ok := t.find(rowKey(row), func(s rowState) bool { return !s.shown })
			if !ok {
				return
			}
			s.shown = true
			t.rows[key] = s
			if i, ok := wanted[key]; ok {
				e := &diff.Examples[i]
				e.Text[0], e.Text[1] = changed(row.Text(), []byte(e.Text[1]))
			} else if !s.met && s.outcome == kept {
				show("lost", row, kept, absent, 0)
			}
		}); err != nil {
			return err
		}
	}
	for m, n := range moves {
		diff.Moves = append(diff.Moves, RowMove{t.names[m[0]], t.names[m[1]], n})
	}
	slices.SortFunc(diff.Moves, func(a, b RowMove) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Before, b.Before), cmp.Compare(a.After, b.After))
	})
	order := map[string]int{"lost": 0, "gained": 1, "changed": 2}
	slices.SortStableFunc(diff.Examples, func(a, b RowExample) int { return order[a.Kind] - order[b.Kind] })
	d.Rows = diff
	d.shares(shares, diff.Kept)
	return nil
}

// shareColumns are those by whose values the two data sets are compared.
var shareColumns = []string{datasets.ColSource, datasets.ColLang, datasets.ColSplit}

// count adds one row to the totals of run i.
func (r *RowsDiff) count(i int, row *filters.Row, outcome string, shares map[[2]string]*[2]int64) {
	if outcome != outcomeKept {
		r.Dropped[i]++
		return
	}
	r.Kept[i]++
	for _, c := range shareColumns {
		v := row.String(c)
		if v == "" {
			continue
		}
		n := shares[[2]string{c, v}]
		if n == nil {
			n = &[2]int64{}
			shares[[2]string{c, v}] = n
		}
		n[i]++
	}
}

func (d *Diff) shares(counts map[[2]string]*[2]int64, kept [2]int64) {
	for key, n := range counts {
		s := ShareDiff{Column: key[0], Value: key[1], Rows: *n}
		for i := range s.Share {
			s.Share[i] = float64(n[i]) / float64(max(kept[i], 1))
		}
		d.Shares = append(d.Shares, s)
	}
	slices.SortFunc(d.Shares, func(a, b ShareDiff) int {
		return cmp.Or(slices.Index(shareColumns, a.Column)-slices.Index(shareColumns, b.Column), cmp.Compare(max(b.Rows[0], b.Rows[1]), max(a.Rows[0], a.Rows[1])), cmp.Compare(a.Value, b.Value))
	})
}

// eachOutcome visits every row of a run's data set and of what it dropped, with "kept" or "step: reason". It is false for a run without a data set.
func eachOutcome(ctx context.Context, dir string, visit func(row *filters.Row, outcome string)) (bool, error) {
	for _, dropped := range []bool{false, true} {
		folder := "data"
		if dropped {
			folder = "dropped"
		}
		files, err := filepath.Glob(filepath.Join(dir, folder, "*.parquet"))
		if err != nil {
			return false, err
		}
		if len(files) == 0 {
			if dropped {
				return true, nil
			}
			return false, nil
		}
		for row, err := range Rows(ctx, ".", files...) {
			if err != nil {
				return false, err
			}
			if err := ctx.Err(); err != nil {
				return false, err
			}
			outcome := outcomeKept
			if dropped {
				outcome = row.Value(filters.ColDroppedBy).Text + ": " + row.Value(filters.ColDropReason).Text
			}
			visit(row, outcome)
		}
	}
	return true, nil
}
