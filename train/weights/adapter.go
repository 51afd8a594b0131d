package weights

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"winnow/train/nn"
)

// The two files of a PEFT adapter folder.
const (
	adapterConfigFile  = "adapter_config.json"
	adapterWeightsFile = "adapter_model.safetensors"
)

// AdapterConfig is what adapter_config.json says. Targets are not in it: they follow from the names of the tensors, because the file may
// describe them by a pattern.
type AdapterConfig struct {
	LoRA nn.LoRAConfig
	Base string // base_model_name_or_path, "" when unknown
}

// ParseAdapterConfig reads a PEFT adapter_config.json. Variants whose forward pass differs from W·x + scale·B·A·x (DoRA, biases, ranks by
// layer, …) are refused by name rather than loaded wrongly.
func ParseAdapterConfig(data []byte) (AdapterConfig, error) {
	var all map[string]jsontext.Value
	if err := json.Unmarshal(data, &all); err != nil {
		return AdapterConfig{}, fmt.Errorf("%s: %w", adapterConfigFile, err)
	}
	var c struct {
		Type    string  `json:"peft_type"`
		Rank    int     `json:"r"`
		Alpha   float64 `json:"lora_alpha"`
		Dropout float64 `json:"lora_dropout"`
		RSLoRA  bool    `json:"use_rslora"`
		Bias    string  `json:"bias"`
		Base    *string `json:"base_model_name_or_path"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return AdapterConfig{}, fmt.Errorf("%s: %w", adapterConfigFile, err)
	}
	if !strings.EqualFold(c.Type, "LORA") {
		return AdapterConfig{}, fmt.Errorf("%s: peft_type %q is not supported, only LORA is", adapterConfigFile, c.Type)
	}
	if c.Bias != "" && c.Bias != "none" {
		return AdapterConfig{}, fmt.Errorf("%s: bias %q is not supported, only none is", adapterConfigFile, c.Bias)
	}
	for _, key := range slices.Sorted(mapKeys(all)) {
		if changesForward(key) && !empty(all[key]) {
			return AdapterConfig{}, fmt.Errorf("%s: %s is set (%s); this variant of LoRA is not supported", adapterConfigFile, key, all[key])
		}
	}
	if c.Rank < 1 || c.Rank > 1<<16 {
		return AdapterConfig{}, fmt.Errorf("%s: r is %d, it must be at least 1", adapterConfigFile, c.Rank)
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) || math.IsInf(c.Alpha, 0) {
		return AdapterConfig{}, fmt.Errorf("%s: lora_dropout %v or lora_alpha %v is out of range", adapterConfigFile, c.Dropout, c.Alpha)
	}
	out := AdapterConfig{LoRA: nn.LoRAConfig{Rank: c.Rank, Alpha: c.Alpha, Dropout: c.Dropout, RSLoRA: c.RSLoRA}}
	if c.Base != nil {
		out.Base = *c.Base
	}
	return out, nil
}

// changesForward says which settings, when on, mean another computation than plain LoRA (peft.LoraConfig, 0.21).
func changesForward(key string) bool {
	switch key {
	case "modules_to_save", "rank_pattern", "alpha_pattern", "fan_in_fan_out", "layer_replication", "layers_to_transform", "target_parameters",
		"trainable_token_indices", "lora_bias", "alora_invocation_tokens", "megatron_config":
		return true
	}
	return strings.HasPrefix(key, "use_") && key != "use_rslora"
}

func empty(v jsontext.Value) bool {
	switch strings.TrimSpace(string(v)) {
	case "null", "false", "{}", "[]", `""`, "0":
		return true
	}
	return false
}

var adapterName = regexp.MustCompile(`^base_model\.model\.(.+\.([A-Za-z0-9_]+))\.lora_([AB])\.weight$`)

// ReadAdapter adds the LoRA adapter of a PEFT folder to m and returns its configuration, with Targets filled in. Every pair of matrices that
// m expects must be in the file and the other way round.
func ReadAdapter(dir string, m *nn.Model) (AdapterConfig, error) {
	data, err := os.ReadFile(filepath.Join(dir, adapterConfigFile))
	if err != nil {
		return AdapterConfig{}, fmt.Errorf("read adapter: %w", err)
	}
	c, err := ParseAdapterConfig(data)
	if err != nil {
		return AdapterConfig{}, fmt.Errorf("read adapter %s: %w", dir, err)
	}
	f, err := Open(filepath.Join(dir, adapterWeightsFile))
	if err != nil {
		return AdapterConfig{}, err
	}
	defer func() { _ = f.Close() }()
	for _, t := range f.Tensors() {
		match := adapterName.FindStringSubmatch(t.Name)
		if match == nil {
			return AdapterConfig{}, fmt.Errorf("%s: tensor %q is no LoRA matrix (…lora_A.weight or …lora_B.weight)", f.Path, t.Name)
		}
		if rank := map[string]int{"A": 0, "B": 1}[match[3]]; len(t.Shape) != 2 || t.Shape[rank] != c.LoRA.Rank {
			return AdapterConfig{}, fmt.Errorf("%s: tensor %q has shape %v, %s says that r is %d", f.Path, t.Name, t.Shape, adapterConfigFile, c.LoRA.Rank)
		}
		if !slices.Contains(c.LoRA.Targets, match[2]) {
			c.LoRA.Targets = append(c.LoRA.Targets, match[2])
		}
	}
	if len(c.LoRA.Targets) == 0 {
		return AdapterConfig{}, fmt.Errorf("%s holds no LoRA matrices", f.Path)
	}
	slices.Sort(c.LoRA.Targets)
	if err := m.AddLoRA(c.LoRA); err != nil {
		return AdapterConfig{}, fmt.Errorf("read adapter %s: %w", dir, err)
	}
	return c, fill(m.LoRAParams(), []*File{f}, read, "the adapter's base model and this model differ")
}

// WriteAdapter writes m's LoRA matrices as a folder that peft.PeftModel.from_pretrained loads. base is the name or folder of the model the
// adapter belongs to; it may be empty. The configuration is written last, so a folder with one is complete.
func WriteAdapter(dir string, m *nn.Model, lora nn.LoRAConfig, base string) error {
	params := m.LoRAParams()
	if len(params) == 0 {
		return fmt.Errorf("write adapter %s: the model has no LoRA matrices", dir)
	}
	sources := make([]Source, len(params))
	var targets []string
	for i, p := range params {
		match := adapterName.FindStringSubmatch(p.Name)
		if match == nil {
			return fmt.Errorf("write adapter %s: unexpected name %q", dir, p.Name)
		}
		if !slices.Contains(targets, match[2]) {
			targets = append(targets, match[2])
		}
		sources[i] = FromSlice(p.Name, p.Shape, p.Data)
	}
	slices.Sort(targets)
	if err := Write(filepath.Join(dir, adapterWeightsFile), sources, F32); err != nil {
		return err
	}
	config := struct {
		Base      *string   `json:"base_model_name_or_path"`
		Bias      string    `json:"bias"`
		FanInOut  bool      `json:"fan_in_fan_out"`
		Inference bool      `json:"inference_mode"`
		Init      bool      `json:"init_lora_weights"`
		Alpha     float64   `json:"lora_alpha"`
		Dropout   float64   `json:"lora_dropout"`
		Save      *[]string `json:"modules_to_save"`
		Type      string    `json:"peft_type"`
		Rank      int       `json:"r"`
		Targets   []string  `json:"target_modules"`
		Task      string    `json:"task_type"`
		DoRA      bool      `json:"use_dora"`
		RSLoRA    bool      `json:"use_rslora"`
	}{Bias: "none", Inference: true, Init: true, Alpha: lora.Alpha, Dropout: lora.Dropout, Type: "LORA", Rank: lora.Rank, Targets: targets, Task: "CAUSAL_LM", RSLoRA: lora.RSLoRA}
	if base != "" {
		config.Base = &base
	}
	data, err := json.Marshal(config, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("write adapter %s: %w", dir, err)
	}
	return writeBytes(filepath.Join(dir, adapterConfigFile), append(data, '\n'))
}

func writeBytes(path string, data []byte) error {
	return writeAtomic(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
