package tokenize

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// preTokenizer cuts text into the pieces that the model sees. Nothing is merged across a cut.
type preTokenizer interface {
	cut(c *cutter)
}

// cutter is the state of pre-tokenisation: a text and the pieces cut so far.
type cutter struct {
	text   aligned
	pieces []span
	next   []span
	match  []match
	// first: the text starts where the whole source starts (Metaspace "first" looks at it).
	first bool
	// mapped: ByteLevel has been applied. The text keeps its bytes; patterns that follow see the characters that stand for them.
	mapped bool
	view   []byte
	places []int32
}

// set starts with one piece, the whole of b.
func (c *cutter) set(b []byte, first bool) {
	c.text.set(b, 0, false)
	c.start(first)
}

func (c *cutter) start(first bool) {
	c.pieces = c.pieces[:0]
	if len(c.text.b) > 0 {
		c.pieces = append(c.pieces, span{0, int32(len(c.text.b))})
	}
	c.first, c.mapped = first, false
}

// split cuts every piece by a pattern.
func (c *cutter) split(p pattern, invert bool, how behavior) {
	c.next = c.next[:0]
	for _, piece := range c.pieces {
		b := c.text.b[piece[0]:piece[1]]
		if c.mapped {
			c.view = appendMapped(c.view[:0], b)
			c.places = mappedPlaces(c.places[:0], b)
			b = c.view
		}
		c.match = p.matches(c.match[:0], b)
		if invert {
			for i := range c.match {
				c.match[i].hit = !c.match[i].hit
			}
		}
		for _, m := range how.apply(c.match) {
			if c.mapped {
				m.start, m.end = int(c.places[m.start]), int(c.places[m.end])
			}
			if m.start < m.end {
				c.next = append(c.next, span{piece[0] + int32(m.start), piece[0] + int32(m.end)})
			}
		}
	}
	c.pieces, c.next = c.next, c.pieces
}

// rewrite replaces the text of every piece: edit writes the piece of the old text from off up to end. Text between pieces is lost.
func (c *cutter) rewrite(edit func(t *aligned, end int)) {
	t := &c.text
	t.begin(0)
	for i, piece := range c.pieces {
		start := int32(len(t.bufs[t.which]))
		t.off = int(piece[0])
		edit(t, int(piece[1]))
		c.pieces[i] = span{start, int32(len(t.bufs[t.which]))}
	}
	t.commit()
}

// prependTo writes s before the piece at off and copies the piece. The first character of s takes the place of the piece's first character.
func prependTo(t *aligned, s string, end int) {
	r, n := runeAt(t.b, t.off)
	for i, c := range s {
		if i == 0 {
			t.put(c, 0)
		} else {
			t.put(c, 1)
		}
	}
	if s == "" {
		t.off += n
	}
	t.put(r, 1)
	t.keep(end)
}

// splitter is Split, Punctuation, Digits, Whitespace, WhitespaceSplit and CharDelimiterSplit.
type splitter struct {
	pattern pattern
	invert  bool
	how     behavior
}

func (s splitter) cut(c *cutter) { c.split(s.pattern, s.invert, s.how) }

// bertPreTokenizer cuts at white space, which it removes, and around punctuation.
type bertPreTokenizer struct{}

func (bertPreTokenizer) cut(c *cutter) {
	c.split(charPattern(isSpace), false, removed)
	c.split(charPattern(isPunctuation), false, isolated)
}

// byteLevel is GPT-2's pre-tokenizer; the mapping of bytes to characters is left out because the model works on bytes.
type byteLevel struct {
	AddPrefixSpace bool  `json:"add_prefix_space"`
	UseRegex       *bool `json:"use_regex"`
}

func (p *byteLevel) regex() bool { return p.UseRegex == nil || *p.UseRegex }

