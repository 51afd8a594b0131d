// Package chat renders conversations by the templates that come with models, and finds what in the text the assistant wrote.
//
// A template is data: a program in a subset of Jinja, large enough for the published ones. Parse reads one, Open takes a built-in one or a file.
// What is rendered is byte-identical to Hugging Face transformers' apply_chat_template; what the subset lacks is an error of Parse that names it.
// Templates are untrusted input: nesting, work and output are bounded, and a template reaches nothing but its own variables.
//
// Start with Template.Render and Template.Mask (mask.go has the rules of the labels). lexer.go, parser.go and expressions.go read the language,
// eval.go and operators.go run it, filters*.go, tests.go and methods.go are its library.
package chat

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Options are what a template needs beside its source.
type Options struct {
	BOS, EOS string // the tokenizer's special tokens, which templates know as bos_token and eos_token
	// Now is what strftime_now formats. When zero the function is not defined and templates that ask for the date fall back to a fixed one, so that
	// the same data give the same tokens on any day.
	Now time.Time
	// Vars are further variables, such as enable_thinking: strings, bools, ints and floats.
	Vars map[string]any
	// LastTurn labels only the last turn of the assistant where the template rewrites earlier ones (Qwen3 drops old reasoning). Without it such a
	// conversation cannot be trained on: Mask gives ErrRewrites.
	LastTurn bool
	// SkipEmptyThink leaves a <think></think> block without content at the start of an assistant turn unlabelled: the prompt supplies it when the
	// model answers with thinking switched off.
	SkipEmptyThink bool
}

// Template is a parsed template. It is safe for concurrent use.
type Template struct {
	source     string
	nodes      []node
	options    Options
	vars       *scope // what every rendering sees
	generation bool   // the template marks what the assistant writes
}

// Parse reads a template. Errors name its line and what is wrong or not supported there.
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
	vars, err := variables(o)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	return &Template{source: source, nodes: nodes, options: o, vars: vars, generation: p.generation}, nil
}

//go:embed templates/*.jinja
var builtin embed.FS

// Names lists the built-in templates, sorted: alpaca, chatml, llama3, mistral, plain, qwen2.5.
func Names() []string {
	entries, err := builtin.ReadDir("templates")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".jinja"))
	}
	slices.Sort(out)
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

// Digest identifies everything that decides what the template renders and labels: "sha256:" and 64 hexadecimal digits.
func (t *Template) Digest() string {
	o := t.options
	all := fmt.Appendf(nil, "%q %q %q %d %v %v", t.source, o.BOS, o.EOS, o.Now.Unix(), o.LastTurn, o.SkipEmptyThink)
	for _, name := range sortedNames(o.Vars) {
		all = fmt.Appendf(all, " %q=%#v", name, o.Vars[name])
	}
	sum := sha256.Sum256(all)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Raised is the error of a template's own raise_exception: the conversation does not suit it.
type Raised struct{ Message string }

func (r *Raised) Error() string { return "the template refuses the conversation: " + r.Message }

// Render writes a conversation as the model is to see it. tools is a JSON list of tool descriptions, nil for none. With prompt the text ends where
// the assistant's next answer begins. The spans are those of the template's generation blocks.
func (t *Template) Render(messages []Message, tools []byte, prompt bool) (string, []Span, error) {
	c, err := newConversation(messages, tools)
	if err != nil {
		return "", nil, err
	}
	return t.render(c, len(messages), prompt)
}

// conversation is a list of messages as template values, made once for the several renderings that a mask may need.
type conversation struct {
	messages []any
	tools    any
}

func newConversation(messages []Message, tools []byte) (conversation, error) {
	c := conversation{messages: make([]any, len(messages))}
	for i, m := range messages {
		v, err := m.value()
		if err != nil {
			return c, fmt.Errorf("message %d: %w", i+1, err)
		}
		c.messages[i] = v
	}
	if len(tools) == 0 {
		return c, nil
	}
	v, err := parseJSON(tools)
	if err != nil {
		return c, fmt.Errorf("tools: %w", err)
	}
	if _, ok := v.(*list); !ok && v != nil {
		return c, fmt.Errorf("tools must be a JSON list, not %s", typeName(v))
	}
	c.tools = v
	return c, nil
}

// render runs the template on the first n messages.
func (t *Template) render(c conversation, n int, prompt bool) (text string, spans []Span, err error) {
	messages, err := newList(false, c.messages[:n:n]...)
	if err != nil {
		return "", nil, err
	}
	given := &scope{outer: t.vars}
	given.set("messages", messages)
	given.set("tools", c.tools)
	given.set("add_generation_prompt", prompt)
	global := &scope{outer: given}
	ev := &evaluator{out: &strings.Builder{}, global: global, scope: global}
	if err := ev.run(t.nodes); err != nil {
		return "", nil, fmt.Errorf("chat template: %w", err)
	}
	return ev.out.String(), ev.spans, nil
}
