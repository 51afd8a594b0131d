package pipeline

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"winnow/eval"
	"winnow/internal/atomicfile"
	"winnow/internal/version"
	"winnow/pipeline/recipe"
)

// ArmsFile holds what the arms of a recipe came to, side by side.
const ArmsFile = "arms.json"

// Arms is a recipe done in several ways, each with the same seeds, and what their models measure.
type Arms struct {
	Name    string       `json:"name"`
	Version string       `json:"version"`
	Seeds   []uint64     `json:"seeds"`
	Arms    []ArmRuns    `json:"arms"`
	Figures []ArmFigure  `json:"figures"`
	Limits  []ArmVerdict `json:"limits,omitempty"`
}

// ArmRuns says where the runs of an arm lie, one a seed, and what was trained.
type ArmRuns struct {
	Name    string   `json:"name"`
	From    string   `json:"from,omitempty"`
	Without []string `json:"without,omitempty"`
	Dirs    []string `json:"dirs"` // relative to the folder of the comparison
	Steps   int      `json:"steps"`
	Tokens  int64    `json:"tokens"`  // trained on, mean over seeds
	Seconds float64  `json:"seconds"` // of training, mean over seeds
}

// ArmFigure is one figure of the untrained model and of every arm.
type ArmFigure struct {
	Name    string         `json:"name"`
	Measure string         `json:"measure"`
	Unit    string         `json:"unit,omitempty"`
	Better  eval.Direction `json:"better"`
	Doc     string         `json:"doc"`
	Values  []ArmValue     `json:"values"` // the untrained model, then the arms in the recipe's order
}

// ArmValue is a figure of one arm over the seeds.
type ArmValue struct {
	Arm  string    `json:"arm"`
	Each []float64 `json:"each"` // by seed
	Mean float64   `json:"mean"`
	Low  float64   `json:"low"`  // of the 95 % interval: Student's t over seeds; of one seed the bootstrap over items
	High float64   `json:"high"` //
}

// ArmVerdict is a limit of `compare:` with what came of it.
type ArmVerdict struct {
	Figure string   `json:"figure"`
	Arm    string   `json:"arm"`
	Of     string   `json:"of,omitempty"`
	Is     string   `json:"is"`
	Value  ArmValue `json:"value"` // the figure, or in percent of the other arm's
	Met    bool     `json:"met"`   // in every seed
	Why    string   `json:"why"`
}

// Missed lists the limits that were missed.
func (a *Arms) Missed() []ArmVerdict {
	var out []ArmVerdict
	for _, v := range a.Limits {
		if !v.Met {
			out = append(out, v)
		}
	}
	return out
}

// RunArms runs every arm of a recipe with every seed, each in a run folder of its own under o.Dir/arms, and sets their figures side by side in arms.json. begin is told of each run before
// it starts, done when its folder is whole. Started again, finished parts are not done again.
func RunArms(ctx context.Context, r *recipe.Recipe, sample float64, o Options, begin func(arm string, seed uint64), done func(dir string) error) (*Arms, error) {
	if o.To != "" {
		return nil, fmt.Errorf("arms are compared by their measures: run them whole, without --to")
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, atomicfile.Explain(err)
	}
	abs, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	seeds := r.SeedList()
	out := &Arms{Name: r.Name, Version: version.String(), Seeds: seeds}
	results := make([][]*Results, len(r.Arms))
	for i, a := range r.Arms {
		out.Arms = append(out.Arms, ArmRuns{Name: a.Name, From: a.From, Without: a.Without})
		results[i] = make([]*Results, len(seeds))
	}
	for k, seed := range seeds {
		for i, a := range r.Arms {
			sub := ArmFolder(a.Name, seed, len(seeds))
			model := ""
			if a.From != "" {
				model = filepath.Join(abs, ArmFolder(a.From, seed, len(seeds)))
			}
			one, err := r.Arm(a.Name, seed, model)
			if err != nil {
				return nil, err
			}
			begin(a.Name, seed)
			p, err := NewPlan(ctx, one, sample)
			if err != nil {
				return nil, fmt.Errorf("arm %s: %w", a.Name, err)
			}
			with := o
			with.Dir = filepath.Join(o.Dir, sub)
			m, err := Run(ctx, p, with)
			if err != nil {
				return nil, fmt.Errorf("arm %s, seed %d: %w", a.Name, seed, err)
			}
			if m.Results == nil {
				return nil, fmt.Errorf("arm %s has no figures: add measures to `eval:`", a.Name)
			}
			if err := done(with.Dir); err != nil {
				return nil, err
			}
			x := &out.Arms[i]
			x.Dirs = append(x.Dirs, filepath.ToSlash(sub))
			if t := m.Training; t != nil {
				x.Steps = t.Steps
				x.Tokens += t.Tokens / int64(len(seeds))
				x.Seconds += t.Seconds / float64(len(seeds))
			}
			results[i][k] = m.Results
		}
	}
	out.figures(r, results)
	out.judge(r.Compare)
	return out, atomicfile.WriteJSON(filepath.Join(o.Dir, ArmsFile), out)
}

