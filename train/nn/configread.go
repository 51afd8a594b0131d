package nn

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// configReader reads the keys of one config.json and keeps the first mistake.
type configReader struct {
	raw map[string]any
	err error
}

func (r *configReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *configReader) text(key, otherwise string) string {
	v, ok := r.raw[key]
	if !ok || v == nil {
		return otherwise
	}
	s, ok := v.(string)
	if !ok {
		r.fail("%s is %v; a text is expected", key, v)
	}
	return s
}

func (r *configReader) boolean(key string, otherwise bool) bool {
	v, ok := r.raw[key]
	if !ok || v == nil {
		return otherwise
	}
	b, ok := v.(bool)
	if !ok {
		r.fail("%s is %v; true or false is expected", key, v)
	}
	return b
}

func (r *configReader) number(key string, otherwise, lo, hi float64) float64 {
	return r.numberIn(r.raw, key, key, otherwise, lo, hi)
}

func (r *configReader) numberIn(m map[string]any, key, path string, otherwise, lo, hi float64) float64 {
	v, ok := m[key]
	if !ok || v == nil {
		return otherwise
	}
	n, ok := v.(json.Number)
	if !ok {
		r.fail("%s is %v; a number is expected", path, v)
		return otherwise
	}
	x, err := n.Float64()
	if err != nil || math.IsNaN(x) || x < lo || x > hi {
		r.fail("%s is %s; it must be in [%g, %g]", path, n, lo, hi)
		return otherwise
	}
	return x
}

func (r *configReader) integer(key string, otherwise, lo, hi int) int {
	return r.integerIn(r.raw, key, key, otherwise, lo, hi)
}

func (r *configReader) integerIn(m map[string]any, key, path string, otherwise, lo, hi int) int {
	v, ok := m[key]
	if !ok || v == nil {
		return otherwise
	}
	n, ok := v.(json.Number)
	if !ok {
		r.fail("%s is %v; a whole number is expected", path, v)
		return otherwise
	}
	x, err := strconv.Atoi(n.String())
	if err != nil || x < lo || x > hi {
		r.fail("%s is %s; a whole number in [%d, %d] is expected", path, n, lo, hi)
		return otherwise
	}
	return x
}

// ids reads a token id, a list of them, or null.
func (r *configReader) ids(key string) []int {
	list, ok := r.raw[key].([]any)
	if !ok {
		if r.raw[key] == nil {
			return nil
		}
		list = []any{r.raw[key]}
	}
	var ids []int
	for _, v := range list {
		n, _ := v.(json.Number)
		x, err := strconv.Atoi(n.String())
		if err != nil || x < -1 || x > 1<<24 {
			r.fail("%s is %v; a token id or a list of token ids is expected", key, r.raw[key])
			return nil
		}
		if x >= 0 { // some old files write -1 for none
			ids = append(ids, x)
		}
	}
	return ids
}

// window reads sliding_window with the keys that switch it on and off.
func (r *configReader) window(c *Config, d Config) {
	if c.Architecture == "llama" {
		return
	}
	if _, ok := r.raw["sliding_window"]; !ok {
		c.SlidingWindow = d.SlidingWindow
	}
	c.SlidingWindow = r.integer("sliding_window", c.SlidingWindow, 1, 1<<30)
	if c.Architecture != "mistral" && !r.boolean("use_sliding_window", false) {
		c.SlidingWindow = 0
	}
	c.MaxWindowLayers = r.integer("max_window_layers", 28, 0, 1<<20)
	types, ok := r.raw["layer_types"].([]any)
	if !ok || c.SlidingWindow == 0 {
		return
	}
	for i, t := range types {
		switch t {
		case "full_attention", "sliding_attention":
			c.GlobalLayers = append(c.GlobalLayers, t == "full_attention")
		default:
			r.fail("layer_types[%d] is %v; full_attention or sliding_attention is expected", i, t)
		}
	}
}

// rope reads RoPE in the style of transformers 5 (rope_parameters) or older (rope_theta and rope_scaling).
func (r *configReader) rope(c *Config, d Config) {
	c.RopeTheta = r.number("rope_theta", d.RopeTheta, 1, 1e12)
	if f := r.number("partial_rotary_factor", 1, 0, 1); f != 1 {
		r.fail("partial_rotary_factor is %g; only 1 is supported", f)
	}
	key := "rope_parameters"
	if r.raw[key] == nil {
		key = "rope_scaling"
	}
	v := r.raw[key]
	if v == nil {
		return
	}
	m, ok := v.(map[string]any)
	if !ok {
		r.fail("%s is %v; an object is expected", key, v)
		return
	}
	c.RopeTheta = r.numberIn(m, "rope_theta", key+".rope_theta", c.RopeTheta, 1, 1e12)
	if f := r.numberIn(m, "partial_rotary_factor", key+".partial_rotary_factor", 1, 0, 1); f != 1 {
		r.fail("%s.partial_rotary_factor is %g; only 1 is supported", key, f)
	}
	kind, ok := m["rope_type"]
	if !ok {
		kind, ok = m["type"]
	}
	if !ok {
		kind = "default"
	}
	s := RopeScaling{Factor: r.numberIn(m, "factor", key+".factor", 1, 1, 1e6)}
	switch kind {
	case "default":
		return
	case "linear":
		s.Type = "linear"
	case "llama3":
		s.Type = "llama3"
		s.LowFreqFactor = r.numberIn(m, "low_freq_factor", key+".low_freq_factor", 1, 1e-6, 1e6)
		s.HighFreqFactor = r.numberIn(m, "high_freq_factor", key+".high_freq_factor", 4, 1e-6, 1e6)
		s.OriginalMaxPositions = r.integerIn(m, "original_max_position_embeddings", key+".original_max_position_embeddings", c.MaxPositions, 1, 1<<30)
		if s.HighFreqFactor <= s.LowFreqFactor {
			r.fail("%s.high_freq_factor is %g; it must be above low_freq_factor, which is %g", key, s.HighFreqFactor, s.LowFreqFactor)
		}
	default:
		r.fail("%s.rope_type is %v; supported: default, linear, llama3", key, kind)
	}
	c.RopeScaling = &s
}
