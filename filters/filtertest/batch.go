package filtertest

import (
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"winnow/datasets"
	"winnow/filters"
)

// Result is what a step made of one row.
type Result struct {
	Text   string
	Reason string // of the drop; "" for a row that stays
	Scores map[string]float64
	Flags  []filters.FlagEvent
}

// RunAll prepares a step and runs it over texts, each a row of shape text.
func RunAll(t testing.TB, step filters.Step, unit filters.Unit, texts ...string) []Result {
	t.Helper()
	results := make([]Result, len(texts))
	each(t, step, unit, texts)(func(i int, row *filters.Row, events filters.Events, added []filters.Column) {
		r := Result{Text: string(row.Pieces()[0].Text), Reason: row.Dropped(), Flags: append([]filters.FlagEvent(nil), events.Flags...)}
		for _, c := range added {
			if x, ok := row.Value(c.Name).Float(); ok {
				if r.Scores == nil {
					r.Scores = map[string]float64{}
				}
				r.Scores[c.Name] = x
			}
		}
		results[i] = r
	})
	return results
}

// Loop prepares a step and returns a function that runs it over the texts once: the body of a benchmark.
func Loop(t testing.TB, step filters.Step, unit filters.Unit, texts []string) func() {
	t.Helper()
	run := each(t, step, unit, texts)
	return func() { run(func(int, *filters.Row, filters.Events, []filters.Column) {}) }
}

func each(t testing.TB, step filters.Step, unit filters.Unit, texts []string) func(visit func(int, *filters.Row, filters.Events, []filters.Column)) {
	t.Helper()
	if p, ok := step.(filters.Preparer); ok {
		if err := p.Prepare(t.Context(), &Env{}); err != nil {
			t.Fatal(err)
		}
	}
	if f, ok := step.(filters.Forker); ok {
		step = f.Fork()
	}
	schema, err := datasets.NewSchema([]datasets.Shape{datasets.Text}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, s := range texts {
		for j, f := range schema.Fields() {
			column := b.Field(j).(*array.StringBuilder)
			switch f.Name {
			case datasets.ColText:
				column.Append(s)
			case datasets.ColID:
				column.Append(strconv.Itoa(i))
			default:
				column.Append("test")
			}
		}
	}
	var added []filters.Column
	if c, ok := step.(filters.Columner); ok {
		added = c.Columns()
	}
	out, err := filters.OutputSchema(schema, added)
	if err != nil {
		t.Fatal(err)
	}
	batch := datasets.Batch{Record: b.NewRecord(), Refs: make([]datasets.Ref, len(texts))}
	for i := range batch.Refs {
		batch.Refs[i] = datasets.NewRef(0, int64(i), 0)
	}
	rows := filters.NewRows(out)
	return func(visit func(int, *filters.Row, filters.Events, []filters.Column)) {
		rows.Load(batch)
		for i := range texts {
			row := rows.At(batch, i)
			events, err := filters.Apply(step, unit, row)
			if err != nil {
				t.Fatal(err)
			}
			visit(i, row, events, added)
		}
	}
}
