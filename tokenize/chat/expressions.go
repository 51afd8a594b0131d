package chat

import (
	"math/big"
	"strconv"
	"strings"
)

// expr parses one expression with inline if, the weakest of all operators.
func (p *parser) expr() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	e, err := p.or()
	for err == nil && p.skip(tokName, "if") {
		c := &condExpr{yes: e}
		if c.test, err = p.or(); err != nil {
			return nil, err
		}
		if p.skip(tokName, "else") {
			if c.no, err = p.expr(); err != nil {
				return nil, err
			}
		}
		e = c
	}
	return e, err
}

// tuple parses an expression, or several with commas between them as a tuple. cond allows inline if, which the `in` of a for loop does not.
func (p *parser) tuple(cond bool) (expr, error) {
	one := p.or
	if cond {
		one = p.expr
	}
	first, err := one()
	if err != nil || !p.is(tokOp, ",") {
		return first, err
	}
	t := &listExpr{items: []expr{first}, tuple: true}
	for p.skip(tokOp, ",") {
		if p.tupleEnds() {
			break
		}
		item, err := one()
		if err != nil {
			return nil, err
		}
		t.items = append(t.items, item)
	}
	return t, nil
}

func (p *parser) tupleEnds() bool {
	k := p.peek().kind
	return k == tokClose || k == tokVarClose || p.is(tokOp, ")")
}

func (p *parser) or() (expr, error) {
	left, err := p.and()
	for err == nil && p.skip(tokName, "or") {
		var right expr
		if right, err = p.and(); err == nil {
			left = &logicExpr{false, left, right}
		}
	}
	return left, err
}

func (p *parser) and() (expr, error) {
	left, err := p.not()
	for err == nil && p.skip(tokName, "and") {
		var right expr
		if right, err = p.not(); err == nil {
			left = &logicExpr{true, left, right}
		}
	}
	return left, err
}

func (p *parser) not() (expr, error) {
	if !p.skip(tokName, "not") {
		return p.compare()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	of, err := p.not()
	return &unaryExpr{"not", of}, err
}

func (p *parser) compare() (expr, error) {
	first, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := &compareExpr{operands: []expr{first}}
	for {
		op := ""
		t := p.peek()
		switch {
		case t.kind == tokOp && strings.Contains(" == != < <= > >= ", " "+t.text+" "):
			op = p.take().text
		case p.skip(tokName, "in"):
			op = "in"
		case p.isName("not") && p.toks[p.at+1].kind == tokName && p.toks[p.at+1].text == "in":
			p.at += 2
			op = "not in"
		}
		if op == "" {
			break
		}
		next, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.ops, c.operands = append(c.ops, op), append(c.operands, next)
	}
	if len(c.ops) == 0 {
		return first, nil
	}
	return c, nil
}

// binary parses operators of one rank, all joining to the left.
func (p *parser) binary(next func() (expr, error), ops string) (expr, error) {
	left, err := next()
	for err == nil {
		t := p.peek()
		if t.kind != tokOp || !strings.Contains(ops, " "+t.text+" ") {
			return left, nil
		}
		p.at++
		var right expr
		if right, err = next(); err == nil {
			left = &binaryExpr{t.text, left, right}
		}
	}
	return left, err
}

func (p *parser) sum() (expr, error)     { return p.binary(p.concat, " + - ") }
func (p *parser) concat() (expr, error)  { return p.binary(p.product, " ~ ") }
func (p *parser) product() (expr, error) { return p.binary(p.power, " * / // % ") }
func (p *parser) power() (expr, error) {
	return p.binary(func() (expr, error) { return p.unary(true) }, " ** ")
}

func (p *parser) unary(filters bool) (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	var e expr
	var err error
	if op := p.peek(); op.kind == tokOp && (op.text == "-" || op.text == "+") {
		p.at++
		var of expr
		if of, err = p.unary(false); err == nil {
			e = &unaryExpr{op.text, of}
		}
	} else {
		e, err = p.primary()
	}
	if err != nil {
		return nil, err
	}
	if e, err = p.postfix(e); err != nil || !filters {
		return e, err
	}
	return p.filters(e)
}

func (p *parser) primary() (expr, error) {
	t := p.take()
	switch t.kind {
	case tokName:
		switch t.text {
		case "true", "True":
			return &literal{true}, nil
		case "false", "False":
			return &literal{false}, nil
		case "none", "None":
			return &literal{nil}, nil
		}
		return &variable{t.text}, nil
	case tokString:
		text := t.text
		for p.peek().kind == tokString {
			text += p.take().text
		}
		return &literal{text}, nil
	case tokInt:
		digits := strings.ReplaceAll(t.text, "_", "")
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return &literal{n}, nil
		}
		n, ok := new(big.Int).SetString(digits, 10)
		if !ok || len(digits) > 4300 {
			return nil, p.errorf("%.40s is no number", t.text)
		}
		return &literal{n}, nil
	case tokFloat:
		f, err := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
		if err != nil {
			return nil, p.errorf("%.40s is no number", t.text)
		}
		return &literal{f}, nil
	case tokOp:
		switch t.text {
		case "(":
			if p.skip(tokOp, ")") {
				return &listExpr{tuple: true}, nil
			}
			e, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			return e, p.expect(tokOp, ")")
		case "[":
			items, err := p.sequence("]")
			return &listExpr{items: items}, err
		case "{":
			return p.dict()
		}
	}
	if t.kind != tokEOF {
		p.at--
	}
	return nil, p.errorf("expected an expression, found %s", p.found())
}

func (p *parser) sequence(shut string) ([]expr, error) {
	var items []expr
	for !p.skip(tokOp, shut) {
		if len(items) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.skip(tokOp, shut) {
				break
			}
		}
		item, err := p.expr()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func (p *parser) dict() (expr, error) {
	d := &dictExpr{}
	for !p.skip(tokOp, "}") {
		if len(d.keys) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.skip(tokOp, "}") {
				break
			}
		}
		k, err := p.expr()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokOp, ":"); err != nil {
			return nil, err
		}
		v, err := p.expr()
		if err != nil {
			return nil, err
		}
		d.keys, d.vals = append(d.keys, k), append(d.vals, v)
	}
	return d, nil
}

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
