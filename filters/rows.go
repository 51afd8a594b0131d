package filters

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"winnow/datasets"
)

// columnSet knows where the extra columns of a row stand.
type columnSet struct {
	names []string
	kinds []Kind
}

func (c *columnSet) index(name string) int {
	for i, n := range c.names {
		if n == name {
			return i
		}
	}
	return -1
}

// arena hands out copies of short texts from large blocks, all forgotten at once.
type arena struct {
	blocks [][]byte
	active int
}

const arenaBlock = 1 << 20

func (a *arena) copy(b []byte) []byte {
	if len(b) > arenaBlock/4 {
		return append([]byte(nil), b...)
	}
	for {
		if a.active == len(a.blocks) {
			a.blocks = append(a.blocks, make([]byte, 0, arenaBlock))
		}
		block := a.blocks[a.active]
		if len(block)+len(b) <= cap(block) {
			start := len(block)
			block = append(block, b...)
			a.blocks[a.active] = block
			return block[start:len(block):len(block)]
		}
		a.active++
	}
}

func (a *arena) reset() {
	for i := range a.blocks {
		a.blocks[i] = a.blocks[i][:0]
	}
	a.active = 0
}

// Rows walks the rows of batches. It belongs to one worker.
type Rows struct {
	schema  *arrow.Schema
	columns *columnSet
	scratch arena
	row     Row
	pool    []*Row
	record  arrow.Record
}

