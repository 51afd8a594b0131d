package filtertest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"winnow/datasets"
	"winnow/filters"
)

// Record is one row as a test writes it down. Messages are lines of "role: content" and make it a row of shape messages.
type Record struct {
	ID, Source, Text string
	Messages         []string
	Values           map[string]any // string, int64, float64, bool
}

// Fate is what became of a row.
type Fate struct {
	ID     string
	Text   string // all pieces, joined by a blank line
	Reason string // of the drop
	Row    datasets.Ref
	Values map[string]any
}

// Outcome is what a survey and the step that it ended in made of a set.
type Outcome struct {
	Rows     []Fate // in order; copies stand after their row
	Findings any
	Warnings []string
}

// Reasons returns the reasons of the dropped rows by id.
func (o Outcome) Reasons() map[string]string {
	out := map[string]string{}
	for _, r := range o.Rows {
		if r.Reason != "" {
			out[r.ID] = r.Reason
		}
	}
	return out
}

// Set is a set of rows cut into shards.
type Set struct {
	schema  *arrow.Schema
	batches []datasets.Batch
}

// NewSet lays records out with the given extra columns, cut into shards of equal size.
func NewSet(t testing.TB, columns []filters.Column, shards int, records []Record) *Set {
	t.Helper()
	kinds := map[filters.Kind]arrow.DataType{filters.String: arrow.BinaryTypes.String, filters.Int: arrow.PrimitiveTypes.Int64,
		filters.Float: arrow.PrimitiveTypes.Float64, filters.Bool: arrow.FixedWidthTypes.Boolean}
	var extra []arrow.Field
	for _, c := range columns {
		extra = append(extra, arrow.Field{Name: c.Name, Type: kinds[c.Kind], Nullable: true})
	}
	shapes := []datasets.Shape{datasets.Text}
	for _, r := range records {
		if r.Messages != nil {
			shapes = append(shapes, datasets.Messages)
			break
		}
	}
	schema, err := datasets.NewSchema(shapes, extra)
	if err != nil {
		t.Fatal(err)
	}
	s := &Set{schema: schema}
	for shard := range shards {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		var refs []datasets.Ref
		lo, hi := shard*len(records)/shards, (shard+1)*len(records)/shards
		for i := lo; i < hi; i++ {
			for j, f := range schema.Fields() {
				appendField(b.Field(j), f.Name, records[i])
			}
			// Positions count through the whole set, so that refs sort like the records for any number of shards.
			refs = append(refs, datasets.NewRef(shard, int64(i), 0))
		}
		s.batches = append(s.batches, datasets.Batch{Record: b.NewRecord(), Refs: refs})
		b.Release()
	}
	return s
}

func appendField(b array.Builder, name string, r Record) {
	switch name {
	case datasets.ColID:
		b.(*array.StringBuilder).Append(r.ID)
		return
	case datasets.ColSource:
		b.(*array.StringBuilder).Append(r.Source)
		return
	case datasets.ColText:
		if r.Messages == nil {
			b.(*array.StringBuilder).Append(r.Text)
			return
		}
	case datasets.ColMessages:
		if r.Messages != nil {
			list := b.(*array.ListBuilder)
			list.Append(true)
			s := list.ValueBuilder().(*array.StructBuilder)
			for _, m := range r.Messages {
				role, content, _ := strings.Cut(m, ": ")
				s.Append(true)
				s.FieldBuilder(0).(*array.StringBuilder).Append(role)
				s.FieldBuilder(1).(*array.StringBuilder).Append(content)
			}
			return
		}
	}
	switch v := r.Values[name].(type) {
	case string:
		b.(*array.StringBuilder).Append(v)
	case int64:
		b.(*array.Int64Builder).Append(v)
	case float64:
		b.(*array.Float64Builder).Append(v)
	case bool:
		b.(*array.BooleanBuilder).Append(v)
	default:
		b.AppendNull()
	}
}

// each visits the rows of one shard as surveys see them.
func (s *Set) each(schema *arrow.Schema, shard int, visit func(*filters.Row)) {
	rows := filters.NewRows(schema)
	b := s.batches[shard]
	rows.Load(b)
	for i := range b.Refs {
		row := rows.At(b, i)
		filters.Look(row)
		visit(row)
	}
}

