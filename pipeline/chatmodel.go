package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"winnow/pipeline/recipe"
	"winnow/tokenize/chat"
	"winnow/train"
	"winnow/train/nn"
	"winnow/train/weights"
)

// Talker is a model with which one can talk.
type Talker struct {
	Name  string
	net   *nn.Model
	codec *rowCodec
}

// OpenTalkers opens a model for talking: of a run folder the model before and after tuning, of a model folder, or of base, that model alone. template is a chat template's name, "auto" for the
// model's own.
func OpenTalkers(path, template, cache string) ([]*Talker, error) {
	r := &run{plan: &Plan{Recipe: &recipe.Recipe{Dir: ".", Tokenize: &recipe.Tokenize{Template: template}}, env: newEnvironment(&recipe.Recipe{Dir: "."})}, opt: Options{Dir: cache}}
	if !IsRun(path) {
		dir, err := r.modelFolder(path)
		if err != nil {
			return nil, err
		}
		t, err := r.talker(filepath.Base(path), dir)
		return []*Talker{t}, err
	}
	rec, err := recipe.Load(filepath.Join(path, "recipe.yaml"), nil)
	if err != nil {
		return nil, err
	}
	if rec.Train == nil {
		return nil, fmt.Errorf("%s trained no model", path)
	}
	if rec.Tokenize != nil && template == "auto" {
		r.plan.Recipe.Tokenize.Template = rec.Tokenize.Template
	}
	var out []*Talker
	if base, err := filepath.Glob(filepath.Join(path, "work", "base-*")); err == nil && len(base) == 1 {
		t, err := r.talker("before", base[0])
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	merged := filepath.Join(path, "model", "merged")
	if _, err := os.Stat(filepath.Join(merged, "config.json")); err != nil {
		return nil, fmt.Errorf("%s has no finished model yet: run its recipe to the end", path)
	}
	t, err := r.talker("after", merged)
	return append(out, t), err
}

func (r *run) talker(name, dir string) (*Talker, error) {
	net, err := weights.Load(dir)
	if err != nil {
		return nil, err
	}
	codec, _, err := r.codecFor(dir, "sft")
	return &Talker{Name: name, net: net, codec: codec}, err
}

// Say continues a conversation; each is called with every piece of the answer as it comes.
func (t *Talker) Say(ctx context.Context, messages []chat.Message, s train.Sampling, each func(string)) (string, error) {
	prompt, err := t.codec.Codec.Prompt(messages)
	if err != nil {
		return "", err
	}
	s.Stop = t.codec.Stop()
	var so []int32
	shown := 0
	out, err := train.Generate(ctx, t.net, signed(prompt), s, func(token int32) bool {
		so = append(so, token)
		text := t.codec.Decode(so)
		if n := len(text); n > shown && text[n-1] < 0x80 || n > shown+12 { // a character may still be incomplete
			each(text[shown:])
			shown = n
		}
		return true
	})
	text := t.codec.Decode(out)
	if len(text) > shown {
		each(text[shown:])
	}
	return text, err
}