// OutputSchema returns the schema of rows of schema after steps have added columns. A column that is there already keeps its place; its type must agree.
func OutputSchema(schema *arrow.Schema, added []Column) (*arrow.Schema, error) {
	fields := append([]arrow.Field(nil), schema.Fields()...)
	for _, c := range added {
		t := c.Kind.arrowType()
		if i := schema.FieldIndices(c.Name); len(i) > 0 {
			if fields[i[0]].Type.ID() != t.ID() {
				return nil, fmt.Errorf("column %q comes with the rows as %s, and a step sets it as %s: rename it with the source's `map`", c.Name, fields[i[0]].Type, t)
			}
			continue
		}
		dup := false
		for _, f := range fields[len(schema.Fields()):] {
			if f.Name == c.Name {
				if f.Type.ID() != t.ID() {
					return nil, fmt.Errorf("two steps set the column %q with different types, %s and %s", c.Name, f.Type, t)
				}
				dup = true
			}
		}
		if !dup {
			fields = append(fields, arrow.Field{Name: c.Name, Type: t, Nullable: true})
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

func (k Kind) arrowType() arrow.DataType {
	switch k {
	case Int:
		return arrow.PrimitiveTypes.Int64
	case Float:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	}
	return arrow.BinaryTypes.String
}

// NewRows returns a walker for batches; out is the schema of the rows as they leave (OutputSchema), which holds the extra columns of the input too.
func NewRows(out *arrow.Schema) *Rows {
	c := &columnSet{}
	for _, f := range out.Fields() {
		if datasets.IsContent(f.Name) {
			continue
		}
		c.names = append(c.names, f.Name)
		k := String
		switch f.Type.ID() {
		case arrow.INT64:
			k = Int
		case arrow.FLOAT64:
			k = Float
		case arrow.BOOL:
			k = Bool
		}
		c.kinds = append(c.kinds, k)
	}
	r := &Rows{schema: out, columns: c}
	r.row.columns, r.row.scratch, r.row.pool = c, &r.scratch, &r.pool
	return r
}

// Load points the walker at a batch. Rows of the batch before are gone.
func (rs *Rows) Load(b datasets.Batch) {
	rs.record = b.Record
	rs.scratch.reset()
}

// At returns row i of the batch, fresh from the input. It is valid until the next At or Load.
func (rs *Rows) At(b datasets.Batch, i int) *Row {
	r := &rs.row
	rs.pool = append(rs.pool, r.copies...)
	r.copies = r.copies[:0]
	r.reset()
	r.Ref = b.Refs[i]
	r.pieces = r.pieces[:0]
	for j := range r.values {
		r.values[j] = Value{}
	}
	for len(r.values) < len(rs.columns.names) {
		r.values = append(r.values, Value{})
	}
	r.Shape = datasets.Text
	rec := b.Record
	for j, f := range rec.Schema().Fields() {
		col := rec.Column(j)
		if col.IsNull(i) {
			continue
		}
		switch f.Name {
		case datasets.ColID:
			r.ID = col.(*array.String).Value(i)
		case datasets.ColSource:
			r.Source = col.(*array.String).Value(i)
		case datasets.ColText:
			r.addPiece(f.Name, "text", col, i)
		case datasets.ColLabel:
			r.Shape = datasets.Labelled
			r.addPiece(f.Name, "label", col, i)
		case datasets.ColSourceText:
			r.Shape = datasets.Pair
			r.addPiece(f.Name, "source", col, i)
		case datasets.ColTargetText:
			r.Shape = datasets.Pair
			r.addPiece(f.Name, "target", col, i)
		case datasets.ColMessages:
			r.Shape = datasets.Messages
			r.addMessages(f.Name, col.(*array.List), i)
		case datasets.ColChosen, datasets.ColRejected:
			r.Shape = datasets.Preference
			r.addMessages(f.Name, col.(*array.List), i)
		default:
			if k := rs.columns.index(f.Name); k >= 0 {
				r.values[k] = valueAt(col, i)
			}
		}
	}
	return r
}

func (r *Row) reset() {
	r.drop, r.current, r.joinedOK, r.docOK = "", -1, false, false
	r.ID, r.Source = "", ""
	r.events.Scores, r.events.Flags, r.events.Edited = r.events.Scores[:0], r.events.Flags[:0], false
}

func (r *Row) addPiece(column, role string, col arrow.Array, i int) {
	r.pieces = append(r.pieces, Piece{column, role, unsafeBytes(col.(*array.String).Value(i))})
}

func (r *Row) addMessages(column string, col *array.List, i int) {
	start, end := col.ValueOffsets(i)
	s := col.ListValues().(*array.Struct)
	roles, contents := s.Field(0).(*array.String), s.Field(1).(*array.String)
	for k := int(start); k < int(end); k++ {
		r.pieces = append(r.pieces, Piece{column, roles.Value(k), unsafeBytes(contents.Value(k))})
	}
}

func valueAt(col arrow.Array, i int) Value {
	switch c := col.(type) {
	case *array.String:
		return Value{Kind: String, Text: c.Value(i)}
	case *array.Int64:
		return Value{Kind: Int, Whole: c.Value(i)}
	case *array.Float64:
		return Value{Kind: Float, Number: c.Value(i)}
	case *array.Boolean:
		v := Value{Kind: Bool}
		if c.Value(i) {
			v.Number = 1
		}
		return v
	}
	return Value{}
}

// newCopy takes a Row from the pool.
func (r *Row) newCopy() *Row {
	p := r.pool
	if n := len(*p); n > 0 {
		c := (*p)[n-1]
		*p = (*p)[:n-1]
		c.reset()
		c.copies = c.copies[:0]
		return c
	}
	return &Row{}
}

// ColumnsOf lists the columns of a schema that steps may name: the extra columns, and source, id, label and text as strings.
func ColumnsOf(schema *arrow.Schema) []Column {
	var out []Column
	for _, f := range schema.Fields() {
		switch f.Type.ID() {
		case arrow.STRING:
			out = append(out, Column{f.Name, String})
		case arrow.INT64:
			out = append(out, Column{f.Name, Int})
		case arrow.FLOAT64:
			out = append(out, Column{f.Name, Float})
		case arrow.BOOL:
			out = append(out, Column{f.Name, Bool})
		}
	}
	return out
}
