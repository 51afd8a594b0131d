package chat

import (
	"strconv"
	"strings"
)

// postfix parses what follows a value directly: .name, [index], [slice], (call).
func (p *parser) postfix(e expr) (expr, error) {
	for n := 0; ; n++ {
		if n > maxDepth {
			return nil, p.errorf("more than %d accesses in a row", maxDepth)
		}
		var err error
		switch {
		case p.skip(tokOp, "."):
			t := p.take()
			switch t.kind {
			case tokName:
				e = &attrExpr{e, t.text}
			case tokInt:
				index, _ := strconv.ParseInt(t.text, 10, 64)
				e = &itemExpr{e, &literal{index}}
			default:
				return nil, p.errorf("expected a name after %q", ".")
			}
		case p.skip(tokOp, "["):
			e, err = p.subscript(e)
		case p.is(tokOp, "("):
			c := &callExpr{fn: e}
			c.args, err = p.arguments()
			e = c
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) subscript(of expr) (expr, error) {
	var parts [3]expr
	n := 0
	for {
		if !p.is(tokOp, ":") && !p.is(tokOp, "]") {
			e, err := p.expr()
			if err != nil {
				return nil, err
			}
			parts[n] = e
		}
		if n == 2 || !p.skip(tokOp, ":") {
			break
		}
		n++
	}
	if err := p.expect(tokOp, "]"); err != nil {
		return nil, err
	}
	if n > 0 {
		return &sliceExpr{of, parts[0], parts[1], parts[2]}, nil
	}
	if parts[0] == nil {
		return nil, p.errorf("[] holds no index")
	}
	return &itemExpr{of, parts[0]}, nil
}

func (p *parser) arguments() (a args, err error) {
	if err := p.expect(tokOp, "("); err != nil {
		return a, err
	}
	for n := 0; !p.skip(tokOp, ")"); n++ {
		if n > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return a, err
			}
			if p.skip(tokOp, ")") {
				break
			}
		}
		if p.peek().kind == tokName && p.toks[p.at+1].kind == tokOp && p.toks[p.at+1].text == "=" {
			a.names = append(a.names, p.take().text)
			p.at++
			e, err := p.expr()
			if err != nil {
				return a, err
			}
			a.named = append(a.named, e)
			continue
		}
		if len(a.named) > 0 {
			return a, p.errorf("an argument without a name follows a named one")
		}
		e, err := p.expr()
		if err != nil {
			return a, err
		}
		a.pos = append(a.pos, e)
	}
	return a, nil
}

// filters parses `| filter`, `is test` and calls of what they return.
func (p *parser) filters(e expr) (expr, error) {
	for n := 0; ; n++ {
		if n > maxDepth {
			return nil, p.errorf("more than %d filters in a row", maxDepth)
		}
		var err error
		switch {
		case p.skip(tokOp, "|"):
			var f *filterExpr
			if f, err = p.filter(); err == nil {
				f.of = e
				e = f
			}
		case p.skip(tokName, "is"):
			e, err = p.test(e)
		case p.is(tokOp, "("):
			c := &callExpr{fn: e}
			c.args, err = p.arguments()
			e = c
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) filter() (*filterExpr, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	f := &filterExpr{name: name, fn: filters[name]}
	if f.fn == nil {
		return nil, p.errorf("unknown filter %q", name)
	}
	if p.is(tokOp, "(") {
		f.args, err = p.arguments()
	}
	return f, err
}

// filterChain parses `a | b(x) | c` of a filter block or a set block.
func (p *parser) filterChain() ([]*filterExpr, error) {
	var chain []*filterExpr
	for {
		f, err := p.filter()
		if err != nil {
			return nil, err
		}
		chain = append(chain, f)
		if !p.skip(tokOp, "|") {
			return chain, nil
		}
	}
}

func (p *parser) test(of expr) (expr, error) {
	not := p.skip(tokName, "not")
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	t := &testExpr{of: of, name: name, fn: tests[name]}
	if t.fn == nil {
		return nil, p.errorf("unknown test %q", name)
	}
	next := p.peek()
	switch {
	case p.is(tokOp, "("):
		t.args, err = p.arguments()
	case next.kind == tokString, next.kind == tokInt, next.kind == tokFloat, p.is(tokOp, "["), p.is(tokOp, "{"),
		next.kind == tokName && !strings.Contains(" else or and if is in not recursive ", " "+next.text+" "):
		var arg expr
		if arg, err = p.primary(); err == nil {
			arg, err = p.postfix(arg)
		}
		t.pos = []expr{arg}
	}
	if err != nil {
		return nil, err
	}
	if not {
		return &unaryExpr{"not", t}, nil
	}
	return t, nil
}
