package weights

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"winnow/train/nn"
)

// ggufNames pairs the names of Hugging Face with those of llama.cpp (gguf-py, tensor_mapping.py).
var ggufNames = [][2]string{
	{"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"}, {"lm_head", "output"},
	{"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
	{"self_attn.q_proj", "attn_q"}, {"self_attn.k_proj", "attn_k"}, {"self_attn.v_proj", "attn_v"}, {"self_attn.o_proj", "attn_output"},
	{"self_attn.q_norm", "attn_q_norm"}, {"self_attn.k_norm", "attn_k_norm"},
	{"mlp.gate_proj", "ffn_gate"}, {"mlp.up_proj", "ffn_up"}, {"mlp.down_proj", "ffn_down"},
}

var hfLayer = regexp.MustCompile(`^model\.layers\.(\d+)\.`)

// ropeFactors is the tensor that holds what each RoPE frequency is divided by (Llama 3.1 scaling).
const ropeFactors = "rope_freqs.weight"

// ggufName translates a parameter's name; every parameter of the supported architectures has one.
func ggufName(name string) string {
	prefix := ""
	if m := hfLayer.FindStringSubmatch(name); m != nil {
		prefix, name = "blk."+m[1]+".", name[len(m[0]):]
	}
	stem, kind := name, ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		stem, kind = name[:i], name[i:]
	}
	for _, pair := range ggufNames {
		if pair[0] == stem {
			return prefix + pair[1] + kind
		}
	}
	return prefix + name
}

// rotaryHeads says how many heads the rows of a parameter form whose pairs llama.cpp keeps side by side (architecture "llama" only), else 0.
func rotaryHeads(c nn.Config, name string) int {
	switch {
	case c.Architecture != "llama" && c.Architecture != "mistral":
	case strings.Contains(name, ".q_proj."):
		return c.Heads
	case strings.Contains(name, ".k_proj."):
		return c.KVHeads
	}
	return 0
}

