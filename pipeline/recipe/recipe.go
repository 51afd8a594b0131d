// Package recipe reads recipe files: strict YAML with positions, every mistake found at once. Start with Load; sections.go lists what a recipe may say.
package recipe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"winnow/datasets"
	"winnow/eval"
	"winnow/filters"
	"winnow/internal/spec"
)

// Recipe is a recipe as written, with defaults filled in.
type Recipe struct {
	Head
	Sources  []*datasets.Source // in the order of the file
	Steps    []Step
	Output   Output
	Audit    Audit
	Tokenize *Tokenize // nil when the recipe ends with the data set
	Train    *Train    // nil when nothing is trained
	Eval     []Measure
	Gates    []Gate
	Tests    []Test
	Arms     []Arm        // empty unless the recipe compares several ways of doing it
	Compare  []Comparison // limits across arms

	ArmName string   // of the recipe of one arm
	Path    string   // of the file
	Dir     string   // folder that relative paths start from
	Source  []byte   // the file as read
	Sets    []string // overrides of the command line, as given
}

// Step is one entry of `steps:`.
type Step struct {
	*filters.Registration
	Params any // filled struct of the registration
	Common
	Line int
}

// AllowedBad returns how many of n rows max_bad_rows allows to be unusable.
func (r *Recipe) AllowedBad(n int64) int64 {
	if r.MaxBadRows < 1 {
		return int64(r.MaxBadRows * float64(n))
	}
	return int64(r.MaxBadRows)
}

// Label is how the ledger and the report call the step: its `as`, else its name, with #2, #3 … when the same name stands again.
func (s *Step) Label() string { return s.As }

// Measure is one entry of `eval:`.
type Measure struct {
	*eval.Registration
	Params any
	Line   int
}

// Load reads a recipe and applies overrides such as "train.steps=50". The error is a *Mistakes when the recipe is wrong.
func Load(path string, sets []string) (*Recipe, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("recipe: %w; `winnow init` writes one to start from", err)
	}
	return Parse(src, path, sets)
}

// Parse reads a recipe from memory; path is used in messages and for relative paths.
func Parse(src []byte, path string, sets []string) (*Recipe, error) {
	r, err := parse(src, path, sets, nil)
	if err != nil {
		return nil, err
	}
	return r, r.checkArms()
}

// parse reads a recipe; edit, when given, changes its tree after the overrides.
func parse(src []byte, path string, sets []string, edit func(root *node)) (*Recipe, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	r := &Recipe{Path: path, Dir: filepath.Dir(abs), Source: src, Sets: sets}
	root, mistakes := parseYAML(src)
	if root != nil && root.kind != mapNode {
		mistakes = append(mistakes, Mistake{Line: root.line, Column: root.column, Width: root.width, Message: "a recipe is a map with the keys name, sources, steps, …, not " + root.describe()})
		root = nil
	}
	if root != nil {
		mistakes = append(mistakes, override(root, sets)...)
		if edit != nil {
			edit(root)
		}
		d := &decoder{}
		r.decode(d, root)
		mistakes = append(mistakes, d.mistakes...)
	}
	if len(mistakes) > 0 {
		return nil, &Mistakes{File: path, Source: src, List: mistakes}
	}
	return r, nil
}

var sections = []string{"sources", "steps", "audit", "output", "tokenize", "train", "eval", "gates", "tests", "arms", "compare"}

func (r *Recipe) decode(d *decoder, root *node) {
	d.object(root, &r.Head, "the recipe", sections...)
	if r.Name == "" {
		base := filepath.Base(r.Path)
		r.Name = strings.TrimSuffix(base, filepath.Ext(base))
		if r.Name == "recipe" || r.Name == "winnow" {
			r.Name = filepath.Base(r.Dir)
		}
	}
	r.decodeSources(d, root)
	r.decodeSteps(d, root)
	r.decodeAudit(d, root)
	spec.SetDefaults(&r.Output)
	if n := root.get("output"); n != nil {
		d.object(n, &r.Output, "output")
	}
	if n := root.get("tokenize"); n != nil {
		r.Tokenize = &Tokenize{}
		d.object(n, r.Tokenize, "tokenize")
	}
	if n := root.get("train"); n != nil {
		r.Train = &Train{}
		d.object(n, r.Train, "train")
		if r.Tokenize == nil {
			r.Tokenize = &Tokenize{}
			spec.SetDefaults(r.Tokenize)
		}
	}
	r.decodeEval(d, root)
	r.decodeGates(d, root)
	r.decodeTests(d, root)
	r.decodeArms(d, root)
	r.decodeCompare(d, root)
}

