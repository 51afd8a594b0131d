package chat

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func filterAbs(ev *evaluator, v any, _ []any, _ []kwarg) (any, error) {
	f, _, _, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("needs a number, not %s%s", typeName(v), missing(v))
	}
	if f >= 0 {
		return v, nil
	}
	return (&unaryExpr{"-", &literal{v}}).eval(ev)
}

func filterInt(_ *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "default", "base")
	if err != nil {
		return nil, err
	}
	missing, err := b.int(0, 0)
	if err != nil {
		return nil, err
	}
	base, err := b.int(1, 10)
	if err != nil {
		return nil, err
	}
	if s, ok := v.(string); ok {
		s = strings.ToLower(strings.TrimFunc(s, isSpace))
		if prefix := map[int64]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" {
			s = strings.TrimPrefix(s, prefix)
		}
		if n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), int(min(max(base, 0), 36)), 64); err == nil && base != 1 {
			return n, nil
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return missing, nil
		}
		v = f
	}
	f, n, whole, ok := number(v)
	switch {
	case ok && whole:
		return n, nil
	case ok && math.Abs(f) < 1<<63:
		return int64(f), nil
	}
	return missing, nil
}

func filterFloat(_ *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "default")
	if err != nil {
		return nil, err
	}
	if f, _, _, ok := number(v); ok {
		return f, nil
	}
	if s, ok := v.(string); ok {
		if f, err := strconv.ParseFloat(strings.TrimFunc(s, isSpace), 64); err == nil {
			return f, nil
		}
	}
	if b.given[0] {
		return b.values[0], nil
	}
	return 0.0, nil
}

func filterRound(_ *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "precision", "method")
	if err != nil {
		return nil, err
	}
	digits, err := b.int(0, 0)
	if err != nil {
		return nil, err
	}
	how, err := b.str(1, "common")
	if err != nil {
		return nil, err
	}
	f, n, whole, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("needs a number, not %s%s", typeName(v), missing(v))
	}
	if digits < -15 || digits > 15 {
		return nil, fmt.Errorf("the precision must lie within 15 digits, not %d", digits)
	}
	scale := math.Pow(10, float64(digits))
	switch {
	case how == "ceil":
		return math.Ceil(f*scale) / scale, nil
	case how == "floor":
		return math.Floor(f*scale) / scale, nil
	case how != "common":
		return nil, fmt.Errorf("the method must be common, ceil or floor, not %.40q", how)
	case whole && digits >= 0:
		return n, nil
	case digits < 0:
		return math.RoundToEven(f*scale) / scale, nil
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(digits), 64), 64)
	return r, err
}
