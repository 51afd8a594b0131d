package chat

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of one rendering. Templates come with models from anywhere, so none may run for long or fill the memory.
const (
	maxSource = 1 << 18 // bytes of a template; the longest published ones have about 40,000
	maxWork   = 1 << 22 // steps: one for each evaluated node and for each 32 bytes handled
	maxBytes  = 1 << 24 // bytes of the output and of any one value
	maxCalls  = 64      // macros that are called inside each other
)

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
	errTooLarge = fmt.Errorf("a value or the output grew beyond %d bytes", maxBytes)
	errTooLong  = fmt.Errorf("the template did not end within %d steps", maxWork)
)

// scope holds variables of one block; names not found are looked up in the scopes around it.
type scope struct {
	names  []string
	values []any
	outer  *scope
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		for i := len(s.names) - 1; i >= 0; i-- {
			if s.names[i] == name {
				return s.values[i], true
			}
		}
	}
	return nil, false
}

func (s *scope) set(name string, v any) {
	for i, n := range s.names {
		if n == name {
			s.values[i] = v
			return
		}
	}
	s.names = append(s.names, name)
	s.values = append(s.values, v)
}

// evaluator is one rendering.
type evaluator struct {
	global *scope // what the template's top level assigned, around the caller's variables
	scope  *scope
	out    *strings.Builder
	work   int
	calls  int
	// captures counts the set blocks, macros and filter blocks around the current place: generation blocks are located only in the output itself.
	captures int
	spans    []Span
}

// charge counts a step and the bytes it handles.
func (ev *evaluator) charge(bytes int) error {
	ev.work += 1 + bytes/32
	if ev.work > maxWork {
		return errTooLong
	}
	return nil
}

func (ev *evaluator) eval(e expr) (any, error) {
	if err := ev.charge(0); err != nil {
		return nil, err
	}
	return e.eval(ev)
}

// evalMaybe evaluates a missing part of a slice to nil.
func (ev *evaluator) evalMaybe(e expr) (any, error) {
	if e == nil {
		return nil, nil
	}
	return ev.eval(e)
}

func (ev *evaluator) write(s string) error {
	if ev.out.Len()+len(s) > maxBytes {
		return errTooLarge
	}
	ev.out.WriteString(s)
	return ev.charge(len(s))
}

func (ev *evaluator) run(nodes []node) error {
	for _, n := range nodes {
		if err := ev.charge(0); err != nil {
			return err
		}
		if err := n.exec(ev); err != nil {
			return err
		}
	}
	return nil
}

// inScope runs a body with variables of its own.
func (ev *evaluator) inScope(s *scope, body []node) error {
	before := ev.scope
	ev.scope = s
	err := ev.run(body)
	ev.scope = before
	return err
}

// capture runs a body and returns what it wrote.
func (ev *evaluator) capture(run func() error) (string, error) {
	before := ev.out
	ev.out = &strings.Builder{}
	ev.captures++
	err := run()
	ev.captures--
	text := ev.out.String()
	ev.out = before
	return text, err
}

// positioned is an error that already names its line.
type positioned struct {
	line int
	err  error
}

func (p *positioned) Error() string { return fmt.Sprintf("template line %d: %v", p.line, p.err) }
func (p *positioned) Unwrap() error { return p.err }

// at names the line of an error that has none; the innermost statement wins.
func at(line int, err error) error {
	var p *positioned
	if err == nil || err == errBreak || err == errContinue || errors.As(err, &p) {
		return err
	}
	return &positioned{line, err}
}

func (n *textNode) exec(ev *evaluator) error { return ev.write(n.text) }

func (n *outNode) exec(ev *evaluator) error {
	v, err := ev.eval(n.of)
	if err == nil {
		err = ev.write(str(v))
	}
	return at(n.line, err)
}

func (n *ifNode) exec(ev *evaluator) error {
	for i, test := range n.tests {
		v, err := ev.eval(test)
		if err != nil {
			return at(n.line, err)
		}
		if truthy(v) {
			return ev.run(n.blks[i])
		}
	}
	return ev.run(n.other)
}

func (n *forNode) exec(ev *evaluator) error {
	over, err := ev.eval(n.over)
	if err != nil {
		return at(n.line, err)
	}
	items, err := ev.iterate(over)
	if err != nil {
		return at(n.line, err)
	}
	if n.where != nil {
		if items, err = n.filter(ev, items); err != nil {
			return at(n.line, err)
		}
	}
	if len(items) == 0 {
		return ev.inScope(&scope{outer: ev.scope}, n.other)
	}
	loop := &loopState{items: items}
	for i, item := range items {
		s := &scope{outer: ev.scope}
		loop.index = i
		s.set("loop", loop)
		if err := ev.assign(s, n.target, item); err != nil {
			return at(n.line, err)
		}
		switch err := ev.inScope(s, n.body); err {
		case nil, errContinue:
		case errBreak:
			return nil
		default:
			return err
		}
	}
	return nil
}

