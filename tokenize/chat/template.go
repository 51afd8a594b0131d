// Package chat renders conversations by the templates that come with models, and finds what in the text the assistant wrote. Templates are data in a subset of
// Jinja that is large enough for every published one; they are untrusted input, so nesting, work and output are bounded. Start with Parse, Template.Render
// and Template.Mask; lexer.go, parser.go and eval.go are the template language.
package chat

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"
)

// Span is a half-open range of bytes of a rendered text.
type Span struct{ Start, End int }

// Message is one turn of a conversation.
type Message struct {
	Role    string
	Content string
	// JSON is the whole message as a JSON object when it holds more than role and content (tool calls, reasoning); it wins over the two.
	JSON []byte
}

// Options are the tokenizer's special tokens, which templates know as bos_token and eos_token.
type Options struct{ BOS, EOS string }

// Template is a parsed template. It is safe for concurrent use.
type Template struct {
	source     string
	nodes      []node
	options    Options
	generation bool
}

// Parse reads a template. Errors name its line.
func Parse(source string, o Options) (*Template, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("chat template: %d bytes are more than the %d that are read", len(source), maxSource)
	}
	toks, err := lex(source)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	p := &parser{toks: toks}
	nodes, _, err := p.body()
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	return &Template{source: source, nodes: nodes, options: o, generation: p.generation}, nil
}

//go:embed templates/*.jinja
var builtin embed.FS

// Names lists the built-in templates.
func Names() []string {
	entries, err := builtin.ReadDir("templates")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".jinja"))
	}
	sort.Strings(out)
	return out
}

// Open returns a built-in template by name, or reads a .jinja file.
func Open(name string, o Options) (*Template, error) {
	if data, err := builtin.ReadFile("templates/" + name + ".jinja"); err == nil {
		return Parse(string(data), o)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("chat template %q is neither built in (%s) nor a file", name, strings.Join(Names(), ", "))
	} else if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	return Parse(string(data), o)
}

// Source returns the template's text.
func (t *Template) Source() string { return t.source }

// raised is an error that the template itself raises by raise_exception.
type raised struct{ message string }

func (r *raised) Error() string { return "the template refuses the conversation: " + r.message }

// Render writes a conversation as the model is to see it. tools is a JSON list of tool descriptions, nil for none. With prompt the text ends where the assistant's
// next answer begins. The spans are those of the template's generation blocks.
func (t *Template) Render(messages []Message, tools []byte, prompt bool) (string, []Span, error) {
	values := make([]any, len(messages))
	for i, m := range messages {
		v, err := m.value()
		if err != nil {
			return "", nil, fmt.Errorf("message %d: %w", i+1, err)
		}
		values[i] = v
	}
	return t.render(values, tools, prompt)
}

func (m Message) value() (any, error) {
	if m.JSON != nil {
		return parseJSON(m.JSON)
	}
	d := newDict()
	for _, kv := range [][2]string{{"role", m.Role}, {"content", m.Content}} {
		if err := d.set(kv[0], kv[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (t *Template) render(messages []any, tools []byte, prompt bool) (text string, spans []Span, err error) {
	l, err := newList(false, messages...)
	if err != nil {
		return "", nil, err
	}
	var toolList any
	if tools != nil {
		if toolList, err = parseJSON(tools); err != nil {
			return "", nil, fmt.Errorf("tools: %w", err)
		}
	}
	ev := &evaluator{out: &strings.Builder{}, global: &scope{}}
	for name, v := range map[string]any{"messages": l, "tools": toolList, "documents": nil, "add_generation_prompt": prompt, "bos_token": t.options.BOS, "eos_token": t.options.EOS} {
		ev.global.set(name, v)
	}
	for _, f := range globals {
		ev.global.set(f.name, f)
	}
	ev.global = &scope{outer: ev.global}
	ev.scope = ev.global
	if err := ev.run(t.nodes); err != nil {
		return "", nil, fmt.Errorf("chat template: %w", err)
	}
	return ev.out.String(), ev.spans, nil
}

// globals are the functions that Hugging Face gives to templates, and those of Jinja that templates use.
var globals = []*function{
	{name: "raise_exception", call: func(_ *evaluator, args []any, _ []kwarg) (any, error) {
		if len(args) != 1 {
			return nil, fmt.Errorf("raise_exception takes one message")
		}
		return nil, &raised{str(args[0])}
	}},
	{name: "strftime_now", call: func(_ *evaluator, args []any, _ []kwarg) (any, error) {
		if len(args) != 1 {
			return nil, fmt.Errorf("strftime_now takes one format")
		}
		return strftime(str(args[0]), time.Now()), nil
	}},
	{name: "namespace", call: func(_ *evaluator, _ []any, named []kwarg) (any, error) {
		d, err := dictOf(named)
		return &namespace{d}, err
	}},
	{name: "dict", call: func(_ *evaluator, _ []any, named []kwarg) (any, error) { return dictOf(named) }},
	{name: "range", call: rangeOf},
}

func dictOf(named []kwarg) (*dict, error) {
	d := newDict()
	for _, k := range named {
		if err := d.set(k.name, k.value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func rangeOf(ev *evaluator, args []any, _ []kwarg) (any, error) {
	bounds := []int64{0, 0, 1}
	for i, a := range args {
		_, n, whole, ok := number(a)
		if !ok || !whole || i > 2 {
			return nil, fmt.Errorf("range takes one to three whole numbers")
		}
		bounds[i] = n
	}
	if len(args) == 1 {
		bounds[0], bounds[1] = 0, bounds[0]
	}
	if len(args) == 0 || bounds[2] == 0 {
		return nil, fmt.Errorf("range takes one to three whole numbers, the third not zero")
	}
	var items []any
	for i := bounds[0]; bounds[2] > 0 && i < bounds[1] || bounds[2] < 0 && i > bounds[1]; i += bounds[2] {
		if err := ev.charge(16); err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	return newList(false, items...)
}

// strftime writes a time by the directives of C that templates use.
func strftime(format string, t time.Time) string {
	layouts := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'b': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday", 'y': "06", 'I': "03", 'p': "PM", 'j': "002"}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if l, ok := layouts[format[i]]; ok {
			b.WriteString(t.Format(l))
		} else if format[i] == '%' {
			b.WriteByte('%')
		} else {
			b.WriteString("%" + string(format[i]))
		}
	}
	return b.String()
}
