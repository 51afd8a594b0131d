package nn

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

const oldStyle = `{"architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":100,"hidden_size":32,"intermediate_size":64,
"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"rms_norm_eps":1e-5,"rope_theta":500000.0,"hidden_act":"silu",
"rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64,"rope_type":"llama3"},
"max_position_embeddings":256,"bos_token_id":1,"eos_token_id":[2,3],"tie_word_embeddings":true,"my_key":12345678901234567890}`

const newStyle = `{"model_type":"llama","vocab_size":100,"hidden_size":32,"intermediate_size":64,"num_hidden_layers":2,
"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8,"rms_norm_eps":1e-5,"rope_parameters":{"rope_theta":500000.0,"factor":8.0,
"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64,"rope_type":"llama3"},"max_position_embeddings":256,
"bos_token_id":1,"eos_token_id":[2,3],"tie_word_embeddings":true}`

func TestConfigStylesAgree(t *testing.T) {
	a, err := ParseConfig([]byte(oldStyle))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseConfig([]byte(newStyle))
	if err != nil {
		t.Fatal(err)
	}
	written, err := a.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(written); !strings.Contains(s, "12345678901234567890") || strings.Contains(s, `"rope_scaling"`) || !strings.Contains(s, `"rms_norm_eps": 1e-`) &&
		!strings.Contains(s, `"rms_norm_eps": 0.00001`) {
		t.Errorf("written as\n%s", s)
	}
	c, err := ParseConfig(written)
	if err != nil {
		t.Fatal(err)
	}
	a.Raw, b.Raw, c.Raw = nil, nil, nil
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, c) {
		t.Errorf("three forms of one configuration:\n%+v\n%+v\n%+v", a, b, c)
	}
}

func TestConfigOfEveryArchitectureRoundTrips(t *testing.T) {
	for _, arch := range Archs() {
		for _, window := range []int{0, 7} {
			c := Config{Architecture: arch.Name, VocabSize: 10, HiddenSize: 8, IntermediateSize: 12, Layers: 4, Heads: 2, HeadDim: 6, SlidingWindow: window,
				MaxWindowLayers: 2, EOS: []int{1}}
			if arch.Name == "llama" && window > 0 {
				continue // llama has no windows to write
			}
			raw, err := c.JSON()
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseConfig(raw)
			if err != nil {
				t.Fatalf("%s: %v\n%s", arch.Name, err, raw)
			}
			for i := range c.Layers {
				if back.window(i) != c.window(i) {
					t.Errorf("%s: layer %d has window %d, after a round trip %d", arch.Name, i, c.window(i), back.window(i))
				}
			}
			if back.HeadDim != 6 || back.KVHeads != 2 || back.RopeTheta != 10000 || !reflect.DeepEqual(back.EOS, c.EOS) || back.BOS != nil {
				t.Errorf("%s: came back as %+v", arch.Name, back)
			}
		}
	}
}

