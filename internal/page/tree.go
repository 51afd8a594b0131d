package page

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// element is an element of the page that may hold text. Elements stand in document order: the subtree of element i is i to end-1.
type element struct {
	tag    atom.Atom
	parent int32
	end    int32
	depth  int32
	role   role // what its names say it is; once the tree is built, its own or its parent's
	body   bool // its names say that it is the article
}

// tree is a page as elements and blocks.
type tree struct {
	title    string
	heading  string // the first h1
	elements []element
	blocks   []block
	text     []byte // of all blocks, one after the other
	open     block  // the block being built
	space    bool   // white space stands before what comes next
}

// maxDepth bounds the recursion on pages whose elements are never closed.
const maxDepth = 400

func newTree(doc *html.Node) *tree {
	t := &tree{}
	t.elements = append(t.elements, element{parent: -1})
	t.visit(doc, 0, context{})
	t.flush()
	t.elements[0].end = int32(len(t.elements))
	t.settle()
	return t
}

// context is what holds for the text inside an element.
type context struct {
	depth int32
	link  bool
	pre   bool
	kind  blockKind
}

func (t *tree) visit(n *html.Node, at int32, c context) {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		switch child.Type {
		case html.TextNode:
			t.add(child.Data, at, c)
		case html.ElementNode:
			t.enter(child, at, c)
		}
	}
}

func (t *tree) enter(n *html.Node, at int32, c context) {
	switch n.DataAtom {
	case atom.Title:
		if t.title == "" {
			t.title = strings.Join(strings.Fields(textOf(n)), " ")
		}
		return
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Svg, atom.Math, atom.Object, atom.Embed, atom.Canvas, atom.Video, atom.Audio, atom.Select,
		atom.Option, atom.Datalist, atom.Textarea, atom.Input, atom.Button, atom.Meta, atom.Link, atom.Map, atom.Progress, atom.Dialog:
		return
	case atom.Br:
		t.breakLine()
		return
	case atom.Hr:
		t.flush()
		return
	case atom.Img, atom.Wbr:
		return
	}
	if c.depth >= maxDepth || hidden(n) {
		return
	}
	c.depth++
	inline := isInline(n.DataAtom)
	if n.DataAtom == atom.A {
		c.link = true
	}
	if !inline {
		t.flush()
		if n.DataAtom == atom.H1 && t.heading == "" {
			t.heading = strings.Join(strings.Fields(textOf(n)), " ")
		}
		if k := kindOf(n.DataAtom); k != plain {
			c.kind = k
		}
		c.pre = c.pre || n.DataAtom == atom.Pre
	}
	// Inline elements need no place in the tree unless their names say something.
	role, body := roleOf(n)
	if inline && role == unknown && !body {
		t.visit(n, at, c)
		return
	}
	i := int32(len(t.elements))
	t.elements = append(t.elements, element{tag: n.DataAtom, parent: at, depth: c.depth, role: role, body: body})
	if inline && role != unknown {
		t.flush()
	}
	t.visit(n, i, c)
	if !inline || role != unknown {
		t.flush()
	}
	t.elements[i].end = int32(len(t.elements))
}

func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if a.Val == "true" && n.DataAtom != atom.Div && n.DataAtom != atom.Section {
				return true
			}
		case "style":
			s := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") {
				return true
			}
		}
	}
	return false
}

func isInline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Data, atom.Del, atom.Dfn, atom.Em, atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Label,
		atom.Mark, atom.Q, atom.Rp, atom.Rt, atom.Ruby, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var:
		return true
	}
	return a == 0 // custom elements stand for a few words as a rule
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// add puts text into the open block with white space made single, as a browser shows it.
func (t *tree) add(s string, at int32, c context) {
	b := &t.open
	if len(t.text) == b.start {
		*b = block{start: len(t.text), element: at, kind: c.kind}
	} else if c.depth < t.elements[b.element].depth || b.element != at && !t.within(at, b.element) {
		b.element = at
	}
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if c.pre && (r == '\n' || r == ' ' || r == '\t') {
			if len(t.text) > b.start || r != '\n' {
				t.text = append(t.text, byte(r))
			}
			i += n
			continue
		}
		if r == ' ' || r >= '\t' && r <= '\r' || r > 0x7F && unicode.IsSpace(r) {
			t.space = true
			i += n
			continue
		}
		if t.space && len(t.text) > b.start && t.text[len(t.text)-1] != '\n' {
			t.text = append(t.text, ' ')
		}
		t.space = false
		t.text = append(t.text, s[i:i+n]...)
		weight := 1
		switch {
		case r >= 0x3040 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7A3: // a character of Chinese says as much as two or three letters
			weight = 2
		case r == 0xAD || r == 0x200B || r == 0xFEFF:
			weight = 0
		}
		b.size += weight
		if c.link {
			b.links += weight
		}
		switch r {
		case ',', '，', '、', '；', ';':
			b.commas++
		case '.', '。', '!', '！', '?', '？', '…':
			b.stops++
		}
		i += n
	}
}

func (t *tree) within(i, outer int32) bool {
	return i >= outer && i < int32(len(t.elements)) && (t.elements[outer].end == 0 || i < t.elements[outer].end)
}

// breakLine ends a line inside a block; two of them end the block.
func (t *tree) breakLine() {
	n := len(t.text)
	if n == t.open.start {
		return
	}
	if t.text[n-1] == '\n' {
		t.text = t.text[:n-1]
		t.flush()
		return
	}
	t.text = append(t.text, '\n')
	t.space = false
}

// flush ends the open block.
func (t *tree) flush() {
	for len(t.text) > t.open.start && (t.text[len(t.text)-1] == '\n' || t.text[len(t.text)-1] == ' ') {
		t.text = t.text[:len(t.text)-1]
	}
	if t.open.size > 0 {
		t.open.end = len(t.text)
		t.blocks = append(t.blocks, t.open)
	}
	t.open = block{start: len(t.text)}
	t.space = false
}
