package clean

import (
	"bytes"

	"winnow/filters"
	"winnow/internal/page"
	"winnow/internal/spec"
)

// HTML replaces markup by the text in it.
type HTML struct {
	Text  string `param:"text" default:"main" enum:"main,all" doc:"main: the main content of whole pages, and all text of fragments; all: all text that a reader sees"`
	Title string `param:"title" default:"" doc:"column that the page's title is written to; empty for none"`
}

// Columns names the title's column.
func (h *HTML) Columns() []filters.Column {
	if h.Title == "" {
		return nil
	}
	return []filters.Column{{Name: h.Title, Kind: filters.String}}
}

// Apply takes the text out of one page or fragment; text without markup stays as it is.
func (h *HTML) Apply(row *filters.Row) error {
	b := row.Text()
	whole, some := markup(b)
	if !some {
		return nil
	}
	take := page.All
	if whole && h.Text == "main" {
		take = page.Main
	}
	title, out, err := take(b, "text/html; charset=utf-8")
	if h.Title != "" && title != "" {
		row.SetString(h.Title, title)
	}
	if err != nil || len(bytes.TrimSpace(out)) == 0 {
		row.Drop("no text in page")
		return nil
	}
	row.SetText(out)
	row.Flag(0, len(out), "markup removed")
	return nil
}

// Tags that whole pages have, and tags that fragments are made of.
var (
	pageTags     = []string{"<!doctype", "<html", "<body", "<head"}
	fragmentTags = []string{"p", "div", "br", "a", "span", "ul", "ol", "li", "table", "tr", "td", "h1", "h2", "h3", "h4", "strong", "em", "b", "i", "img", "blockquote", "font", "section", "article"}
)

// enoughTags is how many tags make a text a fragment: prose about HTML names one or two.
const enoughTags = 3

// markup reports whether a text is a whole page, and whether it is markup at all. Text with code fences is about HTML, not made of it.
func markup(b []byte) (whole, some bool) {
	first := bytes.IndexByte(b, '<')
	if first < 0 {
		return false, false
	}
	head := bytes.ToLower(bytes.TrimSpace(b[:min(len(b), 1024)]))
	for _, tag := range pageTags {
		if bytes.HasPrefix(head, []byte(tag)) || bytes.HasPrefix(head, []byte("<!--")) && bytes.Contains(head, []byte(tag)) {
			return true, true
		}
	}
	if bytes.Contains(b, []byte("```")) {
		return false, false
	}
	open, closed := 0, 0
	for i := first; i < len(b); i++ {
		if b[i] != '<' {
			continue
		}
		j := i + 1
		if j < len(b) && b[j] == '/' {
			j++
		}
		k := j
		for k < len(b) && k < j+10 && (b[k]|0x20 >= 'a' && b[k]|0x20 <= 'z' || b[k] >= '0' && b[k] <= '9') {
			k++
		}
		if k == j || k == len(b) || b[k] != '>' && b[k] != ' ' && b[k] != '/' && b[k] != '\n' {
			continue
		}
		name := string(bytes.ToLower(b[j:k]))
		for _, tag := range fragmentTags {
			if name == tag {
				open++
				if b[i+1] == '/' || name == "br" || name == "img" {
					closed++
				}
				break
			}
		}
		if open >= enoughTags && closed > 0 {
			return false, true
		}
	}
	return false, open > 0 && closed > 0 && b[0] == '<'
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "html", Group: "clean", Short: "text",
			Summary: "replaces HTML in rows by its text: the main content of pages, all text of fragments",
			Doc: `For rows that hold markup, as dumps of databases and crawls do; files of HTML and WARC are read by the formats of these names, with the same code. The main content of
a page is the part that holds most prose, without menus, teasers, comments and notices: on 60 news pages in many languages it agrees with what people
marked with F1 .98 (runs of four words).

A text is taken for a page when it begins as one, and for a fragment when it has at least three tags of a page's content. Text without markup, and
Markdown with code fences, stays as it is. Entities are decoded, scripts and styles left out.`,
			Example: "html: {text: main, title: title}",
			New:     func() any { return &HTML{} },
			Cases: []spec.Case{
				{In: "<p>Tea &amp; coffee.</p><p>Both are <b>hot</b>.</p>", Out: "Tea & coffee.\n\nBoth are hot."},
				{In: "a < b and b > c", Out: "="},
				{In: "The tag <b> makes text bold.", Out: "="},
				{In: "<html><body><nav><a href=/>Home</a></nav><p>Tea is made of the leaves of one plant, and of water that is not too hot.</p></body></html>",
					Out: "Tea is made of the leaves of one plant, and of water that is not too hot."},
				{In: "<html><body><script>x()</script></body></html>", Reason: "no text in page"},
				{Params: "all", In: "<html><body><a href=/>Home</a><p>Tea.</p></body></html>", Out: "Home\n\nTea."},
			},
		},
		Unit: filters.Each,
	})
}
