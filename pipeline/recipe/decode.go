package recipe

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"winnow/internal/spec"
)

// decoder fills structs described by spec tags from nodes and collects every mistake on the way.
type decoder struct {
	mistakes []Mistake
}

func (d *decoder) add(n *node, hint, format string, args ...any) {
	d.mistakes = append(d.mistakes, Mistake{Line: n.line, Column: n.column, Width: n.width, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// object fills the struct that ptr points to, defaults first. name is how messages call the thing. Keys in skip are left alone.
func (d *decoder) object(n *node, ptr any, name string, skip ...string) {
	spec.SetDefaults(ptr)
	d.fields(n, reflect.ValueOf(ptr).Elem(), spec.ParamsOf(ptr), name, skip)
}

func (d *decoder) fields(n *node, v reflect.Value, params []spec.Param, name string, skip []string) {
	if n.kind == nullNode {
		n = &node{kind: mapNode, line: n.line, column: n.column, width: n.width}
	}
	if n.kind != mapNode {
		d.add(n, "", "%s wants a map of its parameters, not %s", name, n.describe())
		return
	}
	given := map[string]bool{}
	for _, e := range n.entries {
		if slices.Contains(skip, e.key.text) {
			continue
		}
		i := slices.IndexFunc(params, func(p spec.Param) bool { return p.Name == e.key.text })
		if i < 0 {
			d.unknownKey(e.key, name, params, skip)
			continue
		}
		given[e.key.text] = true
		d.value(e.value, v.FieldByIndex(params[i].Index), params[i], join(name, e.key.text))
	}
	for _, p := range params {
		if p.Required && !given[p.Name] {
			d.add(n, "add `"+p.Name+": …`: "+p.Doc, "%s lacks the parameter %q", name, p.Name)
		}
	}
}

func join(name, key string) string {
	if name == "the recipe" {
		return key
	}
	return name + "." + key
}

func (d *decoder) unknownKey(key *node, name string, params []spec.Param, skip []string) {
	names := append([]string(nil), skip...)
	for _, p := range params {
		names = append(names, p.Name)
	}
	hint := ""
	if near := spec.Nearest(key.text, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(names) > 0 {
		slices.Sort(names)
		hint = "known: " + strings.Join(names, ", ")
	} else {
		hint = "it has no parameters"
	}
	d.add(key, hint, "%s has no parameter %q", name, key.text)
}

func (d *decoder) value(n *node, f reflect.Value, p spec.Param, name string) {
	switch f.Kind() {
	case reflect.Slice:
		d.list(n, f, p, name)
	case reflect.Map:
		d.mapping(n, f, p, name)
	case reflect.Struct:
		d.fields(n, f, p.Fields, name, nil)
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
		if f.Type().Elem().Kind() == reflect.Struct {
			spec.SetDefaults(f.Interface())
		}
		d.value(n, f.Elem(), p, name)
	default:
		d.scalar(n, f, p, name)
	}
}

func (d *decoder) list(n *node, f reflect.Value, p spec.Param, name string) {
	items := n.items
	switch n.kind {
	case nullNode:
		f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		return
	case scalarNode, mapNode: // one value stands for a list of one
		items = []*node{n}
	}
	out := reflect.MakeSlice(f.Type(), len(items), len(items))
	for i, item := range items {
		if e := out.Index(i); e.Kind() == reflect.Struct {
			spec.SetDefaults(e.Addr().Interface())
		}
		d.value(item, out.Index(i), p, name)
	}
	f.Set(out)
}

func (d *decoder) mapping(n *node, f reflect.Value, p spec.Param, name string) {
	if n.kind == nullNode {
		return
	}
	if n.kind != mapNode {
		d.add(n, "", "%s wants a map, not %s", name, n.describe())
		return
	}
	out := reflect.MakeMap(f.Type())
	for _, e := range n.entries {
		v := reflect.New(f.Type().Elem()).Elem()
		if v.Kind() == reflect.Struct {
			spec.SetDefaults(v.Addr().Interface())
		}
		d.value(e.value, v, p, name+"."+e.key.text)
		out.SetMapIndex(reflect.ValueOf(e.key.text), v)
	}
	f.Set(out)
}

func (d *decoder) scalar(n *node, f reflect.Value, p spec.Param, name string) {
	if n.kind != scalarNode {
		d.add(n, "", "%s must be %s, not %s", name, article(f.Kind()), n.describe())
		return
	}
	switch f.Kind() {
	case reflect.String:
		if len(p.Enum) > 0 && !slices.Contains(p.Enum, n.text) {
			hint := "one of: " + strings.Join(p.Enum, ", ")
			if near := spec.Nearest(n.text, p.Enum); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			d.add(n, hint, "%s cannot be %q", name, n.text)
			return
		}
		f.SetString(n.text)
	case reflect.Bool:
		switch n.text {
		case "true", "True", "TRUE":
			f.SetBool(true)
		case "false", "False", "FALSE":
			f.SetBool(false)
		default:
			d.add(n, "", "%s must be true or false, not %q", name, n.text)
		}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		x, err := parseNumber(n.text)
		if err != nil || n.quoted || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			d.add(n, "", "%s must be a whole number, not %q", name, n.text)
			return
		}
		if !d.inRange(n, x, p, name) {
			return
		}
		if f.Kind() == reflect.Uint64 {
			if x < 0 {
				d.add(n, "", "%s must not be negative; got %s", name, n.text)
				return
			}
			f.SetUint(uint64(x))
		} else {
			f.SetInt(int64(x))
		}
	case reflect.Float64, reflect.Float32:
		x, err := parseNumber(n.text)
		if err != nil || n.quoted || math.IsNaN(x) {
			d.add(n, "", "%s must be a number, not %q", name, n.text)
			return
		}
		if d.inRange(n, x, p, name) {
			f.SetFloat(x)
		}
	default:
		d.add(n, "", "%s cannot be set in a recipe", name)
	}
}

func article(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64, reflect.Float32:
		return "a number"
	}
	return "a whole number"
}

func (d *decoder) inRange(n *node, x float64, p spec.Param, name string) bool {
	low, high := p.Min != nil && x < *p.Min, p.Max != nil && x > *p.Max
	if !low && !high {
		return true
	}
	hint := ""
	if p.Max != nil && *p.Max == 1 && x > 1 && x <= 100 {
		hint = fmt.Sprintf("write %s for %s %%", strconv.FormatFloat(x/100, 'g', -1, 64), n.text)
	}
	switch {
	case p.Min != nil && p.Max != nil:
		d.add(n, hint, "%s must lie in [%g, %g]; got %s", name, *p.Min, *p.Max, n.text)
	case p.Min != nil:
		d.add(n, hint, "%s must be at least %g; got %s", name, *p.Min, n.text)
	default:
		d.add(n, hint, "%s must be at most %g; got %s", name, *p.Max, n.text)
	}
	return false
}

// parseNumber reads a YAML number; underscores between digits are allowed, as are sizes such as 64MB (powers of 1024) where a number of bytes is meant.
func parseNumber(s string) (float64, error) {
	t := strings.ReplaceAll(s, "_", "")
	factor := 1.0
	for suffix, f := range map[string]float64{"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40} {
		if strings.HasSuffix(t, suffix) {
			t, factor = strings.TrimSpace(strings.TrimSuffix(t, suffix)), f
		}
	}
	switch t {
	case ".inf", "+.inf":
		return math.Inf(1), nil
	case "-.inf":
		return math.Inf(-1), nil
	}
	x, err := strconv.ParseFloat(t, 64)
	if err != nil {
		if k, e := strconv.ParseInt(t, 0, 64); e == nil {
			return float64(k), nil
		}
		return 0, err
	}
	return x * factor, nil
}
