package chat

import (
	"errors"
	"fmt"
	"html"
	"math"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

type filterFunc func(ev *evaluator, v any, pos []any, named []kwarg) (any, error)

func (e *filterExpr) eval(ev *evaluator) (any, error) {
	v, err := ev.eval(e.of)
	if err != nil {
		return nil, err
	}
	return e.apply(ev, v)
}

func (e *filterExpr) apply(ev *evaluator, v any) (any, error) {
	pos, named, err := e.args.eval(ev)
	if err != nil {
		return nil, err
	}
	if err := ev.charge(sizeOf(v)); err != nil {
		return nil, err
	}
	out, err := e.fn(ev, v, pos, named)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.name, err)
	}
	return out, nil
}

var filters map[string]filterFunc

func init() { // in init, because map and select look filters and tests up by name
	filters = map[string]filterFunc{
		"abs":        filterAbs,
		"attr":       filterAttr,
		"capitalize": textFilter(capitalize),
		"count":      filterLength,
		"d":          filterDefault,
		"default":    filterDefault,
		"dictsort":   filterDictSort,
		"e":          textFilter(escapeHTML),
		"escape":     textFilter(escapeHTML),
		"first":      filterEnd(0),
		"float":      filterFloat,
		"format":     filterFormat,
		"groupby":    filterGroupBy,
		"indent":     filterIndent,
		"int":        filterInt,
		"items":      filterItems,
		"join":       filterJoin,
		"last":       filterEnd(-1),
		"length":     filterLength,
		"list":       filterList,
		"lower":      textFilter(strings.ToLower),
		"map":        filterMap,
		"max":        filterExtreme(1),
		"min":        filterExtreme(-1),
		"reject":     filterSelect(false, false),
		"rejectattr": filterSelect(true, false),
		"replace": func(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
			return replace(ev, str(v), pos, named)
		},
		"reverse":    filterReverse,
		"round":      filterRound,
		"safe":       textFilter(func(s string) string { return s }),
		"select":     filterSelect(false, true),
		"selectattr": filterSelect(true, true),
		"sort":       filterSort,
		"string":     textFilter(func(s string) string { return s }),
		"sum":        filterSum,
		"title":      textFilter(title),
		"tojson":     filterToJSON,
		"trim": func(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
			return strip(true, true)(ev, str(v), pos, named)
		},
		"unique":    filterUnique,
		"upper":     textFilter(strings.ToUpper),
		"urlencode": textFilter(func(s string) string { return strings.ReplaceAll(url.PathEscape(s), "%2F", "/") }),
		"wordcount": func(ev *evaluator, v any, _ []any, _ []kwarg) (any, error) {
			return int64(len(strings.FieldsFunc(str(v), isSpace))), nil
		},
	}
}

// textFilter makes a filter of a function of the printed value.
func textFilter(fn func(string) string) filterFunc {
	return func(_ *evaluator, v any, pos []any, named []kwarg) (any, error) {
		if len(pos)+len(named) > 0 {
			return nil, errors.New("takes no arguments")
		}
		return fn(str(v)), nil
	}
}

// escapeHTML writes the five characters in the decimal form that Python's markupsafe uses.
func escapeHTML(s string) string { return html.EscapeString(s) }

func filterLength(_ *evaluator, v any, _ []any, _ []kwarg) (any, error) {
	switch v := v.(type) {
	case undefined:
		return int64(0), nil
	case string:
		return int64(utf8.RuneCountInString(v)), nil
	case *list:
		return int64(len(v.items)), nil
	case *dict:
		return int64(len(v.keys)), nil
	}
	return nil, fmt.Errorf("a value of type %s has no length", typeName(v))
}

func filterDefault(_ *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "default_value", "boolean")
	if err != nil {
		return nil, err
	}
	_, absent := v.(undefined)
	if !absent && !(b.bool(1, false) && !truthy(v)) {
		return v, nil
	}
	if !b.given[0] {
		return "", nil
	}
	return b.values[0], nil
}

func filterItems(ev *evaluator, v any, _ []any, _ []kwarg) (any, error) {
	switch v := v.(type) {
	case undefined:
		return newList(false)
	case *dict:
		return ev.pairs(v)
	}
	return nil, fmt.Errorf("needs a dict, not %s", typeName(v))
}

func filterAttr(ev *evaluator, v any, pos []any, _ []kwarg) (any, error) {
	name, err := texts(pos, nil, 1)
	if err != nil {
		return nil, err
	}
	if m := method(v, name[0]); m != nil {
		return m, nil
	}
	if _, ok := v.(*dict); ok { // attributes only, not entries
		return undefined{name[0]}, nil
	}
	return ev.attr(v, name[0])
}

func filterEnd(at int) filterFunc {
	return func(ev *evaluator, v any, _ []any, _ []kwarg) (any, error) {
		items, err := ev.iterate(v)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return undefined{"the first or last item of an empty sequence"}, nil
		}
		return items[(len(items)+at)%len(items)], nil
	}
}

func filterList(ev *evaluator, v any, _ []any, _ []kwarg) (any, error) {
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	return newList(false, items...)
}

func filterReverse(ev *evaluator, v any, _ []any, _ []kwarg) (any, error) {
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	turned := make([]any, len(items))
	for i, item := range items {
		turned[len(items)-1-i] = item
	}
	if _, ok := v.(string); ok {
		return ev.joinAll(turned, "")
	}
	return newList(false, turned...)
}

func filterJoin(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "d", "attribute")
	if err != nil {
		return nil, err
	}
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	if b.given[1] {
		picked := make([]any, len(items))
		for i, item := range items {
			if picked[i], err = ev.path(item, b.values[1]); err != nil {
				return nil, err
			}
		}
		items = picked
	}
	sep := ""
	if b.given[0] {
		sep = str(b.values[0])
	}
	return ev.joinAll(items, sep)
}

