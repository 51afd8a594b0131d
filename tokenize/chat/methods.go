package chat

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// method binds a method of Python's str, dict or list to its value; nil where there is none of that name. Methods that change a list or dict
// fail, as they do in Hugging Face's sandbox.
func method(of any, name string) *function {
	var call func(ev *evaluator, args []any, kwargs []kwarg) (any, error)
	switch of := of.(type) {
	case string:
		if fn := stringMethods[name]; fn != nil {
			call = func(ev *evaluator, args []any, kwargs []kwarg) (any, error) {
				if err := ev.charge(len(of)); err != nil {
					return nil, err
				}
				return fn(ev, of, args, kwargs)
			}
		}
	case *dict:
		call = dictMethod(of, name)
	case *list:
		call = listMethod(of, name)
	}
	if call == nil {
		return nil
	}
	return &function{name, call}
}

func dictMethod(d *dict, name string) func(*evaluator, []any, []kwarg) (any, error) {
	switch name {
	case "items":
		return func(ev *evaluator, _ []any, _ []kwarg) (any, error) { return ev.pairs(d) }
	case "keys":
		return func(*evaluator, []any, []kwarg) (any, error) { return newList(false, d.keys...) }
	case "values":
		return func(*evaluator, []any, []kwarg) (any, error) { return newList(false, d.vals...) }
	case "copy":
		return func(*evaluator, []any, []kwarg) (any, error) { return d, nil }
	case "get":
		return func(_ *evaluator, pos []any, named []kwarg) (any, error) {
			b, err := bind(pos, named, "key", "default")
			if err == nil {
				err = b.need(1)
			}
			if err != nil {
				return nil, err
			}
			if v, ok := d.get(b.values[0]); ok {
				return v, nil
			}
			return b.values[1], nil
		}
	case "pop", "popitem", "update", "setdefault", "clear":
		return refuse
	}
	return nil
}

func (ev *evaluator) pairs(d *dict) (any, error) {
	items := make([]any, len(d.keys))
	for i := range d.keys {
		pair, err := newList(true, d.keys[i], d.vals[i])
		if err != nil {
			return nil, err
		}
		items[i] = pair
	}
	if err := ev.charge(64 * len(items)); err != nil {
		return nil, err
	}
	return newList(false, items...)
}

func listMethod(l *list, name string) func(*evaluator, []any, []kwarg) (any, error) {
	switch name {
	case "index", "count":
		return func(ev *evaluator, pos []any, _ []kwarg) (any, error) {
			if len(pos) != 1 {
				return nil, errors.New("takes one argument")
			}
			n := int64(0)
			for i, item := range l.items {
				if err := ev.charge(min(sizeOf(item), sizeOf(pos[0]))); err != nil {
					return nil, err
				}
				if equal(item, pos[0]) {
					if name == "index" {
						return int64(i), nil
					}
					n++
				}
			}
			if name == "index" {
				return nil, errors.New("the value is not in the list")
			}
			return n, nil
		}
	case "copy":
		return func(*evaluator, []any, []kwarg) (any, error) { return l, nil }
	case "append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort":
		return refuse
	}
	return nil
}

func refuse(*evaluator, []any, []kwarg) (any, error) {
	return nil, errors.New("a template must not change lists and dicts; build a new one or use namespace()")
}

type stringMethod func(ev *evaluator, s string, pos []any, named []kwarg) (any, error)

// plain makes a method of a function of the text alone.
func plain[T any](fn func(string) T) stringMethod {
	return func(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
		if len(pos)+len(named) > 0 {
			return nil, errors.New("takes no arguments")
		}
		return any(fn(s)), nil
	}
}

var stringMethods map[string]stringMethod

