package chat

import (
	"fmt"
	"unicode/utf8"
)

// eval of `of.name`: a method or member first, then the entry of that name, as Jinja does.
func (e *attrExpr) eval(ev *evaluator) (any, error) {
	of, err := ev.eval(e.of)
	if err != nil {
		return nil, err
	}
	return ev.attr(of, e.name)
}

func (ev *evaluator) attr(of any, name string) (any, error) {
	switch o := of.(type) {
	case undefined:
		return nil, fmt.Errorf("%q is not there, so it has no %q", o.name, name)
	case *namespace:
		if v, ok := o.dict.get(name); ok {
			return v, nil
		}
	case *loopState:
		if v, ok := o.member(name); ok {
			return v, nil
		}
	}
	if m := method(of, name); m != nil {
		return m, nil
	}
	if d, ok := of.(*dict); ok {
		if v, ok := d.get(name); ok {
			return v, nil
		}
	}
	return undefined{name}, nil
}

// eval of `of[index]`: the entry first, then a method or member of that name.
func (e *itemExpr) eval(ev *evaluator) (any, error) {
	of, err := ev.eval(e.of)
	if err != nil {
		return nil, err
	}
	index, err := ev.eval(e.index)
	if err != nil {
		return nil, err
	}
	return ev.item(of, index)
}

func (ev *evaluator) item(of, index any) (any, error) {
	switch o := of.(type) {
	case undefined:
		return nil, fmt.Errorf("%q is not there, so it has no entry %s", o.name, str(index))
	case *dict:
		if v, ok := o.get(index); ok {
			return v, nil
		}
	case *list:
		if i, ok := position(index, len(o.items)); ok {
			return o.items[i], nil
		}
	case string:
		if _, _, whole, ok := number(index); !ok || !whole {
			break
		}
		if err := ev.charge(len(o)); err != nil {
			return nil, err
		}
		if i, ok := position(index, utf8.RuneCountInString(o)); ok {
			return runeSlice(o, i, i+1), nil
		}
	}
	if name, ok := index.(string); ok {
		return ev.attr(of, name)
	}
	return undefined{str(index)}, nil
}

// position turns a Python index, which counts from the end when negative, into one of n places.
func position(index any, n int) (int, bool) {
	_, i, whole, ok := number(index)
	if !ok || !whole {
		return 0, false
	}
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// runeSlice returns characters from to to of s.
func runeSlice(s string, from, to int) string {
	start, end, n := len(s), len(s), 0
	for i := range s {
		if n == from {
			start = i
		}
		if n == to {
			end = i
			break
		}
		n++
	}
	if start > end {
		return ""
	}
	return s[start:end]
}

func (e *sliceExpr) eval(ev *evaluator) (any, error) {
	of, err := ev.eval(e.of)
	if err != nil {
		return nil, err
	}
	var bounds [3]any
	for i, part := range []expr{e.from, e.to, e.step} {
		if bounds[i], err = ev.evalMaybe(part); err != nil {
			return nil, err
		}
		if _, _, whole, ok := number(bounds[i]); bounds[i] != nil && !(ok && whole) {
			return nil, fmt.Errorf("the bound of a slice must be a whole number, not %s%s", typeName(bounds[i]), missing(bounds[i]))
		}
	}
	switch o := of.(type) {
	case *list:
		places, err := slicePlaces(bounds, len(o.items))
		if err != nil {
			return nil, err
		}
		items := make([]any, len(places))
		for i, at := range places {
			items[i] = o.items[at]
		}
		if err := ev.charge(8 * len(items)); err != nil {
			return nil, err
		}
		return newList(o.tuple, items...)
	case string:
		return ev.sliceString(o, bounds)
	}
	return nil, fmt.Errorf("a value of type %s cannot be sliced%s", typeName(of), missing(of))
}

func (ev *evaluator) sliceString(s string, bounds [3]any) (any, error) {
	if err := ev.charge(8 * len(s)); err != nil {
		return nil, err
	}
	runes := []rune(s)
	places, err := slicePlaces(bounds, len(runes))
	if err != nil {
		return nil, err
	}
	if bounds[2] == nil || bounds[2] == int64(1) { // keeps bytes that are no UTF-8
		if len(places) == 0 {
			return "", nil
		}
		return runeSlice(s, places[0], places[len(places)-1]+1), nil
	}
	picked := make([]rune, len(places))
	for i, at := range places {
		picked[i] = runes[at]
	}
	return string(picked), nil
}

// slicePlaces lists the places that from:to:step names in a sequence of n.
func slicePlaces(bounds [3]any, n int) ([]int, error) {
	step := int64(1)
	if bounds[2] != nil {
		_, step, _, _ = number(bounds[2])
	}
	if step == 0 {
		return nil, fmt.Errorf("the step of a slice must not be zero")
	}
	low, high := int64(0), int64(n)
	if step < 0 {
		low, high = -1, int64(n)-1
	}
	bound := func(v any, none int64) int64 {
		if v == nil {
			return none
		}
		_, i, _, _ := number(v)
		if i < 0 {
			i += int64(n)
		}
		return min(max(i, low), high)
	}
	from, to := bound(bounds[0], low), bound(bounds[1], high)
	if step < 0 {
		from, to = bound(bounds[0], high), bound(bounds[1], low)
	}
	var places []int
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		places = append(places, int(i))
		if step > int64(n) || -step > int64(n) {
			break
		}
	}
	return places, nil
}

