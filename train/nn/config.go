package nn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Config is the shape of a model, as config.json of Hugging Face transformers gives it.
type Config struct {
	Architecture     string // model_type: llama, qwen2, qwen3, mistral
	VocabSize        int
	HiddenSize       int
	IntermediateSize int // width of the feed-forward layer
	Layers           int
	Heads            int // query heads
	KVHeads          int // key and value heads; divides Heads
	HeadDim          int // even; 0 stands for HiddenSize/Heads
	MaxPositions     int // longest document the model was made for
	RMSNormEps       float32
	RopeTheta        float64
	RopeScaling      *RopeScaling // nil: plain RoPE
	TieEmbeddings    bool         // the output head is the embedding
	SlidingWindow    int          // tokens a layer with a window looks back over, itself included; 0: no windows
	MaxWindowLayers  int          // qwen: layers below it have no window
	GlobalLayers     []bool       // layer_types: layers without a window though SlidingWindow is set; nil: the architecture's rule
	AttentionBias    bool         // llama, qwen3: attention_bias
	MLPBias          bool         // llama: mlp_bias
	BOS, EOS         []int        // token ids; empty when the file has none
	// Raw is config.json as read (numbers as json.Number), so that keys this package does not know survive a round trip.
	Raw map[string]any
}

// RopeScaling stretches the positions of RoPE beyond the length a model was first trained on.
type RopeScaling struct {
	Type                          string  // "linear" or "llama3"
	Factor                        float64 // at least 1
	LowFreqFactor, HighFreqFactor float64 // llama3 only
	OriginalMaxPositions          int     // llama3 only
}

// ParseConfig reads a config.json. Errors name the key, its value and what is allowed.
func ParseConfig(configJSON []byte) (Config, error) {
	dec := json.NewDecoder(bytes.NewReader(configJSON))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		return Config{}, fmt.Errorf("config.json is not a JSON object: %w", err)
	}
	r := &configReader{raw: raw}
	name := r.text("model_type", "")
	if name == "" {
		if list, ok := raw["architectures"].([]any); ok && len(list) > 0 {
			for _, a := range Archs() {
				if a.Class == list[0] {
					name = a.Name
				}
			}
		}
	}
	arch, err := findArch(name)
	if err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	if _, quantized := raw["quantization_config"]; quantized && raw["quantization_config"] != nil {
		return Config{}, fmt.Errorf("config.json: quantization_config is set; quantized weights cannot be trained, use the original model")
	}
	d := arch.Defaults
	c := Config{Architecture: name, Raw: raw}
	c.VocabSize = r.integer("vocab_size", d.VocabSize, 1, 1<<24)
	c.HiddenSize = r.integer("hidden_size", d.HiddenSize, 1, 1<<17)
	c.IntermediateSize = r.integer("intermediate_size", d.IntermediateSize, 1, 1<<19)
	c.Layers = r.integer("num_hidden_layers", d.Layers, 1, 1<<10)
	c.Heads = r.integer("num_attention_heads", d.Heads, 1, 1<<10)
	kv := d.KVHeads
	if kv == 0 {
		kv = c.Heads
	}
	c.KVHeads = r.integer("num_key_value_heads", kv, 1, 1<<10)
	c.HeadDim = r.integer("head_dim", d.HeadDim, 0, 1<<12)
	c.MaxPositions = r.integer("max_position_embeddings", d.MaxPositions, 1, 1<<30)
	c.RMSNormEps = float32(r.number("rms_norm_eps", float64(d.RMSNormEps), 0, 1))
	c.TieEmbeddings = r.boolean("tie_word_embeddings", false)
	c.AttentionBias = r.boolean("attention_bias", false)
	c.MLPBias = r.boolean("mlp_bias", false)
	c.BOS, c.EOS = r.ids("bos_token_id"), r.ids("eos_token_id")
	r.window(&c, d)
	r.rope(&c, d)
	if act := r.text("hidden_act", "silu"); act != "silu" {
		r.fail("hidden_act is %q; only \"silu\" is supported", act)
	}
	if r.err != nil {
		return Config{}, fmt.Errorf("config.json: %w", r.err)
	}
	c, err = c.complete()
	if err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	return c, nil
}