func init() {
	stringMethods = map[string]stringMethod{
		"strip":        strip(true, true),
		"lstrip":       strip(true, false),
		"rstrip":       strip(false, true),
		"upper":        plain(upper),
		"lower":        plain(lower),
		"title":        plain(titleWords),
		"capitalize":   plain(capitalize),
		"isspace":      all(isSpace),
		"isdigit":      all(unicode.IsDigit),
		"isnumeric":    all(unicode.IsNumber),
		"isalpha":      all(unicode.IsLetter),
		"isalnum":      all(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
		"isupper":      plain(isUpper),
		"islower":      plain(isLower),
		"startswith":   affix(strings.HasPrefix),
		"endswith":     affix(strings.HasSuffix),
		"removeprefix": cut(strings.TrimPrefix),
		"removesuffix": cut(strings.TrimSuffix),
		"find":         find(strings.Index),
		"rfind":        find(strings.LastIndex),
		"index":        found(strings.Index),
		"rindex":       found(strings.LastIndex),
		"count":        count,
		"replace":      replace,
		"join":         joinMethod,
		"split":        split(false),
		"rsplit":       split(true),
		"splitlines":   splitLines,
		"partition":    partition(false),
		"rpartition":   partition(true),
		"zfill":        zfill,
		"format":       format,
	}
}

func strip(left, right bool) stringMethod {
	return func(_ *evaluator, s string, pos []any, named []kwarg) (any, error) {
		b, err := bind(pos, named, "chars")
		if err != nil {
			return nil, err
		}
		chars, err := b.str(0, "")
		if err != nil {
			return nil, err
		}
		drop := isSpace
		if b.values[0] != nil {
			drop = func(r rune) bool { return strings.ContainsRune(chars, r) }
		}
		if left {
			s = strings.TrimLeftFunc(s, drop)
		}
		if right {
			s = strings.TrimRightFunc(s, drop)
		}
		return s, nil
	}
}

func all(is func(rune) bool) stringMethod {
	return plain(func(s string) bool { return s != "" && strings.IndexFunc(s, func(r rune) bool { return !is(r) }) < 0 })
}

func affix(has func(s, affix string) bool) stringMethod {
	return func(_ *evaluator, s string, pos []any, _ []kwarg) (any, error) {
		if len(pos) != 1 {
			return nil, errors.New("takes one argument")
		}
		options := []any{pos[0]}
		if l, ok := pos[0].(*list); ok && l.tuple {
			options = l.items
		}
		for _, o := range options {
			a, ok := o.(string)
			if !ok {
				return nil, fmt.Errorf("takes a string or a tuple of strings, not %s%s", typeName(o), missing(o))
			}
			if has(s, a) {
				return true, nil
			}
		}
		return false, nil
	}
}

// texts returns n string arguments.
func texts(pos []any, named []kwarg, n int) ([]string, error) {
	if len(pos) != n || len(named) > 0 {
		return nil, fmt.Errorf("takes %d strings", n)
	}
	out := make([]string, n)
	for i, v := range pos {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("argument %d must be a string, not %s%s", i+1, typeName(v), missing(v))
		}
		out[i] = s
	}
	return out, nil
}

func cut(trim func(s, affix string) string) stringMethod {
	return func(_ *evaluator, s string, pos []any, named []kwarg) (any, error) {
		a, err := texts(pos, named, 1)
		if err != nil {
			return nil, err
		}
		return trim(s, a[0]), nil
	}
}

func find(index func(s, sub string) int) stringMethod {
	return func(_ *evaluator, s string, pos []any, named []kwarg) (any, error) {
		a, err := texts(pos, named, 1)
		if err != nil {
			return nil, err
		}
		at := index(s, a[0])
		if at < 0 {
			return int64(-1), nil
		}
		return int64(utf8.RuneCountInString(s[:at])), nil
	}
}

func found(index func(s, sub string) int) stringMethod {
	return func(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
		v, err := find(index)(ev, s, pos, named)
		if err == nil && v == int64(-1) {
			err = errors.New("the text is not in the string")
		}
		return v, err
	}
}

func count(_ *evaluator, s string, pos []any, named []kwarg) (any, error) {
	a, err := texts(pos, named, 1)
	if err != nil {
		return nil, err
	}
	return int64(strings.Count(s, a[0])), nil
}

func replace(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "old", "new", "count")
	if err == nil {
		err = b.need(2)
	}
	if err != nil {
		return nil, err
	}
	from, err := b.str(0, "")
	if err != nil {
		return nil, err
	}
	to, err := b.str(1, "")
	if err != nil {
		return nil, err
	}
	n, err := b.int(2, -1)
	if err != nil {
		return nil, err
	}
	hits := strings.Count(s, from)
	if n >= 0 {
		hits = int(min(int64(hits), n))
	}
	if len(to) > 0 && hits > (maxBytes-len(s))/len(to) {
		return nil, errTooLarge
	}
	return strings.Replace(s, from, to, hits), ev.charge(len(s) + hits*len(to))
}

func joinMethod(ev *evaluator, s string, pos []any, _ []kwarg) (any, error) {
	if len(pos) != 1 {
		return nil, errors.New("takes one sequence")
	}
	items, err := ev.iterate(pos[0])
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		if _, ok := item.(string); !ok {
			return nil, fmt.Errorf("item %d is no string but %s", i, typeName(item))
		}
	}
	return ev.joinAll(items, s)
}

// joinAll joins the printed forms of items.
func (ev *evaluator) joinAll(items []any, sep string) (any, error) {
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteString(sep)
		}
		if err := ev.charge(sizeOf(item) + len(sep)); err != nil {
			return nil, err
		}
		b.WriteString(str(item))
		if b.Len() > maxBytes {
			return nil, errTooLarge
		}
	}
	return b.String(), nil
}
