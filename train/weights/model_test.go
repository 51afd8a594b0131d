package weights

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winnow/internal/shared"
	"winnow/train/nn"
)

func tinyModel(t testing.TB, architecture string) *nn.Model {
	t.Helper()
	c := nn.Config{
		Architecture: architecture, VocabSize: 64, HiddenSize: 64, IntermediateSize: 96, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 16, MaxPositions: 64,
		RMSNormEps: 1e-5, RopeTheta: 10000, TieEmbeddings: architecture == "qwen2", BOS: []int{1}, EOS: []int{2},
	}
	m, err := nn.New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	for _, p := range m.Params() { // biases and norms at 0 and 1 would hide mistakes
		if len(p.Shape) == 1 {
			for i := range p.Data {
				p.Data[i] += 0.1 * float32(i%7-3)
			}
		}
	}
	return m
}

func sameParams(t *testing.T, a, b []*nn.Param) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d and %d parameters", len(a), len(b))
	}
	for i, p := range a {
		if p.Name != b[i].Name || !slices.Equal(p.Float32(), b[i].Float32()) {
			t.Errorf("%s differs", p.Name)
		}
	}
}

func TestSaveThenLoad(t *testing.T) {
	for _, architecture := range []string{"llama", "qwen2", "qwen3", "mistral"} {
		m := tinyModel(t, architecture)
		for name, o := range map[string]SaveOptions{"one file": {}, "shards": {ShardSize: 20000}} {
			dir := t.TempDir()
			if err := Save(dir, m, o); err != nil {
				t.Fatal(err)
			}
			shards, _ := filepath.Glob(filepath.Join(dir, "model-*-of-*.safetensors"))
			if (len(shards) > 1) != (name == "shards") {
				t.Errorf("%s: shards %v", name, shards)
			}
			got, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			sameParams(t, m.Params(), got.Params())
		}
	}
}

