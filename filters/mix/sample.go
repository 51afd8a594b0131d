package mix

import (
	"context"
	"fmt"
	"sort"

	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "sample", Group: "mix", Short: "share", Example: "- sample: {share: 0.5, by: document}",
		Summary: "keeps a share of the rows, drawn by hash",
		Doc: `Keeps a share of the rows, or a share for each source. Which rows stay depends on the seed and the row's key alone, so the same rows are drawn whatever the order of
files, and a larger share holds the smaller one.

` + "`by: document`" + ` draws whole documents (the part of the id before ` + "`#`" + `), ` + "`by: COLUMN`" + ` all rows with the same value. ` + "`invert: true`" + ` keeps exactly the rows
that the same step without it drops: two recipes with the same seed can so share one set without sharing a row.`,
		New: func() any { return new(Sample) },
	}, Unit: filters.Whole})
}

// Sample keeps a share of the rows.
type Sample struct {
	Share   float64            `param:"share" default:"1" min:"0" max:"1" doc:"share of the rows that stays"`
	Sources map[string]float64 `param:"sources" doc:"share for single sources, by name; others take share"`
	By      string             `param:"by" default:"row" doc:"what is drawn: row, document, or a column"`
	Except  string             `param:"except" doc:"file with ids or documents, one a line, whose rows are dropped: for example what a model has been trained on"`
	Invert  bool               `param:"invert" default:"false" doc:"keep the rows that would be dropped"`

	seed   uint64
	except filters.IDs
}

// Prepare checks the shares and reads the list of exceptions.
func (s *Sample) Prepare(_ context.Context, env filters.Env) error {
	s.seed = env.Seed()
	if s.Except != "" {
		var err error
		if s.except, err = filters.ReadIDs(env, s.Except); err != nil {
			return err
		}
	}
	names := make([]string, 0, len(s.Sources))
	for name := range s.Sources {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if x := s.Sources[name]; !(x >= 0 && x <= 1) {
			return fmt.Errorf("the share of source %s must lie in [0, 1]; got %g", name, x)
		}
	}
	return nil
}

// UseColumns checks that the column of by is there.
func (s *Sample) UseColumns(columns []filters.Column) error {
	if s.By == "row" || s.By == "document" {
		return nil
	}
	return checkColumn(s.By, columns, "row", "document")
}

// Apply keeps or drops one row.
func (s *Sample) Apply(row *filters.Row) error {
	if s.except.Has(row) {
		row.Drop("in the list of exceptions")
		return nil
	}
	share, ok := s.Sources[row.Source]
	if !ok {
		share = s.Share
	}
	key := row.ID
	switch s.By {
	case "row":
	case "document":
		key = filters.DocumentID(row.ID)
	default:
		key = row.String(s.By)
	}
	if (unit(hashText(s.seed, "sample", row.Source+"\x00"+key)) < share) == s.Invert {
		row.Drop("not drawn")
	}
	return nil
}