// filter keeps the items for which the loop's own condition holds.
func (n *forNode) filter(ev *evaluator, items []any) ([]any, error) {
	var kept []any
	before := ev.scope
	defer func() { ev.scope = before }()
	for _, item := range items {
		ev.scope = &scope{outer: before}
		if err := ev.assign(ev.scope, n.target, item); err != nil {
			return nil, err
		}
		v, err := ev.eval(n.where)
		if err != nil {
			return nil, err
		}
		if truthy(v) {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

func (ev *evaluator) assign(s *scope, t target, v any) error {
	switch {
	case t.member != "":
		of, _ := ev.scope.get(t.name)
		ns, ok := of.(*namespace)
		if !ok {
			return fmt.Errorf("%s.%s cannot be assigned to: %s is no namespace", t.name, t.member, t.name)
		}
		if err := ns.dict.set(t.member, v); err != nil {
			return err
		}
		// A namespace is not part of other values, so what it holds is bounded one by one, not in sum.
		ns.dict.extent = extent{}
		return nil
	case t.several == nil:
		s.set(t.name, v)
		return nil
	}
	items, err := ev.iterate(v)
	if err != nil {
		return err
	}
	if len(items) != len(t.several) {
		return fmt.Errorf("%d values for %d names", len(items), len(t.several))
	}
	for i, sub := range t.several {
		if err := ev.assign(s, sub, items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (n *setNode) exec(ev *evaluator) error {
	v, err := ev.eval(n.value)
	if err == nil {
		err = ev.assign(ev.scope, n.target, v)
	}
	return at(n.line, err)
}

func (n *setBlock) exec(ev *evaluator) error {
	text, err := ev.capture(func() error { return ev.inScope(&scope{outer: ev.scope}, n.body) })
	if err != nil {
		return err
	}
	v, err := ev.chain(text, n.filters)
	if err == nil {
		err = ev.assign(ev.scope, n.target, v)
	}
	return at(n.line, err)
}

func (ev *evaluator) chain(v any, filters []*filterExpr) (any, error) {
	for _, f := range filters {
		var err error
		if v, err = f.apply(ev, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (n *filterNode) exec(ev *evaluator) error {
	text, err := ev.capture(func() error { return ev.inScope(&scope{outer: ev.scope}, n.body) })
	if err != nil {
		return err
	}
	v, err := ev.chain(text, n.filters)
	if err == nil {
		err = ev.write(str(v))
	}
	return at(n.line, err)
}

func (n *withNode) exec(ev *evaluator) error {
	s := &scope{outer: ev.scope}
	for i, t := range n.targets {
		v, err := ev.eval(n.values[i])
		if err != nil {
			return at(n.line, err)
		}
		s.set(t.name, v)
	}
	return ev.inScope(s, n.body)
}

func (n *macroNode) exec(ev *evaluator) error {
	ev.scope.set(n.macro.name, n.macro)
	return nil
}

func (n *callNode) exec(ev *evaluator) error {
	defined := ev.scope
	caller := &function{name: "caller", call: func(ev *evaluator, args []any, kwargs []kwarg) (any, error) {
		return n.caller.callIn(ev, defined, args, kwargs, nil)
	}}
	v, err := n.call.evalWith(ev, caller)
	if err == nil {
		err = ev.write(str(v))
	}
	return at(n.line, err)
}

func (n *generationNode) exec(ev *evaluator) error {
	from := ev.out.Len()
	err := ev.inScope(&scope{outer: ev.scope}, n.body)
	if ev.captures == 0 && ev.out.Len() > from {
		ev.spans = append(ev.spans, Span{from, ev.out.Len()})
	}
	return err
}

func (n *jumpNode) exec(*evaluator) error { return n.err }

// callIn runs a macro: its parameters stand in a scope inside the one it can see, and what it writes is its value.
func (m *macro) callIn(ev *evaluator, sees *scope, args []any, kwargs []kwarg, caller *function) (any, error) {
	if ev.calls++; ev.calls > maxCalls {
		return nil, fmt.Errorf("macros call each other more than %d deep", maxCalls)
	}
	defer func() { ev.calls-- }()
	if len(args) > len(m.params) {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", m.name, len(m.params), len(args))
	}
	s := &scope{outer: sees}
	for i, v := range args {
		s.set(m.params[i], v)
	}
	for _, k := range kwargs {
		known := false
		for _, p := range m.params[min(len(args), len(m.params)):] {
			known = known || p == k.name
		}
		if !known {
			return nil, fmt.Errorf("%s takes no argument %q (or it was given twice)", m.name, k.name)
		}
		s.set(k.name, k.value)
	}
	if caller != nil {
		s.set("caller", caller)
	}
	before := ev.scope
	ev.scope = s
	defer func() { ev.scope = before }()
	for i, p := range m.params {
		if _, given := (&scope{names: s.names, values: s.values}).get(p); given {
			continue
		}
		var v any = undefined{p}
		if d := i - (len(m.params) - len(m.defaults)); d >= 0 {
			var err error
			if v, err = ev.eval(m.defaults[d]); err != nil {
				return nil, err
			}
		}
		s.set(p, v)
	}
	text, err := ev.capture(func() error { return ev.run(m.body) })
	return text, err
}
