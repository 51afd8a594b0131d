package pipeline

import (
	"context"
	"fmt"
	"strings"

	"winnow/pipeline/recipe"
	"winnow/train/torch"
)

// engineTorch is the value of train.engine that hands the arithmetic to PyTorch.
const engineTorch = "torch"

// CheckEngine says what the machine lacks for a recipe's training, without reading data or a model. Warnings name packages of releases that were
// not tested.
func CheckEngine(ctx context.Context, r *recipe.Recipe) (warnings []string, err error) {
	o, err := torchOptions(r)
	if o == nil || err != nil {
		return nil, err
	}
	e, err := torch.Check(ctx, *o)
	if err != nil {
		return nil, fmt.Errorf("train.engine torch: %w", err)
	}
	if d := e.Differences(); len(d) > 0 {
		return []string{fmt.Sprintf("train.engine torch: %s has %s; other releases than the tested ones mostly work, but nothing was measured with them", o.Python, strings.Join(d, ", "))}, nil
	}
	return nil, nil
}

// torchOptions is how a recipe wants PyTorch to train, nil when its training is left to our own engine.
func torchOptions(r *recipe.Recipe) (*torch.Options, error) {
	t := r.Train
	if t == nil || t.Engine != engineTorch {
		return nil, nil
	}
	python, err := torch.Find(t.Python, r.Dir)
	if err != nil {
		return nil, fmt.Errorf("train.engine torch: %w; install Python 3.10 or newer, or name an interpreter with train.python", err)
	}
	if t.Sharded && t.GPUs < 2 {
		return nil, fmt.Errorf("train.sharded shares a model out among several GPUs, but train.gpus is %d: raise it, or leave sharded out", t.GPUs)
	}
	return &torch.Options{Python: python, GPUs: t.GPUs, Sharded: t.Sharded}, nil
}

// needsEngine says whether a run that ends after a part comes to training.
func needsEngine(to string) bool { return to == "" || to == "train" || to == "eval" }