// Survey prepares a step or survey, runs a survey over a set, round after round, and applies the step, or what the survey concludes, to every row.
func Survey(t testing.TB, params any, unit filters.Unit, env filters.Env, set *Set) Outcome {
	t.Helper()
	schema := set.schema
	if c, ok := params.(filters.ColumnUser); ok {
		if err := c.UseColumns(filters.ColumnsOf(set.schema)); err != nil {
			t.Fatal(err)
		}
	}
	if p, ok := params.(filters.Preparer); ok {
		if err := p.Prepare(context.Background(), env); err != nil {
			t.Fatal(err)
		}
	}
	if c, ok := params.(filters.Columner); ok {
		var err error
		if schema, err = filters.OutputSchema(schema, c.Columns()); err != nil {
			t.Fatal(err)
		}
	}
	var out Outcome
	next := params
	for round := 0; next != nil; round++ {
		if round > 8 {
			t.Fatal("the survey does not end")
		}
		var c filters.Conclusion
		var err error
		switch s := next.(type) {
		case filters.Tally:
			c, err = set.tally(t, s)
		case filters.Keyed:
			c, err = set.keyed(s)
		case filters.Step:
			set.apply(t, s, unit, schema, &out)
			return out
		default:
			t.Fatalf("%T is neither step nor survey", next)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Findings != nil {
			out.Findings = c.Findings
		}
		out.Warnings = append(out.Warnings, c.Warnings...)
		next = c.Next
	}
	set.apply(t, nil, unit, schema, &out)
	return out
}

func (s *Set) tally(t testing.TB, survey filters.Tally) (filters.Conclusion, error) {
	t.Helper()
	total := survey.NewTally()
	for shard := range s.batches {
		tally := survey.NewTally()
		s.each(s.schema, shard, func(row *filters.Row) { survey.Observe(row, tally) })
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(tally); err != nil {
			t.Fatal(err)
		}
		back := survey.NewTally()
		if err := gob.NewDecoder(&b).Decode(back); err != nil {
			t.Fatal(err)
		}
		survey.Merge(total, back)
	}
	return survey.Conclude(total)
}

func (s *Set) keyed(survey filters.Keyed) (filters.Conclusion, error) {
	var notes, grouped []filters.Note
	for shard := range s.batches {
		s.each(s.schema, shard, func(row *filters.Row) {
			survey.Emit(row, func(key uint64, value []byte) {
				notes = append(notes, filters.Note{Key: key, Row: row.Ref, Value: bytes.Clone(value)})
			})
		})
	}
	slices.SortStableFunc(notes, compareNotes)
	for lo := 0; lo < len(notes); {
		hi := lo
		for hi < len(notes) && notes[hi].Key == notes[lo].Key {
			hi++
		}
		err := survey.Group(notes[lo].Key, notes[lo:hi], func(n filters.Note) {
			n.Value = bytes.Clone(n.Value)
			grouped = append(grouped, n)
		})
		if err != nil {
			return filters.Conclusion{}, err
		}
		lo = hi
	}
	slices.SortStableFunc(grouped, compareNotes)
	var all iter.Seq2[filters.Note, error] = func(yield func(filters.Note, error) bool) {
		for _, n := range grouped {
			if !yield(n, nil) {
				return
			}
		}
	}
	return survey.Conclude(all)
}

func compareNotes(a, b filters.Note) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Row, b.Row), bytes.Compare(a.Value, b.Value))
}

func (s *Set) apply(t testing.TB, step filters.Step, unit filters.Unit, schema *arrow.Schema, out *Outcome) {
	t.Helper()
	if f, ok := step.(filters.Forker); ok {
		step = f.Fork()
	}
	var names []string
	for _, c := range filters.ColumnsOf(schema) {
		if !datasets.IsContent(c.Name) {
			names = append(names, c.Name)
		}
	}
	for shard := range s.batches {
		s.each(schema, shard, func(row *filters.Row) {
			if step != nil {
				if _, err := filters.Apply(step, unit, row); err != nil {
					t.Fatal(err)
				}
			}
			for _, r := range append([]*filters.Row{row}, row.Copies()...) {
				f := Fate{ID: r.ID, Reason: r.Dropped(), Row: r.Ref, Values: map[string]any{}}
				for i, p := range r.Pieces() {
					if i > 0 {
						f.Text += "\n\n"
					}
					f.Text += string(p.Text)
				}
				for _, n := range names {
					f.Values[n] = r.Value(n).Any()
				}
				out.Rows = append(out.Rows, f)
			}
		})
	}
}
