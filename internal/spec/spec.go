// Package spec holds what a step, a format, an architecture or a measure says of itself: a name, one line of summary, its parameters with
// type, default, range and an example. `winnow list`, `explain`, the pages in docs/ and the editor's JSON schema are made from it.
//
// A thing's parameters are the exported fields of a struct, described by tags:
//
//	type Language struct {
//		Keep     []string `param:"keep" default:"en,zh" doc:"languages that stay; empty keeps all" source:"…"`
//		MinScore float64  `param:"min_score" default:"0.6" min:"0" max:"1" doc:"least certainty, 0 to 1"`
//	}
//
// Tags: param (the name in a recipe; required), default (as written in a recipe; lists separated by commas), doc (one sentence),
// enum (allowed values, separated by commas), min, max (inclusive), required:"true", unit, source (where a default comes from).
// Field types: bool, int, int64, float64, string, []string, []float64, map[string]float64, map[string]string,
// map[string]map[string]float64, and structs or slices of structs of the same kinds. Embedded structs are flattened.
package spec

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Spec describes one thing that a recipe can name.
type Spec struct {
	Name    string     // as written in a recipe, snake_case
	Summary string     // one line, no full stop
	Doc     string     // Markdown: what it does, what it means, pitfalls, sources; may be several paragraphs
	Group   string     // folder of the docs: clean, language, quality, dedup, privacy, harm, bias, mix; formats, architectures, measures
	Short   string     // the parameter that a bare value sets: `- lines: boilerplate`; empty when there is none
	Example string     // YAML of one list entry, as it stands in a recipe; it must be valid
	New     func() any // a pointer to the parameters' struct, zero; Defaults fills it
	Cases   []Case     // what it does to a row; shown in the docs and run as tests
}

// Case shows what a step does to one text. An empty Out with a Reason means the row is dropped.
type Case struct {
	Params string // YAML of the parameters; empty for the defaults
	In     string
	Out    string // the text after the step; "" when dropped; "=" when unchanged
	Reason string // the drop's reason; "" when the row is kept
}

// Param is one parameter of a Spec.
type Param struct {
	Name     string
	Type     string // boolean, integer, number, string, list of …, map of …, object
	Default  string // as a recipe writes it; "" for none
	Doc      string
	Enum     []string
	Min, Max *float64
	Required bool
	Unit     string
	Source   string
	Index    []int // of the field, for reflect's FieldByIndex
	GoType   reflect.Type
	Fields   []Param // of an object, or of the objects in a list
}

// Defaults returns a new parameters struct of s with every default set. A default that does not fit its field is a programming mistake and panics;
// a test over all registered specs calls it.
func (s *Spec) Defaults() any {
	p := s.New()
	SetDefaults(p)
	return p
}

// Params lists the parameters of s in the order of the struct's fields.
func (s *Spec) Params() []Param { return ParamsOf(s.New()) }

// ParamsOf lists the parameters of the struct that ptr points to.
func ParamsOf(ptr any) []Param { return paramsOf(reflect.TypeOf(ptr).Elem(), nil) }

func paramsOf(t reflect.Type, prefix []int) []Param {
	var out []Param
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), prefix...), i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out = append(out, paramsOf(f.Type, index)...)
			continue
		}
		name := f.Tag.Get("param")
		if name == "" {
			continue
		}
		p := Param{Name: name, Type: typeName(f.Type), Default: f.Tag.Get("default"), Doc: f.Tag.Get("doc"), Required: f.Tag.Get("required") == "true",
			Unit: f.Tag.Get("unit"), Source: f.Tag.Get("source"), Index: index, GoType: f.Type}
		if e := f.Tag.Get("enum"); e != "" {
			p.Enum = strings.Split(e, ",")
		}
		p.Min, p.Max = bound(f, "min"), bound(f, "max")
		if e := objectType(f.Type); e != nil {
			p.Fields = paramsOf(e, nil)
		}
		out = append(out, p)
	}
	return out
}

func bound(f reflect.StructField, key string) *float64 {
	s := f.Tag.Get(key)
	if s == "" {
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("field %s: tag %s: %v", f.Name, key, err))
	}
	return &v
}

// objectType returns the struct behind t: t itself, the struct it points to, or the element of a slice of structs; nil otherwise.
func objectType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return t
	}
	return nil
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return "integer"
	case reflect.Float64, reflect.Float32:
		return "number"
	case reflect.String:
		return "string"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "map of " + typeName(t.Elem())
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Struct:
		return "object"
	}
	return t.String()
}

// SetDefaults writes the defaults of the tags into the struct that ptr points to, nested objects included.
func SetDefaults(ptr any) {
	v := reflect.ValueOf(ptr).Elem()
	for _, p := range ParamsOf(ptr) {
		f := v.FieldByIndex(p.Index)
		if p.Default == "" {
			if f.Kind() == reflect.Struct {
				SetDefaults(f.Addr().Interface())
			}
			continue
		}
		if err := setText(f, p.Default); err != nil {
			panic(fmt.Sprintf("default of %s: %v", p.Name, err))
		}
	}
}

func setText(f reflect.Value, s string) error {
	switch f.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		f.SetBool(b)
		return err
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, 64)
		f.SetInt(n)
		return err
	case reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, 64)
		f.SetUint(n)
		return err
	case reflect.Float64, reflect.Float32:
		x, err := strconv.ParseFloat(s, 64)
		f.SetFloat(x)
		return err
	case reflect.String:
		f.SetString(s)
		return nil
	case reflect.Slice:
		for part := range strings.SplitSeq(s, ",") {
			e := reflect.New(f.Type().Elem()).Elem()
			if err := setText(e, strings.TrimSpace(part)); err != nil {
				return err
			}
			f.Set(reflect.Append(f, e))
		}
		return nil
	}
	return fmt.Errorf("a %s cannot have a default in its tag", f.Type())
}

// Nearest returns the candidate closest to name by edit distance, or "" when none is near enough to be what was meant.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", max(2, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// Field returns the value of a parameter in the struct that ptr points to.
func Field(ptr any, p Param) any {
	return reflect.ValueOf(ptr).Elem().FieldByIndex(p.Index).Interface()
}