// ArmFolder is where the run of an arm lies in the folder of the comparison; with several seeds the seed is part of the name.
func ArmFolder(name string, seed uint64, seeds int) string {
	if seeds > 1 {
		name = fmt.Sprintf("%s-%d", name, seed)
	}
	return filepath.Join("arms", name)
}

// figures sets side by side what all arms measured, in the order of the first. results is by arm and seed.
func (a *Arms) figures(r *recipe.Recipe, results [][]*Results) {
	start := 0 // an arm that begins at the untrained model
	for i, arm := range r.Arms {
		if arm.From == "" {
			start = i
			break
		}
	}
	for f, first := range results[0][0].Figures {
		fig := ArmFigure{Name: first.Name, Measure: first.Measure, Unit: first.Unit, Better: first.Better, Doc: first.Doc}
		if first.Trained {
			fig.Values = append(fig.Values, armValue(recipe.Untrained, results[start], first.Name, func(p *FigurePair) (float64, float64, float64) { return p.Value, p.Low, p.High }))
		}
		for i, arm := range r.Arms {
			fig.Values = append(fig.Values, armValue(arm.Name, results[i], results[0][0].Figures[f].Name, func(p *FigurePair) (float64, float64, float64) { return p.After, p.AfterLow, p.AfterHigh }))
		}
		whole := true
		for _, v := range fig.Values {
			whole = whole && len(v.Each) == len(a.Seeds)
		}
		if whole {
			a.Figures = append(a.Figures, fig)
		}
	}
}

// armValue gathers one figure of one arm; Each stays shorter than the seeds when a run did not measure it.
func armValue(arm string, runs []*Results, name string, get func(*FigurePair) (value, low, high float64)) ArmValue {
	v := ArmValue{Arm: arm}
	var low, high float64
	for _, r := range runs {
		for i := range r.Figures {
			if r.Figures[i].Name == name {
				var x float64
				x, low, high = get(&r.Figures[i])
				v.Each = append(v.Each, x)
			}
		}
	}
	v.Mean, v.Low, v.High = overSeeds(v.Each)
	if len(v.Each) == 1 {
		v.Low, v.High = low, high
	}
	return v
}

// student holds the 97.5 % points of Student's t for 1, 2, … degrees of freedom.
var student = []float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262}

// overSeeds gives mean and 95 % interval; of one value the interval is the value.
func overSeeds(x []float64) (m, low, high float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	if len(x) < 2 {
		return m, m, m
	}
	ss := 0.0
	for _, v := range x {
		ss += (v - m) * (v - m)
	}
	n := float64(len(x))
	t := 1.96
	if len(x)-2 < len(student) {
		t = student[len(x)-2]
	}
	half := t * math.Sqrt(ss/(n-1)/n)
	return m, m - half, m + half
}

func (a *Arms) value(figure, arm string) (ArmValue, eval.Direction, bool) {
	for _, f := range a.Figures {
		if f.Name != figure {
			continue
		}
		for _, v := range f.Values {
			if v.Arm == arm {
				return v, f.Better, true
			}
		}
	}
	return ArmValue{}, "", false
}

// judge holds the figures against the limits. A limit on a figure that was not measured is missed.
func (a *Arms) judge(limits []recipe.Comparison) {
	for _, c := range limits {
		v := ArmVerdict{Figure: c.Figure, Arm: c.Arm, Of: c.Of, Is: c.Is}
		limit, err := recipe.ParseLimit(c.Is)
		if err != nil { // checked when the recipe was read
			continue
		}
		x, better, ok := a.value(c.Figure, c.Arm)
		unit := ""
		if ok && c.Of != "" {
			var y ArmValue
			y, _, ok = a.value(c.Figure, c.Of)
			if ok {
				x, unit = percentOf(x, y, better), " %"
			}
		}
		if !ok {
			v.Why = "no measure gave this figure in every arm"
			a.Limits = append(a.Limits, v)
			continue
		}
		v.Value, v.Met = x, true
		for _, e := range x.Each {
			v.Met = v.Met && limit.Met(e)
		}
		v.Why = fmt.Sprintf("%.4g%s", x.Mean, unit)
		if len(x.Each) > 1 {
			v.Why += fmt.Sprintf(" (95 %% interval over seeds %.4g … %.4g; each", x.Low, x.High)
			for _, e := range x.Each {
				v.Why += fmt.Sprintf(" %.4g", e)
			}
			v.Why += ")"
		}
		v.Why += ", wanted " + c.Is
		if c.Of != "" {
			v.Why += " of " + c.Of
		}
		a.Limits = append(a.Limits, v)
	}
}

// percentOf is a figure in percent of another's, seed by seed; of figures that are best at zero, the distances from zero.
func percentOf(x, of ArmValue, better eval.Direction) ArmValue {
	out := ArmValue{Arm: x.Arm}
	for k := range x.Each {
		a, b := x.Each[k], of.Each[k]
		if better == eval.Zero {
			a, b = math.Abs(a), math.Abs(b)
		}
		p := math.MaxFloat64 / 1e3 // JSON has no infinity
		switch {
		case b != 0:
			p = 100 * a / b
		case a == 0:
			p = 100
		}
		out.Each = append(out.Each, p)
	}
	out.Mean, out.Low, out.High = overSeeds(out.Each)
	return out
}
