package nn

import (
	"fmt"
	"sort"
	"strings"
)

// Arch is what an architecture says of itself. Its file holds the spec and registers it; the layers are shared.
type Arch struct {
	Name    string // model_type of config.json
	Summary string // one line
	Class   string // the class of Hugging Face transformers that loads it

	// Defaults are the values transformers assumes for keys that a config.json leaves out.
	Defaults Config
	// Features says which optional parts the layers have, given a configuration.
	Features func(c Config) Features
	// Windows says whether layer i attends within Config.SlidingWindow only, when the configuration does not list it by layer.
	Windows func(c Config, layer int) bool
}

// Features are the optional parts of a decoder layer.
type Features struct {
	QKVBias bool // biases on q_proj, k_proj and v_proj
	OutBias bool // bias on o_proj
	MLPBias bool // biases on gate_proj, up_proj and down_proj
	QKNorm  bool // RMSNorm over each head of q and k before RoPE
}

var archs = map[string]Arch{}

// Register adds an architecture; its file calls it from init.
func Register(a Arch) { archs[a.Name] = a }

// Archs lists the architectures by name.
func Archs() []Arch {
	list := make([]Arch, 0, len(archs))
	for _, a := range archs {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

func findArch(name string) (Arch, error) {
	if a, ok := archs[name]; ok {
		return a, nil
	}
	var names []string
	for _, a := range Archs() {
		names = append(names, a.Name)
	}
	return Arch{}, fmt.Errorf("model_type is %q, which is not supported; supported: %s", name, strings.Join(names, ", "))
}

func never(Config, int) bool { return false }
