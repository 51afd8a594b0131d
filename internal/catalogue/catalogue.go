// Package catalogue gathers the specs of everything that a recipe can name, and writes them as Markdown pages and as a JSON schema for editors.
package catalogue

import (
	"fmt"
	"strings"

	"winnow/datasets"
	"winnow/eval"
	"winnow/filters"
	"winnow/internal/spec"
	"winnow/train/nn"
)

// Kinds lists the kinds of entries.
var Kinds = []string{"step", "format", "architecture", "measure"}

// Entry is one thing that can be named.
type Entry struct {
	Kind   string
	Spec   *spec.Spec
	Survey bool // of a step: it must see the whole set
}

// All lists every entry: steps by group, then formats, architectures, measures.
func All() []Entry {
	var out []Entry
	for _, r := range filters.All() {
		_, tally := r.New().(filters.Tally)
		_, keyed := r.New().(filters.Keyed)
		out = append(out, Entry{"step", &r.Spec, tally || keyed})
	}
	for _, f := range datasets.Formats() {
		out = append(out, Entry{"format", &f.Spec, false})
	}
	for _, a := range nn.Archs() {
		out = append(out, Entry{"architecture", &spec.Spec{Name: a.Name, Group: "architectures", Summary: a.Summary, Doc: "Hugging Face class `" + a.Class + "`."}, false})
	}
	for _, r := range eval.All() {
		out = append(out, Entry{"measure", &r.Spec, false})
	}
	return out
}

// Find returns the entry of a name, or an error with the nearest one.
func Find(name string) (Entry, error) {
	var names []string
	for _, e := range All() {
		if e.Spec.Name == name {
			return e, nil
		}
		names = append(names, e.Spec.Name)
	}
	if near := spec.Nearest(name, names); near != "" {
		return Entry{}, fmt.Errorf("nothing is called %q; did you mean %q?", name, near)
	}
	return Entry{}, fmt.Errorf("nothing is called %q; `winnow list` shows all", name)
}

// Markdown is the entry's page.
func (e Entry) Markdown() string {
	var b strings.Builder
	s := e.Spec
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", s.Name, sentence(s.Summary))
	kind := e.Kind
	if e.Survey {
		kind = "survey: it sees the whole set before it acts"
	}
	fmt.Fprintf(&b, "*%s · %s*\n\n", s.Group, kind)
	if s.Doc != "" {
		fmt.Fprintf(&b, "%s\n\n", strings.TrimSpace(s.Doc))
	}
	if s.Example != "" {
		fmt.Fprintf(&b, "## Example\n\n```yaml\n%s\n```\n\n", strings.TrimSpace(s.Example))
	}
	if s.New != nil {
		if params := s.Params(); len(params) > 0 {
			fmt.Fprintf(&b, "## Parameters\n\n")
			writeParams(&b, params, "")
			if s.Short != "" {
				fmt.Fprintf(&b, "\nA bare value sets `%s`: `- %s: VALUE`.\n", s.Short, s.Name)
			}
			b.WriteByte('\n')
		}
	}
	if len(s.Cases) > 0 {
		fmt.Fprintf(&b, "## What it does\n\n| with | a text | becomes |\n|---|---|---|\n")
		for _, c := range s.Cases {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", code(orDefault(c.Params)), code(c.In), outcome(c))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func orDefault(s string) string {
	if s == "" {
		return "defaults"
	}
	return s
}

func outcome(c spec.Case) string {
	switch {
	case c.Reason != "":
		return "dropped: " + c.Reason
	case c.Out == "=":
		return "unchanged"
	}
	return code(c.Out)
}

// code shows a text inside a table cell.
func code(s string) string {
	s = strings.NewReplacer("\n", "⏎", "|", "\\|", "\t", "⇥").Replace(s)
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}

func writeParams(b *strings.Builder, params []spec.Param, prefix string) {
	if prefix == "" {
		b.WriteString("| parameter | type | default | meaning |\n|---|---|---|---|\n")
	}
	for _, p := range params {
		meaning := p.Doc
		if len(p.Enum) > 0 {
			meaning += " (one of " + strings.Join(p.Enum, ", ") + ")"
		}
		switch {
		case p.Min != nil && p.Max != nil:
			meaning += fmt.Sprintf("; from %g to %g", *p.Min, *p.Max)
		case p.Min != nil:
			meaning += fmt.Sprintf("; at least %g", *p.Min)
		case p.Max != nil:
			meaning += fmt.Sprintf("; at most %g", *p.Max)
		}
		if p.Unit != "" {
			meaning += " [" + p.Unit + "]"
		}
		if p.Source != "" {
			meaning += " – " + p.Source
		}
		def := p.Default
		if p.Required {
			def = "(required)"
		}
		if def != "" && !p.Required {
			def = "`" + def + "`"
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s | %s |\n", prefix, p.Name, p.Type, def, strings.ReplaceAll(meaning, "|", "\\|"))
		if len(p.Fields) > 0 {
			writeParams(b, p.Fields, prefix+p.Name+".")
		}
	}
}

// JSON is the entry as plain values.
func (e Entry) JSON() map[string]any {
	var params []map[string]any
	if e.Spec.New != nil {
		for _, p := range e.Spec.Params() {
			params = append(params, map[string]any{"name": p.Name, "type": p.Type, "default": p.Default, "doc": p.Doc, "enum": p.Enum, "required": p.Required})
		}
	}
	return map[string]any{"kind": e.Kind, "group": e.Spec.Group, "name": e.Spec.Name, "summary": e.Spec.Summary, "doc": e.Spec.Doc, "example": e.Spec.Example, "survey": e.Survey, "parameters": params}
}
