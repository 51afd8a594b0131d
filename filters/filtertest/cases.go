package filtertest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"winnow/filters"
	"winnow/internal/spec"
)

// Cases runs the cases of a registered step, twice over in both orders with one prepared step for each set of parameters: a step that remembers something
// of an earlier row, or that changes a text again when it sees its own output as the start of another row, is found.
func Cases(t *testing.T, name string) {
	t.Helper()
	reg := filters.Lookup(name)
	if reg == nil {
		t.Fatalf("no step %q is registered", name)
	}
	if len(reg.Cases) == 0 {
		t.Fatalf("%s shows no cases", name)
	}
	checkSpec(t, &reg.Spec)
	prepared, params := map[string]filters.Step{}, map[string]any{}
	for _, c := range reg.Cases {
		if prepared[c.Params] != nil {
			continue
		}
		p, err := Params(&reg.Spec, c.Params)
		if err != nil {
			t.Fatalf("%s %s: %v", name, c.Params, err)
		}
		params[c.Params], prepared[c.Params] = p, Prepare(t, p)
	}
	order := append(slices.Clone(reg.Cases), reg.Cases...)
	slices.Reverse(order[len(reg.Cases):])
	for _, c := range order {
		want := c.Out
		if want == "=" || c.Reason != "" && want == "" {
			want = c.In
		}
		out, reason, _ := Run(t, params[c.Params], prepared[c.Params], reg.Unit, c.In)
		if reason != c.Reason {
			t.Errorf("%s %s: %q dropped with %q, want %q", name, c.Params, c.In, reason, c.Reason)
		} else if reason == "" && out != want {
			t.Errorf("%s %s:\n   in %q\n  out %q\n want %q", name, c.Params, c.In, out, want)
		}
	}
}

// checkSpec asks for what the docs are made of.
func checkSpec(t *testing.T, s *spec.Spec) {
	t.Helper()
	if s.Summary == "" || s.Doc == "" || s.Example == "" {
		t.Errorf("%s lacks a summary, docs or an example", s.Name)
	}
	if got := len(s.Params()); got > 0 {
		for _, p := range s.Params() {
			if p.Doc == "" {
				t.Errorf("%s: parameter %s says nothing of itself", s.Name, p.Name)
			}
		}
	}
	if s.Short != "" && !slices.ContainsFunc(s.Params(), func(p spec.Param) bool { return p.Name == s.Short }) {
		t.Errorf("%s: a bare value sets %q, which is no parameter", s.Name, s.Short)
	}
	s.Defaults()
}

// Params returns the parameters that a line of YAML sets, with defaults for the others.
func Params(s *spec.Spec, source string) (any, error) {
	ptr := s.Defaults()
	if source == "" {
		return ptr, nil
	}
	var value any
	if err := yaml.Unmarshal([]byte(source), &value); err != nil {
		return nil, err
	}
	m, ok := value.(map[string]any)
	if !ok {
		if s.Short == "" {
			return nil, fmt.Errorf("%s has no parameter for a bare value", s.Name)
		}
		m = map[string]any{s.Short: value}
	}
	return ptr, fill(reflect.ValueOf(ptr).Elem(), s.Params(), m)
}

func fill(v reflect.Value, params []spec.Param, m map[string]any) error {
	known := map[string]bool{}
	for _, p := range params {
		known[p.Name] = true
		x, ok := m[p.Name]
		if !ok {
			continue
		}
		if err := set(v.FieldByIndex(p.Index), p, x); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	for name := range m {
		if !known[name] {
			return fmt.Errorf("no parameter is named %q", name)
		}
	}
	return nil
}

func set(f reflect.Value, p spec.Param, x any) error {
	switch f.Kind() {
	case reflect.Slice:
		items, ok := x.([]any)
		if !ok && x != nil {
			items = []any{x}
		}
		out := reflect.MakeSlice(f.Type(), len(items), len(items))
		for i, item := range items {
			if out.Index(i).Kind() == reflect.Struct {
				spec.SetDefaults(out.Index(i).Addr().Interface())
			}
			if err := set(out.Index(i), p, item); err != nil {
				return err
			}
		}
		f.Set(out)
	case reflect.Map:
		m, ok := x.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is no map", x)
		}
		out := reflect.MakeMap(f.Type())
		for k, item := range m {
			e := reflect.New(f.Type().Elem()).Elem()
			if err := set(e, p, item); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(k), e)
		}
		f.Set(out)
	case reflect.Struct:
		m, ok := x.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is no map", x)
		}
		return fill(f, p.Fields, m)
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
		return set(f.Elem(), p, x)
	case reflect.String:
		s := fmt.Sprint(x)
		if len(p.Enum) > 0 && !slices.Contains(p.Enum, s) {
			return fmt.Errorf("%q is none of %v", s, p.Enum)
		}
		f.SetString(s)
	default:
		if b, ok := x.(bool); ok != (f.Kind() == reflect.Bool) || x == nil {
			return fmt.Errorf("%v does not fit %s", x, f.Type())
		} else if ok {
			f.SetBool(b)
			return nil
		}
		y := reflect.ValueOf(x)
		if !y.CanConvert(f.Type()) {
			return fmt.Errorf("%v does not fit %s", x, f.Type())
		}
		f.Set(y.Convert(f.Type()))
	}
	return nil
}