func (p *byteLevel) cut(c *cutter) {
	if p.AddPrefixSpace {
		c.rewrite(func(t *aligned, end int) {
			if t.b[t.off] == ' ' {
				t.keep(end)
			} else {
				prependTo(t, " ", end)
			}
		})
	}
	if p.regex() {
		c.split(scanPattern{gpt2Scanner{}}, false, isolated)
	}
	c.mapped = true
}

// metaspace writes spaces as a visible character (sentencepiece's U+2581), may add one in front, and cuts before each.
type metaspace struct {
	replacement string
	prepend     string // "always", "first" or "never"
	split       bool
}

func (p *metaspace) cut(c *cutter) {
	r, _ := utf8.DecodeRuneInString(p.replacement)
	index := 0
	c.rewrite(func(t *aligned, end int) {
		start := t.off
		first, _ := runeAt(t.b, start)
		add := p.prepend == "always" || p.prepend == "first" && c.first && index == 0 && c.atSource(start)
		index++
		if add && first != r && first != ' ' {
			for i, c := range p.replacement {
				change := 1
				if i == 0 {
					change = 0
				}
				t.put(c, change)
			}
			t.put(first, 1)
		}
		for t.off < end {
			if t.b[t.off] == ' ' {
				t.put(r, 0)
				continue
			}
			next := t.off + 1
			for next < end && t.b[next] != ' ' {
				next++
			}
			t.keep(next)
		}
	})
	if p.split {
		c.split(charPattern(func(c rune) bool { return c == r }), false, mergedWithNext)
	}
}

// atSource reports whether the piece at start begins where the source begins.
func (c *cutter) atSource(start int) bool {
	if c.text.track {
		return c.text.at(start)[0] == 0
	}
	return true
}

// fixedLength cuts every so many characters.
type fixedLength struct{ length int }

func (p fixedLength) cut(c *cutter) { c.split(p, false, isolated) }

func (p fixedLength) matches(dst []match, b []byte) []match {
	start, n := 0, 0
	for i := 0; i < len(b); {
		_, size := runeAt(b, i)
		i += size
		if n++; n == p.length {
			dst = append(dst, match{start, i, true})
			start, n = i, 0
		}
	}
	return rest(dst, b, start)
}

// preJSON holds the fields of every pre-tokenizer type.
type preJSON struct {
	Type           string           `json:"type"`
	PreTokenizers  []jsontext.Value `json:"pretokenizers"`
	Pattern        jsontext.Value   `json:"pattern"`
	Behavior       behavior         `json:"behavior"`
	Invert         bool             `json:"invert"`
	Individual     bool             `json:"individual_digits"`
	AddPrefixSpace *bool            `json:"add_prefix_space"`
	UseRegex       *bool            `json:"use_regex"`
	Replacement    string           `json:"replacement"`
	PrependScheme  string           `json:"prepend_scheme"`
	Split          *bool            `json:"split"`
	Delimiter      string           `json:"delimiter"`
	Length         int              `json:"length"`
}

