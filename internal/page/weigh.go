package page

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// role is what the names of an element say its text is.
type role uint8

const (
	unknown role = iota
	aside        // menus, teasers, notices: no content
	others       // comments and teasers: prose, but not that of the article
)

// Words in classes and ids that mark what is no content. A name is cut at hyphens, underscores and changes of case; a word must be equal, or begin so where a
// star stands.
var asideWords = words(`nav* navbar* menu* submenu breadcrumb* crumb* footer* foot sidebar* side aside widget* share* sharing social* sns follow* read-more readmore trending popular hot promo* promotion* sponsor* advert* ad ads adv adsense
adbox adslot banner* newsletter* subscri* signup sign-up login register pagination pager paging
prevnext prev-next tags tag-list taglist tagcloud toolbar tools masthead skip sponsored outbrain taboola popup modal overlay lightbox author-bio authorbox author-box
bio byline dateline timestamp copyright copy disclaimer rating ratings vote votes feedback caption* wp-caption figcaption gallery print printonly hidden invisible meta metadata postmeta entry-meta article-meta
post-meta toc donate donation paywall credit credits byline-*
about-author about-the-author jump-links latest category categories archive* poll quiz carousel slider slideshow thumbnail* gallery-* search* sitemap backtotop`)

// Words that mark prose of others: comments, and the beginnings of other articles.
var othersWords = words(`cookie* consent gdpr comment* disqus discuss* respond replies reply related* relate recommend* recirc* similar* more-on morefrom mostread most-read teaser*`)

// Words that mark the article itself: they win over the words above in the same name ("article-sidebar-content" is rare, "post-content" common).
var bodyWords = words(`articlebody article-body articletext article-text article-content articlecontent article__body article__content entry-content entrycontent post-content postcontent
post-body postbody post-text posttext story-body storybody story-text storycontent story-content main-content maincontent content-body contentbody body-content news-content newscontent
news-text newstext newsbody news-body blog-content blog-post-content article-main body-copy bodycopy body-text bodytext rich-text richtext td-post-content single-content page-content
articledetail article-detail content-text content-article detail-content text-content`)

type wordSet struct {
	exact  map[string]bool
	prefix []string
}

func words(list string) *wordSet {
	s := &wordSet{exact: map[string]bool{}}
	for w := range strings.FieldsSeq(list) {
		if p, ok := strings.CutSuffix(w, "*"); ok {
			s.prefix = append(s.prefix, p)
		} else {
			s.exact[w] = true
		}
	}
	return s
}

func (s *wordSet) has(w string) bool {
	if s.exact[w] {
		return true
	}
	for _, p := range s.prefix {
		if strings.HasPrefix(w, p) {
			return true
		}
	}
	return false
}

// roleOf reads an element's tag, classes, id and ARIA role.
func roleOf(n *html.Node) (r role, body bool) {
	switch n.DataAtom {
	case atom.Nav, atom.Footer, atom.Aside, atom.Menu:
		return others, false
	case atom.Fieldset, atom.Figcaption:
		return aside, false
	case atom.Body, atom.Html, atom.Main, atom.Article:
		return unknown, n.DataAtom == atom.Article || n.DataAtom == atom.Main
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "class", "id":
			for name := range strings.FieldsSeq(a.Val) {
				k, b := nameRole(name)
				if b {
					return unknown, true
				}
				r = max(r, k)
			}
		case "role":
			switch a.Val {
			case "navigation", "complementary", "contentinfo", "search", "banner", "dialog", "alert", "menu", "menubar", "toolbar":
				return aside, false
			}
		case "itemprop":
			switch a.Val {
			case "articleBody":
				return unknown, true
			case "author", "datePublished", "dateModified", "publisher", "comment", "breadcrumb":
				r = aside
			}
		case "rel":
			if a.Val == "author" || a.Val == "tag" {
				r = aside
			}
		}
	}
	return r, false
}

// nameRole judges one class or id.
func nameRole(name string) (role, bool) {
	if len(name) > 64 {
		return unknown, false
	}
	lower := strings.ToLower(name)
	dashed := strings.ReplaceAll(lower, "_", "-")
	if bodyWords.exact[lower] || bodyWords.exact[dashed] || bodyWords.exact[strings.ReplaceAll(dashed, "--", "-")] {
		return unknown, true
	}
	if othersWords.exact[dashed] {
		return others, false
	}
	if asideWords.exact[dashed] {
		return aside, false
	}
	found, start := unknown, 0
	for i := 0; i <= len(name); i++ {
		cut := i == len(name) || name[i] == '-' || name[i] == '_' || i > start && name[i] >= 'A' && name[i] <= 'Z' && (name[i-1] < 'A' || name[i-1] > 'Z')
		if !cut {
			continue
		}
		if word := strings.Trim(lower[start:i], "-_"); i > start && othersWords.has(word) {
			found = others
		} else if i > start && asideWords.has(word) {
			found = max(found, aside)
		}
		start = i
		if i < len(name) && (name[i] == '-' || name[i] == '_') {
			start = i + 1
		}
	}
	return found, false
}

// asideShare is the share of a page's prose from which on an element is no aside, whatever it is called: pages name their outer frames "has-sidebar".
// Comments may well be longer than the article.
const asideShare, othersShare = .3, .85

// settle takes the role of aside from elements that hold much of the page's prose, and hands the roles of the others down to what they hold.
func (t *tree) settle() {
	prose := make([]float64, len(t.elements))
	for i := range t.blocks {
		b := &t.blocks[i]
		if b.size >= 50 && b.density() < .3 && b.stops > 0 {
			prose[b.element] += float64(b.size)
		}
	}
	for i := len(t.elements) - 1; i > 0; i-- {
		prose[t.elements[i].parent] += prose[i]
	}
	for i := 1; i < len(t.elements); i++ {
		e := &t.elements[i]
		if e.role == aside && prose[i] > asideShare*prose[0] || e.role == others && prose[i] > othersShare*prose[0] {
			e.role = unknown
		}
		e.role = max(e.role, t.elements[e.parent].role)
	}
}

// weigh says how much a block speaks for the element that holds it to be the main content, in characters.
func (t *tree) weigh(b *block) float64 {
	if t.elements[b.element].role != unknown {
		return -float64(min(b.size, 200)) / 4
	}
	size := float64(b.size)
	d := b.density()
	switch {
	case d > .5:
		return -5 - min(size, 100)/2
	case b.kind == heading:
		return 0
	case b.kind == code:
		return size / 2
	case b.kind == cell && b.size < 80:
		return size / 8
	case b.size < 25:
		return -5
	case b.size < 80 && b.stops == 0 && b.commas == 0:
		if b.kind == paragraph {
			return size / 4
		}
		return -3
	}
	// Prose has a sentence end every 150 letters or so; addresses and legal notices have fewer.
	w := size * (1 - d) * min(1, .4+.6*float64(b.stops)*150/size)
	switch b.kind {
	case item, cell, caption:
		return w / 2
	case plain:
		return w * .8
	}
	return w
}
