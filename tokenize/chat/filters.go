package chat

import (
	"errors"
	"fmt"
	"html"
	"net/url"
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
		"lower":      textFilter(lower),
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
		"title":      textFilter(titleFilter),
		"tojson":     filterToJSON,
		"trim": func(ev *evaluator, v any, pos []any, named []kwarg) (any, error) {
			return strip(true, true)(ev, str(v), pos, named)
		},
		"unique":    filterUnique,
		"upper":     textFilter(upper),
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
