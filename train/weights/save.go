package weights

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"winnow/train/nn"
)

// SaveOptions says how Save writes a model folder.
type SaveOptions struct {
	DType     DType          // storage type; "" is F32
	LoRA      *nn.LoRAConfig // configuration of the model's adapter, which is merged while writing; nil writes the base alone
	Tokenizer string         // folder whose tokenizer files are copied along; "" copies none
	ShardSize int64          // bytes of a shard; 0 is 5 GB, above which an index is written
}

// tokenizerFiles are what a tokenizer, its chat template and its generation defaults consist of, in all families.
var tokenizerFiles = []string{
	"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "spiece.model", "vocab.json",
	"merges.txt", "vocab.txt", "chat_template.jinja", "chat_template.json", "generation_config.json",
}

// Save writes m as a folder that transformers.AutoModelForCausalLM loads. With LoRA set, each matrix is written as W + scale·B·A while the
// model itself stays as it is. config.json is written last: a folder with one is complete.
func Save(dir string, m *nn.Model, o SaveOptions) error {
	if o.DType == "" {
		o.DType = F32
	}
	if o.ShardSize == 0 {
		o.ShardSize = 5e9
	}
	tensors, err := merged(m, o.LoRA)
	if err != nil {
		return fmt.Errorf("save model %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	if err := errors.Join(remove(dir, configFile), remove(dir, weightsFile), remove(dir, indexFile)); err != nil { // an older save must not be mixed with this one
		return fmt.Errorf("save model: %w", err)
	}
	if err := writeShards(dir, tensors, o.DType, o.ShardSize); err != nil {
		return err
	}
	if o.Tokenizer != "" {
		if err := copyTokenizer(dir, o.Tokenizer); err != nil {
			return fmt.Errorf("save model: copy the tokenizer: %w", err)
		}
	}
	config, err := m.Config().JSON()
	if err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	if config, err = withDType(config, o.DType); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return writeBytes(filepath.Join(dir, configFile), config)
}

// merged lists the base parameters, each with its LoRA product added when it is asked for.
func merged(m *nn.Model, lora *nn.LoRAConfig) ([]Source, error) {
	ab := map[string][2]*nn.Param{}
	if lora != nil {
		for _, p := range m.LoRAParams() {
			match := adapterName.FindStringSubmatch(p.Name)
			if match == nil {
				return nil, fmt.Errorf("unexpected adapter name %q", p.Name)
			}
			pair := ab[match[1]]
			pair[match[3][0]-'A'] = p
			ab[match[1]] = pair
		}
	}
	var out []Source
	for _, p := range m.Params() {
		if strings.Contains(p.Name, ".lora_") {
			continue
		}
		pair, ok := ab[strings.TrimSuffix(p.Name, ".weight")]
		if !ok || pair[0] == nil || pair[1] == nil {
			out = append(out, Source{Name: p.Name, Shape: p.Shape, Values: func() []float32 { return values(p) }})
			continue
		}
		scale := float32(lora.Scale())
		out = append(out, Source{Name: p.Name, Shape: p.Shape, Values: func() []float32 {
			return addProduct(values(p), pair[1].Data, pair[0].Data, p.Shape[0], p.Shape[1], scale)
		}})
	}
	return out, nil
}

// values gives a parameter in float32, without a copy where it is stored so.
func values(p *nn.Param) []float32 {
	if p.BF16 != nil {
		return p.Float32()
	}
	return p.Data
}

// addProduct returns w + scale·b·a for w [out, in], b [out, rank], a [rank, in].
func addProduct(w, b, a []float32, out, in int, scale float32) []float32 {
	sum := make([]float32, len(w))
	rank := len(a) / in
	row := make([]float32, in)
	for i := range out {
		clear(row)
		for r := range rank {
			f := b[i*rank+r]
			for j, v := range a[r*in : (r+1)*in] {
				row[j] += f * v
			}
		}
		for j, v := range row {
			sum[i*in+j] = w[i*in+j] + scale*v
		}
	}
	return sum
}

// writeShards writes one file, or several named as transformers names them, with their index.
func writeShards(dir string, tensors []Source, d DType, limit int64) error {
	var shards [][]Source
	var size, total int64
	for _, t := range tensors {
		n, err := elements(t.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		bytes := int64(n) * int64(d.size())
		if len(shards) == 0 || size+bytes > limit && size > 0 {
			shards, size = append(shards, nil), 0
		}
		shards[len(shards)-1] = append(shards[len(shards)-1], t)
		size, total = size+bytes, total+bytes
	}
	if len(shards) <= 1 {
		return Write(filepath.Join(dir, weightsFile), tensors, d)
	}
	places := map[string]string{}
	for i, shard := range shards {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		if err := Write(filepath.Join(dir, name), shard, d); err != nil {
			return err
		}
		for _, t := range shard {
			places[t.Name] = name
		}
	}
	index, err := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": total}, "weight_map": places}, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return writeBytes(filepath.Join(dir, indexFile), append(index, '\n'))
}

// withDType sets the storage type in config.json under its new and its old name (transformers 5 and 4), leaving all else as it is.
func withDType(config []byte, d DType) ([]byte, error) {
	var all map[string]jsontext.Value
	if err := json.Unmarshal(config, &all); err != nil {
		return nil, err
	}
	name := jsontext.Value(`"` + d.torchName() + `"`)
	all["dtype"], all["torch_dtype"] = name, name
	out, err := json.Marshal(all, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(out, '\n'), err
}

func copyTokenizer(dir, from string) error {
	found := false
	for _, name := range tokenizerFiles {
		in, err := os.Open(filepath.Join(from, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = writeAtomic(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := io.Copy(w, in)
			return err
		})
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%s holds no tokenizer files (tokenizer.json, tokenizer_config.json, …)", from)
	}
	return nil
}

func remove(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
