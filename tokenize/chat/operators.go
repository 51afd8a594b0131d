package chat

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"
)

func (e *literal) eval(*evaluator) (any, error) { return e.value, nil }

func (e *variable) eval(ev *evaluator) (any, error) {
	if v, ok := ev.scope.get(e.name); ok {
		return v, nil
	}
	return undefined{e.name}, nil
}

func (e *listExpr) eval(ev *evaluator) (any, error) {
	items := make([]any, len(e.items))
	for i, item := range e.items {
		var err error
		if items[i], err = ev.eval(item); err != nil {
			return nil, err
		}
	}
	return newList(e.tuple, items...)
}

func (e *dictExpr) eval(ev *evaluator) (any, error) {
	d := newDict()
	for i := range e.keys {
		k, err := ev.eval(e.keys[i])
		if err != nil {
			return nil, err
		}
		v, err := ev.eval(e.vals[i])
		if err != nil {
			return nil, err
		}
		if err := d.set(k, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (e *condExpr) eval(ev *evaluator) (any, error) {
	test, err := ev.eval(e.test)
	switch {
	case err != nil:
		return nil, err
	case truthy(test):
		return ev.eval(e.yes)
	case e.no == nil:
		return undefined{"the missing else"}, nil
	}
	return ev.eval(e.no)
}

func (e *logicExpr) eval(ev *evaluator) (any, error) {
	left, err := ev.eval(e.left)
	if err != nil || truthy(left) != e.and {
		return left, err
	}
	return ev.eval(e.right)
}

func (e *unaryExpr) eval(ev *evaluator) (any, error) {
	v, err := ev.eval(e.of)
	if err != nil {
		return nil, err
	}
	if e.op == "not" {
		return !truthy(v), nil
	}
	f, i, whole, ok := number(v)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s cannot be applied to a value of type %s%s", e.op, typeName(v), missing(v))
	case whole && e.op == "-" && i == math.MinInt64:
		return nil, errOverflow
	case whole && e.op == "-":
		return -i, nil
	case whole:
		return i, nil
	case e.op == "-":
		return -f, nil
	}
	return f, nil
}

// missing says which name an undefined value was looked up by.
func missing(v any) string {
	if u, ok := v.(undefined); ok {
		return fmt.Sprintf(" (%q is not there)", u.name)
	}
	return ""
}

func (e *compareExpr) eval(ev *evaluator) (any, error) {
	left, err := ev.eval(e.operands[0])
	if err != nil {
		return nil, err
	}
	for i, op := range e.ops {
		right, err := ev.eval(e.operands[i+1])
		if err != nil {
			return nil, err
		}
		if err := ev.charge(min(sizeOf(left), sizeOf(right))); err != nil {
			return nil, err
		}
		holds := false
		switch op {
		case "==":
			holds = equal(left, right)
		case "!=":
			holds = !equal(left, right)
		case "in", "not in":
			found, err := ev.contains(right, left)
			if err != nil {
				return nil, err
			}
			holds = found == (op == "in")
		default:
			if holds, err = ordered(op, left, right); err != nil {
				return nil, err
			}
		}
		if !holds {
			return false, nil
		}
		left = right
	}
	return true, nil
}

func ordered(op string, left, right any) (bool, error) {
	c, ok := compare(left, right)
	if !ok {
		return false, fmt.Errorf("%s does not compare %s with %s%s%s", op, typeName(left), typeName(right), missing(left), missing(right))
	}
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// contains is Python's `item in of`.
func (ev *evaluator) contains(of, item any) (bool, error) {
	switch of := of.(type) {
	case string:
		s, ok := item.(string)
		if !ok {
			return false, fmt.Errorf("a %s is never in a string%s", typeName(item), missing(item))
		}
		return strings.Contains(of, s), ev.charge(len(of))
	case *list:
		if err := ev.charge(of.bytes); err != nil {
			return false, err
		}
		for _, have := range of.items {
			if equal(have, item) {
				return true, nil
			}
		}
		return false, nil
	case *dict:
		_, found := of.get(item)
		return found, nil
	case undefined:
		return false, nil
	}
	return false, fmt.Errorf("\"in\" needs a string, a list or a dict, not %s", typeName(of))
}

func (e *binaryExpr) eval(ev *evaluator) (any, error) {
	left, err := ev.eval(e.left)
	if err != nil {
		return nil, err
	}
	right, err := ev.eval(e.right)
	if err != nil {
		return nil, err
	}
	return ev.binary(e.op, left, right)
}

func (ev *evaluator) binary(op string, left, right any) (any, error) {
	if op == "~" {
		return ev.join(str(left), str(right))
	}
	switch l := left.(type) {
	case string:
		if r, ok := right.(string); ok && op == "+" {
			return ev.join(l, r)
		}
		if op == "%" {
			return ev.printf(l, right)
		}
		if n, ok := right.(int64); ok && op == "*" {
			return ev.repeat(l, n)
		}
	case *list:
		if r, ok := right.(*list); ok && op == "+" && r.tuple == l.tuple {
			if err := ev.charge(l.bytes + r.bytes); err != nil {
				return nil, err
			}
			return newList(l.tuple, append(append([]any(nil), l.items...), r.items...)...)
		}
		if n, ok := right.(int64); ok && op == "*" {
			return ev.repeatList(l, n)
		}
	case int64:
		if r, ok := right.(string); ok && op == "*" {
			return ev.repeat(r, l)
		}
	}
	lf, li, lw, lok := number(left)
	rf, ri, rw, rok := number(right)
	if !lok || !rok {
		return nil, fmt.Errorf("%s cannot join %s and %s%s%s", op, typeName(left), typeName(right), missing(left), missing(right))
	}
	if lw && rw && op != "/" {
		return wholeArithmetic(op, li, ri)
	}
	return floatArithmetic(op, lf, rf)
}

func (ev *evaluator) join(a, b string) (any, error) {
	if len(a)+len(b) > maxBytes {
		return nil, errTooLarge
	}
	return a + b, ev.charge(len(a) + len(b))
}

func (ev *evaluator) repeat(s string, n int64) (any, error) {
	if n <= 0 || s == "" {
		return "", nil
	}
	if n > int64(maxBytes/len(s)) {
		return nil, errTooLarge
	}
	return strings.Repeat(s, int(n)), ev.charge(len(s) * int(n))
}

func (ev *evaluator) repeatList(l *list, n int64) (any, error) {
	if n <= 0 || len(l.items) == 0 {
		return newList(l.tuple)
	}
	if n > int64(maxBytes/(8*len(l.items))) {
		return nil, errTooLarge
	}
	if err := ev.charge(8 * len(l.items) * int(n)); err != nil {
		return nil, err
	}
	items := make([]any, 0, len(l.items)*int(n))
	for range n {
		items = append(items, l.items...)
	}
	return newList(l.tuple, items...)
}

var (
	errOverflow = fmt.Errorf("a whole number grew beyond 64 bits")
	errZero     = fmt.Errorf("division by zero")
)

func wholeArithmetic(op string, a, b int64) (any, error) {
	x, y, z := big.NewInt(a), big.NewInt(b), new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "//", "%":
		if b == 0 {
			return nil, errZero
		}
		var rest big.Int
		z.QuoRem(x, y, &rest)
		if rest.Sign() != 0 && (rest.Sign() < 0) != (b < 0) { // Python rounds down and gives the rest the divisor's sign
			z.Sub(z, big.NewInt(1))
			rest.Add(&rest, y)
		}
		if op == "%" {
			z = &rest
		}
	case "**":
		if b < 0 {
			return floatArithmetic(op, float64(a), float64(b))
		}
		if b > 64 && a != 0 && a != 1 && a != -1 {
			return nil, errOverflow
		}
		if b > 64 {
			y.SetInt64(b%2 + 2)
		}
		z.Exp(x, y, nil)
	}
	if !z.IsInt64() {
		return nil, errOverflow
	}
	return z.Int64(), nil
}

func floatArithmetic(op string, a, b float64) (any, error) {
	if b == 0 && (op == "/" || op == "//" || op == "%") || a == 0 && b < 0 && op == "**" {
		return nil, errZero
	}
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/":
		return a / b, nil
	case "//":
		return math.Floor(a / b), nil
	case "%":
		m := math.Mod(a, b)
		if m != 0 && (m < 0) != (b < 0) {
			m += b
		}
		return m, nil
	}
	return math.Pow(a, b), nil
}

// iterate lists the items that a for loop over v sees: characters, items, keys.
func (ev *evaluator) iterate(v any) ([]any, error) {
	switch v := v.(type) {
	case undefined:
		return nil, nil
	case *list:
		return v.items, ev.charge(len(v.items))
	case *dict:
		return v.keys, ev.charge(len(v.keys))
	case string:
		if err := ev.charge(32 * len(v)); err != nil {
			return nil, err
		}
		items := make([]any, 0, len(v))
		for len(v) > 0 {
			_, n := utf8.DecodeRuneInString(v)
			items = append(items, v[:n])
			v = v[n:]
		}
		return items, nil
	}
	return nil, fmt.Errorf("a value of type %s is no sequence", typeName(v))
}
