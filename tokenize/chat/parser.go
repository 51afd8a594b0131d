package chat

import "fmt"

// parser turns tokens into statements; expressions are in expressions.go.
type parser struct {
	toks  []token
	at    int
	depth int
	loops int // for loops around the current place inside the same macro
	// generation is set when the template marks what the model writes by itself.
	generation bool
}

func (p *parser) peek() token { return p.toks[p.at] }

func (p *parser) take() token {
	t := p.toks[p.at]
	if t.kind != tokEOF {
		p.at++
	}
	return t
}

func (p *parser) is(k kind, text string) bool {
	t := p.peek()
	return t.kind == k && t.text == text
}

func (p *parser) isName(name string) bool { return p.is(tokName, name) }

// skip takes the token if it is the given one.
func (p *parser) skip(k kind, text string) bool {
	if p.is(k, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("template line %d: %s", p.peek().line, fmt.Sprintf(format, args...))
}

func (p *parser) expect(k kind, text string) error {
	if !p.skip(k, text) {
		return p.errorf("expected %q, found %s", text, p.found())
	}
	return nil
}

func (p *parser) found() string {
	if p.peek().kind == tokEOF {
		return "the end of the template"
	}
	return fmt.Sprintf("%.40q", p.peek().text)
}

func (p *parser) name() (string, error) {
	if p.peek().kind != tokName {
		return "", p.errorf("expected a name, found %s", p.found())
	}
	return p.take().text, nil
}

// enter bounds how deep blocks and expressions nest, so that a hostile template cannot exhaust the stack.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf("nested deeper than %d", maxDepth)
	}
	return nil
}

// body parses up to one of the given block tags and leaves the parser after its name. At the top (no ends) it runs to the end of the template.
func (p *parser) body(ends ...string) (nodes []node, end string, err error) {
	if err := p.enter(); err != nil {
		return nil, "", err
	}
	defer func() { p.depth-- }()
	for {
		t := p.take()
		switch t.kind {
		case tokEOF:
			if len(ends) > 0 {
				return nil, "", p.errorf("the template ends before {%% %s %%}", ends[len(ends)-1])
			}
			return nodes, "", nil
		case tokData:
			nodes = append(nodes, &textNode{t.text})
		case tokVarOpen:
			e, err := p.tuple(true)
			if err != nil {
				return nil, "", err
			}
			if err := p.expect(tokVarClose, "}}"); err != nil {
				return nil, "", err
			}
			nodes = append(nodes, &outNode{t.line, e})
		case tokOpen:
			name, err := p.name()
			if err != nil {
				return nil, "", err
			}
			for _, e := range ends {
				if e == name {
					return nodes, name, nil
				}
			}
			n, err := p.statement(name, t.line)
			if err != nil {
				return nil, "", err
			}
			nodes = append(nodes, n)
		}
	}
}

// block parses the end of the current tag, a body, and its closing tag.
func (p *parser) block(end string) ([]node, error) {
	if err := p.close(); err != nil {
		return nil, err
	}
	nodes, _, err := p.body(end)
	if err != nil {
		return nil, err
	}
	return nodes, p.close()
}

func (p *parser) close() error { return p.expect(tokClose, "%}") }

func (p *parser) statement(name string, line int) (node, error) {
	switch name {
	case "if":
		return p.ifBlock(line)
	case "for":
		return p.forBlock(line)
	case "set":
		return p.set(line)
	case "with":
		return p.with(line)
	case "macro":
		return p.macro()
	case "call":
		return p.call(line)
	case "filter":
		filters, err := p.filterChain()
		if err != nil {
			return nil, err
		}
		body, err := p.block("endfilter")
		return &filterNode{line, filters, body}, err
	case "generation":
		p.generation = true
		body, err := p.block("endgeneration")
		return &generationNode{body}, err
	case "break", "continue":
		if p.loops == 0 {
			return nil, p.errorf("{%% %s %%} outside of a for loop", name)
		}
		jump := errBreak
		if name == "continue" {
			jump = errContinue
		}
		return &jumpNode{jump}, p.close()
	case "include", "import", "from", "extends", "block":
		return nil, p.errorf("{%% %s %%} is not part of chat templates: a template is one piece of text", name)
	}
	return nil, p.errorf("unknown block tag %q", name)
}

