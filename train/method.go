package train

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"winnow/train/nn"
)

var layerName = regexp.MustCompile(`^model\.layers\.(\d+)\.`)

// prepare makes the parameters of the method trainable, adds the adapter for lora unless the model brings one, sets precision and memory, and
// returns the parameters that will change.
func prepare(m *nn.Model, o Options) ([]*nn.Param, error) {
	keep, err := selection(o.Method, m.Config().Layers)
	if err != nil {
		return nil, err
	}
	if o.Method == "lora" {
		if len(m.LoRAParams()) == 0 {
			if err := m.AddLoRA(o.LoRA); err != nil {
				return nil, fmt.Errorf("add the adapter: %w", err)
			}
		}
		m.Freeze(keep) // the base; an adapter's own parameters always train
		m.SetAdapter(true)
	} else {
		if len(m.LoRAParams()) > 0 {
			return nil, fmt.Errorf("method %s would train below an adapter that is not merged: merge it first, or train with lora", o.Method)
		}
		m.Freeze(keep)
	}
	m.SetRecompute(o.Memory == nn.MemoryLow)
	m.SetBF16(o.Precision == "bf16")
	m.SetNEFTune(o.NEFTune, o.Seed)
	if o.Precision == "bf16" {
		m.StoreBF16()
	}
	var out []*nn.Param
	for _, p := range parameters(m) {
		if p.Trainable {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("method %s leaves no parameter to train", o.Method)
	}
	return out, nil
}

// selection says which parameters a method trains, by name.
func selection(method string, layers int) (func(name string) bool, error) {
	isLoRA := func(name string) bool { return strings.Contains(name, ".lora_") }
	switch {
	case method == "lora":
		return isLoRA, nil
	case method == "full":
		return func(string) bool { return true }, nil
	case method == "embeddings":
		return func(name string) bool { return name == "model.embed_tokens.weight" || name == "lm_head.weight" }, nil
	case strings.HasPrefix(method, "last:"):
		n, err := strconv.Atoi(method[len("last:"):])
		if err != nil || n < 1 || n > layers {
			return nil, fmt.Errorf("method %q: write last:1 to last:%d for this model of %d layers", method, layers, layers)
		}
		return func(name string) bool {
			match := layerName.FindStringSubmatch(name)
			if match == nil {
				return name == "model.norm.weight"
			}
			layer, err := strconv.Atoi(match[1])
			return err == nil && layer >= layers-n
		}, nil
	}
	return nil, fmt.Errorf("unknown method %q: write one of %s", method, strings.Join(Methods, ", "))
}

// parameters lists the base's and the adapter's parameters, each once.
func parameters(m *nn.Model) []*nn.Param {
	out := slices.Clone(m.Params())
	for _, p := range m.LoRAParams() {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
