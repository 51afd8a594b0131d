package datasets

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go"
)

// orderedGroup is a group whose fields keep their order: parquet.Group is a map and sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g *orderedGroup) Fields() []parquet.Field { return g.fields }

type namedField struct {
	parquet.Node
	name string
}

func (f *namedField) Name() string { return f.name }

// Value is needed by the interface; values are written column by column and never come from a Go struct.
func (f *namedField) Value(base reflect.Value) reflect.Value { return base.FieldByName(f.name) }

func newGroup(fields ...*namedField) *orderedGroup {
	g := &orderedGroup{Group: parquet.Group{}}
	for _, f := range fields {
		g.Group[f.name] = f.Node
		g.fields = append(g.fields, f)
	}
	return g
}

// parquetNode returns the schema of a file for an Arrow schema. Every column is optional; source, lang and split are written with a dictionary.
func parquetNode(schema *arrow.Schema) (parquet.Node, error) {
	var fields []*namedField
	for _, f := range schema.Fields() {
		var n parquet.Node
		switch f.Type.ID() {
		case arrow.STRING:
			n = parquet.String()
			if f.Name == ColSource || f.Name == ColLang || f.Name == ColSplit {
				n = parquet.Encoded(n, &parquet.RLEDictionary)
			}
		case arrow.INT64:
			n = parquet.Int(64)
		case arrow.UINT64:
			n = parquet.Uint(64)
		case arrow.FLOAT64:
			n = parquet.Leaf(parquet.DoubleType)
		case arrow.BOOL:
			n = parquet.Leaf(parquet.BooleanType)
		case arrow.LIST:
			if !arrow.TypeEqual(f.Type, MessageType) {
				return nil, fmt.Errorf("column %q of type %s cannot be written", f.Name, f.Type)
			}
			n = parquet.List(parquet.Optional(newGroup(&namedField{parquet.Optional(parquet.String()), "role"}, &namedField{parquet.Optional(parquet.String()), "content"})))
		default:
			return nil, fmt.Errorf("column %q of type %s cannot be written", f.Name, f.Type)
		}
		fields = append(fields, &namedField{parquet.Optional(n), f.Name})
	}
	return newGroup(fields...), nil
}

// stringBytes views a string's bytes; they are only read.
func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
