// Package filters holds the steps of a recipe. A step looks at one row and edits it, scores it, or drops it with a reason; a survey must see the
// whole set before it can act. Each step lives in one file of a subfolder named after its subject (clean, language, quality, dedup, privacy, harm,
// bias, mix), with its parameters, its documentation and its registration. Start with row.go (what a step may say about a row), this file (what a
// step is) and survey.go (what a survey is).
package filters

import (
	"context"
	"fmt"
	"iter"
	"sort"

	"winnow/internal/spec"
)

// Step is one named stage of a recipe, seen from a row. Apply is called by several workers at once, so a step is read-only after Prepare; one that needs
// scratch memory implements Forker. An error from Apply stops the run: it is for broken promises, not for bad rows, which are dropped with a reason.
type Step interface {
	Apply(row *Row) error
}

// Forker is implemented by steps that keep scratch memory. The runner calls Fork once a worker and uses the result in that worker alone.
type Forker interface {
	Fork() Step
}

// Preparer is implemented by steps and surveys that read files or derive tables from their parameters. Prepare is called once, before any row, and
// returns errors that say which parameter to change.
type Preparer interface {
	Prepare(ctx context.Context, env Env) error
}

// Column is a column that a step adds to every row.
type Column struct {
	Name string
	Kind Kind
}

// Columner is implemented by every step or survey that scores rows or sets values: the columns are known before the first row is read. A survey's
// columns are those that its conclusion sets.
type Columner interface {
	Columns() []Column
}

// Threshold is a limit that a score is held against; the report draws it into the score's histogram.
type Threshold struct {
	Score string  // name of the score
	Lang  string  // language it holds for; empty for all
	Limit float64 // the value
	Keep  string  // "above": rows with score >= Limit stay; "below": rows with score <= Limit stay
}

// Thresholder is implemented by steps that compare scores with limits.
type Thresholder interface {
	Thresholds() []Threshold
}

// Unit says what one call of Apply looks at.
type Unit int

const (
	// Whole: Apply is called once a row; Text is all pieces joined by a blank line, and SetText is allowed only on rows of one piece (use SetPiece).
	Whole Unit = iota
	// Each: Apply is called once for every piece of text (each message, each side of a pair), with its Role. A drop falls on the row and ends it; of
	// several scores of the same name the largest stays.
	Each
)

// Env is what a step may know of the world outside its row.
type Env interface {
	Seed() uint64
	// Languages lists the recipe's languages as ISO 639-1 codes; never empty.
	Languages() []string
	// Resolve makes a path of the recipe absolute; relative paths start at the recipe's folder.
	Resolve(path string) string
	// ReadFile reads a file named in the recipe whole (decompressed when it ends in .gz or .zst) and adds its digest to the run's inputs.
	ReadFile(path string) ([]byte, error)
	// Rows reads every row of the files that match a pattern, in any readable format, and adds their digests to the run's inputs. A row is valid until the next.
	Rows(ctx context.Context, pattern string) iter.Seq2[*Row, error]
	// Warn adds a message to the run's warnings, shown at the end and in the report.
	Warn(format string, args ...any)
}

// Registration is a step or survey as a recipe can name it. Exactly one of Step and Survey behaviour is found on what Spec.New returns: Step, Tally or Keyed.
type Registration struct {
	spec.Spec
	Unit Unit
}

var registry = map[string]*Registration{}

// Register makes a step known to recipes. It is called from init functions and panics on a name that is taken or a type that is neither step nor survey.
func Register(r Registration) {
	if registry[r.Name] != nil {
		panic(fmt.Sprintf("step %q is registered twice", r.Name))
	}
	switch r.New().(type) {
	case Step, Tally, Keyed:
	default:
		panic(fmt.Sprintf("step %q: %T has none of Apply (Step), Observe (Tally), Emit (Keyed)", r.Name, r.New()))
	}
	registry[r.Name] = &r
}

// Lookup returns the registration of a step by name, or nil.
func Lookup(name string) *Registration { return registry[name] }

// All lists the registered steps by group, then name.
func All() []*Registration {
	out := make([]*Registration, 0, len(registry))
	for _, r := range registry {
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Group != out[j].Group {
			return out[i].Group < out[j].Group
		}
		return out[i].Name < out[j].Name
	})
	return out
}

// ColumnUser is implemented by steps that name columns in their parameters. UseColumns is called before Prepare with the columns that rows have when they
// reach the step, and returns an error that names a column which is not there.
type ColumnUser interface {
	UseColumns(columns []Column) error
}

// Grouper is a step that writes into a column which group of people a row speaks of. The ledger counts, for every step after it, what share of each group is dropped.
type Grouper interface {
	GroupColumn() string
}
