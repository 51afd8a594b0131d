package chat

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestLanguage compares the template language with Jinja2 3.1.6 in the settings of transformers: testdata/language.jsonl holds templates over
// the variables of testdata/variables.json, with what jinja2 wrote or that it failed.
func TestLanguage(t *testing.T) {
	vars, err := os.ReadFile("testdata/variables.json")
	if err != nil {
		t.Fatal(err)
	}
	given, err := parseJSON(vars)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("testdata/language.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(cases) {
		var c struct {
			Template, Want string
			Fails          bool
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		got, err := renderWith(c.Template, given.(*dict))
		switch {
		case c.Fails && err == nil:
			t.Errorf("%q gives %q, jinja2 fails", c.Template, got)
		case !c.Fails && err != nil:
			t.Errorf("%q: %v; jinja2 gives %q", c.Template, err, c.Want)
		case !c.Fails && got != c.Want:
			t.Errorf("%q\n got %q\nwant %q", c.Template, got, c.Want)
		}
	}
}

// renderWith renders a template over variables of its own instead of a conversation.
func renderWith(source string, given *dict) (string, error) {
	tmpl, err := Parse(source, Options{})
	if err != nil {
		return "", err
	}
	vars := &scope{}
	for _, f := range globals {
		vars.set(f.name, f)
	}
	for i, k := range given.keys {
		vars.set(k.(string), given.vals[i])
	}
	global := &scope{outer: vars}
	ev := &evaluator{out: &strings.Builder{}, global: global, scope: global}
	err = ev.run(tmpl.nodes)
	return ev.out.String(), err
}

func TestErrorsNameTheLine(t *testing.T) {
	for source, want := range map[string]string{
		"a\nb\n{% if x %}":                              "line 3",
		"a\n{{ 'x' | nofilter }}":                       `line 2: unknown filter "nofilter"`,
		"\n\n{{ messages[0].role + 1 }}":                "line 3: + cannot join str and int",
		"\n{{ messages[7].role }}":                      `line 2: "7" is not there`,
		"{% include 'other' %}":                         "a template is one piece of text",
		"{% for x in messages recursive %}{% endfor %}": "recursive loops are not supported",
	} {
		tmpl, err := Parse(source, Options{})
		if err == nil {
			_, _, err = tmpl.Render([]Message{{Role: "user", Content: "x"}}, nil, false)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; should say %q", source, err, want)
		}
	}
}

// TestBounds runs templates that would not end or would fill the memory.
func TestBounds(t *testing.T) {
	for name, source := range map[string]string{
		"output":       "{% for i in range(100000) %}{% for j in range(100000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
		"repeat":       "{{ 'x' * 100000000000 }}",
		"doubling":     "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"list in list": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"deep list":    "{% set ns = namespace(x=[1]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
		"recursion":    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
		"replace":      "{{ ('a' * 1000000)|replace('a', 'b' * 1000000) }}",
		"join":         "{{ range(100000)|join('y' * 100000) }}",
		"indent":       "{{ ('\n' * 1000000)|indent(1000, true, true) }}",
		"zfill":        "{{ '1'.zfill(999999999999) }}",
		"format":       "{{ '%s%s%s%s' % ('a' * 60000000, 'a' * 60000000, 'a' * 60000000, 'a' * 60000000) }}",
		"parentheses":  "{{ " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000) + " }}",
		"nots":         "{{ " + strings.Repeat("not ", 60000) + "1 }}",
		"minus":        "{{ " + strings.Repeat("-", 100000) + "1 }}",
		"ifs":          strings.Repeat("{% if 1 %}", 20000),
		"big number":   "{{ 10 ** 100 }}",
		"power":        "{{ 9 ** 9 ** 9 ** 9 }}",
		"range":        "{{ range(10 ** 12) }}",
		"json indent":  "{{ [[[[1]]]]|tojson(indent=100000000) }}",
		"source":       strings.Repeat("x", maxSource+1),
	} {
		t.Run(name, func(t *testing.T) {
			tmpl, err := Parse(source, Options{})
			if err == nil {
				_, _, err = tmpl.Render(nil, nil, false)
			}
			if err == nil {
				t.Error("rendered without an error")
			}
		})
	}
	// Long rows of operators are no error, and must not exhaust the stack.
	for _, source := range []string{"{{ 1" + strings.Repeat("+1", 60000) + " }}", "{{ 0" + strings.Repeat(" or 0", 40000) + " }}"} {
		if _, err := renderWith(source, newDict()); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	cases, err := os.ReadFile("testdata/language.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(cases) {
		var c struct{ Template string }
		if err := json.Unmarshal(line, &c); err != nil {
			f.Fatal(err)
		}
		f.Add(c.Template)
	}
	messages := []Message{{Role: "system", Content: "s"}, {Role: "user", Content: "hi"}, {JSON: []byte(`{"role": "assistant", "content": null, "tool_calls": [{"id": 1.5}]}`)}}
	f.Fuzz(func(t *testing.T, source string) {
		tmpl, err := Parse(source, Options{BOS: "<s>", EOS: "</s>"})
		if err != nil {
			return
		}
		text, spans, rule, err := tmpl.Mask(messages, []byte(`[{"name": "f"}]`))
		if err != nil {
			return
		}
		last := 0
		for _, s := range spans {
			if s.Start < last && rule == ByPrefix || s.End < s.Start || s.End > len(text) {
				t.Fatalf("spans %v of a text of %d bytes", spans, len(text))
			}
			last = s.End
		}
	})
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte(`[{"role": "user", "content": "x"}, {"role": "assistant", "content": [{"type": "text", "text": "y"}], "n": 1e999}]`), []byte(`[]`))
	f.Add([]byte(`[{"content": "x"}]`), []byte(`null`))
	tmpl, err := Open("qwen2.5", Options{BOS: "<s>", EOS: "</s>"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, list, tools []byte) {
		messages, err := ParseMessages(list)
		if err != nil {
			return
		}
		text, spans, _, err := tmpl.Mask(messages, tools)
		for _, s := range spans {
			if err == nil && (s.Start > s.End || s.End > len(text)) {
				t.Fatalf("span %v of %d bytes", s, len(text))
			}
		}
	})
}
