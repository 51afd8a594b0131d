package page

import (
	"golang.org/x/net/html/atom"
)

// blockKind says what element a block stands in.
type blockKind uint8

const (
	plain blockKind = iota
	paragraph
	heading
	item    // of a list
	cell    // of a table
	code    // preformatted
	quote   // block quotation
	caption // of a figure or table
)

// block is a run of text between two block elements.
type block struct {
	start, end int   // in tree.text
	element    int32 // the innermost element that holds all of it
	kind       blockKind
	size       int // characters without white space; one of Chinese, Japanese or Korean counts twice
	links      int // of them inside links
	commas     int
	stops      int // full stops, question and exclamation marks
}

// density is the share of the block that is link text.
func (b *block) density() float64 { return float64(b.links) / float64(max(b.size, 1)) }

func kindOf(a atom.Atom) blockKind {
	switch a {
	case atom.P:
		return paragraph
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return heading
	case atom.Li, atom.Dd, atom.Dt:
		return item
	case atom.Td, atom.Th:
		return cell
	case atom.Pre:
		return code
	case atom.Blockquote:
		return quote
	case atom.Figcaption, atom.Caption:
		return caption
	}
	return plain
}

// render writes blocks as text: cells of a row side by side, items and their neighbours on lines of their own, an empty line around everything else.
func (t *tree) render(blocks []int) []byte {
	var out []byte
	last := -1
	for _, i := range blocks {
		b := &t.blocks[i]
		if last >= 0 {
			p := &t.blocks[last]
			switch {
			case b.kind == cell && p.kind == cell && t.row(b.element) >= 0 && t.row(b.element) == t.row(p.element):
				out = append(out, " | "...)
			case b.kind == cell && p.kind == cell || b.kind == item && p.kind == item:
				out = append(out, '\n')
			default:
				out = append(out, '\n', '\n')
			}
		}
		out = append(out, t.text[b.start:b.end]...)
		last = i
	}
	return out
}

// row returns the table row that an element stands in, -1 for none.
func (t *tree) row(i int32) int32 {
	for ; i >= 0; i = t.elements[i].parent {
		if t.elements[i].tag == atom.Tr {
			return i
		}
		if t.elements[i].tag == atom.Table {
			return -1
		}
	}
	return -1
}