func (p *parser) ifBlock(line int) (node, error) {
	n := &ifNode{line: line}
	for {
		test, err := p.tuple(true)
		if err != nil {
			return nil, err
		}
		if err := p.close(); err != nil {
			return nil, err
		}
		body, end, err := p.body("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		n.tests, n.blks = append(n.tests, test), append(n.blks, body)
		if end == "elif" {
			continue
		}
		if end == "else" {
			n.other, err = p.block("endif")
			return n, err
		}
		return n, p.close()
	}
}

func (p *parser) forBlock(line int) (node, error) {
	n := &forNode{line: line}
	var err error
	if n.target, err = p.target(false); err != nil {
		return nil, err
	}
	if err := p.expect(tokName, "in"); err != nil {
		return nil, err
	}
	if n.over, err = p.tuple(false); err != nil {
		return nil, err
	}
	if p.skip(tokName, "if") {
		if n.where, err = p.expr(); err != nil {
			return nil, err
		}
	}
	if p.isName("recursive") {
		return nil, p.errorf("recursive loops are not supported; use a macro that calls itself")
	}
	if err := p.close(); err != nil {
		return nil, err
	}
	p.loops++
	body, end, err := p.body("else", "endfor")
	p.loops--
	if err != nil {
		return nil, err
	}
	n.body = body
	if end == "else" {
		n.other, err = p.block("endfor")
		return n, err
	}
	return n, p.close()
}

// target parses names separated by commas; member allows `ns.name`.
func (p *parser) target(member bool) (target, error) {
	var all []target
	comma := false
	for {
		if p.skip(tokOp, "(") {
			if err := p.enter(); err != nil {
				return target{}, err
			}
			inner, err := p.target(false)
			if err != nil {
				return target{}, err
			}
			p.depth--
			if err := p.expect(tokOp, ")"); err != nil {
				return target{}, err
			}
			all = append(all, inner)
		} else {
			name, err := p.name()
			if err != nil {
				return target{}, err
			}
			t := target{name: name}
			if member && p.skip(tokOp, ".") {
				if t.member, err = p.name(); err != nil {
					return target{}, err
				}
			} else if constant(name) {
				return target{}, p.errorf("%s cannot be assigned to", name)
			}
			all = append(all, t)
		}
		if !p.skip(tokOp, ",") {
			break
		}
		comma = true
		if p.isName("in") || p.is(tokOp, "=") || p.is(tokOp, ")") {
			break
		}
	}
	if len(all) == 1 && !comma {
		return all[0], nil
	}
	return target{several: all}, nil
}

func constant(name string) bool {
	switch name {
	case "true", "True", "false", "False", "none", "None":
		return true
	}
	return false
}

func (p *parser) set(line int) (node, error) {
	to, err := p.target(true)
	if err != nil {
		return nil, err
	}
	if p.skip(tokOp, "=") {
		value, err := p.tuple(true)
		if err != nil {
			return nil, err
		}
		return &setNode{line, to, value}, p.close()
	}
	var filters []*filterExpr
	if p.skip(tokOp, "|") {
		if filters, err = p.filterChain(); err != nil {
			return nil, err
		}
	}
	body, err := p.block("endset")
	return &setBlock{line, to, filters, body}, err
}

func (p *parser) with(line int) (node, error) {
	n := &withNode{line: line}
	for !p.is(tokClose, "%}") {
		if len(n.targets) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokOp, "="); err != nil {
			return nil, err
		}
		value, err := p.expr()
		if err != nil {
			return nil, err
		}
		n.targets, n.values = append(n.targets, target{name: name}), append(n.values, value)
	}
	var err error
	n.body, err = p.block("endwith")
	return n, err
}

func (p *parser) macro() (node, error) {
	m := &macro{}
	var err error
	if m.name, err = p.name(); err != nil {
		return nil, err
	}
	if err := p.params(m); err != nil {
		return nil, err
	}
	return &macroNode{m}, p.macroBody(m, "endmacro")
}

func (p *parser) macroBody(m *macro, end string) (err error) {
	loops := p.loops
	p.loops = 0
	m.body, err = p.block(end)
	p.loops = loops
	return err
}

func (p *parser) params(m *macro) error {
	if err := p.expect(tokOp, "("); err != nil {
		return err
	}
	for !p.skip(tokOp, ")") {
		if len(m.params) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return err
			}
		}
		name, err := p.name()
		if err != nil {
			return err
		}
		m.params = append(m.params, name)
		if p.skip(tokOp, "=") {
			value, err := p.expr()
			if err != nil {
				return err
			}
			m.defaults = append(m.defaults, value)
		} else if len(m.defaults) > 0 {
			return p.errorf("the parameter %s without a default follows one with a default", name)
		}
	}
	return nil
}

func (p *parser) call(line int) (node, error) {
	caller := &macro{name: "caller"}
	if p.is(tokOp, "(") {
		if err := p.params(caller); err != nil {
			return nil, err
		}
	}
	e, err := p.expr()
	if err != nil {
		return nil, err
	}
	call, ok := e.(*callExpr)
	if !ok {
		return nil, p.errorf("{%% call %%} needs a call")
	}
	return &callNode{line, call, caller}, p.macroBody(caller, "endcall")
}