func (e *callExpr) eval(ev *evaluator) (any, error) { return e.evalWith(ev, nil) }

// evalWith calls a function or macro; caller is what the macro sees under that name inside a call block.
func (e *callExpr) evalWith(ev *evaluator, caller *function) (any, error) {
	fn, err := ev.eval(e.fn)
	if err != nil {
		return nil, err
	}
	pos, named, err := e.args.eval(ev)
	if err != nil {
		return nil, err
	}
	switch fn := fn.(type) {
	case *function:
		v, err := fn.call(ev, pos, named)
		if err != nil && fn.name != "raise_exception" {
			err = fmt.Errorf("%s(): %w", fn.name, err)
		}
		return v, err
	case *macro:
		return fn.callIn(ev, ev.global, pos, named, caller)
	case undefined:
		return nil, fmt.Errorf("%q is not there, so it cannot be called", fn.name)
	}
	return nil, fmt.Errorf("a value of type %s cannot be called", typeName(fn))
}

func (a *args) eval(ev *evaluator) (pos []any, named []kwarg, err error) {
	for _, e := range a.pos {
		v, err := ev.eval(e)
		if err != nil {
			return nil, nil, err
		}
		pos = append(pos, v)
	}
	for i, e := range a.named {
		v, err := ev.eval(e)
		if err != nil {
			return nil, nil, err
		}
		named = append(named, kwarg{a.names[i], v})
	}
	return pos, named, nil
}

// loopState is the variable "loop" inside a for.
type loopState struct {
	items   []any
	index   int
	changed any // last arguments of loop.changed(), a *list
}

func (l *loopState) member(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.index + 1), true
	case "index0":
		return int64(l.index), true
	case "revindex":
		return int64(n - l.index), true
	case "revindex0":
		return int64(n - l.index - 1), true
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == n-1, true
	case "length":
		return int64(n), true
	case "depth": // counts recursive loops in Jinja, which this subset lacks
		return int64(1), true
	case "depth0":
		return int64(0), true
	case "previtem":
		if l.index > 0 {
			return l.items[l.index-1], true
		}
		return undefined{"loop.previtem"}, true
	case "nextitem":
		if l.index+1 < n {
			return l.items[l.index+1], true
		}
		return undefined{"loop.nextitem"}, true
	case "cycle":
		return &function{"loop.cycle", func(_ *evaluator, args []any, _ []kwarg) (any, error) {
			if len(args) == 0 {
				return nil, fmt.Errorf("no items to cycle through")
			}
			return args[l.index%len(args)], nil
		}}, true
	case "changed":
		return &function{"loop.changed", func(ev *evaluator, args []any, _ []kwarg) (any, error) {
			now, err := newList(true, args...)
			if err != nil {
				return nil, err
			}
			same := l.changed != nil && equal(l.changed, now)
			l.changed = now
			return !same, ev.charge(now.bytes)
		}}, true
	}
	return nil, false
}
