package chat

import (
	"fmt"
	"sort"
)

func filterUnique(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "case_sensitive", "attribute")
	if err != nil {
		return nil, err
	}
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	seen := newDict()
	var kept []any
	for _, item := range items {
		k, err := ev.sortKey(item, b.values[1], b.bool(0, false))
		if err != nil {
			return nil, err
		}
		if _, known := seen.get(k); known {
			continue
		}
		if err := seen.set(k, true); err != nil {
			return nil, err
		}
		kept = append(kept, item)
	}
	return newList(false, kept...)
}

// sortKey is what sort, unique, min and max compare: an attribute if one is named, in lower case unless case counts.
func (ev *evaluator) sortKey(item, attribute any, sensitive bool) (any, error) {
	if attribute != nil {
		var err error
		if item, err = ev.path(item, attribute); err != nil {
			return nil, err
		}
	}
	if err := ev.charge(sizeOf(item)); err != nil {
		return nil, err
	}
	if s, ok := item.(string); ok && !sensitive {
		return lower(s), nil
	}
	return item, nil
}

func filterSort(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "reverse", "case_sensitive", "attribute")
	if err != nil {
		return nil, err
	}
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	sorted, _, err := ev.sortItems(items, b.values[2], b.bool(1, false), b.bool(0, false))
	if err != nil {
		return nil, err
	}
	return newList(false, sorted...)
}

// sortItems sorts stably and returns the items with the keys they were sorted by.
func (ev *evaluator) sortItems(items []any, attribute any, sensitive, reverse bool) (sorted, keys []any, err error) {
	order := make([]int, len(items))
	all := make([]any, len(items))
	for i, item := range items {
		order[i] = i
		if all[i], err = ev.sortKey(item, attribute, sensitive); err != nil {
			return nil, nil, err
		}
		if err := ev.charge(sizeOf(all[i]) * 20); err != nil { // about the comparisons that one item takes part in
			return nil, nil, err
		}
	}
	if reverse { // Python's reverse keeps equal items in their order
		err = sortBy(order, func(i int) any { return backward{all[i]} })
	} else {
		err = sortBy(order, func(i int) any { return all[i] })
	}
	if err != nil {
		return nil, nil, err
	}
	for _, i := range order {
		sorted, keys = append(sorted, items[i]), append(keys, all[i])
	}
	return sorted, keys, nil
}

// backward is a key that sorts the other way round.
type backward struct{ key any }

// sortBy sorts places by their keys and fails where two keys have no order.
func sortBy(order []int, key func(int) any) error {
	var err error
	sort.SliceStable(order, func(i, j int) bool {
		a, b := key(order[i]), key(order[j])
		if back, ok := a.(backward); ok {
			a, b = b.(backward).key, back.key
		}
		c, ok := compare(a, b)
		if !ok && err == nil {
			err = fmt.Errorf("%s and %s have no order%s%s", typeName(a), typeName(b), missing(a), missing(b))
		}
		return c < 0
	})
	return err
}

func filterDictSort(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, fmt.Errorf("needs a dict, not %s", typeName(v))
	}
	b, err := bind(pos, named, "case_sensitive", "by", "reverse")
	if err != nil {
		return nil, err
	}
	by, err := b.str(1, "key")
	if err != nil {
		return nil, err
	}
	place := int64(0)
	if by == "value" {
		place = 1
	}
	pairs, err := ev.pairs(d)
	if err != nil {
		return nil, err
	}
	sorted, _, err := ev.sortItems(pairs.(*list).items, place, b.bool(0, false), b.bool(2, false))
	if err != nil {
		return nil, err
	}
	return newList(false, sorted...)
}

func filterGroupBy(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "attribute")
	if err == nil {
		err = b.need(1)
	}
	if err != nil {
		return nil, err
	}
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	sorted, keys, err := ev.sortItems(items, b.values[0], true, false)
	if err != nil {
		return nil, err
	}
	var groups []any
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && equal(keys[from], keys[to]) {
			to++
		}
		members, err := newList(false, sorted[from:to:to]...)
		if err != nil {
			return nil, err
		}
		group, err := newList(true, keys[from], members)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
		from = to
	}
	return newList(false, groups...)
}

func filterExtreme(sign int) filterFunc {
	return func(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
		b, err := bind(pos, named, "case_sensitive", "attribute")
		if err != nil {
			return nil, err
		}
		items, err := ev.iterate(v)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return undefined{"the extreme of an empty sequence"}, nil
		}
		var best, bestKey any
		for i, item := range items {
			k, err := ev.sortKey(item, b.values[1], b.bool(0, false))
			if err != nil {
				return nil, err
			}
			if i > 0 {
				c, ok := compare(k, bestKey)
				if !ok {
					return nil, fmt.Errorf("%s and %s have no order", typeName(k), typeName(bestKey))
				}
				if c*sign <= 0 {
					continue
				}
			}
			best, bestKey = item, k
		}
		return best, nil
	}
}
