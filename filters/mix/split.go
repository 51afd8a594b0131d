// Package mix holds the steps that decide how much of what is in the set: split, sample, filter, balance.
package mix

import (
	"context"
	"fmt"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "split", Group: "mix", Example: "- split: {validation: 0.02, by: document}",
		Summary: "keeps a share of the rows apart for validation and test",
		Doc: `Writes ` + "`train`, `validation` or `test`" + ` into the column ` + "`split`" + `; the data set is then written with one set of files for each. Which rows are kept apart
depends on the seed and on the row's key alone, not on the order of files, and stays the same when rows are added.

` + "`by: row`" + ` draws every row for itself. ` + "`by: document`" + ` keeps all rows of one file's document together (the part of the id before ` + "`#`" + `, or the whole id), and copies
with the row they were made of. ` + "`by: COLUMN`" + ` keeps all rows with the same value together, for example all questions about one drug: without that a model is tested on what
it has all but seen.

Put the step after ` + "`dedup`" + `: a copy on the other side of the border makes held-out figures too good.`,
		New: func() any { return new(Split) },
	}, Unit: filters.Whole})
}

// Split assigns rows to splits.
type Split struct {
	Validation float64 `param:"validation" default:"0.02" min:"0" max:"0.9" doc:"share of the rows for validation"`
	Test       float64 `param:"test" default:"0" min:"0" max:"0.9" doc:"share of the rows for test"`
	By         string  `param:"by" default:"row" doc:"what stays together: row, document, or a column"`

	seed uint64
}

// Prepare checks the shares.
func (s *Split) Prepare(_ context.Context, env filters.Env) error {
	s.seed = env.Seed()
	if s.Validation+s.Test >= 1 {
		return fmt.Errorf("validation %g and test %g leave nothing for training", s.Validation, s.Test)
	}
	return nil
}

// UseColumns checks that the column of by is there.
func (s *Split) UseColumns(columns []filters.Column) error {
	if s.By == "row" || s.By == "document" {
		return nil
	}
	return checkColumn(s.By, columns, "row", "document")
}

// Columns lists the column split.
func (s *Split) Columns() []filters.Column {
	return []filters.Column{{Name: datasets.ColSplit, Kind: filters.String}}
}

// Apply assigns one row.
func (s *Split) Apply(row *filters.Row) error {
	var x float64
	switch s.By {
	case "row":
		x = unit(hashText(s.seed, "split", filters.OriginalID(row.ID)))
	case "document":
		x = unit(hashText(s.seed, "split", filters.DocumentID(row.ID)))
	default:
		x = unit(hashText(s.seed, "split", row.String(s.By)))
	}
	switch {
	case x < s.Validation:
		row.SetString(datasets.ColSplit, "validation")
	case x < s.Validation+s.Test:
		row.SetString(datasets.ColSplit, "test")
	default:
		row.SetString(datasets.ColSplit, "train")
	}
	return nil
}
