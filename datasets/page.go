package datasets

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// pageMain takes the main content out of a page in UTF-8, pageAll all of its text. They are variables so that what finds the main content can live
// in a package of its own.
var (
	pageMain = allText
	pageAll  = allText
)

// allText returns a page's title and all text that a reader would see, a line for every block.
func allText(page []byte, _ string) (title string, text []byte, err error) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
			return
		case html.ElementNode:
			switch n.DataAtom {
			case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Svg, atom.Head:
				if n.DataAtom == atom.Head {
					title = titleOf(n)
				}
				return
			}
		}
		block := n.Type == html.ElementNode && blockElements[n.DataAtom]
		if block {
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
		if block {
			b.WriteByte('\n')
		}
	}
	visit(root)
	var out []byte
	for line := range strings.Lines(b.String()) {
		if words := strings.Join(strings.Fields(line), " "); words != "" {
			out = append(append(out, words...), '\n')
		}
	}
	return title, bytes.TrimRight(out, "\n"), nil
}

var blockElements = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Br: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Tr: true, atom.Table: true, atom.H1: true, atom.H2: true, atom.H3: true,
	atom.H4: true, atom.H5: true, atom.H6: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Nav: true, atom.Aside: true,
	atom.Blockquote: true, atom.Pre: true, atom.Dd: true, atom.Dt: true, atom.Figure: true, atom.Figcaption: true, atom.Main: true, atom.Form: true, atom.Hr: true,
}

func titleOf(head *html.Node) string {
	for n := range head.Descendants() {
		if n.DataAtom == atom.Title && n.FirstChild != nil {
			return strings.Join(strings.Fields(n.FirstChild.Data), " ")
		}
	}
	return ""
}
