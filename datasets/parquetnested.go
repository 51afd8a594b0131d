package datasets

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// parquetNodeReader is a node of a file's schema that can read the value of a row: a plain cell, or for lists, maps and structs their JSON, assembled
// from the leaves' repetition and definition levels (Melnik et al. 2010, "Dremel").
type parquetNodeReader struct {
	name     string
	optional bool
	repeated bool
	rep, def int // levels at which the node itself repeats and is there
	children []*parquetNodeReader
	leaf     *leafReader
	convert  leafConverter
	physical format.Type
	list     bool // annotated as a list
	mapped   bool // annotated as a map
}

// parquetTree returns the top-level columns of a file.
func parquetTree(f *parquet.File) []*parquetNodeReader {
	b := &treeBuilder{elements: f.Metadata().Schema}
	root := b.node(0, 0)
	return root.children
}

// treeBuilder walks the schema's elements, which are listed depth first.
type treeBuilder struct {
	elements []format.SchemaElement
	next     int
	leaves   int
}

func (b *treeBuilder) node(rep, def int) *parquetNodeReader {
	e := &b.elements[b.next]
	root := b.next == 0
	b.next++
	n := &parquetNodeReader{name: e.Name}
	if e.RepetitionType.Valid && !root {
		switch e.RepetitionType.V {
		case format.Optional:
			n.optional = true
			def++
		case format.Repeated:
			n.repeated = true
			def++
			rep++
		}
	}
	n.rep, n.def = rep, def
	if e.Type.Valid {
		n.leaf = &leafReader{index: b.leaves, maxRep: rep, maxDef: def}
		n.convert, n.physical = converterOf(e), e.Type.V
		b.leaves++
		return n
	}
	switch e.LogicalType.Value.(type) {
	case *format.ListType:
		n.list = true
	case *format.MapType:
		n.mapped = true
	}
	if e.ConvertedType.Valid {
		n.list = n.list || e.ConvertedType.V == deprecated.List
		n.mapped = n.mapped || e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue
	}
	for range e.NumChildren.V {
		n.children = append(n.children, b.node(rep, def))
	}
	if _, variant := e.LogicalType.Value.(*format.VariantType); variant {
		n.convert = refused("VARIANT")
	}
	return n
}

func (n *parquetNodeReader) allLeaves(out []*leafReader) []*leafReader {
	if n.leaf != nil {
		return append(out, n.leaf)
	}
	for _, c := range n.children {
		out = c.allLeaves(out)
	}
	return out
}

// flat reports whether the node is a plain value of a row.
func (n *parquetNodeReader) flat() bool { return n.leaf != nil && !n.repeated }

// read returns the node's value in the next row.
func (n *parquetNodeReader) read(arena *[]byte) (cell, error) {
	if n.flat() {
		v, err := n.leaf.peek()
		if err != nil {
			return cell{}, err
		}
		n.leaf.i++
		if v.IsNull() {
			return cell{}, nil
		}
		return n.convert(*v, arena), nil
	}
	if n.leaf == nil && n.convert != nil { // a type that cannot be carried: pass over its values
		return cell{kind: binaryCell, text: []byte("VARIANT")}, n.skipRow()
	}
	for _, l := range n.allLeaves(nil) {
		if _, err := l.peek(); err != nil {
			return cell{}, err
		}
	}
	start := len(*arena)
	binary := false
	out, err := n.json(*arena, 0, &binary)
	if err != nil {
		return cell{}, err
	}
	*arena = out
	text := out[start:len(out):len(out)]
	switch {
	case binary:
		return cell{kind: binaryCell, text: []byte("binary data inside a nested value")}, nil
	case string(text) == "null":
		return cell{}, nil
	}
	return cell{kind: nestedCell, text: text}, nil
}

