package eval

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/train/nn"
)

// byteCodec is a tokenizer whose tokens are bytes; 256 begins a text, 257 ends an answer. A row's text is its prompt and its answer with a bar between them.
type byteCodec struct{ begin int32 }

func (c byteCodec) Text(s string) []int32 {
	out := make([]int32, len(s))
	for i := range s {
		out[i] = int32(s[i])
	}
	return out
}

func (c byteCodec) Row(row *filters.Row) ([]int32, []bool, int, error) {
	text := string(row.Text())
	tokens := append([]int32{c.begin}, c.Text(text)...)
	labels := make([]bool, len(tokens))
	for i := range labels {
		labels[i] = i > 0
	}
	return tokens, labels, len(text), nil
}

func (c byteCodec) Prompt(row *filters.Row) ([]int32, string, error) {
	prompt, answer, found := strings.Cut(string(row.Text()), "|")
	if !found {
		return nil, "", fmt.Errorf("no bar in %q", row.Text())
	}
	return append([]int32{c.begin}, c.Text(prompt)...), answer, nil
}

func (c byteCodec) Ask(q string) ([]int32, error) { return append([]int32{c.begin}, c.Text(q)...), nil }

func (c byteCodec) Decode(tokens []int32) string {
	var out []byte
	for _, t := range tokens {
		if t < 256 {
			out = append(out, byte(t))
		}
	}
	return strings.ToValidUTF8(string(out), "?")
}

func (c byteCodec) Begin() int32  { return c.begin }
func (c byteCodec) Stop() []int32 { return []int32{257} }

// tinyModel is a model of bytes with random weights. Scaled up, they give likelihoods that differ.
func tinyModel(t testing.TB) Model {
	t.Helper()
	net, err := nn.New(nn.Config{Architecture: "llama", VocabSize: 260, HiddenSize: 32, IntermediateSize: 64, Layers: 2, Heads: 4, KVHeads: 2, TieEmbeddings: true})
	if err != nil {
		t.Fatal(err)
	}
	net.Init(3)
	for _, p := range net.Params() {
		if len(p.Shape) > 1 {
			for i := range p.Data {
				p.Data[i] *= 4
			}
		}
	}
	return Model{Net: net, Codec: byteCodec{256}, Length: 256}
}

// testEnv holds files and the texts of splits.
type testEnv struct {
	*filtertest.Env
	files  map[string]string
	splits map[string][]string
}

func newEnv(files map[string]string, validation ...string) *testEnv {
	return &testEnv{&filtertest.Env{}, files, map[string][]string{"validation": validation}}
}

func (e *testEnv) ReadFile(path string) ([]byte, error) {
	if text, ok := e.files[path]; ok {
		return []byte(text), nil
	}
	return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
}

func (e *testEnv) Rows(_ context.Context, path string) iter.Seq2[*filters.Row, error] {
	return func(yield func(*filters.Row, error) bool) {
		text, err := e.ReadFile(path)
		if err != nil {
			yield(nil, err)
			return
		}
		for line := range strings.Lines(string(text)) {
			if !yield(filtertest.Row(strings.TrimSpace(line), nil), nil) {
				return
			}
		}
	}
}

func (e *testEnv) Split(_ context.Context, split string, each func(*filters.Row) bool) error {
	for _, text := range e.splits[split] {
		if !each(filtertest.Row(text, nil)) {
			return nil
		}
	}
	return nil
}

func (e *testEnv) Splits() []string { return []string{"validation"} }

// direct returns the log-probability of every token after the first, each from logits computed by itself.
func direct(m Model, tokens []int32) []float64 {
	vocab := m.Net.Config().VocabSize
	logits := m.Net.Logits(nn.Batch{Tokens: tokens, Starts: []int32{0}})
	out := make([]float64, len(tokens)-1)
	for i := range out {
		sum := 0.0
		row := logits[i*vocab : (i+1)*vocab]
		for _, x := range row {
			sum += math.Exp(float64(x))
		}
		out[i] = float64(row[tokens[i+1]]) - math.Log(sum)
	}
	return out
}

func sumOf(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum
}

// measured runs a measure with its defaults and the changes of set.
func measured[T any, P interface {
	*T
	Measure
}](t *testing.T, name string, m Model, env Env, set func(P)) (Result, error) {
	t.Helper()
	p := Lookup(name).Defaults().(P)
	if set != nil {
		set(p)
	}
	return p.Measure(t.Context(), m, env)
}

func find(t *testing.T, r Result, name string) Figure {
	t.Helper()
	for _, f := range r.Figures {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no figure %s", name)
	return Figure{}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

// wantError makes sure that an error is one line that holds all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has several lines", err)
	}
}

// TestSpecs makes sure that every measure explains itself, says its directions, and names its figures after itself.
func TestSpecs(t *testing.T) {
	for _, r := range All() {
		p := r.Defaults()
		if r.Group != "measures" || r.Summary == "" || len(r.Doc) < 200 || !strings.HasPrefix(r.Example, "- "+r.Name) {
			t.Errorf("%s: its spec is incomplete", r.Name)
		}
		if _, ok := p.(Measure); !ok {
			t.Errorf("%s: %T does not measure", r.Name, p)
		}
		for _, param := range r.Params() {
			if param.Doc == "" {
				t.Errorf("%s.%s has no doc", r.Name, param.Name)
			}
		}
	}
}
