package tokenize

import (
	"fmt"
	"slices"
)

// regex is a compiled regular expression of a tokenizer.json, in the part of Oniguruma's syntax that such patterns use: it has what Go's regexp lacks,
// lookaround and possessive repetition, and finds the leftmost match with the first alternative that fits (not the longest). It is a backtracking
// machine over the valid UTF-8 of a text: runs of one character class take one entry on the backtrack stack whatever their length, and a match that takes
// many steps starts to remember failed states, which bounds time by (text × program) for any pattern.
type regex struct {
	prog []inst
	// lead, if not nil, holds the class that every match starts with.
	lead *runeSet
}

type opcode uint8

const (
	opSet     opcode = iota // one character of set
	opRun                   // min to max characters of set; greedy, lazy or possessive
	opSplit                 // try x, then y
	opJump                  // go to x
	opLook                  // sub-program at x; continue at y when it matches (or, negated, when it does not)
	opBehind                // as opLook, for a text of min to max characters that ends here
	opAtomic                // sub-program at x; continue at y behind its first match
	opLine                  // start of a line
	opLineEnd               // end of a line
	opText                  // start of the text
	opTextEnd               // end of the text
	opWord                  // word boundary
	opMatch                 // end of a program or sub-program
)

type inst struct {
	op       opcode
	mode     repeatMode
	negate   bool
	set      *runeSet
	x, y     int32
	min, max int32 // max < 0: no limit
}

type repeatMode uint8

const (
	greedy repeatMode = iota
	lazy
	possessive
)

// maxProgram bounds the size of a program; repeats with counts are written out.
const maxProgram = 20000

// compileRegex compiles an expression; what it does not know is an error that names it.
func compileRegex(expr string) (pattern, error) {
	initClasses()
	p := &regexParser{src: []rune(expr)}
	n, err := p.alternatives()
	if err == nil && p.at < len(p.src) {
		err = p.fail("unmatched )")
	}
	if err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", expr, err)
	}
	c := &regexCompiler{}
	if err := c.node(n); err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", expr, err)
	}
	c.emit(inst{op: opMatch})
	r := &regex{prog: c.prog}
	if first := r.prog[0]; first.op == opSet || first.op == opRun && first.min > 0 {
		r.lead = first.set
	}
	return r, nil
}

func (r *regex) matches(dst []match, b []byte) []match {
	m := regexRun{regex: r, b: b}
	last := 0
	for i := 0; i <= len(b); {
		if r.lead != nil {
			for i < len(b) {
				c, n := runeAt(b, i)
				if r.lead.has(c) {
					break
				}
				i += n
			}
		}
		end := -1
		if r.lead == nil || i < len(b) {
			end = m.run(0, i)
		}
		if end < 0 || end == i {
			// An empty match cuts nothing; go on with the next character.
			if end == i && last < i {
				dst = append(dst, match{last, i, false})
				last = i
			}
			if i == len(b) {
				break
			}
			_, n := runeAt(b, i)
			i += n
			continue
		}
		if last < i {
			dst = append(dst, match{last, i, false})
		}
		dst = append(dst, match{i, end, true})
		i, last = end, end
	}
	return rest(dst, b, last)
}

// regexRun is the state of matching one text.
type regexRun struct {
	*regex
	b     []byte
	stack []regexState
}

// regexState is where to go on when a try fails: at pc and place at; for a run of characters, first at each shorter (greedy) or longer (lazy) run.
type regexState struct {
	pc, at int32
	limit  int32 // of a run: shortest end (greedy) or number of characters still allowed (lazy); -1 for a plain state
	set    *runeSet
}

// rememberAfter is the number of steps from which failed states are remembered.
const rememberAfter = 4096

