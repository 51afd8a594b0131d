package recipe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// nodeKind is the kind of a node.
type nodeKind uint8

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
	nullNode
)

// node is a piece of YAML with the place where it stands. Line and column count from 1, the column in characters.
type node struct {
	kind         nodeKind
	line, column int
	width        int    // characters to underline
	text         string // of a scalar, as written, unquoted
	quoted       bool   // a quoted scalar is always a string
	items        []*node
	entries      []entry
}

// entry is one key and value of a map, in the order of the file.
type entry struct {
	key   *node
	value *node
}

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key.text == key {
			return e.value
		}
	}
	return nil
}

// describe says what a node is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case listNode:
		return "a list"
	case mapNode:
		return "a map"
	case nullNode:
		return "nothing"
	}
	return fmt.Sprintf("%q", n.text)
}

const maxDepth = 64

// parseYAML reads one YAML document into nodes. Anchors and aliases are followed; merge keys, tags and several documents are mistakes.
func parseYAML(src []byte) (root *node, mistakes []Mistake) {
	defer func() { // the parser is not ours, and a recipe is foreign bytes
		if r := recover(); r != nil {
			root, mistakes = nil, []Mistake{{Line: 1, Column: 1, Message: fmt.Sprintf("this is not YAML that can be read: %v", r)}}
		}
	}()
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, []Mistake{syntaxMistake(err)}
	}
	c := converter{anchors: map[string]*node{}}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			t := d.Body.GetToken()
			return nil, []Mistake{{Line: t.Position.Line, Column: t.Position.Column, Message: "a second YAML document begins here; a recipe is one document"}}
		}
		body = d.Body
	}
	if body == nil {
		return nil, []Mistake{{Line: 1, Column: 1, Message: "the recipe is empty", Hint: "`winnow init` writes one to start from"}}
	}
	root = c.convert(body, 0)
	return root, c.mistakes
}

func syntaxMistake(err error) Mistake {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		t := e.GetToken()
		return Mistake{Line: t.Position.Line, Column: t.Position.Column, Width: max(1, len([]rune(t.Value))), Message: "YAML syntax: " + e.GetMessage()}
	}
	return Mistake{Line: 1, Column: 1, Message: "YAML syntax: " + err.Error()}
}

type converter struct {
	anchors  map[string]*node
	mistakes []Mistake
}

func at(t *token.Token) *node {
	width := len([]rune(t.Value))
	if t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType {
		width += 2
	}
	if i := strings.IndexByte(t.Value, '\n'); i >= 0 {
		width = len([]rune(t.Value[:i]))
	}
	return &node{line: t.Position.Line, column: t.Position.Column, width: max(1, width)}
}

func (c *converter) convert(n ast.Node, depth int) *node {
	if n == nil {
		return &node{kind: nullNode}
	}
	out := at(n.GetToken())
	if depth > maxDepth {
		c.mistake(out, fmt.Sprintf("nested deeper than %d levels", maxDepth))
		out.kind = nullNode
		return out
	}
	switch v := n.(type) {
	case *ast.NullNode:
		out.kind = nullNode
	case *ast.StringNode:
		out.text = v.Value
		out.quoted = v.Token.Type == token.DoubleQuoteType || v.Token.Type == token.SingleQuoteType
	case *ast.LiteralNode:
		out.text, out.quoted = v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.text = n.GetToken().Value
	case *ast.MappingNode:
		out.kind = mapNode
		c.entries(out, v.Values, depth)
		if len(v.Values) > 0 && !v.IsFlowStyle {
			first := v.Values[0].Key.GetToken()
			out.line, out.column, out.width = first.Position.Line, first.Position.Column, len([]rune(first.Value))
		}
	case *ast.MappingValueNode:
		out.kind = mapNode
		first := v.Key.GetToken()
		out.line, out.column, out.width = first.Position.Line, first.Position.Column, len([]rune(first.Value))
		c.entries(out, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		out.kind = listNode
		for _, item := range v.Values {
			out.items = append(out.items, c.convert(item, depth+1))
		}
	case *ast.AnchorNode:
		out = c.convert(v.Value, depth+1)
		c.anchors[v.Name.GetToken().Value] = out
	case *ast.AliasNode:
		name := v.Value.GetToken().Value
		target := c.anchors[name]
		if target == nil {
			c.mistake(out, fmt.Sprintf("no anchor &%s stands before this alias", name))
			out.kind = nullNode
			return out
		}
		copied := *target
		copied.line, copied.column, copied.width = out.line, out.column, out.width
		return &copied
	case *ast.CommentGroupNode:
		out.kind = nullNode
	default:
		c.mistake(out, fmt.Sprintf("a YAML %s has no place in a recipe", strings.ToLower(n.Type().String())))
		out.kind = nullNode
	}
	return out
}

func (c *converter) entries(out *node, values []*ast.MappingValueNode, depth int) {
	seen := map[string]int{}
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			c.mistake(at(v.Key.GetToken()), "merge keys (<<) have no place in a recipe: write the keys out")
			continue
		}
		key := at(v.Key.GetToken())
		key.text = v.Key.GetToken().Value
		if line, dup := seen[key.text]; dup {
			c.mistake(key, fmt.Sprintf("key %q stands twice; first on line %d", key.text, line))
			continue
		}
		seen[key.text] = key.line
		value := c.convert(v.Value, depth+1)
		if value.line == 0 {
			value.line, value.column, value.width = key.line, key.column, key.width
		}
		out.entries = append(out.entries, entry{key, value})
	}
}

func (c *converter) mistake(n *node, message string) {
	c.mistakes = append(c.mistakes, Mistake{Line: n.line, Column: n.column, Width: n.width, Message: message})
}
