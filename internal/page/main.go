package page

import (
	"bytes"

	"winnow/internal/text/boilerplate"
)

// decay is how much less a block speaks for every further element around it. The paragraphs of an article stand side by side in one element, the teasers of a
// list each in their own.
const decay = .5

// siblingShare is how much an element beside the main one, or beside one of the first elements around it, must weigh of the main one to be a part of the article.
const siblingShare, maxLevels = .2, 4

// mainBlocks lists the blocks of the main content in order.
func (t *tree) mainBlocks() []int {
	if len(t.blocks) == 0 {
		return nil
	}
	var kept []int
	seen := map[string]bool{}
	parts := t.parts()
	for i := range t.blocks {
		b := &t.blocks[i]
		if !inside(parts, b.element) || !t.content(b) {
			continue
		}
		if b.size >= 40 && b.kind != paragraph { // captions and pull quotes stand in a page more than once
			text := string(t.text[b.start:b.end])
			if seen[text] {
				continue
			}
			seen[text] = true
		}
		kept = append(kept, i)
	}
	if kept = t.trim(kept); len(kept) > 0 {
		return kept
	}
	// A page of a few words: what is neither menu nor notice.
	for i := range t.blocks {
		if b := &t.blocks[i]; t.elements[b.element].role == unknown && b.density() < .5 && !t.isTitle(b) {
			kept = append(kept, i)
		}
	}
	return kept
}

// span is the subtree of an element.
type span struct{ start, end int32 }

func inside(parts []span, i int32) bool {
	for _, p := range parts {
		if i >= p.start && i < p.end {
			return true
		}
	}
	return false
}

// parts returns the subtrees that hold the main content: the element around which most prose stands, and those beside it that have a good share of it.
func (t *tree) parts() []span {
	local := make([]float64, len(t.elements))
	for i := range t.blocks {
		b := &t.blocks[i]
		w := t.weigh(b)
		at := b.element
		if b.kind == paragraph || b.kind == item || b.kind == heading { // of a paragraph the element around it counts
			local[at] += w * decay
			at = t.elements[at].parent
		}
		for share := 1.0; at >= 0 && share > .05; share *= decay {
			local[at] += w * share
			at = t.elements[at].parent
		}
	}
	best := int32(0)
	for i := range t.elements {
		e := &t.elements[i]
		if e.body {
			local[i] *= 1.3
		}
		if local[i] > local[best] {
			best = int32(i)
		}
	}
	parts := []span{{best, t.elements[best].end}}
	for at, level := best, 0; at > 0 && level < maxLevels; level++ {
		parent := t.elements[at].parent
		for i := parent + 1; i < t.elements[parent].end; i = t.elements[i].end {
			e := &t.elements[i]
			if i != at && e.role == unknown && local[i] > siblingShare*local[best] {
				parts = append(parts, span{i, e.end})
			}
		}
		at = parent
	}
	return parts
}

// content reports whether a block inside the main content belongs to it.
func (t *tree) content(b *block) bool {
	if t.elements[b.element].role != unknown || t.isTitle(b) {
		return false
	}
	if b.kind != code && b.kind != cell && b.size <= 160 && boilerplate.Line(t.text[b.start:b.end]) != boilerplate.None {
		return false
	}
	d := b.density()
	switch b.kind {
	case heading, code:
		return d < .9 || b.kind == code
	case item, cell, plain:
		return d < .5 && !(b.size < 20 && d > 0)
	case caption:
		return false
	}
	return d < .7
}

// isTitle reports whether a heading repeats the title of the page, which is returned by itself.
func (t *tree) isTitle(b *block) bool {
	if b.kind != heading {
		return false
	}
	text := t.text[b.start:b.end]
	return string(text) == t.heading || t.title != "" && bytes.HasPrefix([]byte(t.title), text) && 2*len(text) > len(t.title)
}

// trim takes off what stands before the first and after the last block that reads like prose, and headings without text.
func (t *tree) trim(kept []int) []int {
	prose := func(b *block) bool {
		return b.kind == code || b.kind != heading && (b.size >= 80 || b.size >= 25 && b.stops > 0)
	}
	for len(kept) > 0 {
		b := &t.blocks[kept[0]]
		if prose(b) || b.kind == heading && len(kept) > 1 && prose(&t.blocks[kept[1]]) {
			break
		}
		kept = kept[1:]
	}
	for len(kept) > 0 {
		b := &t.blocks[kept[len(kept)-1]]
		if prose(b) || (b.kind == item || b.kind == cell) && b.size >= 10 {
			break
		}
		kept = kept[:len(kept)-1]
	}
	return kept
}
