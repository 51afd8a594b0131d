package chat

import "fmt"

// bind sorts the arguments of a filter, test or method into the places of the named parameters; what was not given stays absent.
func bind(pos []any, named []kwarg, params ...string) (bound, error) {
	b := bound{values: make([]any, len(params)), given: make([]bool, len(params))}
	if len(pos) > len(params) {
		return b, fmt.Errorf("takes %d arguments, not %d", len(params), len(pos))
	}
	for i, v := range pos {
		b.values[i], b.given[i] = v, true
	}
next:
	for _, k := range named {
		for i, p := range params {
			if p == k.name && !b.given[i] {
				b.values[i], b.given[i] = k.value, true
				continue next
			}
		}
		return b, fmt.Errorf("takes no argument %q (or it was given twice)", k.name)
	}
	return b, nil
}

type bound struct {
	values []any
	given  []bool
}

func (b bound) str(i int, missing string) (string, error) {
	if !b.given[i] || b.values[i] == nil {
		return missing, nil
	}
	s, ok := b.values[i].(string)
	if !ok {
		return "", fmt.Errorf("argument %d must be a string, not %s", i+1, typeName(b.values[i]))
	}
	return s, nil
}

func (b bound) int(i int, missing int64) (int64, error) {
	if !b.given[i] || b.values[i] == nil {
		return missing, nil
	}
	_, n, whole, ok := number(b.values[i])
	if !ok || !whole {
		return 0, fmt.Errorf("argument %d must be a whole number, not %s", i+1, typeName(b.values[i]))
	}
	return n, nil
}

func (b bound) bool(i int, missing bool) bool {
	if !b.given[i] {
		return missing
	}
	return truthy(b.values[i])
}

// need fails when one of the first n arguments is absent.
func (b bound) need(n int) error {
	for i := range n {
		if !b.given[i] {
			return fmt.Errorf("argument %d is missing", i+1)
		}
	}
	return nil
}