// parsePreTokenizer returns the stages in order; a Sequence is flattened.
func parsePreTokenizer(raw jsontext.Value) ([]preTokenizer, error) {
	if isNull(raw) {
		return nil, nil
	}
	var p preJSON
	if err := unmarshal(raw, &p); err != nil {
		return nil, err
	}
	one := func(x preTokenizer) ([]preTokenizer, error) { return []preTokenizer{x}, nil }
	chars := func(f func(rune) bool, how behavior) ([]preTokenizer, error) {
		return one(splitter{charPattern(f), false, how})
	}
	switch p.Type {
	case "Sequence":
		var all []preTokenizer
		for i, raw := range p.PreTokenizers {
			x, err := parsePreTokenizer(raw)
			if err != nil {
				return nil, fmt.Errorf("pretokenizers[%d]: %w", i, err)
			}
			all = append(all, x...)
		}
		return all, nil
	case "ByteLevel":
		return one(&byteLevel{AddPrefixSpace: p.AddPrefixSpace != nil && *p.AddPrefixSpace, UseRegex: p.UseRegex})
	case "Split":
		x, err := parsePattern(p.Pattern)
		if err == nil {
			err = p.Behavior.check()
		}
		if err != nil {
			return nil, err
		}
		return one(splitter{x, p.Invert, p.Behavior})
	case "Digits":
		how := contiguous
		if p.Individual {
			how = isolated
		}
		return one(splitter{digitPattern{}, false, how})
	case "Punctuation":
		if p.Behavior == "" {
			p.Behavior = isolated
		}
		if err := p.Behavior.check(); err != nil {
			return nil, err
		}
		return chars(isPunctuation, p.Behavior)
	case "WhitespaceSplit":
		return chars(isSpace, removed)
	case "Whitespace":
		return one(splitter{whitespacePattern{}, false, removed})
	case "BertPreTokenizer":
		return one(bertPreTokenizer{})
	case "CharDelimiterSplit":
		d, n := utf8.DecodeRuneInString(p.Delimiter)
		if n == 0 || n != len(p.Delimiter) {
			return nil, fmt.Errorf("delimiter %q is not one character", p.Delimiter)
		}
		return chars(func(r rune) bool { return r == d }, removed)
	case "Metaspace":
		return p.metaspace()
	case "FixedLength":
		if p.Length <= 0 {
			return nil, fmt.Errorf("length %d is not positive", p.Length)
		}
		return one(fixedLength{p.Length})
	}
	return nil, fmt.Errorf("unknown pre-tokenizer type %q", p.Type)
}

func (p *preJSON) metaspace() ([]preTokenizer, error) {
	m := &metaspace{replacement: p.Replacement, prepend: p.PrependScheme, split: p.Split == nil || *p.Split}
	if utf8.RuneCountInString(m.replacement) != 1 {
		return nil, fmt.Errorf("replacement %q is not one character", m.replacement)
	}
	if m.prepend == "" {
		m.prepend = "always"
	}
	if p.AddPrefixSpace != nil && !*p.AddPrefixSpace {
		if p.PrependScheme != "" && p.PrependScheme != "never" {
			return nil, fmt.Errorf("add_prefix_space is false but prepend_scheme is %q", p.PrependScheme)
		}
		m.prepend = "never"
	}
	switch m.prepend {
	case "always", "first", "never":
		return []preTokenizer{m}, nil
	}
	return nil, fmt.Errorf("unknown prepend_scheme %q", m.prepend)
}

// endsInByteLevel reports whether the model sees bytes.
func endsInByteLevel(pre []preTokenizer) bool {
	for _, p := range pre {
		if _, ok := p.(*byteLevel); ok {
			return true
		}
	}
	return false
}

// compilePreTokenizer recognises the pre-tokenizers that one scanner carries out, and refuses orders of stages that the representation cannot express.
func compilePreTokenizer(pre []preTokenizer) ([]preTokenizer, scanner, error) {
	seen := false
	for _, p := range pre {
		switch p.(type) {
		case *byteLevel, *metaspace:
			if seen {
				return nil, nil, errors.New("ByteLevel followed by another ByteLevel or Metaspace is not supported")
			}
			_, seen = p.(*byteLevel)
		}
	}
	if len(pre) == 0 {
		return pre, nil, nil
	}
	last, ok := pre[len(pre)-1].(*byteLevel)
	if !ok || last.AddPrefixSpace {
		return pre, nil, nil
	}
	switch len(pre) {
	case 1:
		if last.regex() {
			return pre, gpt2Scanner{}, nil
		}
	case 2:
		s, ok := pre[0].(splitter)
		if !ok || s.invert || s.how != isolated {
			break
		}
		if scan, ok := s.pattern.(scanPattern); ok && !last.regex() {
			return pre, scan.scan, nil
		}
		if _, ok := s.pattern.(digitPattern); ok && last.regex() {
			return pre, gpt2Scanner{digits: true}, nil
		}
	}
	return pre, nil, nil
}
