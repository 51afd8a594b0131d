// Package filtertest runs steps over single texts in tests, and the cases that a step's documentation shows. Start with Cases.
package filtertest

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"winnow/datasets"
	"winnow/filters"
)

// Env is a recipe's surroundings for tests: seed 1, English and Chinese, paths as they are, no rows. Warnings keeps what was warned of.
type Env struct {
	Langs    []string
	Warnings []string
}

// Seed returns 1.
func (*Env) Seed() uint64 { return 1 }

// Languages returns Langs, or English and Chinese.
func (e *Env) Languages() []string {
	if len(e.Langs) > 0 {
		return e.Langs
	}
	return []string{"en", "zh"}
}

// Resolve returns the path itself.
func (*Env) Resolve(path string) string { return path }

// ReadFile reads a file as it is.
func (*Env) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

// Rows yields nothing.
func (*Env) Rows(context.Context, string) iter.Seq2[*filters.Row, error] {
	return func(func(*filters.Row, error) bool) {}
}

// Warn keeps the message.
func (e *Env) Warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

// Row returns a row of shape text with string columns, as the first row of its own batch. It panics on columns that rows cannot have.
func Row(text string, extra map[string]string) *filters.Row { return row(text, extra, nil) }

func row(text string, extra map[string]string, added []filters.Column) *filters.Row {
	var fields []arrow.Field
	names := make([]string, 0, len(extra))
	for name := range extra {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if name != datasets.ColID && name != datasets.ColSource {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true})
		}
	}
	schema, err := datasets.NewSchema([]datasets.Shape{datasets.Text}, fields)
	if err != nil {
		panic(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, f := range schema.Fields() {
		value, given := extra[f.Name]
		switch {
		case f.Name == datasets.ColText:
			value = text
		case !given && f.Name == datasets.ColID:
			value = "1"
		case !given:
			value = "test"
		}
		b.Field(i).(*array.StringBuilder).Append(value)
	}
	out, err := filters.OutputSchema(schema, added)
	if err != nil {
		panic(err)
	}
	batch := datasets.Batch{Record: b.NewRecord(), Refs: []datasets.Ref{datasets.NewRef(0, 0, 0)}}
	rows := filters.NewRows(out)
	rows.Load(batch)
	return rows.At(batch, 0)
}

// Prepare makes a step ready as a run would, without rows: it sees the columns of a text row, then its Env, and is forked once.
func Prepare(t testing.TB, step any) filters.Step {
	t.Helper()
	if u, ok := step.(filters.ColumnUser); ok {
		schema, err := datasets.NewSchema([]datasets.Shape{datasets.Text}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := u.UseColumns(filters.ColumnsOf(schema)); err != nil {
			t.Fatal(err)
		}
	}
	if p, ok := step.(filters.Preparer); ok {
		if err := p.Prepare(t.Context(), &Env{}); err != nil {
			t.Fatal(err)
		}
	}
	s, ok := step.(filters.Step)
	if !ok {
		t.Fatalf("%T is not a step", step)
	}
	if f, ok := step.(filters.Forker); ok {
		s = f.Fork()
	}
	return s
}

// Apply makes a step ready and applies it to one text. It returns the text after the step, the reason of a drop, and the row with the columns that the step set.
func Apply(t testing.TB, step any, unit filters.Unit, text string) (out, dropReason string, r *filters.Row) {
	t.Helper()
	return Run(t, step, Prepare(t, step), unit, text)
}

// Run applies a step that is ready to one text. params is asked for the columns that the step sets.
func Run(t testing.TB, params any, step filters.Step, unit filters.Unit, text string) (out, dropReason string, r *filters.Row) {
	t.Helper()
	var added []filters.Column
	if c, ok := params.(filters.Columner); ok {
		added = c.Columns()
	}
	r = row(text, nil, added)
	if _, err := filters.Apply(step, unit, r); err != nil {
		t.Fatalf("on %q: %v", text, err)
	}
	return string(r.Pieces()[0].Text), r.Dropped(), r
}