// LoadGGUF makes a model of a .gguf file of architecture llama (Mistral included), qwen2 or qwen3; quantised tensors are widened to float32.
// The tokenizer inside the file is not read: training needs the original's tokenizer files beside it.
func LoadGGUF(path string) (*nn.Model, error) {
	g, err := OpenGGUF(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = g.Close() }()
	c, err := g.config()
	if err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	if err := plausible(c, g.held()); err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	m, err := nn.New(c)
	if err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	used := map[string]bool{ropeFactors: true}
	for _, p := range m.Params() {
		name := ggufName(p.Name)
		t, ok := g.tensors[name]
		if !ok {
			return nil, fmt.Errorf("load model %s: tensor %q (%s) is not there", path, name, p.Name)
		}
		used[name] = true
		if !slices.Equal(t.shape, p.Shape) {
			return nil, fmt.Errorf("load model %s: tensor %q has shape %v, the metadata ask for %v", path, name, t.shape, p.Shape)
		}
		if err := g.read(name, p.Data); err != nil {
			return nil, err
		}
		if heads := rotaryHeads(c, p.Name); heads > 0 {
			separate(p.Data, p.Shape[0]/heads, len(p.Data)/p.Shape[0])
		}
	}
	var extra []string
	for _, name := range g.Names() {
		if !used[name] {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		return nil, fmt.Errorf("load model %s: %s not part of this architecture", path, list(extra, "tensor is", "tensors are"))
	}
	return m, nil
}

// held counts the values of all tensors.
func (g *GGUF) held() (total int) {
	for _, t := range g.tensors {
		n, _ := elements(t.shape) // checked when the file was opened
		total += n
	}
	return total
}

// separate reorders rows of each head from pairs (a₀ b₀ a₁ b₁ …) to halves (a₀ a₁ … b₀ b₁ …), which is how Hugging Face rotates them;
// rows is those of a head, width their length.
func separate(values []float32, rows, width int) {
	head := make([]float32, rows*width)
	for at := 0; at < len(values); at += len(head) {
		copy(head, values[at:])
		for i := range rows {
			to := i/2 + i%2*(rows/2)
			copy(values[at+to*width:at+(to+1)*width], head[i*width:])
		}
	}
}

// interleaved returns a copy in llama.cpp's order; it undoes separate.
func interleaved(values []float32, rows, width int) []float32 {
	out := make([]float32, len(values))
	for at := 0; at < len(values); at += rows * width {
		for i := range rows {
			from := i/2 + i%2*(rows/2)
			copy(out[at+i*width:at+(i+1)*width], values[at+from*width:])
		}
	}
	return out
}

// config reads the model's shape from the metadata.
func (g *GGUF) config() (nn.Config, error) {
	arch, _ := g.Metadata["general.architecture"].(string)
	c := nn.Config{Architecture: arch}
	if arch != "llama" && arch != "qwen2" && arch != "qwen3" {
		return c, fmt.Errorf("architecture %q is not supported (llama, qwen2 and qwen3 are)", arch)
	}
	r := ggufConfig{g: g, arch: arch}
	c.Layers, c.HiddenSize, c.IntermediateSize = r.integer("block_count", 0), r.integer("embedding_length", 0), r.integer("feed_forward_length", 0)
	c.Heads = r.integer("attention.head_count", 0)
	c.KVHeads = r.integer("attention.head_count_kv", c.Heads)
	c.MaxPositions = r.integer("context_length", 0)
	c.RMSNormEps = float32(r.number("attention.layer_norm_rms_epsilon", 1e-5))
	c.RopeTheta = r.number("rope.freq_base", 10000)
	if c.Heads > 0 {
		c.HeadDim = r.integer("attention.key_length", c.HiddenSize/c.Heads)
	}
	if rotated := r.integer("rope.dimension_count", c.HeadDim); r.err == nil && rotated != c.HeadDim {
		r.err = fmt.Errorf("%s.rope.dimension_count is %d, heads have %d: partial rotation is not supported", arch, rotated, c.HeadDim)
	}
	if window := r.integer("attention.sliding_window", -1); window > 0 && arch == "llama" {
		c.Architecture, c.SlidingWindow = "mistral", window
	}
	if r.err != nil {
		return c, r.err
	}
	embedding, ok := g.tensors["token_embd.weight"]
	if !ok || len(embedding.shape) != 2 {
		return c, fmt.Errorf("tensor %q is missing or no matrix", "token_embd.weight")
	}
	c.VocabSize = embedding.shape[0]
	if len(embedding.data) == 0 || c.Layers > len(g.tensors) {
		return c, fmt.Errorf("%d layers cannot be made of %d tensors", c.Layers, len(g.tensors))
	}
	_, head := g.tensors["output.weight"]
	c.TieEmbeddings = !head
	_, c.AttentionBias = g.tensors["blk.0.attn_q.bias"]
	_, c.MLPBias = g.tensors["blk.0.ffn_up.bias"]
	for key, ids := range map[string]*[]int{"bos": &c.BOS, "eos": &c.EOS} {
		if id, ok := g.Metadata["tokenizer.ggml."+key+"_token_id"].(uint64); ok && id < uint64(c.VocabSize) {
			*ids = []int{int(id)}
		}
	}
	return c, g.ropeScaling(&c)
}

// ropeScaling reads linear scaling from the metadata, and finds the llama3 parameters that give the file's factors: llama.cpp stores only
// the result.
func (g *GGUF) ropeScaling(c *nn.Config) error {
	key := g.Metadata["general.architecture"].(string) + ".rope.scaling."
	switch kind, _ := g.Metadata[key+"type"].(string); kind {
	case "", "none":
	case "linear":
		factor, _ := g.Metadata[key+"factor"].(float64)
		c.RopeScaling = &nn.RopeScaling{Type: "linear", Factor: factor}
	default:
		return fmt.Errorf("%stype %q is not supported (linear is)", key, kind)
	}
	t, ok := g.tensors[ropeFactors]
	if !ok {
		return nil
	}
	n, err := elements(t.shape)
	if err != nil || n != c.HeadDim/2 {
		return fmt.Errorf("tensor %q has shape %v, want [%d]", ropeFactors, t.shape, c.HeadDim/2)
	}
	want := make([]float32, n)
	if err := g.read(ropeFactors, want); err != nil {
		return err
	}
	most := slices.Max(want)
	for original := 64; original <= 1<<20; original *= 2 {
		s := nn.RopeScaling{Type: "llama3", Factor: float64(most), LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositions: original}
		worst := 0.0
		for i, f := range llama3Factors(s, c.RopeTheta, c.HeadDim) {
			worst = max(worst, math.Abs(float64(f-want[i]))/float64(f))
		}
		if worst < 1e-4 {
			c.RopeScaling = &s
			return nil
		}
	}
	return fmt.Errorf("tensor %q holds factors that Llama 3.1's scaling (low 1, high 4) does not give: this scaling is not supported", ropeFactors)
}

// llama3Factors is what each frequency is divided by: 1 for short wavelengths, the factor for long ones, a blend between (Meta 2024).
func llama3Factors(s nn.RopeScaling, theta float64, headDim int) []float32 {
	out := make([]float32, headDim/2)
	for i := range out {
		turns := float64(s.OriginalMaxPositions) * math.Pow(theta, -float64(2*i)/float64(headDim)) / (2 * math.Pi)
		switch {
		case turns > s.HighFreqFactor:
			out[i] = 1
		case turns < s.LowFreqFactor:
			out[i] = float32(s.Factor)
		default:
			smooth := (turns - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
			out[i] = float32(1 / ((1-smooth)/s.Factor + smooth))
		}
	}
	return out
}

// ggufConfig reads metadata of one architecture and keeps the first mistake.
type ggufConfig struct {
	g    *GGUF
	arch string
	err  error
}

// integer reads a number; otherwise is what stands for an absent one, and 0 makes it required.
func (r *ggufConfig) integer(key string, otherwise int) int {
	key = r.arch + "." + key
	v, ok := r.g.Metadata[key]
	if !ok && otherwise != 0 {
		return otherwise
	}
	n, ok := v.(uint64)
	if signed, isSigned := v.(int64); isSigned && signed >= 0 {
		n, ok = uint64(signed), true
	}
	if (!ok || n > 1<<31) && r.err == nil {
		r.err = fmt.Errorf("%s is %v; a number of at most 2³¹ is expected (files whose layers differ in it are not supported)", key, v)
	}
	return int(min(n, 1<<31))
}

func (r *ggufConfig) number(key string, otherwise float64) float64 {
	key = r.arch + "." + key
	v, ok := r.g.Metadata[key]
	if !ok {
		return otherwise
	}
	f, ok := v.(float64)
	if (!ok || !(f > 0) || math.IsInf(f, 0)) && r.err == nil {
		r.err = fmt.Errorf("%s is %v; a number above 0 is expected", key, v)
	}
	return f
}

// ggufTitle is the model's name in the metadata: the folder's.
func ggufTitle(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}