// run returns the end of the match of the program at pc that starts at i, or -1.
func (m *regexRun) run(pc, i int) int {
	base := len(m.stack)
	steps := 0
	var tried map[uint64]struct{} // states taken from the stack, once a match has become long: all of them failed
	at := i
	for {
		steps++
		in := &m.prog[pc]
		ok := true
		switch in.op {
		case opMatch:
			m.stack = m.stack[:base]
			return at
		case opSet:
			ok = at < len(m.b)
			if ok {
				c, n := runeAt(m.b, at)
				ok = in.set.has(c)
				at += n
				pc++
			}
		case opRun:
			at, ok = m.repeat(in, pc, at)
			pc++
		case opSplit:
			m.stack = append(m.stack, regexState{in.y, int32(at), -1, nil})
			pc = int(in.x)
		case opJump:
			pc = int(in.x)
		case opLook:
			ok = (m.run(int(in.x), at) >= 0) != in.negate
			pc = int(in.y)
		case opBehind:
			ok = m.behind(in, at) != in.negate
			pc = int(in.y)
		case opAtomic:
			end := m.run(int(in.x), at)
			ok = end >= 0
			at, pc = end, int(in.y)
		default:
			ok = m.assert(in.op, at) != in.negate
			pc++
		}
		if ok {
			continue
		}
		if steps > rememberAfter && tried == nil {
			tried = map[uint64]struct{}{}
		}
		if pc, at = m.backtrack(base, tried); pc < 0 {
			return -1
		}
	}
}

// backtrack takes the next try from the stack, down to base, and leaves out those in tried.
func (m *regexRun) backtrack(base int, tried map[uint64]struct{}) (pc, at int) {
	for len(m.stack) > base {
		s := &m.stack[len(m.stack)-1]
		pc, at = int(s.pc), int(s.at)
		switch {
		case s.limit < 0:
			m.stack = m.stack[:len(m.stack)-1]
		case s.set == nil: // greedy: this end, then one character less
			if s.at <= s.limit {
				m.stack = m.stack[:len(m.stack)-1]
				break
			}
			s.at--
			for m.b[s.at]&0xC0 == 0x80 {
				s.at--
			}
		default: // lazy: one character more, while the class allows it
			c, n := rune(-1), 0
			if at < len(m.b) {
				c, n = runeAt(m.b, at)
			}
			if n == 0 || s.limit == 0 || !s.set.has(c) {
				m.stack = m.stack[:len(m.stack)-1]
				continue
			}
			s.at += int32(n)
			s.limit--
			at = int(s.at)
		}
		if tried == nil {
			return pc, at
		}
		key := uint64(pc)<<32 | uint64(at)
		if _, done := tried[key]; !done {
			tried[key] = struct{}{}
			return pc, at
		}
	}
	return -1, 0
}

// repeat matches a run of characters of one class.
func (m *regexRun) repeat(in *inst, pc, at int) (int, bool) {
	limit := in.max
	if in.mode == lazy {
		limit = in.min
	}
	shortest := at
	n := int32(0)
	for at < len(m.b) && (limit < 0 || n < limit) {
		c, size := runeAt(m.b, at)
		if !in.set.has(c) {
			break
		}
		at += size
		if n++; n == in.min {
			shortest = at
		}
	}
	if n < in.min {
		return at, false
	}
	switch {
	case in.mode == lazy && (in.max < 0 || in.max > in.min):
		more := int32(1<<31 - 1)
		if in.max >= 0 {
			more = in.max - in.min
		}
		m.stack = append(m.stack, regexState{int32(pc + 1), int32(at), more, in.set})
	case in.mode == greedy && at > shortest:
		before := at - 1
		for m.b[before]&0xC0 == 0x80 {
			before--
		}
		m.stack = append(m.stack, regexState{int32(pc + 1), int32(before), int32(shortest), nil})
	}
	return at, true
}

// behind reports whether the sub-program matches some text of in.min to in.max characters that ends at at.
func (m *regexRun) behind(in *inst, at int) bool {
	start := at
	for n := int32(0); n <= in.max; n++ {
		if n >= in.min && m.run(int(in.x), start) == at {
			return true
		}
		if start == 0 {
			break
		}
		for start--; m.b[start]&0xC0 == 0x80; start-- {
		}
	}
	return false
}

func (m *regexRun) assert(op opcode, at int) bool {
	switch op {
	case opLine:
		return at == 0 || m.b[at-1] == '\n'
	case opLineEnd:
		return at == len(m.b) || m.b[at] == '\n'
	case opText:
		return at == 0
	case opTextEnd:
		return at == len(m.b)
	}
	return endsInWord(m.b[:at]) != startsWithWord(m.b[at:])
}

