package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"winnow/datasets"
	"winnow/internal/atomicfile"
	"winnow/internal/hub"
	"winnow/tokenize"
	"winnow/tokenize/chat"
	"winnow/tokenize/pack"
	"winnow/train/base"
)

// modelNew is the name of a model that is trained from scratch.
const modelNew = "new"

// modelFolder finds the folder of the model that a recipe names: the embedded base, a Hugging Face folder, a run folder with a merged model, or what was pulled from a hub.
func (r *run) modelFolder(name string) (string, error) {
	if name == base.Name {
		work := filepath.Join(r.opt.Dir, "work")
		dir := filepath.Join(work, "base-"+base.Digest()[:12])
		if err := removeOthers(work, "base-", filepath.Base(dir)); err != nil {
			return "", err
		}
		return dir, base.Extract(dir)
	}
	dir := r.plan.env.Resolve(name)
	for _, d := range []string{dir, filepath.Join(dir, "model", "merged"), filepath.Join(dir, "merged")} {
		if _, err := os.Stat(filepath.Join(d, "config.json")); err == nil {
			return d, nil
		}
	}
	if _, err := os.Stat(dir); err != nil && hub.LooksLikeName(name) {
		return pulled(name)
	}
	return "", fmt.Errorf("train.model %s: neither it nor its model/merged holds a config.json; name a Hugging Face model folder, a finished run, or base", name)
}

// pulled finds a model of a hub in the cache. A run asks no hub: what it reads must not depend on the network, nor on what a branch holds that day.
func pulled(name string) (string, error) {
	repo, err := hub.ParseRepo(name, hub.Model)
	if err != nil {
		return "", err
	}
	client, err := hub.FromEnvironment()
	if err != nil {
		return "", err
	}
	dir, _, ok := client.Cached(repo)
	if !ok {
		return "", fmt.Errorf("train.model %s: there is no such folder, and no model of that name was pulled; fetch it first: winnow pull %s", name, name)
	}
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err != nil {
		return "", fmt.Errorf("train.model %s: what was pulled (%s) holds no config.json; pull it again without --include: winnow pull %s", name, dir, name)
	}
	return dir, nil
}

// modelDigest tells a model's content from another's: its weights, configuration and tokenizer, whatever folder they lie in. "" stands for a model from scratch.
func modelDigest(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var all []any
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext != ".json" && ext != ".safetensors" && ext != ".gguf" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // hubs' folders hold links
		if err != nil {
			return "", err
		}
		d, err := datasets.Digest(datasets.File{Path: path, Name: path, Bytes: info.Size()})
		if err != nil {
			return "", err
		}
		all = append(all, e.Name(), d)
	}
	return digestOf(all...)
}

// special holds what tokenizer_config.json says of the special tokens.
type special struct {
	BOS, EOS string
	Template string
}

// readSpecial reads tokenizer_config.json and chat_template.jinja of a model folder; both may be absent.
func readSpecial(dir string) (special, error) {
	var out special
	var config struct {
		BOS      json.RawMessage `json:"bos_token"`
		EOS      json.RawMessage `json:"eos_token"`
		Template any             `json:"chat_template"`
	}
	path := filepath.Join(dir, "tokenizer_config.json")
	if err := atomicfile.ReadJSON(path, &config); err != nil && !errors.Is(err, os.ErrNotExist) {
		return out, err
	}
	out.BOS, out.EOS = tokenName(config.BOS), tokenName(config.EOS)
	if s, ok := config.Template.(string); ok {
		out.Template = s
	}
	if data, err := os.ReadFile(filepath.Join(dir, "chat_template.jinja")); err == nil {
		out.Template = string(data)
	}
	return out, nil
}

// tokenName reads a token written as a string or as {content: …}.
func tokenName(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var o struct {
		Content string `json:"content"`
	}
	_ = json.Unmarshal(raw, &o)
	return o.Content
}

// codecFor opens the tokenizer in a folder with its chat template.
func (r *run) codecFor(dir, objective string) (*rowCodec, string, error) {
	path := filepath.Join(dir, "tokenizer.json")
	t, err := tokenize.Load(path)
	if err != nil {
		return nil, "", fmt.Errorf("tokenize: %w", err)
	}
	sp, err := readSpecial(dir)
	if err != nil {
		return nil, "", err
	}
	tmpl, err := r.template(sp)
	if err != nil {
		return nil, "", err
	}
	begin := ""
	if ids := t.Encoder().EncodeSpecial(nil); len(ids) > 0 && t.Token(ids[0]) == sp.BOS {
		begin = sp.BOS
	}
	end := sp.EOS
	if end == "" {
		for _, name := range []string{"<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>"} {
			if _, ok := t.ID(name); ok {
				end = name
				break
			}
		}
	}
	c, err := pack.NewCodec(t, tmpl, begin, end)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	c.LabelOnly = objective == "classify"
	digest, err := digestOf(string(t.JSON()), tmpl.Digest(), begin, end, objective)
	return &rowCodec{Codec: c, objective: objective}, digest, err
}

func (r *run) template(sp special) (*chat.Template, error) {
	name := r.plan.Recipe.Tokenize.Template
	o := chat.Options{BOS: sp.BOS, EOS: sp.EOS}
	switch {
	case name == "auto" && sp.Template != "":
		return chat.Parse(sp.Template, o)
	case name == "auto":
		return chat.Open("chatml", o)
	}
	for _, n := range chat.Names() {
		if n == name {
			return chat.Open(name, o)
		}
	}
	return chat.Open(r.plan.env.Resolve(name), o)
}
