package tokenize

import (
	"fmt"
	"strings"
	"unicode"
)

// nodeKind is a kind of node of a regular expression's syntax tree.
type nodeKind uint8

const (
	nodeSet nodeKind = iota
	nodeAssert
	nodeConcat
	nodeAlternate
	nodeRepeat
	nodeLook
	nodeBehind
	nodeAtomic
)

type regexNode struct {
	kind     nodeKind
	set      *runeSet
	op       opcode
	negate   bool
	kids     []*regexNode
	min, max int // of a repetition; max < 0: no limit. Of nodeBehind: the width of what it looks at
	mode     repeatMode
}

// width returns the least and greatest number of characters that a node matches; most < 0: no limit.
func (n *regexNode) width() (least, most int) {
	switch n.kind {
	case nodeSet:
		return 1, 1
	case nodeConcat, nodeAtomic:
		for _, k := range n.kids {
			l, m := k.width()
			least += l
			if m < 0 || most < 0 {
				most = -1
			} else {
				most += m
			}
		}
	case nodeAlternate:
		for i, k := range n.kids {
			l, m := k.width()
			if i == 0 || l < least {
				least = l
			}
			if m < 0 || most < 0 {
				most = -1
			} else {
				most = max(most, m)
			}
		}
	case nodeRepeat:
		l, m := n.kids[0].width()
		if n.max < 0 || m < 0 {
			return l * n.min, -1
		}
		return l * n.min, m * n.max
	}
	return least, most
}

// regexParser reads Oniguruma's syntax.
type regexParser struct {
	src   []rune
	at    int
	fold  bool // (?i)
	depth int
}

func (p *regexParser) fail(format string, args ...any) error {
	return fmt.Errorf("at character %d: %s", p.at, fmt.Sprintf(format, args...))
}

func (p *regexParser) peek() rune {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return -1
}

// take passes s if it comes next.
func (p *regexParser) take(s string) bool {
	r := []rune(s)
	if len(p.src)-p.at < len(r) || string(p.src[p.at:p.at+len(r)]) != s {
		return false
	}
	p.at += len(r)
	return true
}

