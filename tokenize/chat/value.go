package chat

import (
	"fmt"
	"math/big"
	"strings"
)

// Values of the template language are plain Go values: nil (None), bool, int64, *big.Int (whole numbers beyond 64 bits, read from JSON and
// only printed), float64, string, *list, *dict, undefined, *namespace, *macro, function, *loopState. All but the namespace are immutable:
// Hugging Face renders templates in Jinja's immutable sandbox, so no template can change a list or a dict.

// undefined is what a missing variable, key or attribute evaluates to. It prints as nothing, is false and empty; any other use of it fails.
type undefined struct{ name string }

// list is a Python list or, when tuple is set, a tuple.
type list struct {
	items []any
	tuple bool
	extent
}

// dict keeps the order in which keys came.
type dict struct {
	keys  []any
	vals  []any
	index map[any]int
	extent
}

// extent bounds what a value may grow to. A template can put a list into itself twice, again and again: twenty lines would describe more than
// memory holds, and printing or comparing would not end. So every list and dict carries the bytes its printed form takes at least and its depth,
// and making one beyond the limits fails.
type extent struct{ bytes, depth int }

func (e *extent) add(v any) error {
	e.bytes += 8
	switch v := v.(type) {
	case string:
		e.bytes += len(v)
	case *list:
		e.bytes += v.bytes
		e.depth = max(e.depth, v.depth+1)
	case *dict:
		e.bytes += v.bytes
		e.depth = max(e.depth, v.depth+1)
	}
	if e.bytes > maxBytes {
		return errTooLarge
	}
	if e.depth > maxDepth {
		return fmt.Errorf("a value nested deeper than %d", maxDepth)
	}
	return nil
}

// sizeOf is what walking over a value costs.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case *list:
		return v.bytes
	case *dict:
		return v.bytes
	}
	return 1
}

func newList(tuple bool, items ...any) (*list, error) {
	l := &list{items: items, tuple: tuple}
	for _, item := range items {
		if err := l.add(item); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// namespace is the one thing that `{% set ns.name = … %}` may change.
type namespace struct{ dict *dict }

// function is anything callable: a global, a bound method, a caller().
type function struct {
	name string
	call func(ev *evaluator, args []any, kwargs []kwarg) (any, error)
}

type kwarg struct {
	name  string
	value any
}

func newDict() *dict { return &dict{index: map[any]int{}} }

// key brings dictionary keys that Python holds to be equal (1, 1.0, True) to one form.
func key(k any) (any, bool) {
	switch k := k.(type) {
	case nil, string, int64:
		return k, true
	case bool:
		if k {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if i := int64(k); float64(i) == k {
			return i, true
		}
		return k, true
	}
	return nil, false
}

// set adds or replaces an entry; what a replaced value took stays counted.
func (d *dict) set(k, v any) error {
	nk, ok := key(k)
	if !ok {
		return fmt.Errorf("a value of type %s cannot be the key of a dict", typeName(k))
	}
	if err := d.add(v); err != nil {
		return err
	}
	if i, found := d.index[nk]; found {
		d.vals[i] = v
		return nil
	}
	if err := d.add(k); err != nil {
		return err
	}
	d.index[nk] = len(d.keys)
	d.keys = append(d.keys, k)
	d.vals = append(d.vals, v)
	return nil
}

func (d *dict) get(k any) (any, bool) {
	nk, ok := key(k)
	if !ok {
		return nil, false
	}
	i, found := d.index[nk]
	if !found {
		return nil, false
	}
	return d.vals[i], true
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case *big.Int:
		return v.Sign() != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *list:
		return len(v.items) > 0
	case *dict:
		return len(v.keys) > 0
	}
	return true
}

// number turns bools and numbers into a float and says whether the value is whole.
func number(v any) (f float64, i int64, whole, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, 1, true, true
		}
		return 0, 0, true, true
	case int64:
		return float64(v), v, true, true
	case float64:
		return v, 0, false, true
	}
	return 0, 0, false, false
}

// equal is Python's ==. Depth is bounded because values come from JSON or literals of bounded depth.
func equal(a, b any) bool {
	if fa, ia, wa, ok := number(a); ok {
		fb, ib, wb, ok := number(b)
		if !ok {
			return false
		}
		if wa && wb {
			return ia == ib
		}
		return fa == fb
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	case string:
		s, ok := b.(string)
		return ok && a == s
	case *big.Int:
		n, ok := b.(*big.Int)
		return ok && a.Cmp(n) == 0
	case *list:
		l, ok := b.(*list)
		if !ok || l.tuple != a.tuple || len(l.items) != len(a.items) {
			return false
		}
		for i := range a.items {
			if !equal(a.items[i], l.items[i]) {
				return false
			}
		}
		return true
	case *dict:
		d, ok := b.(*dict)
		if !ok || len(d.keys) != len(a.keys) {
			return false
		}
		for i, k := range a.keys {
			v, found := d.get(k)
			if !found || !equal(a.vals[i], v) {
				return false
			}
		}
		return true
	}
	return a == b // pointers: namespaces, macros, loops
}

// compare orders two values as Python's < does; ok is false where Python raises a TypeError.
func compare(a, b any) (c int, ok bool) {
	if fa, ia, wa, okA := number(a); okA {
		fb, ib, wb, okB := number(b)
		if !okB {
			return 0, false
		}
		switch {
		case wa && wb && ia < ib, !(wa && wb) && fa < fb:
			return -1, true
		case wa && wb && ia > ib, !(wa && wb) && fa > fb:
			return 1, true
		}
		return 0, true
	}
	switch a := a.(type) {
	case string:
		s, ok := b.(string)
		return strings.Compare(a, s), ok // UTF-8 sorts as code points do
	case *list:
		l, ok := b.(*list)
		if !ok || l.tuple != a.tuple {
			return 0, false
		}
		for i := 0; i < len(a.items) && i < len(l.items); i++ {
			if !equal(a.items[i], l.items[i]) {
				return compare(a.items[i], l.items[i])
			}
		}
		return len(a.items) - len(l.items), true
	}
	return 0, false
}

// typeName is the Python name of a value's type, for messages.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case undefined:
		return "undefined"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *list:
		if v.tuple {
			return "tuple"
		}
		return "list"
	case *dict:
		return "dict"
	case *namespace:
		return "namespace"
	case *loopState:
		return "loop"
	}
	return "function"
}
