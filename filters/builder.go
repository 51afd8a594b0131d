package filters

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"winnow/datasets"
)

// unsafeBytes views a string's bytes. Rows hand them out as read-only texts.
func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Columns of dropped rows.
const (
	ColDroppedBy  = "dropped_by"
	ColDropReason = "drop_reason"
)

// Builder collects rows into a batch of the given schema. It copies what it is given.
type Builder struct {
	schema *arrow.Schema
	rb     *array.RecordBuilder
	refs   []datasets.Ref
	bytes  int64
}

// NewBuilder returns an empty Builder.
func NewBuilder(schema *arrow.Schema) *Builder {
	return &Builder{schema: schema, rb: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
}

// Len returns the number of rows collected.
func (b *Builder) Len() int { return len(b.refs) }

// Bytes returns the bytes of text collected.
func (b *Builder) Bytes() int64 { return b.bytes }

// Append copies a row.
func (b *Builder) Append(r *Row) { b.append(r, Value{}, Value{}) }

// AppendDropped copies a row with the label of the step that dropped it and the reason, into the columns dropped_by and drop_reason of the schema.
func (b *Builder) AppendDropped(r *Row, by, reason string) {
	b.append(r, Value{Kind: String, Text: by}, Value{Kind: String, Text: reason})
}

func (b *Builder) append(r *Row, by, reason Value) {
	b.refs = append(b.refs, r.Ref)
	for j, f := range b.schema.Fields() {
		field := b.rb.Field(j)
		switch f.Name {
		case datasets.ColID:
			field.(*array.StringBuilder).Append(r.ID)
		case datasets.ColSource:
			field.(*array.StringBuilder).Append(r.Source)
		case datasets.ColMessages, datasets.ColChosen, datasets.ColRejected:
			b.appendMessages(field.(*array.ListBuilder), r, f.Name)
		case datasets.ColText, datasets.ColLabel, datasets.ColSourceText, datasets.ColTargetText:
			b.appendPiece(field.(*array.StringBuilder), r, f.Name)
		case ColDroppedBy:
			appendValue(field, by)
		case ColDropReason:
			appendValue(field, reason)
		default:
			appendValue(field, r.Value(f.Name))
		}
	}
}

func (b *Builder) appendPiece(field *array.StringBuilder, r *Row, column string) {
	for i := range r.pieces {
		if p := &r.pieces[i]; p.Column == column {
			field.BinaryBuilder.Append(p.Text)
			b.bytes += int64(len(p.Text))
			return
		}
	}
	field.AppendNull()
}

func (b *Builder) appendMessages(field *array.ListBuilder, r *Row, column string) {
	open := false
	s := field.ValueBuilder().(*array.StructBuilder)
	for i := range r.pieces {
		p := &r.pieces[i]
		if p.Column != column {
			continue
		}
		if !open {
			field.Append(true)
			open = true
		}
		s.Append(true)
		s.FieldBuilder(0).(*array.StringBuilder).Append(p.Role)
		s.FieldBuilder(1).(*array.StringBuilder).BinaryBuilder.Append(p.Text)
		b.bytes += int64(len(p.Text))
	}
	if !open {
		field.AppendNull()
	}
}

func appendValue(field array.Builder, v Value) {
	switch f := field.(type) {
	case *array.StringBuilder:
		if v.Kind == Null {
			f.AppendNull()
		} else {
			f.Append(v.String())
		}
	case *array.Int64Builder:
		if v.Kind != Int {
			f.AppendNull()
		} else {
			f.Append(v.Whole)
		}
	case *array.Float64Builder:
		if x, ok := v.Float(); ok {
			f.Append(x)
		} else {
			f.AppendNull()
		}
	case *array.BooleanBuilder:
		if v.Kind != Bool {
			f.AppendNull()
		} else {
			f.Append(v.Number != 0)
		}
	}
}

// Flush returns what was collected as a batch and starts anew.
func (b *Builder) Flush() datasets.Batch {
	out := datasets.Batch{Record: b.rb.NewRecord(), Refs: append([]datasets.Ref(nil), b.refs...)}
	b.refs, b.bytes = b.refs[:0], 0
	return out
}