func TestConfigErrorsNameTheKey(t *testing.T) {
	change := func(key string, value any) []byte {
		var m map[string]any
		if err := json.Unmarshal([]byte(newStyle), &m); err != nil {
			t.Fatal(err)
		}
		m[key] = value
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		key   string
		value any
		says  string
	}{
		{"model_type", "gpt2", "llama, mistral, qwen2, qwen3"},
		{"vocab_size", -3, "[1,"},
		{"vocab_size", 2.5, "whole number"},
		{"hidden_size", "big", "whole number"},
		{"num_key_value_heads", 3, "divide"},
		{"head_dim", 7, "even"},
		{"hidden_act", "gelu", "silu"},
		{"rms_norm_eps", 2, "[0, 1]"},
		{"tie_word_embeddings", 1, "true or false"},
		{"eos_token_id", "x", "token id"},
		{"rope_parameters", map[string]any{"rope_type": "yarn"}, "default, linear, llama3"},
		{"rope_parameters", 3, "object"},
		{"partial_rotary_factor", 0.5, "only 1"},
		{"quantization_config", map[string]any{}, "quantized"},
		{"num_hidden_layers", 99999, "[1,"},
	} {
		_, err := ParseConfig(change(c.key, c.value))
		if err == nil || !strings.Contains(err.Error(), c.key) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s = %v: the error is %v; it should name the key and say %q", c.key, c.value, err, c.says)
		}
	}
	for _, bad := range []string{"", "[]", "null", "{", "{}"} {
		if _, err := ParseConfig([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(oldStyle))
	f.Add([]byte(newStyle))
	f.Add([]byte(`{"model_type":"qwen3","layer_types":["full_attention"],"sliding_window":4,"use_sliding_window":true,"num_hidden_layers":1}`))
	f.Add([]byte(`{"architectures":["MistralForCausalLM"],"rope_scaling":{"type":"linear","factor":2}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseConfig(raw)
		if err != nil {
			return
		}
		written, err := c.JSON()
		if err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		d, err := ParseConfig(written)
		if err != nil {
			t.Fatalf("cannot be read again: %v\n%s", err, written)
		}
		c.Raw, d.Raw = nil, nil
		for i := range min(c.Layers, 100) {
			if c.window(i) != d.window(i) {
				t.Fatalf("layer %d has window %d, after a round trip %d", i, c.window(i), d.window(i))
			}
		}
		c.GlobalLayers, d.GlobalLayers = nil, nil
		c.MaxWindowLayers, d.MaxWindowLayers = 0, 0
		if math.Abs(float64(c.RMSNormEps-d.RMSNormEps)) > 0 || !reflect.DeepEqual(c, d) {
			t.Fatalf("changed by a round trip:\n%+v\n%+v", c, d)
		}
	})
}

func TestBatchValidate(t *testing.T) {
	c := Config{VocabSize: 10}
	good := Batch{Tokens: []int32{1, 2, 3}, Targets: []int32{2, 3, Ignore}, Starts: []int32{0, 2}}
	if err := good.Validate(c); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]Batch{
		"empty":          {},
		"token":          {Tokens: []int32{10}},
		"negative token": {Tokens: []int32{-1}},
		"targets":        {Tokens: []int32{1}, Targets: []int32{1, 2}},
		"target":         {Tokens: []int32{1}, Targets: []int32{-5}},
		"weights":        {Tokens: []int32{1}, Weights: []float32{}},
		"first start":    {Tokens: []int32{1, 2}, Starts: []int32{1}},
		"falling starts": {Tokens: []int32{1, 2, 3}, Starts: []int32{0, 2, 1}},
		"start outside":  {Tokens: []int32{1, 2}, Starts: []int32{0, 2}},
	} {
		if b.Validate(c) == nil {
			t.Errorf("a batch with a bad %s was accepted", name)
		}
	}
}

func TestInitIsHashed(t *testing.T) {
	c := tinyConfig()
	c.Layers = 2
	var models [3]*Model
	for i := range models {
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		m.Init([]uint64{1, 1, 2}[i])
		models[i] = m
	}
	for i, p := range models[0].Params() {
		if maxDifference(p.Data, models[1].Params()[i].Data) != 0 {
			t.Errorf("%s differs between equal seeds", p.Name)
		}
		if len(p.Shape) < 2 {
			continue
		}
		if maxDifference(p.Data, models[2].Params()[i].Data) == 0 {
			t.Errorf("%s is the same for two seeds", p.Name)
		}
		var sum, squares float64
		for _, x := range p.Data {
			sum += float64(x)
			squares += float64(x) * float64(x)
		}
		n := float64(len(p.Data))
		want := initStd
		if strings.HasSuffix(p.Name, "o_proj.weight") || strings.HasSuffix(p.Name, "down_proj.weight") {
			want /= 2
		}
		if std := math.Sqrt(squares / n); math.Abs(sum/n) > 5*want/math.Sqrt(n) || math.Abs(std-want) > 5*want/math.Sqrt(n) {
			t.Errorf("%s has mean %g and deviation %g, want 0 and %g", p.Name, sum/n, std, want)
		}
	}
}
