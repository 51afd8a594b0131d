package weights

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"winnow/train/nn"
)

const (
	configFile  = "config.json"
	weightsFile = "model.safetensors"
	indexFile   = "model.safetensors.index.json"
)

// Load makes a model of a Hugging Face folder (config.json and safetensors, one file or shards) or of a .gguf file. Weights are widened to
// float32. Missing, additional or wrongly shaped tensors are errors that name them: a model with a bias left out runs, and is wrong.
func Load(path string) (*nn.Model, error) {
	if strings.EqualFold(filepath.Ext(path), ".gguf") {
		return LoadGGUF(path)
	}
	m, files, err := open(path)
	if err != nil {
		return nil, err
	}
	defer closeAll(files)
	return m, fill(m.Params(), files, read, hintConfig)
}

// hintConfig says what is wrong when a folder's parts do not fit together.
const hintConfig = "config.json and the weights differ"

func read(p *nn.Param, t Tensor) error { return t.Read(p.Data) }

// open makes the model that a folder's config.json describes, its values still zero, and opens the files that hold them.
func open(path string) (*nn.Model, []*File, error) {
	data, err := os.ReadFile(filepath.Join(path, configFile))
	if err != nil {
		return nil, nil, fmt.Errorf("load model: %w (a model folder holds config.json, model.safetensors and the tokenizer's files)", err)
	}
	config, err := nn.ParseConfig(data)
	if err != nil {
		return nil, nil, fmt.Errorf("load model %s: %w", filepath.Join(path, configFile), err)
	}
	files, err := openFolder(path)
	if err != nil {
		return nil, nil, fmt.Errorf("load model: %w", err)
	}
	if err := plausible(config, held(files)); err != nil {
		closeAll(files)
		return nil, nil, fmt.Errorf("load model %s: %w", path, err)
	}
	m, err := nn.New(config)
	if err != nil {
		closeAll(files)
		return nil, nil, fmt.Errorf("load model %s: %w", path, err)
	}
	return m, files, nil
}

// held counts what files hold.
func held(files []*File) (n int) {
	for _, f := range files {
		for _, t := range f.Tensors() {
			n += t.Len()
		}
	}
	return n
}

// plausible refuses a description that promises a model far beyond the held values before memory is taken for it.
func plausible(c nn.Config, held int) error {
	for _, part := range [][]int{{c.Layers, c.HiddenSize, max(c.IntermediateSize, 1)}, {c.Layers, c.Heads, max(c.HeadDim, 1), c.HiddenSize}, {c.VocabSize, c.HiddenSize}} {
		if n, err := elements(part); err != nil || n > held {
			return fmt.Errorf("its configuration asks for %d layers of %d × %d with %d heads and a vocabulary of %d; the files hold only %d values", c.Layers, c.HiddenSize, c.IntermediateSize, c.Heads, c.VocabSize, held)
		}
	}
	return nil
}

// openFolder opens a folder's safetensors files: model.safetensors, else the shards that the index names.
func openFolder(dir string) ([]*File, error) {
	single := filepath.Join(dir, weightsFile)
	if _, err := os.Stat(single); err == nil {
		f, err := Open(single)
		return []*File{f}, err
	}
	data, err := os.ReadFile(filepath.Join(dir, indexFile))
	if errors.Is(err, os.ErrNotExist) {
		if bin, _ := filepath.Glob(filepath.Join(dir, "pytorch_model*.bin")); len(bin) > 0 {
			return nil, fmt.Errorf("%s holds PyTorch pickles only; reading those can run code, so they are refused: save the model with safetensors", dir)
		}
		return nil, fmt.Errorf("%s holds neither %s nor %s", dir, weightsFile, indexFile)
	}
	if err != nil {
		return nil, err
	}
	places, err := ParseIndex(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, indexFile), err)
	}
	var files []*File
	for _, name := range slices.Compact(slices.Sorted(maps.Values(places))) {
		f, err := Open(filepath.Join(dir, name))
		if err != nil {
			closeAll(files)
			return nil, err
		}
		files = append(files, f)
		for tensor := range mapKeys(places) {
			if _, ok := f.Tensor(tensor); !ok && places[tensor] == name {
				closeAll(files)
				return nil, fmt.Errorf("%s places tensor %q in %s, which does not hold it", indexFile, tensor, name)
			}
		}
	}
	return files, nil
}

// ParseIndex reads model.safetensors.index.json: the file, inside the same folder, that holds each tensor.
func ParseIndex(data []byte) (map[string]string, error) {
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, err
	}
	if len(index.Map) == 0 {
		return nil, errors.New("weight_map is empty")
	}
	for tensor, file := range index.Map {
		if file != filepath.Base(file) || strings.ContainsAny(file, `/\`) || !strings.HasSuffix(file, ".safetensors") {
			return nil, fmt.Errorf("tensor %q is placed in %q, which is no .safetensors file of the same folder", tensor, file)
		}
	}
	return index.Map, nil
}

// fill puts tensors into the parameters of the same names. Files saved from a model without its head leave out the prefix "model.".
func fill(params []*nn.Param, files []*File, put func(*nn.Param, Tensor) error, hint string) error {
	find := func(name string) (t Tensor, ok bool) {
		for _, n := range []string{name, strings.TrimPrefix(name, "model.")} {
			for _, f := range files {
				if t, ok = f.Tensor(n); ok {
					return t, true
				}
			}
		}
		return t, false
	}
	used, missing := map[string]bool{}, []string{}
	for _, p := range params {
		t, ok := find(p.Name)
		if !ok {
			missing = append(missing, p.Name)
			continue
		}
		used[t.Name] = true
		if !slices.Equal(t.Shape, p.Shape) {
			return fmt.Errorf("%s: tensor %q has shape %v, the model expects %v: %s", t.file, t.Name, t.Shape, p.Shape, hint)
		}
		if err := put(p, t); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: %s not there: %s", filepath.Dir(files[0].Path), list(missing, "tensor is", "tensors are"), hint)
	}
	var extra []string
	for _, f := range files {
		for _, t := range f.Tensors() {
			// lm_head of a tied model repeats the embedding; inv_freq is computed (old exports kept both).
			if !used[t.Name] && t.Name != "lm_head.weight" && !strings.HasSuffix(t.Name, "rotary_emb.inv_freq") {
				extra = append(extra, t.Name)
			}
		}
	}
	if len(extra) > 0 {
		return fmt.Errorf("%s: %s not part of this architecture: %s", filepath.Dir(files[0].Path), list(extra, "tensor is", "tensors are"), hint)
	}
	return nil
}

// list names up to three of the names, with the noun that fits their number.
func list(names []string, one, many string) string {
	slices.Sort(names)
	switch n := len(names); {
	case n == 1:
		return fmt.Sprintf("%q: this %s", names[0], one)
	case n <= 3:
		return fmt.Sprintf("%q: these %s", names, many)
	default:
		return fmt.Sprintf("%q and %d more: these %s", names[:3], n-3, many)
	}
}

func closeAll(files []*File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
