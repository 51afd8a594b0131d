package weights

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winnow/train/nn"
)

func quantVectors(t *testing.T) func(name string) []float32 {
	t.Helper()
	f, err := Open("testdata/quant.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return func(name string) []float32 {
		v, ok := f.Tensor(name)
		if !ok {
			t.Fatalf("quant.safetensors lacks %q", name)
		}
		values, err := v.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
}

// Bytes and values agree with those of the gguf package, in both directions.
func TestBlocksAgreeWithTheReference(t *testing.T) {
	vectors := quantVectors(t)
	for _, kind := range []ggmlType{ggmlF16, ggmlBF16, ggmlQ8_0, ggmlQ4_0, ggmlQ4_K, ggmlQ6_K} {
		var packed []byte
		for _, b := range vectors(kind.String() + ".packed") {
			packed = append(packed, byte(b))
		}
		want := vectors(kind.String() + ".values")
		got := make([]float32, len(want))
		dequantise(got, packed, kind)
		for i, v := range want {
			if d := math.Abs(float64(got[i] - v)); d > 1e-6*math.Abs(float64(v))+1e-9 {
				t.Fatalf("%v: value %d is %v, want %v", kind, i, got[i], v)
			}
		}
		if kind == ggmlF16 || kind == ggmlQ8_0 || kind == ggmlQ4_0 {
			if again := quantise(nil, vectors("values"), kind); !bytes.Equal(again, packed) {
				t.Errorf("%v: other bytes are written", kind)
			}
		}
	}
}

func TestGGUFRoundTrip(t *testing.T) {
	for _, architecture := range []string{"llama", "qwen2", "qwen3", "mistral"} {
		m := tinyModel(t, architecture)
		for _, kind := range []string{"f32", "f16", "q8_0", "q4_0"} {
			path := filepath.Join(t.TempDir(), "m.gguf")
			if err := SaveGGUF(path, m, GGUFOptions{Type: kind}); err != nil {
				t.Fatal(err)
			}
			got, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if c := got.Config(); c.Architecture != architecture && architecture != "mistral" || c.Heads != 4 || c.KVHeads != 2 || c.HeadDim != 16 || c.TieEmbeddings != m.Config().TieEmbeddings {
				t.Errorf("%+v", c)
			}
			share := map[string]float64{"f32": 0, "f16": 1e-3, "q8_0": 1.0 / 127, "q4_0": 1.0 / 7.9}[kind] // of the largest value
			for i, p := range m.Params() {
				largest := 0.0
				for _, v := range p.Data {
					largest = max(largest, math.Abs(float64(v)))
				}
				for j, v := range p.Data {
					if d := math.Abs(float64(got.Params()[i].Data[j] - v)); d > share*largest {
						t.Fatalf("%s %s: %s[%d] is %v, want %v", architecture, kind, p.Name, j, got.Params()[i].Data[j], v)
					}
				}
			}
		}
	}
}

func TestGGUFKeepsLlama3Scaling(t *testing.T) {
	c := tinyModel(t, "llama").Config()
	c.RopeTheta, c.HeadDim = 500000, 64
	c.RopeScaling = &nn.RopeScaling{Type: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositions: 8192}
	m, err := nn.New(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := SaveGGUF(path, m, GGUFOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Config().RopeScaling; s == nil || *s != *c.RopeScaling {
		t.Fatalf("%+v", s)
	}
}

func TestParseGGUFRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := SaveGGUF(path, tinyModel(t, "llama"), GGUFOptions{}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		want   string
	}{
		{"cut off", func(b []byte) []byte { return b[:len(b)-40] }, "beyond the file"},
		{"cut in the header", func(b []byte) []byte { return b[:100] }, "cannot fit into 100 bytes"},
		{"magic", func(b []byte) []byte { b[0] = 'X'; return b }, "does not begin with GGUF"},
		{"version", func(b []byte) []byte { b[4] = 9; return b }, "version 9"},
		{"tensor count", func(b []byte) []byte { b[15] = 1; return b }, "cannot fit"},
		{"empty", func([]byte) []byte { return nil }, "does not begin with GGUF"},
	} {
		if _, err := ParseGGUF(c.change(slices.Clone(good)), "m.gguf"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	if err := SaveGGUF(path, tinyModel(t, "llama"), GGUFOptions{Type: "q2_k"}); err == nil {
		t.Error("q2_k was accepted")
	}
}

// writeTokenizer makes a byte-level BPE tokenizer of the 128 bytes of ASCII, a few merges and two special tokens, 134 entries in all: bytes of
// longer characters would be held back by the server that the test asks.
func writeTokenizer(t *testing.T, dir string) {
	t.Helper()
	vocab, merges := map[string]int{"<s>": 0, "</s>": 1}, []string{"a b", "Ġ t", "Ġt h", "h e"}
	for b := range 128 { // GPT-2's stand-ins: printable bytes are themselves, the others follow from U+0100 on
		r := rune(b)
		if !(b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae) {
			n := 0
			for x := range b {
				if !(x >= '!' && x <= '~' || x >= 0xa1 && x <= 0xac || x >= 0xae) {
					n++
				}
			}
			r = rune(256 + n)
		}
		vocab[string(r)] = 2 + b
	}
	for _, m := range merges {
		vocab[strings.Replace(m, " ", "", 1)] = len(vocab)
	}
	tokenizer := map[string]any{
		"version": "1.0", "normalizer": nil, "pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
		"post_processor": nil, "decoder": map[string]any{"type": "ByteLevel"},
		"added_tokens": []map[string]any{{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": true}},
		"model":        map[string]any{"type": "BPE", "vocab": vocab, "merges": merges, "byte_fallback": false},
	}
	for name, v := range map[string]any{"tokenizer.json": tokenizer, "tokenizer_config.json": map[string]any{"bos_token": "<s>", "eos_token": map[string]any{"content": "</s>"}, "add_bos_token": false}} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// llama.cpp loads what is written, of every architecture, type and RoPE scaling, tokenizes as the tokenizer does, and gives the same
// probabilities and greedy tokens.
func TestLlamaCppLoadsWhatIsWritten(t *testing.T) {
	exe := python(t, "xllamacpp")
	root := t.TempDir()
	writeTokenizer(t, root)
	for _, c := range []struct {
		name string
		nn.Config
		kind string
	}{
		{"llama", nn.Config{Architecture: "llama", TieEmbeddings: true}, "f32"},
		{"llama3-scaled", nn.Config{Architecture: "llama", RopeTheta: 500000, RopeScaling: &nn.RopeScaling{Type: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositions: 64}}, "f32"},
		{"linear", nn.Config{Architecture: "llama", RopeScaling: &nn.RopeScaling{Type: "linear", Factor: 2}}, "f32"},
		{"mistral", nn.Config{Architecture: "mistral", SlidingWindow: 64}, "f32"},
		{"qwen2", nn.Config{Architecture: "qwen2", TieEmbeddings: true}, "f32"},
		{"qwen3", nn.Config{Architecture: "qwen3"}, "f32"},
		{"f16", nn.Config{Architecture: "llama"}, "f16"},
		{"q8_0", nn.Config{Architecture: "qwen3"}, "q8_0"},
		{"q4_0", nn.Config{Architecture: "llama"}, "q4_0"},
	} {
		c.VocabSize, c.HiddenSize, c.IntermediateSize, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.MaxPositions, c.RMSNormEps = 270, 64, 96, 2, 4, 2, 16, 64, 1e-5
		if c.Architecture == "qwen3" {
			c.HeadDim = 32
		}
		if c.RopeTheta == 0 {
			c.RopeTheta = 10000
		}
		c.EOS = []int{1}
		m, err := nn.New(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(uint64(len(c.name)))
		for _, p := range m.Params() {
			for i := range p.Data {
				if len(p.Shape) == 1 {
					p.Data[i] += 0.1 * float32(i%7-3)
				} else {
					p.Data[i] *= 4
				}
			}
		}
		path := filepath.Join(root, c.name+".gguf")
		if err := SaveGGUF(path, m, GGUFOptions{Type: c.kind, Tokenizer: root}); err != nil {
			t.Fatal(err)
		}
		if m, err = Load(path); err != nil { // rounded as the file is
			t.Fatal(err)
		}
		prompt := []int32{50, 60, 70, 99, 120, 200, 77, 31, 5, 88, 42, 42}
		cache, next := m.NewCache(64), prompt
		var greedy []int32
		var probabilities []float64 // of the first
		for range 12 {
			logits := m.Decode(cache, next)
			best, sum := 0, 0.0
			for i, l := range logits {
				if l > logits[best] {
					best = i
				}
				sum += math.Exp(float64(l))
			}
			if len(greedy) == 0 {
				for _, l := range logits {
					probabilities = append(probabilities, math.Exp(float64(l))/sum)
				}
			}
			greedy = append(greedy, int32(best))
			next = greedy[len(greedy)-1:]
		}
		tolerance := 1e-4 // llama.cpp keeps halves in attention
		if strings.HasPrefix(c.kind, "q") {
			tolerance, greedy = 2e-3, nil // it rounds activations to 8 bits, too
		}
		want := map[string]any{
			"prompt": prompt, "probabilities": probabilities, "greedy": greedy, "tolerance": tolerance,
			"texts": []any{[]any{"ab the", []int{130, 132, 103}}, []any{"he\n", []int{133, 12}}},
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, c.name+".json"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(exe, filepath.Join("testdata", "check_gguf.py"), root).CombinedOutput()
	var lines []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, ".gguf: ") || strings.Contains(line, "rror") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	t.Log(strings.Join(lines, "\n"))
}

func FuzzGGUF(f *testing.F) {
	path := filepath.Join(f.TempDir(), "m.gguf")
	c := nn.Config{Architecture: "llama", VocabSize: 2, HiddenSize: 2, IntermediateSize: 2, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 2, MaxPositions: 4, RMSNormEps: 1e-5, RopeTheta: 10}
	m, err := nn.New(c)
	if err != nil {
		f.Fatal(err)
	}
	if err := SaveGGUF(path, m, GGUFOptions{}); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("GGUF\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := ParseGGUF(data, "fuzz")
		if err != nil {
			return
		}
		_, _ = g.config()
		for _, name := range g.Names() {
			n, err := elements(g.tensors[name].shape)
			if err != nil || n > 1<<20 {
				continue
			}
			_ = g.read(name, make([]float32, n))
		}
	})
}
