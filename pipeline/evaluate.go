package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"winnow/eval"
	"winnow/filters"
	"winnow/internal/atomicfile"
	"winnow/pipeline/recipe"
	"winnow/train/weights"
)

// evalEnv is what measures may know of the run.
type evalEnv struct {
	*environment
	run *run
}

func (e evalEnv) Split(ctx context.Context, split string, each func(*filters.Row) bool) error {
	if e.run.manifest.Data.Rows[split] == 0 {
		return fmt.Errorf("the data set has no rows in the split %s: keep some apart with `- split: {%s: 0.02}`", split, split)
	}
	return e.run.eachRow(ctx, split, each)
}

func (e evalEnv) Splits() []string {
	var out []string
	for _, s := range splits {
		if e.run.manifest.Data.Rows[s] > 0 {
			out = append(out, s)
		}
	}
	return out
}

// evalDone is what work/eval.json holds once the measures are taken.
type evalDone struct {
	Digest  string            `json:"digest"`
	Files   map[string]string `json:"files"` // that the measures read: path → digest
	Results *Results          `json:"results"`
}

// evaluate takes the recipe's measures on the model before and after training.
func (r *run) evaluate(ctx context.Context) error {
	measures := r.plan.Recipe.Eval
	if len(measures) == 0 {
		return nil
	}
	if r.plan.Recipe.Train == nil {
		return fmt.Errorf("eval needs a model: add a section train, or remove eval")
	}
	begin := time.Now()
	var described []any
	for _, m := range measures {
		described = append(described, m.Name, parameters(m.Params))
	}
	digest, err := digestOf(r.trainDigest, described)
	if err != nil {
		return err
	}
	donePath := filepath.Join(r.opt.Dir, "work", "eval.json")
	done := &evalDone{}
	if err := atomicfile.ReadJSON(donePath, done); err == nil && done.Digest == digest && unchanged(done.Files) {
		r.manifest.Results = done.Results
		r.manifest.Results.Gates = gates(r.plan.Recipe.Gates, done.Results)
		return nil
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	baseDir, err := r.baseFolder()
	if err != nil {
		return err
	}
	dirs := []string{filepath.Join(r.opt.Dir, "model", "merged")}
	if baseDir != "" {
		dirs = []string{baseDir, dirs[0]}
	}
	r.opt.Progress.Begin("evaluate", int64(len(measures)*len(dirs)), "measures")
	taken := make([][]eval.Result, len(dirs))
	for i, dir := range dirs {
		if taken[i], err = r.measure(ctx, dir); err != nil {
			return err
		}
	}
	results := &Results{}
	for k, m := range measures {
		before := taken[0][k]
		var after *eval.Result
		if len(taken) == 2 {
			after = &taken[1][k]
		}
		pairResults(results, m.Name, before, after, r.plan.Recipe.Seed)
	}
	results.Gates = gates(r.plan.Recipe.Gates, results)
	r.opt.Progress.End(fmt.Sprintf("%d figures, %s", len(results.Figures), time.Since(begin).Round(time.Millisecond)))
	r.manifest.Results = results
	r.manifest.stage("eval", "", digest, begin)
	return atomicfile.WriteJSON(donePath, evalDone{digest, r.plan.env.read, results})
}

// measure takes all measures on one model.
func (r *run) measure(ctx context.Context, dir string) ([]eval.Result, error) {
	net, err := weights.Load(dir)
	if err != nil {
		return nil, err
	}
	m := eval.Model{Net: net, Codec: r.codec, Length: min(r.plan.Recipe.Tokenize.Length, net.Config().MaxPositions)}
	var out []eval.Result
	for _, k := range r.plan.Recipe.Eval {
		res, err := k.Params.(eval.Measure).Measure(ctx, m, evalEnv{r.plan.env, r})
		if err != nil {
			return nil, fmt.Errorf("eval (recipe line %d): %w", k.Line, err)
		}
		for _, f := range res.Figures {
			if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
				return nil, fmt.Errorf("eval %s gives %v: there is too little to measure on", f.Name, f.Value)
			}
		}
		out = append(out, res)
		r.opt.Progress.Advance(1, k.Name)
	}
	return out, nil
}

// pairResults sets the figures of two models side by side.
func pairResults(into *Results, measure string, before eval.Result, after *eval.Result, seed uint64) {
	for i, f := range before.Figures {
		p := FigurePair{Figure: f, Measure: measure, After: f.Value, AfterLow: f.Low, AfterHigh: f.High} // a model trained from scratch has no before
		if after != nil {
			a := after.Figures[i]
			p.Trained, p.After, p.AfterLow, p.AfterHigh = true, a.Value, a.Low, a.High
			p.Change, p.ChangeLow, p.ChangeHigh = a.Value-f.Value, a.Value-f.Value, a.Value-f.Value
			if low, high := eval.PairedInterval(f.Items, a.Items, f.Combine, seed); !math.IsNaN(low) {
				p.Paired, p.ChangeLow, p.ChangeHigh = true, low, high
			}
		}
		into.Figures = append(into.Figures, p)
	}
	for i, s := range before.Samples {
		p := SamplePair{Measure: measure, Prompt: s.Prompt, Truth: s.Truth, Before: s.Output}
		if after != nil && i < len(after.Samples) {
			p.After = after.Samples[i].Output
		}
		into.Samples = append(into.Samples, p)
	}
}

// gates holds the figures against the recipe's limits. A gate on a figure that was not measured is missed.
func gates(list []recipe.Gate, results *Results) []GateResult {
	var out []GateResult
	for _, g := range list {
		res := GateResult{Figure: g.Figure, Limit: limitText(g)}
		var found *FigurePair
		for i := range results.Figures {
			if results.Figures[i].Name == g.Figure {
				found = &results.Figures[i]
			}
		}
		if found == nil {
			res.Why = "no measure gave this figure"
			out = append(out, res)
			continue
		}
		res.Met = true
		for _, c := range []struct {
			limit string
			value float64
			what  string
		}{{g.Change, found.Change, "change"}, {g.Before, found.Value, "before"}, {g.After, found.After, "after"}} {
			if c.limit == "" {
				continue
			}
			if c.what == "change" && !found.Trained {
				res.Met, res.Why = false, "a model trained from scratch has no figure before, so there is no change; use `after`"
				continue
			}
			l, err := recipe.ParseLimit(c.limit)
			if err != nil { // checked when the recipe was read
				continue
			}
			value, unit := c.value, ""
			if c.what == "change" && found.Better == eval.Zero { // towards zero is a fall, from either side
				value = math.Abs(found.After) - math.Abs(found.Value)
			}
			if l.Percent {
				value, unit = 100*value/math.Abs(found.Value), " %"
				if found.Value == 0 {
					value = math.Inf(1)
				}
			}
			if !l.Met(value) {
				res.Met = false
			}
			res.Value = value
			if math.IsInf(value, 0) {
				res.Value = math.MaxFloat64
			}
			res.Why = fmt.Sprintf("%s %.4g%s, wanted %s", c.what, value, unit, c.limit)
		}
		out = append(out, res)
	}
	return out
}
