package recipe

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"winnow/eval"
	"winnow/internal/spec"
)

func (r *Recipe) decodeEval(d *decoder, root *node) {
	n := root.get("eval")
	if n == nil || n.kind == nullNode {
		return
	}
	if n.kind != listNode {
		d.add(n, "write each measure as a line that begins with `- `", "eval must be a list, not %s", n.describe())
		return
	}
	var names []string
	for _, reg := range eval.All() {
		names = append(names, reg.Name)
	}
	for _, item := range n.items {
		key, value, ok := d.named(item, "a measure")
		if !ok {
			continue
		}
		reg := eval.Lookup(key.text)
		if reg == nil {
			d.unknownName(key, "measure", names)
			continue
		}
		m := Measure{Registration: reg, Params: reg.New(), Line: key.line}
		d.short(&value, reg.Short)
		d.object(value, m.Params, key.text)
		r.Eval = append(r.Eval, m)
	}
}

func (r *Recipe) decodeGates(d *decoder, root *node) {
	n := root.get("gates")
	if n == nil || n.kind == nullNode {
		return
	}
	if n.kind != mapNode {
		d.add(n, "write `FIGURE: {change: \"<= -10%\"}`", "gates must be a map, not %s", n.describe())
		return
	}
	for _, e := range n.entries {
		g := Gate{Figure: e.key.text, Line: e.key.line}
		d.object(e.value, &g, "gate "+e.key.text)
		g.Figure, g.Line = e.key.text, e.key.line
		if g.Change == "" && g.After == "" && g.Before == "" {
			d.add(e.key, "write `change: \"<= -10%\"` or `after: \">= 0.8\"`", "the gate %s holds no limit", e.key.text)
		}
		for _, limit := range []string{g.Change, g.Before, g.After} {
			if limit == "" {
				continue
			}
			if _, err := ParseLimit(limit); err != nil {
				d.add(e.value, "", "gate %s: %v", e.key.text, err)
			}
		}
		r.measured(d, e.key, "gate "+e.key.text)
		r.Gates = append(r.Gates, g)
	}
}

// measured makes sure that eval has a measure that gives the figure which key names.
func (r *Recipe) measured(d *decoder, key *node, what string) {
	measure, _, _ := strings.Cut(key.text, ".")
	var names []string
	for _, m := range r.Eval {
		if m.Name == measure || slices.Contains(m.Figures, measure) {
			return
		}
		names = append(names, m.Name)
	}
	hint := "add the measure to `eval:`"
	if near := spec.Nearest(measure, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.add(key, hint, "%s: eval does not measure %q", what, measure)
}

// Limit is a comparison with a number, or with a share of the figure before.
type Limit struct {
	Op      string // <=, >=, <, >
	Value   float64
	Percent bool // Value is in percent of the figure before
}

// ParseLimit reads "<= -10%", ">= 0.8".
func ParseLimit(s string) (Limit, error) {
	t := strings.TrimSpace(s)
	var l Limit
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if strings.HasPrefix(t, op) {
			l.Op, t = op, strings.TrimSpace(t[len(op):])
			break
		}
	}
	if l.Op == "" {
		return l, fmt.Errorf("a limit begins with <=, >=, < or >; got %q", s)
	}
	if strings.HasSuffix(t, "%") {
		l.Percent, t = true, strings.TrimSpace(strings.TrimSuffix(t, "%"))
	}
	v, err := strconv.ParseFloat(t, 64)
	if err != nil || math.IsNaN(v) {
		return l, fmt.Errorf("%q is not a number in the limit %q", t, s)
	}
	l.Value = v
	return l, nil
}

// Met reports whether x keeps the limit.
func (l Limit) Met(x float64) bool {
	switch l.Op {
	case "<=":
		return x <= l.Value
	case ">=":
		return x >= l.Value
	case "<":
		return x < l.Value
	}
	return x > l.Value
}

func (r *Recipe) decodeTests(d *decoder, root *node) {
	n := root.get("tests")
	if n == nil || n.kind == nullNode {
		return
	}
	if n.kind != listNode {
		d.add(n, "", "tests must be a list, not %s", n.describe())
		return
	}
	for _, item := range n.items {
		t := Test{}
		d.object(item, &t, "test")
		t.Line = item.line
		r.Tests = append(r.Tests, t)
	}
}