// complete fills what can be derived and checks that the parts fit together.
func (c Config) complete() (Config, error) {
	if _, err := findArch(c.Architecture); err != nil {
		return c, err
	}
	for _, v := range []struct {
		key   string
		value int
	}{{"vocab_size", c.VocabSize}, {"hidden_size", c.HiddenSize}, {"intermediate_size", c.IntermediateSize},
		{"num_hidden_layers", c.Layers}, {"num_attention_heads", c.Heads}} {
		if v.value < 1 {
			return c, fmt.Errorf("%s is %d; it must be at least 1", v.key, v.value)
		}
	}
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.KVHeads < 1 || c.Heads%c.KVHeads != 0 {
		return c, fmt.Errorf("num_key_value_heads is %d; it must divide num_attention_heads, which is %d", c.KVHeads, c.Heads)
	}
	if c.HeadDim == 0 {
		if c.HiddenSize%c.Heads != 0 {
			return c, fmt.Errorf("num_attention_heads is %d; without head_dim it must divide hidden_size, which is %d", c.Heads, c.HiddenSize)
		}
		c.HeadDim = c.HiddenSize / c.Heads
	}
	if c.HeadDim < 2 || c.HeadDim%2 != 0 {
		return c, fmt.Errorf("head_dim is %d; RoPE needs an even number of at least 2", c.HeadDim)
	}
	if c.RopeTheta == 0 {
		c.RopeTheta = 10000
	}
	if c.RMSNormEps == 0 {
		c.RMSNormEps = 1e-6
	}
	if c.MaxPositions == 0 {
		c.MaxPositions = 2048
	}
	if c.SlidingWindow < 0 {
		return c, fmt.Errorf("sliding_window is %d; it must be at least 1, or null for none", c.SlidingWindow)
	}
	if c.GlobalLayers != nil && len(c.GlobalLayers) != c.Layers {
		return c, fmt.Errorf("layer_types has %d entries; num_hidden_layers is %d", len(c.GlobalLayers), c.Layers)
	}
	// The largest models have 2⁴² parameters at most; beyond that a header lies, and products of sizes could overflow.
	if n := c.parameters(); n > 1<<42 {
		return c, fmt.Errorf("the sizes multiply to %.3g parameters, which is more than any model has", n)
	}
	return c, nil
}

// parameters returns the number of base parameters in float64, so that absurd sizes do not overflow.
func (c Config) parameters() float64 {
	h, q, kv, f := float64(c.HiddenSize), float64(c.Heads*c.HeadDim), float64(c.KVHeads*c.HeadDim), float64(c.IntermediateSize)
	n := float64(c.Layers)*(2*h*q+2*h*kv+3*h*f+2*h) + float64(c.VocabSize)*h + h
	if !c.TieEmbeddings {
		n += float64(c.VocabSize) * h
	}
	return n
}

// window returns how far layer i looks back, 0 for everything.
func (c Config) window(i int) int {
	if c.SlidingWindow == 0 {
		return 0
	}
	if c.GlobalLayers != nil {
		if c.GlobalLayers[i] {
			return 0
		}
		return c.SlidingWindow
	}
	if arch, err := findArch(c.Architecture); err != nil || !arch.Windows(c, i) {
		return 0
	}
	return c.SlidingWindow
}

// JSON returns a config.json that transformers 5 loads: the keys of Raw, with those of the fields set to their values. Keys are sorted.
func (c Config) JSON() ([]byte, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	arch, err := findArch(c.Architecture)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(c.Raw)
	if out == nil {
		out = map[string]any{"hidden_act": "silu", "initializer_range": initStd, "attention_dropout": 0.0, "dtype": "float32"}
	}
	delete(out, "rope_theta")
	delete(out, "rope_scaling")
	rope := map[string]any{"rope_type": "default", "rope_theta": c.RopeTheta}
	if s := c.RopeScaling; s != nil {
		rope["rope_type"], rope["factor"] = s.Type, s.Factor
		if s.Type == "llama3" {
			rope["low_freq_factor"], rope["high_freq_factor"] = s.LowFreqFactor, s.HighFreqFactor
			rope["original_max_position_embeddings"] = s.OriginalMaxPositions
		}
	}
	for key, value := range map[string]any{
		"architectures": []string{arch.Class}, "model_type": c.Architecture, "vocab_size": c.VocabSize, "hidden_size": c.HiddenSize,
		"intermediate_size": c.IntermediateSize, "num_hidden_layers": c.Layers, "num_attention_heads": c.Heads,
		"num_key_value_heads": c.KVHeads, "head_dim": c.HeadDim, "max_position_embeddings": c.MaxPositions,
		"rms_norm_eps": shortest(c.RMSNormEps), "rope_parameters": rope, "tie_word_embeddings": c.TieEmbeddings,
	} {
		out[key] = value
	}
	setIDs(out, "bos_token_id", c.BOS)
	setIDs(out, "eos_token_id", c.EOS)
	if c.Architecture == "llama" {
		out["attention_bias"], out["mlp_bias"] = c.AttentionBias, c.MLPBias
	}
	if c.Architecture == "qwen3" {
		out["attention_bias"] = c.AttentionBias
	}
	c.setWindow(out)
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return append(b, '\n'), nil
}

// setWindow writes the sliding window by layer, as transformers 5 does.
func (c Config) setWindow(out map[string]any) {
	if c.Architecture == "llama" {
		return
	}
	out["sliding_window"] = nil
	if c.SlidingWindow > 0 {
		out["sliding_window"] = c.SlidingWindow
	}
	if c.Architecture == "mistral" {
		return
	}
	types := make([]string, c.Layers)
	for i := range types {
		types[i] = "full_attention"
		if c.window(i) > 0 {
			types[i] = "sliding_attention"
		}
	}
	out["layer_types"], out["use_sliding_window"] = types, c.SlidingWindow > 0
}

func setIDs(out map[string]any, key string, ids []int) {
	switch len(ids) {
	case 0:
		if out[key] != nil {
			out[key] = nil
		}
	case 1:
		out[key] = ids[0]
	default:
		out[key] = ids
	}
}

// shortest writes a float32 without the digits that widening it would show.
func shortest(x float32) json.Number {
	b, err := json.Marshal(x)
	if err != nil {
		return "0"
	}
	return json.Number(b)
}