func (r *Recipe) decodeAudit(d *decoder, root *node) {
	n := root.get("audit")
	if n == nil {
		return
	}
	d.object(n, &r.Audit, "audit")
	var labels []string
	for i := range r.Steps {
		labels = append(labels, r.Steps[i].Label())
	}
	expect := n.get("expect")
	if r.Audit.Column == "" {
		d.add(n, "write `column: NAME`", "audit names no column")
	}
	if expect == nil {
		return
	}
	for _, e := range expect.entries {
		if !slices.Contains(labels, e.value.text) {
			d.unknownName(e.value, "step label", labels)
		}
	}
}

func (r *Recipe) decodeSources(d *decoder, root *node) {
	n := root.get("sources")
	if n == nil || n.kind != mapNode || len(n.entries) == 0 {
		where := root
		if n != nil {
			where = n
		}
		d.add(where, "write `sources: {NAME: {path: FILES}}`", "the recipe names no sources")
		return
	}
	for _, e := range n.entries {
		s := &datasets.Source{}
		value := e.value
		if value.kind == scalarNode || value.kind == listNode { // a bare path
			value = &node{kind: mapNode, line: value.line, column: value.column, width: value.width, entries: []entry{{key: &node{text: "path"}, value: value}}}
		}
		d.object(value, s, "source "+e.key.text)
		s.Name = e.key.text
		r.Sources = append(r.Sources, s)
	}
}

func (r *Recipe) decodeSteps(d *decoder, root *node) {
	n := root.get("steps")
	if n == nil || n.kind == nullNode {
		return
	}
	if n.kind != listNode {
		d.add(n, "write each step as a line that begins with `- `", "steps must be a list, not %s", n.describe())
		return
	}
	var names []string
	for _, reg := range filters.All() {
		names = append(names, reg.Name)
	}
	labels := map[string]int{}
	for _, item := range n.items {
		key, value, ok := d.named(item, "a step")
		if !ok {
			continue
		}
		reg := filters.Lookup(key.text)
		if reg == nil {
			d.unknownName(key, "step", names)
			continue
		}
		s := Step{Registration: reg, Params: reg.New(), Line: key.line}
		d.short(&value, reg.Short)
		common := []string{}
		for _, p := range spec.ParamsOf(&s.Common) {
			common = append(common, p.Name)
		}
		d.object(value, s.Params, key.text, common...)
		d.common(value, &s.Common, key.text)
		for _, only := range s.Only {
			r.checkSource(d, value, only)
		}
		if s.As == "" {
			s.As = reg.Name
		}
		labels[s.As]++
		if k := labels[s.As]; k > 1 {
			s.As = fmt.Sprintf("%s#%d", s.As, k)
		}
		r.Steps = append(r.Steps, s)
	}
}

func (r *Recipe) checkSource(d *decoder, n *node, name string) {
	var names []string
	for _, s := range r.Sources {
		if s.Name == name {
			return
		}
		names = append(names, s.Name)
	}
	d.unknownName(&node{line: n.line, column: n.column, width: n.width, text: name}, "source", names)
}

// common fills the parameters that every step has, and leaves the step's own ones alone.
func (d *decoder) common(n *node, c *Common, name string) {
	spec.SetDefaults(c)
	if n.kind != mapNode {
		return
	}
	var own node
	own.kind, own.line, own.column, own.width = mapNode, n.line, n.column, n.width
	params := spec.ParamsOf(c)
	for _, e := range n.entries {
		for _, p := range params {
			if p.Name == e.key.text {
				own.entries = append(own.entries, e)
			}
		}
	}
	d.object(&own, c, name)
}

// named reads an entry of a list such as `- unicode` or `- language: {keep: [en]}`.
func (d *decoder) named(item *node, what string) (key, value *node, ok bool) {
	switch {
	case item.kind == scalarNode:
		return item, &node{kind: nullNode, line: item.line, column: item.column, width: item.width}, true
	case item.kind == mapNode && len(item.entries) == 1:
		return item.entries[0].key, item.entries[0].value, true
	case item.kind == mapNode:
		d.add(item, "indent its parameters two more spaces, or write {…} around them", "%s has one name; here stand %d keys", what, len(item.entries))
	default:
		d.add(item, "", "%s is written `- NAME` or `- NAME: {parameter: value}`, not %s", what, item.describe())
	}
	return nil, nil, false
}

// short lets a bare value set a step's main parameter.
func (d *decoder) short(value **node, param string) {
	v := *value
	if param == "" || v.kind != scalarNode && v.kind != listNode {
		return
	}
	*value = &node{kind: mapNode, line: v.line, column: v.column, width: v.width, entries: []entry{{key: &node{text: param, line: v.line, column: v.column, width: v.width}, value: v}}}
}

func (d *decoder) unknownName(key *node, what string, names []string) {
	hint := "`winnow list` shows all"
	if near := spec.Nearest(key.text, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if what == "source" {
		hint = "known: " + strings.Join(names, ", ")
	}
	d.add(key, hint, "unknown %s %q", what, key.text)
}
