package filters

import (
	"github.com/apache/arrow/go/v17/arrow/array"

	"winnow/datasets"
)

// Apply runs one step on a row by the step's unit and returns what the step said. The events are valid until the next Apply on the row.
func Apply(s Step, unit Unit, r *Row) (Events, error) {
	r.events.Scores, r.events.Flags, r.events.Edited = r.events.Scores[:0], r.events.Flags[:0], false
	if unit == Whole {
		r.setCurrent(-1)
		err := s.Apply(r)
		return r.events, err
	}
	for i := range r.pieces {
		r.setCurrent(i)
		if err := s.Apply(r); err != nil {
			return r.events, err
		}
		if r.drop != "" {
			break
		}
	}
	return r.events, nil
}

// setCurrent chooses what Text means. What is known of the text stays when it is the same text.
func (r *Row) setCurrent(i int) {
	if i == r.current || len(r.pieces) == 1 && max(i, 0) == max(r.current, 0) {
		r.current = i
		return
	}
	r.current = i
	r.docOK = false
}

// Copies returns the copies that steps made of the row, in order, and forgets them; each goes on with the steps that follow.
func (r *Row) Copies() []*Row {
	out := r.copies
	return out
}

// Look makes Text mean the whole row, as surveys see it.
func Look(r *Row) { r.setCurrent(-1) }

// ApplyText runs a prepared step on one text and returns what is left of it and the reason of a drop. params is the step's parameters, asked for its Columns.
func ApplyText(s Step, unit Unit, params any, in string) (out, dropped string, err error) {
	b := NewBuilder(textSchema)
	b.rb.Field(0).(*array.StringBuilder).Append("row")
	b.rb.Field(1).(*array.StringBuilder).Append("text")
	b.rb.Field(2).(*array.StringBuilder).Append(in)
	b.refs = append(b.refs, 0)
	batch := b.Flush()
	defer batch.Release()
	schema := textSchema
	if c, ok := params.(Columner); ok {
		if schema, err = OutputSchema(textSchema, c.Columns()); err != nil {
			return "", "", err
		}
	}
	rows := NewRows(schema)
	rows.Load(batch)
	row := rows.At(batch, 0)
	if _, err := Apply(s, unit, row); err != nil {
		return "", "", err
	}
	return string(row.pieces[0].Text), row.drop, nil
}

var textSchema, _ = datasets.NewSchema([]datasets.Shape{datasets.Text}, nil)
