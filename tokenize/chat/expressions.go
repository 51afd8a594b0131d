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