// Half precision is stored under its name, and rounding happens once: saving what was loaded gives the same bytes.
func TestSaveHalfPrecision(t *testing.T) {
	m := tinyModel(t, "llama")
	for d, name := range map[DType]string{F16: "float16", BF16: "bfloat16"} {
		first, second := t.TempDir(), t.TempDir()
		if err := Save(first, m, SaveOptions{DType: d}); err != nil {
			t.Fatal(err)
		}
		rounded, err := Load(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := Save(second, rounded, SaveOptions{DType: d}); err != nil {
			t.Fatal(err)
		}
		a, _ := os.ReadFile(filepath.Join(first, weightsFile))
		b, _ := os.ReadFile(filepath.Join(second, weightsFile))
		if !slices.Equal(a, b) {
			t.Errorf("%s: not stable", d)
		}
		var config map[string]any
		data, _ := os.ReadFile(filepath.Join(first, configFile))
		if err := json.Unmarshal(data, &config); err != nil || config["dtype"] != name || config["torch_dtype"] != name {
			t.Errorf("config.json says %v (%v)", config["dtype"], err)
		}
	}
}

func TestAdapterRoundTrip(t *testing.T) {
	m := tinyModel(t, "qwen3")
	lora := nn.LoRAConfig{Rank: 4, Alpha: 10, RSLoRA: true, Dropout: 0.05, Targets: []string{"q_proj", "down_proj"}, Seed: 3}
	if err := m.AddLoRA(lora); err != nil {
		t.Fatal(err)
	}
	for i, p := range m.LoRAParams() {
		for j := range p.Data {
			p.Data[j] += float32(i+j%5) / 64
		}
	}
	dir := t.TempDir()
	if err := WriteAdapter(dir, m, lora, "some/base"); err != nil {
		t.Fatal(err)
	}
	other := tinyModel(t, "qwen3")
	c, err := ReadAdapter(dir, other)
	if err != nil {
		t.Fatal(err)
	}
	sameParams(t, m.LoRAParams(), other.LoRAParams())
	if c.Base != "some/base" || c.LoRA.Rank != 4 || c.LoRA.Alpha != 10 || !c.LoRA.RSLoRA || c.LoRA.Dropout != 0.05 || !slices.Equal(c.LoRA.Targets, []string{"down_proj", "q_proj"}) {
		t.Errorf("%+v", c)
	}
	if _, err := ReadAdapter(dir, tinyModel(t, "qwen2")); err != nil { // same shapes
		t.Error(err)
	}
	small, err := nn.New(nn.Config{Architecture: "qwen3", VocabSize: 64, HiddenSize: 32, IntermediateSize: 96, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 16, MaxPositions: 64, RMSNormEps: 1e-5, RopeTheta: 1e4})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAdapter(dir, small); err == nil || !strings.Contains(err.Error(), "base model and this model differ") {
		t.Errorf("another base: %v", err)
	}
}

// Merging while saving agrees with merging in place.
func TestSaveMergesTheAdapter(t *testing.T) {
	m := tinyModel(t, "llama")
	lora := nn.LoRAConfig{Rank: 4, Alpha: 8, Seed: 3}
	if err := m.AddLoRA(lora); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.LoRAParams() {
		for j := range p.Data {
			p.Data[j] += float32(j%5) / 64
		}
	}
	dir := t.TempDir()
	if err := Save(dir, m, SaveOptions{LoRA: &lora}); err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.MergeLoRA(); err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Params() {
		for j, v := range p.Data {
			if d := v - got.Params()[i].Data[j]; d > 1e-6 || d < -1e-6 {
				t.Fatalf("%s[%d]: %v, want %v", p.Name, j, got.Params()[i].Data[j], v)
			}
		}
	}
}

func TestLoadNamesWhatDoesNotFit(t *testing.T) {
	m := tinyModel(t, "qwen2")
	write := func(t *testing.T, change func(params []Source) []Source) string {
		dir := t.TempDir()
		if err := Save(dir, m, SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		var all []Source
		for _, p := range m.Params() {
			all = append(all, FromSlice(p.Name, p.Shape, p.Data))
		}
		if err := Write(filepath.Join(dir, weightsFile), change(all), F32); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, c := range []struct {
		name   string
		change func([]Source) []Source
		want   string // "" is no error
	}{
		{"a tensor missing", func(s []Source) []Source { return s[:len(s)-1] }, `"model.norm.weight": this tensor is not there`},
		{"many missing", func(s []Source) []Source { return s[:len(s)-4] }, "1 more: these tensors are not there"},
		{"a tensor too many", func(s []Source) []Source { return append(s, FromSlice("model.extra.bias", []int{1}, []float32{1})) }, `"model.extra.bias": this tensor is not part`},
		{"another shape", func(s []Source) []Source {
			s[0] = FromSlice(s[0].Name, []int{32, 128}, s[0].Values())
			return s
		}, "has shape [32 128], the model expects [64 64]"},
		{"the tied head repeated", func(s []Source) []Source { return append(s, FromSlice("lm_head.weight", []int{64, 64}, s[0].Values())) }, ""},
		{"names without their prefix", func(s []Source) []Source {
			for i := range s {
				s[i].Name = strings.TrimPrefix(s[i].Name, "model.")
			}
			return s
		}, ""},
	} {
		_, err := Load(write(t, c.change))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	dir := t.TempDir()
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Error(err)
	}
	config, _ := m.Config().JSON()
	for name, data := range map[string][]byte{configFile: config, "pytorch_model.bin": {1}} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "pickles") {
		t.Error(err)
	}
}

func TestSaveCopiesTheTokenizer(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, name := range []string{"tokenizer.json", "chat_template.jinja", "README.md"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Save(to, tinyModel(t, "llama"), SaveOptions{Tokenizer: from}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"tokenizer.json": true, "chat_template.jinja": true, "README.md": false} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Save(t.TempDir(), tinyModel(t, "llama"), SaveOptions{Tokenizer: to + "/nowhere"}); err == nil {
		t.Error("a folder without tokenizer was accepted")
	}
}

func TestAdapterConfigRefusesOtherVariants(t *testing.T) {
	good := `{"peft_type":"LORA","r":4,"lora_alpha":8,"target_modules":"all-linear","use_dora":false,"modules_to_save":null,"rank_pattern":{}}`
	if c, err := ParseAdapterConfig([]byte(good)); err != nil || c.LoRA.Rank != 4 {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"LORA"`, `"IA3"`}, {`"use_dora":false`, `"use_dora":true`}, {`"modules_to_save":null`, `"modules_to_save":["lm_head"]`}, {`"rank_pattern":{}`, `"rank_pattern":{"q_proj":8}`},
		{`"r":4`, `"r":0`}, {`"r":4`, `"r":"4"`}, {`"r":4`, `"bias":"all","r":4`}, {`"r":4`, `"r":4,"use_qalora":true`}, {`"r":4`, `"r":4,"lora_dropout":1.5`},
	} {
		if _, err := ParseAdapterConfig([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s was accepted", change[1])
		}
	}
}

// Every golden folder loads, model, reference and adapter, and what is saved again is the same numbers.
func TestGoldenFoldersLoad(t *testing.T) {
	root := shared.File(t, "golden")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir := filepath.Join(root, e.Name())
		m, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ReadAdapter(filepath.Join(dir, "lora"), m)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := Save(out, m, SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		again, err := Load(out)
		if err != nil {
			t.Fatal(err)
		}
		sameParams(t, m.Params(), again.Params())
		if err := WriteAdapter(out, m, c.LoRA, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadAdapter(out, again); err != nil {
			t.Fatal(err)
		}
		sameParams(t, m.LoRAParams(), again.LoRAParams())
	}
}

func FuzzAdapterConfig(f *testing.F) {
	f.Add([]byte(`{"peft_type":"LORA","r":4,"lora_alpha":8,"use_rslora":true,"lora_dropout":0.1,"base_model_name_or_path":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParseAdapterConfig(data); err == nil && (c.LoRA.Rank < 1 || c.LoRA.Dropout < 0 || c.LoRA.Dropout >= 1) {
			t.Fatalf("%+v", c)
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../x.safetensors"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		places, err := ParseIndex(data)
		for _, file := range places {
			if err == nil && strings.ContainsAny(file, `/\`) {
				t.Fatalf("%q leads out of the folder", file)
			}
		}
	})
}