// path follows an attribute argument such as "function.name" or 0 into a value.
func (ev *evaluator) path(v any, attribute any) (any, error) {
	name, ok := attribute.(string)
	if !ok {
		return ev.item(v, attribute)
	}
	for _, part := range strings.Split(name, ".") {
		var index any = part
		if n, err := strconv.ParseInt(part, 10, 64); err == nil {
			index = n
		}
		var err error
		if v, err = ev.item(v, index); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func filterMap(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	if len(pos) == 0 {
		b, err := bind(nil, named, "attribute", "default")
		if err == nil {
			err = b.need(1)
		}
		if err != nil {
			return nil, err
		}
		for i, item := range items {
			if out[i], err = ev.path(item, b.values[0]); err != nil {
				return nil, err
			}
			if _, absent := out[i].(undefined); absent && b.given[1] {
				out[i] = b.values[1]
			}
		}
		return newList(false, out...)
	}
	fn := filters[str(pos[0])]
	if fn == nil {
		return nil, fmt.Errorf("unknown filter %q", str(pos[0]))
	}
	for i, item := range items {
		if err := ev.charge(sizeOf(item)); err != nil {
			return nil, err
		}
		if out[i], err = fn(ev, item, pos[1:], named); err != nil {
			return nil, err
		}
	}
	return newList(false, out...)
}

// filterSelect keeps the items for which a test holds (or, as reject, does not); byAttr tests an attribute of each item.
func filterSelect(byAttr, keep bool) filterFunc {
	return func(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
		items, err := ev.iterate(v)
		if err != nil {
			return nil, err
		}
		var attribute any
		if byAttr {
			if len(pos) == 0 {
				return nil, errors.New("the attribute is missing")
			}
			attribute, pos = pos[0], pos[1:]
		}
		test := func(_ *evaluator, v any, _ []any, _ []kwarg) (bool, error) { return truthy(v), nil }
		if len(pos) > 0 {
			name := str(pos[0])
			if tests[name] == nil {
				return nil, fmt.Errorf("unknown test %q", name)
			}
			test, pos = tests[name], pos[1:]
		}
		var kept []any
		for _, item := range items {
			subject := item
			if byAttr {
				if subject, err = ev.path(item, attribute); err != nil {
					return nil, err
				}
			}
			if err := ev.charge(0); err != nil {
				return nil, err
			}
			holds, err := test(ev, subject, pos, named)
			if err != nil {
				return nil, err
			}
			if holds == keep {
				kept = append(kept, item)
			}
		}
		return newList(false, kept...)
	}
}

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
		return strings.ToLower(s), nil
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

func filterSum(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "attribute", "start")
	if err != nil {
		return nil, err
	}
	items, err := ev.iterate(v)
	if err != nil {
		return nil, err
	}
	var sum any = int64(0)
	if b.given[1] {
		sum = b.values[1]
	}
	for _, item := range items {
		if b.values[0] != nil {
			if item, err = ev.path(item, b.values[0]); err != nil {
				return nil, err
			}
		}
		if sum, err = ev.binary("+", sum, item); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

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
		s = strings.TrimFunc(s, isSpace)
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

func filterFormat(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	if len(named) > 0 {
		return nil, errors.New("named values are not supported")
	}
	tuple, err := newList(true, pos...)
	if err != nil {
		return nil, err
	}
	return ev.printf(str(v), tuple)
}

func filterIndent(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "width", "first", "blank")
	if err != nil {
		return nil, err
	}
	margin, isText := b.values[0].(string)
	if !isText {
		width, err := b.int(0, 4)
		if err != nil {
			return nil, err
		}
		if width > 1000 {
			return nil, fmt.Errorf("a width of %d is more than 1000", width)
		}
		margin = strings.Repeat(" ", int(max(width, 0)))
	}
	lines := strings.Split(str(v), "\n")
	if len(margin)*len(lines) > maxBytes {
		return nil, errTooLarge
	}
	for i, line := range lines {
		if (i > 0 || b.bool(1, false)) && (line != "" || b.bool(2, false) || i == 0) {
			lines[i] = margin + line
		}
	}
	out := strings.Join(lines, "\n")
	return out, ev.charge(len(out))
}

func filterToJSON(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "ensure_ascii", "indent", "separators", "sort_keys")
	if err != nil {
		return nil, err
	}
	style := jsonStyle{item: ", ", colon: ": ", ascii: b.bool(0, false), sorted: b.bool(3, false)}
	switch indent := b.values[1].(type) {
	case nil:
	case string:
		if len(indent) > 64 {
			return nil, errors.New("the indent is longer than 64 bytes")
		}
		style.multiline, style.indent, style.item = true, indent, ","
	default:
		n, err := b.int(1, 0)
		if err != nil {
			return nil, err
		}
		if n > 64 {
			return nil, fmt.Errorf("an indent of %d is more than 64", n)
		}
		style.multiline, style.indent, style.item = true, strings.Repeat(" ", int(max(n, 0))), ","
	}
	if l, ok := b.values[2].(*list); ok {
		if len(l.items) != 2 {
			return nil, errors.New("separators must be two strings")
		}
		style.item, style.colon = str(l.items[0]), str(l.items[1])
		if len(style.item)+len(style.colon) > 64 {
			return nil, errors.New("the separators are longer than 64 bytes")
		}
	}
	var out strings.Builder
	if err := ev.writeJSON(&out, v, style, 0); err != nil {
		return nil, err
	}
	return out.String(), ev.charge(out.Len())
}
