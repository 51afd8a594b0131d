package chat

import (
	"fmt"
	"math/big"
)

type testFunc func(ev *evaluator, v any, pos []any, named []kwarg) (bool, error)

func (e *testExpr) eval(ev *evaluator) (any, error) {
	v, err := ev.eval(e.of)
	if err != nil {
		return nil, err
	}
	pos, named, err := e.args.eval(ev)
	if err != nil {
		return nil, err
	}
	holds, err := e.fn(ev, v, pos, named)
	if err != nil {
		return nil, fmt.Errorf("is %s: %w", e.name, err)
	}
	return holds, nil
}

var tests = map[string]testFunc{
	"boolean":  typeTest(func(v any) bool { _, ok := v.(bool); return ok }),
	"callable": typeTest(func(v any) bool { return typeName(v) == "function" }),
	"defined":  typeTest(func(v any) bool { _, absent := v.(undefined); return !absent }),
	"escaped":  typeTest(func(any) bool { return false }),
	"false":    typeTest(func(v any) bool { return v == false }),
	"filter":   typeTest(func(v any) bool { s, ok := v.(string); return ok && filters[s] != nil }),
	"float":    typeTest(func(v any) bool { _, ok := v.(float64); return ok }),
	"integer":  typeTest(isInteger),
	"iterable": typeTest(func(v any) bool {
		switch v.(type) {
		case undefined, string, *list, *dict:
			return true
		}
		return false
	}),
	"lower":   typeTest(func(v any) bool { return isLower(str(v)) }),
	"mapping": typeTest(func(v any) bool { _, ok := v.(*dict); return ok }),
	"none":    typeTest(func(v any) bool { return v == nil }),
	"number": typeTest(func(v any) bool {
		_, _, _, ok := number(v)
		_, big := v.(*big.Int)
		return ok || big
	}),
	"sequence": typeTest(func(v any) bool {
		switch v.(type) {
		case undefined, string, *list, *dict:
			return true
		}
		return false
	}),
	"string": typeTest(func(v any) bool { _, ok := v.(string); return ok }),
	"test": func(_ *evaluator, v any, _ []any, _ []kwarg) (bool, error) {
		s, ok := v.(string)
		return ok && isTest(s), nil
	},
	"true":      typeTest(func(v any) bool { return v == true }),
	"undefined": typeTest(func(v any) bool { _, absent := v.(undefined); return absent }),
	"upper":     typeTest(func(v any) bool { return isUpper(str(v)) }),

	"divisibleby": pairTest(func(_ *evaluator, a, b any) (bool, error) {
		rest, err := wholeRemainder(a, b)
		return rest == 0, err
	}),
	"even":   parity(0),
	"odd":    parity(1),
	"sameas": pairTest(func(_ *evaluator, a, b any) (bool, error) { return typeName(a) == typeName(b) && equal(a, b), nil }),
	"in":     pairTest(func(ev *evaluator, a, b any) (bool, error) { return ev.contains(b, a) }),
	"eq":     compareTest("=="), "equalto": compareTest("=="), "==": compareTest("=="),
	"ne": compareTest("!="), "!=": compareTest("!="),
	"lt": compareTest("<"), "lessthan": compareTest("<"), "<": compareTest("<"),
	"le": compareTest("<="), "<=": compareTest("<="),
	"gt": compareTest(">"), "greaterthan": compareTest(">"), ">": compareTest(">"),
	"ge": compareTest(">="), ">=": compareTest(">="),
}

func typeTest(is func(any) bool) testFunc {
	return func(_ *evaluator, v any, pos []any, named []kwarg) (bool, error) {
		if len(pos)+len(named) > 0 {
			return false, fmt.Errorf("takes no arguments")
		}
		return is(v), nil
	}
}

func isInteger(v any) bool {
	switch v.(type) {
	case int64, *big.Int:
		return true
	}
	return false
}

// isTest stands apart from the table because the table holds a test that asks it.
func isTest(name string) bool { return testNames[name] }

var testNames = map[string]bool{}

func init() {
	for name := range tests {
		testNames[name] = true
	}
}

func pairTest(holds func(ev *evaluator, a, b any) (bool, error)) testFunc {
	return func(ev *evaluator, v any, pos []any, named []kwarg) (bool, error) {
		b, err := bind(pos, named, "other")
		if err == nil {
			err = b.need(1)
		}
		if err != nil {
			return false, err
		}
		if err := ev.charge(min(sizeOf(v), sizeOf(b.values[0]))); err != nil {
			return false, err
		}
		return holds(ev, v, b.values[0])
	}
}

func compareTest(op string) testFunc {
	return pairTest(func(_ *evaluator, a, b any) (bool, error) {
		switch op {
		case "==":
			return equal(a, b), nil
		case "!=":
			return !equal(a, b), nil
		}
		return ordered(op, a, b)
	})
}

func wholeRemainder(a, b any) (int64, error) {
	_, x, wx, okX := number(a)
	_, y, wy, okY := number(b)
	if !okX || !okY || !wx || !wy {
		return 0, fmt.Errorf("needs whole numbers, not %s and %s", typeName(a), typeName(b))
	}
	rest, err := wholeArithmetic("%", x, y)
	if err != nil {
		return 0, err
	}
	return rest.(int64), nil
}

func parity(want int64) testFunc {
	return func(_ *evaluator, v any, _ []any, _ []kwarg) (bool, error) {
		rest, err := wholeRemainder(v, int64(2))
		return rest == want, err
	}
}