func (p *regexParser) alternatives() (*regexNode, error) {
	if p.depth++; p.depth > 200 {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	fold := p.fold // (?i) within a group ends with it
	defer func() { p.fold = fold }()
	all := []*regexNode{}
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
		if !p.take("|") {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return &regexNode{kind: nodeAlternate, kids: all}, nil
}

func (p *regexParser) sequence() (*regexNode, error) {
	seq := &regexNode{kind: nodeConcat}
	for p.at < len(p.src) && p.peek() != '|' && p.peek() != ')' {
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n == nil { // an option such as (?i)
			continue
		}
		if n, err = p.repeats(n); err != nil {
			return nil, err
		}
		seq.kids = append(seq.kids, n)
	}
	if len(seq.kids) == 1 {
		return seq.kids[0], nil
	}
	return seq, nil
}

// repeats reads the quantifiers behind an atom.
func (p *regexParser) repeats(n *regexNode) (*regexNode, error) {
	for {
		least, most := 0, -1
		counted := false
		switch {
		case p.take("*"):
		case p.take("+"):
			least = 1
		case p.take("?"):
			most = 1
		case p.peek() == '{':
			var ok bool
			if least, most, ok = p.counts(); !ok {
				return n, nil
			}
			counted = true
			if most >= 0 && most < least || least > 1000 || most > 1000 {
				return nil, p.fail("repetition {%d,%d} out of range", least, most)
			}
		default:
			return n, nil
		}
		mode := greedy
		if p.take("?") {
			mode = lazy
		} else if !counted && p.take("+") {
			mode = possessive
		}
		n = &regexNode{kind: nodeRepeat, kids: []*regexNode{n}, min: least, max: most, mode: mode}
	}
}

// counts reads {n}, {n,}, {,n} or {n,m}; anything else is a literal brace.
func (p *regexParser) counts() (least, most int, ok bool) {
	end := p.at + 1
	for end < len(p.src) && p.src[end] != '}' {
		end++
	}
	if end == len(p.src) {
		return 0, 0, false
	}
	low, high, both := strings.Cut(string(p.src[p.at+1:end]), ",")
	number := func(s string) (int, bool) {
		n := 0
		for _, c := range s {
			if c < '0' || c > '9' || n > 100000 {
				return 0, false
			}
			n = n*10 + int(c-'0')
		}
		return n, true
	}
	l, ok1 := number(low)
	h, ok2 := number(high)
	if !ok1 || !ok2 || low == "" && high == "" {
		return 0, 0, false
	}
	p.at = end + 1
	switch {
	case !both:
		h = l
	case high == "":
		h = -1
	}
	return l, h, true
}

func (p *regexParser) atom() (*regexNode, error) {
	c := p.src[p.at]
	switch c {
	case '(':
		p.at++
		return p.group()
	case '[':
		p.at++
		set, err := p.class()
		return &regexNode{kind: nodeSet, set: set}, err
	case '.':
		p.at++
		return &regexNode{kind: nodeSet, set: newRuneSet(func(r rune) bool { return r != '\n' })}, nil
	case '^':
		p.at++
		return &regexNode{kind: nodeAssert, op: opLine}, nil
	case '$':
		p.at++
		return &regexNode{kind: nodeAssert, op: opLineEnd}, nil
	case '*', '+', '?':
		return nil, p.fail("nothing before %c", c)
	case '\\':
		if p.at+1 < len(p.src) {
			for name, n := range map[rune]regexNode{'A': {op: opText}, 'z': {op: opTextEnd}, 'b': {op: opWord}, 'B': {op: opWord, negate: true}} {
				if p.src[p.at+1] == name {
					p.at += 2
					n.kind = nodeAssert
					return &n, nil
				}
			}
		}
		r, set, err := p.escape()
		if err != nil {
			return nil, err
		}
		if set != nil {
			return &regexNode{kind: nodeSet, set: set}, nil
		}
		return p.literal(r), nil
	}
	p.at++
	return p.literal(c), nil
}

// literal matches one character, in all its cases under (?i).
func (p *regexParser) literal(c rune) *regexNode {
	if !p.fold {
		return &regexNode{kind: nodeSet, set: newRuneSet(func(r rune) bool { return r == c })}
	}
	return &regexNode{kind: nodeSet, set: newRuneSet(folded(func(r rune) bool { return r == c }))}
}

// folded extends a set by all cases of its characters.
func folded(test func(rune) bool) func(rune) bool {
	return func(r rune) bool {
		if test(r) {
			return true
		}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if test(f) {
				return true
			}
		}
		return false
	}
}

// group reads what follows an opening parenthesis.
func (p *regexParser) group() (*regexNode, error) {
	wrap := regexNode{kind: nodeConcat}
	fold := p.fold
	switch {
	case p.take("?:"):
	case p.take("?="):
		wrap.kind = nodeLook
	case p.take("?!"):
		wrap.kind, wrap.negate = nodeLook, true
	case p.take("?<="):
		wrap.kind = nodeBehind
	case p.take("?<!"):
		wrap.kind, wrap.negate = nodeBehind, true
	case p.take("?>"):
		wrap.kind = nodeAtomic
	case p.take("?i:"):
		p.fold = true
	case p.take("?-i:"):
		p.fold = false
	case p.take("?i)"):
		p.fold = true
		return nil, nil
	case p.take("?-i)"):
		p.fold = false
		return nil, nil
	case p.peek() == '?':
		return nil, p.fail("group (%.4s…) is not supported", string(p.src[p.at:min(p.at+4, len(p.src))]))
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	p.fold = fold
	if !p.take(")") {
		return nil, p.fail("missing )")
	}
	if wrap.kind == nodeConcat {
		return n, nil
	}
	if wrap.kind == nodeBehind {
		if wrap.min, wrap.max = n.width(); wrap.max < 0 || wrap.max > 255 {
			return nil, p.fail("lookbehind of unlimited length is not supported")
		}
	}
	wrap.kids = []*regexNode{n}
	return &wrap, nil
}
