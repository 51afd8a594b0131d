package chat

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// variables makes the scope that every rendering of a template sees: the functions that Hugging Face and Jinja give to templates, the special
// tokens, and the caller's own variables, which win.
func variables(o Options) (*scope, error) {
	s := &scope{}
	for _, f := range globals {
		s.set(f.name, f)
	}
	if !o.Now.IsZero() {
		s.set("strftime_now", &function{"strftime_now", func(_ *evaluator, pos []any, named []kwarg) (any, error) {
			layout, err := texts(pos, named, 1)
			if err != nil {
				return nil, err
			}
			return strftime(layout[0], o.Now)
		}})
	}
	s.set("documents", nil)
	s.set("bos_token", o.BOS)
	s.set("eos_token", o.EOS)
	for _, name := range sortedNames(o.Vars) {
		switch v := o.Vars[name].(type) {
		case nil, string, bool, int64, float64:
			s.set(name, v)
		case int:
			s.set(name, int64(v))
		default:
			return nil, fmt.Errorf("the variable %q must be a string, a bool or a number, not %T", name, v)
		}
	}
	return s, nil
}

func sortedNames(vars map[string]any) []string { return slices.Sorted(maps.Keys(vars)) }

var globals = []*function{
	{"raise_exception", func(_ *evaluator, pos []any, named []kwarg) (any, error) {
		b, err := bind(pos, named, "message")
		if err != nil {
			return nil, err
		}
		return nil, &Raised{str(b.values[0])}
	}},
	{"range", rangeList},
	{"namespace", func(_ *evaluator, pos []any, named []kwarg) (any, error) {
		d, err := dictOf(pos, named)
		if err != nil {
			return nil, err
		}
		return &namespace{d}, nil
	}},
	{"dict", func(_ *evaluator, pos []any, named []kwarg) (any, error) { return dictOf(pos, named) }},
}

func dictOf(pos []any, named []kwarg) (*dict, error) {
	d := newDict()
	if len(pos) > 1 {
		return nil, fmt.Errorf("takes one dict, not %d values", len(pos))
	}
	for _, v := range pos {
		from, ok := v.(*dict)
		if !ok {
			return nil, fmt.Errorf("takes a dict, not %s", typeName(v))
		}
		for i, k := range from.keys {
			if err := d.set(k, from.vals[i]); err != nil {
				return nil, err
			}
		}
	}
	for _, k := range named {
		if err := d.set(k.name, k.value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// maxRange is the most numbers a range may have, as in Jinja's sandbox.
const maxRange = 100_000

// rangeList is Python's range as a list.
func rangeList(ev *evaluator, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "start", "stop", "step")
	if err == nil {
		err = b.need(1)
	}
	if err != nil {
		return nil, err
	}
	var n [3]int64
	for i, missing := range []int64{0, 0, 1} {
		if n[i], err = b.int(i, missing); err != nil {
			return nil, err
		}
	}
	if !b.given[1] {
		n[0], n[1] = 0, n[0]
	}
	if n[2] == 0 {
		return nil, fmt.Errorf("the step must not be zero")
	}
	var items []any
	for i := n[0]; n[2] > 0 && i < n[1] || n[2] < 0 && i > n[1]; {
		if len(items) == maxRange {
			return nil, fmt.Errorf("more than %d numbers", maxRange)
		}
		items = append(items, i)
		next := i + n[2]
		if (next > i) != (n[2] > 0) {
			break // beyond 64 bits
		}
		i = next
	}
	if err := ev.charge(32 * len(items)); err != nil {
		return nil, err
	}
	return newList(false, items...)
}

// strftime writes a time by the directives of C that templates use.
func strftime(format string, now time.Time) (any, error) {
	layouts := map[byte]string{'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'm': "01", 'y': "06", 'Y': "2006", 'H': "15",
		'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'e': "_2", 'j': "002", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06"}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if format[i] == '%' {
			b.WriteByte('%')
			continue
		}
		layout := layouts[format[i]]
		if layout == "" {
			return nil, fmt.Errorf("the date directive %%%c is not supported", format[i])
		}
		b.WriteString(now.Format(layout))
	}
	return b.String(), nil
}