// skipRow passes over the values of one row in every leaf below.
func (n *parquetNodeReader) skipRow() error {
	for _, l := range n.allLeaves(nil) {
		if _, err := l.peek(); err != nil {
			return err
		}
		for first := true; ; first = false {
			v, err := l.peek()
			if err == io.EOF || err == nil && !first && v.RepetitionLevel() == 0 {
				break
			}
			if err != nil {
				return err
			}
			l.i++
		}
	}
	return nil
}

// first returns the leaf whose levels say whether the node is there.
func (n *parquetNodeReader) first() *leafReader {
	for n.leaf == nil {
		if len(n.children) == 0 {
			return nil
		}
		n = n.children[0]
	}
	return n.leaf
}

// take passes over one value in every leaf below: those of an absent node.
func (n *parquetNodeReader) take() error {
	for _, l := range n.allLeaves(nil) {
		if _, err := l.peek(); err != nil {
			return err
		}
		l.i++
	}
	return nil
}

// json appends the JSON of the instance of n that the leaves stand at. rep is the repetition level of the enclosing list.
func (n *parquetNodeReader) json(b []byte, rep int, binary *bool) ([]byte, error) {
	first := n.first()
	if first == nil {
		return append(b, "{}"...), nil
	}
	v, err := first.peek()
	if err != nil {
		return b, err
	}
	if v.DefinitionLevel() < n.def {
		if n.repeated {
			return append(b, "[]"...), n.take()
		}
		return append(b, "null"...), n.take()
	}
	if !n.repeated {
		return n.instance(b, rep, binary)
	}
	b = append(b, '[')
	for k := 0; ; k++ {
		if k > 0 {
			v, err := first.peek()
			if err == io.EOF || err == nil && v.RepetitionLevel() < n.rep {
				break
			}
			if err != nil {
				return b, err
			}
			b = append(b, ',')
		}
		if b, err = n.instance(b, n.rep, binary); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// instance appends one present value of n: a plain value, the elements of a list, or an object.
func (n *parquetNodeReader) instance(b []byte, rep int, binary *bool) ([]byte, error) {
	if n.leaf != nil {
		v, err := n.leaf.peek()
		if err != nil {
			return b, err
		}
		n.leaf.i++
		if v.IsNull() {
			return append(b, "null"...), nil
		}
		var arena []byte
		c := n.convert(*v, &arena)
		if c.kind == binaryCell {
			*binary = true
			return append(b, "null"...), nil
		}
		if len(b)+len(c.text) > maxRowBytes {
			return b, fmt.Errorf("a nested value is larger than %d MiB", maxRowBytes>>20)
		}
		return appendJSON(b, c), nil
	}
	if (n.list || n.mapped) && len(n.children) == 1 && n.children[0].repeated {
		return n.children[0].elements(b, rep, n.list || len(n.children[0].children) == 1, n.name, binary)
	}
	b = append(b, '{')
	for i, c := range n.children {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, []byte(c.name))
		b = append(b, ':')
		var err error
		if b, err = c.json(b, rep, binary); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// elements appends the list that a repeated node inside a LIST or MAP stands for. In the standard form the node is a group around the element; older
// writers left that group out (parquet-format, LogicalTypes.md, "Backward-compatibility rules").
func (n *parquetNodeReader) elements(b []byte, rep int, list bool, parent string, binary *bool) ([]byte, error) {
	if !list || n.leaf != nil || len(n.children) != 1 || n.name == "array" || n.name == parent+"_tuple" {
		return n.json(b, rep, binary)
	}
	first := n.first()
	v, err := first.peek()
	if err != nil {
		return b, err
	}
	if v.DefinitionLevel() < n.def {
		return append(b, "[]"...), n.take()
	}
	b = append(b, '[')
	for k := 0; ; k++ {
		if k > 0 {
			v, err := first.peek()
			if err == io.EOF || err == nil && v.RepetitionLevel() < n.rep {
				break
			}
			if err != nil {
				return b, err
			}
			b = append(b, ',')
		}
		if b, err = n.children[0].json(b, n.rep, binary); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}