// regexCompiler writes the program of a syntax tree.
type regexCompiler struct{ prog []inst }

func (c *regexCompiler) emit(in inst) int {
	c.prog = append(c.prog, in)
	return len(c.prog) - 1
}

func (c *regexCompiler) here() int32 { return int32(len(c.prog)) }

func (c *regexCompiler) node(n *regexNode) error {
	if len(c.prog) > maxProgram {
		return fmt.Errorf("too large (over %d instructions)", maxProgram)
	}
	switch n.kind {
	case nodeSet:
		c.emit(inst{op: opSet, set: n.set})
	case nodeAssert:
		c.emit(inst{op: n.op, negate: n.negate})
	case nodeConcat:
		for _, k := range n.kids {
			if err := c.node(k); err != nil {
				return err
			}
		}
	case nodeAlternate:
		var ends []int
		for i, k := range n.kids {
			split := -1
			if i < len(n.kids)-1 {
				split = c.emit(inst{op: opSplit, x: c.here() + 1})
			}
			if err := c.node(k); err != nil {
				return err
			}
			if split >= 0 {
				ends = append(ends, c.emit(inst{op: opJump}))
				c.prog[split].y = c.here()
			}
		}
		for _, e := range ends {
			c.prog[e].x = c.here()
		}
	case nodeLook, nodeBehind, nodeAtomic:
		op := map[nodeKind]opcode{nodeLook: opLook, nodeBehind: opBehind, nodeAtomic: opAtomic}[n.kind]
		at := c.emit(inst{op: op, negate: n.negate, x: c.here() + 1, min: int32(n.min), max: int32(n.max)})
		if err := c.node(n.kids[0]); err != nil {
			return err
		}
		c.emit(inst{op: opMatch})
		c.prog[at].y = c.here()
	case nodeRepeat:
		return c.repeat(n)
	}
	return nil
}

func (c *regexCompiler) repeat(n *regexNode) error {
	body := n.kids[0]
	if body.kind == nodeSet {
		c.emit(inst{op: opRun, set: body.set, min: int32(n.min), max: int32(n.max), mode: n.mode})
		return nil
	}
	if n.mode == possessive {
		inner := *n
		inner.mode = greedy
		return c.node(&regexNode{kind: nodeAtomic, kids: []*regexNode{&inner}})
	}
	if least, _ := body.width(); n.max < 0 && least == 0 {
		return fmt.Errorf("an unlimited repetition of what can match nothing is not supported")
	}
	for range n.min {
		if err := c.node(body); err != nil {
			return err
		}
	}
	split := func() int { return c.emit(inst{op: opSplit}) }
	aim := func(at int, body, exit int32) {
		c.prog[at].x, c.prog[at].y = body, exit
		if n.mode == lazy {
			c.prog[at].x, c.prog[at].y = exit, body
		}
	}
	if n.max < 0 {
		at := split()
		if err := c.node(body); err != nil {
			return err
		}
		c.emit(inst{op: opJump, x: int32(at)})
		aim(at, int32(at+1), c.here())
		return nil
	}
	var splits []int
	for range n.max - n.min {
		splits = append(splits, split())
		if err := c.node(body); err != nil {
			return err
		}
	}
	for _, at := range splits {
		aim(at, int32(at+1), c.here())
	}
	return nil
}

// runeSet is a set of characters.
type runeSet struct {
	ascii [2]uint64
	test  func(rune) bool // for all others
}

func newRuneSet(test func(rune) bool) *runeSet {
	s := &runeSet{test: test}
	for r := range rune(128) {
		if test(r) {
			s.ascii[r/64] |= 1 << (r % 64)
		}
	}
	return s
}

func (s *runeSet) has(r rune) bool {
	if r < 128 {
		return s.ascii[r/64]&(1<<(r%64)) != 0
	}
	return s.test(r)
}

// anyOf returns the union of sets.
func anyOf(sets []*runeSet) func(rune) bool {
	if len(sets) == 1 {
		return sets[0].has
	}
	return func(r rune) bool { return slices.ContainsFunc(sets, func(s *runeSet) bool { return s.has(r) }) }
}
