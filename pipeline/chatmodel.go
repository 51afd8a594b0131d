package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"winnow/pipeline/recipe"
	"winnow/tokenize/chat"
	"winnow/train"
	"winnow/train/nn"
	"winnow/train/weights"
)

// Talker is a model with which one can talk.
type Talker struct {
	Name  string
	Stop  []string // texts that end an answer, besides the model's own tokens; they are not part of it
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

// OpenAdapter opens a model for talking twice, side by side: as it is, and with the adapter of a PEFT folder.
func OpenAdapter(path, adapter, template, cache string) ([]*Talker, error) {
	var out []*Talker
	for _, name := range []string{"before", "after"} {
		all, err := OpenTalkers(path, template, cache)
		if err != nil {
			return nil, err
		}
		t := all[0] // of a run the model before tuning
		t.Name = name
		out = append(out, t)
	}
	_, err := weights.ReadAdapter(adapter, out[1].net)
	return out, err
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
		text, ended := cutAt(t.codec.Decode(so), t.Stop)
		if ended {
			return false
		}
		if n := len(text) - begun(text, t.Stop); n > shown && text[n-1] < 0x80 || n > shown+12 { // a character may still be incomplete
			each(text[shown:n])
			shown = n
		}
		return true
	})
	text, _ := cutAt(t.codec.Decode(out), t.Stop)
	if len(text) > shown {
		each(text[shown:])
	}
	return text, err
}

// cutAt ends a text before the first of the stops in it.
func cutAt(text string, stops []string) (string, bool) {
	at := len(text)
	for _, s := range stops {
		if i := strings.Index(text, s); i >= 0 && s != "" {
			at = min(at, i)
		}
	}
	return text[:at], at < len(text)
}

// begun is how many bytes at the end of a text may be the beginning of a stop: they are not shown before it is known.
func begun(text string, stops []string) (most int) {
	for _, s := range stops {
		for n := min(len(s)-1, len(text)); n > most; n-- {
			if strings.HasSuffix(text, s[:n]) {
				most = n
			}
		}
	}
	return most
}
