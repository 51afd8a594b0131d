// Package page takes the text out of web pages: Main its main content without menus, teasers, comments and notices, All everything that a reader sees.
//
// A page is parsed into a tree of elements (tree.go) and cut into blocks, the runs of text between block elements (block.go). Every block is weighed by length,
// links and what its elements are called (weigh.go). The main content is the subtree whose blocks weigh most, less what in it is not content (main.go).
package page

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// maxPage bounds a page: a longer one is cut off, since no article is that long.
const maxPage = 16 << 20

// ErrNoText is returned for pages in which no text was found.
var ErrNoText = errors.New("no text was found in the page")

// Main returns the title and the main content of a page: paragraphs, headings, lists and tables as lines, an empty line between paragraphs. contentType is that
// of the HTTP answer, "" when there is none; it and the page's own declaration say how the bytes are decoded. text is in UTF-8.
func Main(page []byte, contentType string) (title string, text []byte, err error) {
	t, err := parse(page, contentType)
	if err != nil {
		return "", nil, err
	}
	text = t.render(t.mainBlocks())
	if len(text) == 0 {
		return t.title, nil, ErrNoText
	}
	return t.title, text, nil
}

// All returns the title of a page and all text that a reader sees, menus and notices included.
func All(page []byte, contentType string) (title string, text []byte, err error) {
	t, err := parse(page, contentType)
	if err != nil {
		return "", nil, err
	}
	all := make([]int, len(t.blocks))
	for i := range all {
		all[i] = i
	}
	text = t.render(all)
	if len(text) == 0 {
		return t.title, nil, ErrNoText
	}
	return t.title, text, nil
}

func parse(page []byte, contentType string) (*tree, error) {
	page, err := decode(page[:min(len(page), maxPage)], contentType)
	if err != nil {
		return nil, err
	}
	doc, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil { // elements nested deeper than the parser goes: the text without its tree is better than none
		return flat(bytes.NewReader(page)), nil
	}
	return newTree(doc), nil
}

// decode returns the page in UTF-8.
func decode(page []byte, contentType string) ([]byte, error) {
	if len(page) == 0 {
		return nil, ErrNoText
	}
	e, _, _ := charset.DetermineEncoding(page[:min(len(page), 1024)], contentType)
	if e == encoding.Nop {
		return bytes.ToValidUTF8(page, []byte("\uFFFD")), nil
	}
	return e.NewDecoder().Bytes(page)
}

// flat reads a page without building its tree: every tag of a block element ends a block.
func flat(r io.Reader) *tree {
	t := &tree{elements: []element{{parent: -1, end: 1}}}
	z := html.NewTokenizer(r)
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			t.flush()
			return t
		case html.TextToken:
			if skip == 0 {
				t.add(html.UnescapeString(string(z.Text())), 0, context{})
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			token := z.Token()
			switch token.DataAtom {
			case atom.Script, atom.Style, atom.Title, atom.Noscript, atom.Textarea:
				if token.Type == html.StartTagToken {
					skip++
				} else {
					skip = max(skip-1, 0)
				}
			default:
				if !isInline(token.DataAtom) {
					t.flush()
				}
			}
		}
	}
}
