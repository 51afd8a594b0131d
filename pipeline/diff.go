package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"winnow/eval"
	"winnow/internal/atomicfile"
)

// Diff is what two runs differ in: what was asked for, what became of the rows, how the data set is made up, and what the models measure.
type Diff struct {
	Runs    [2]string        `json:"runs"` // folders
	Recipe  []LineChange     `json:"recipe,omitempty"`
	Inputs  []LineChange     `json:"inputs,omitempty"` // name and digest
	Rows    *RowsDiff        `json:"rows,omitempty"`   // absent when a run has no data set
	Steps   []StepDiff       `json:"steps,omitempty"`
	Shares  []ShareDiff      `json:"shares,omitempty"`
	Figures []FigureDiff     `json:"figures,omitempty"`
	Gates   []GateDiff       `json:"gates,omitempty"`
	Trained [2]*TrainSummary `json:"trained"` // null for a run that trained nothing
}

// LineChange is a line that only one of two texts has.
type LineChange struct {
	In   int    `json:"in"` // 0: the first run alone, 1: the second
	Text string `json:"text"`
}

// StepDiff sets the accounts of one step side by side; a run without the step has zeros.
type StepDiff struct {
	Label   string   `json:"label"`
	In      [2]int64 `json:"in"`
	Dropped [2]int64 `json:"dropped"`
	Edited  [2]int64 `json:"edited"`
	Added   [2]int64 `json:"added"`
}

// ShareDiff says how many rows of the two data sets have one value of a column.
type ShareDiff struct {
	Column string     `json:"column"`
	Value  string     `json:"value"`
	Rows   [2]int64   `json:"rows"`
	Share  [2]float64 `json:"share"`
}

// FigureDiff is one measure of the two models after training, with the 95 % intervals.
type FigureDiff struct {
	Name   string         `json:"name"`
	Better eval.Direction `json:"better"`
	Value  [2]*float64    `json:"value"` // null where it was not measured
	Low    [2]float64     `json:"low"`
	High   [2]float64     `json:"high"`
}

// GateDiff is a gate that one run met and the other did not, or that only one has.
type GateDiff struct {
	Figure string    `json:"figure"`
	Limit  string    `json:"limit"`
	Met    [2]string `json:"met"` // met, missed or absent
}

// Same reports whether nothing differs.
func (d *Diff) Same() bool {
	return len(d.Recipe)+len(d.Inputs)+len(d.Gates) == 0 && (d.Rows == nil || d.Rows.alike()) &&
		!slices.ContainsFunc(d.Figures, func(f FigureDiff) bool {
			return f.Value[0] == nil || f.Value[1] == nil || *f.Value[0] != *f.Value[1]
		})
}

// DiffRuns compares two run folders. examples is how many rows of each kind of change are shown. Rows are matched by source and id; about 40 bytes of memory are
// needed for each row of the first run.
func DiffRuns(ctx context.Context, a, b string, examples int) (*Diff, error) {
	d := &Diff{Runs: [2]string{a, b}}
	var runs [2]loadedRun
	for i, dir := range d.Runs {
		if !IsRun(dir) {
			return nil, fmt.Errorf("%s is not a run folder: it holds no recipe.yaml with data beside it", dir)
		}
		var err error
		if runs[i], err = loadRun(dir); err != nil {
			return nil, err
		}
		d.Trained[i] = runs[i].manifest.Training
	}
	d.Recipe = lineChanges(runs[0].recipe, runs[1].recipe)
	d.Inputs = lineChanges(runs[0].manifest.Inputs, runs[1].manifest.Inputs)
	d.steps(runs)
	d.figures(runs)
	d.gates(runs)
	return d, d.rows(ctx, examples)
}

// loadedRun is what the files of a run folder say of it.
type loadedRun struct {
	recipe   []string
	manifest *Manifest
	ledger   *Ledger
	results  *Results
}

// loadRun reads a run folder; files of stages that the run did not reach may be absent.
func loadRun(dir string) (loadedRun, error) {
	r := loadedRun{manifest: &Manifest{}, ledger: &Ledger{}, results: &Results{}}
	text, err := os.ReadFile(filepath.Join(dir, "recipe.yaml"))
	if err != nil {
		return r, err
	}
	r.recipe = strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	for name, into := range map[string]any{ManifestFile: r.manifest, LedgerFile: r.ledger, ResultsFile: r.results} {
		if err := atomicfile.ReadJSON(filepath.Join(dir, name), into); err != nil && !errors.Is(err, os.ErrNotExist) {
			return r, err
		}
	}
	for _, s := range r.manifest.Sets {
		r.recipe = append(r.recipe, "--set "+s)
	}
	return r, nil
}

// steps lists the first run's steps in their order, then those that only the second has.
func (d *Diff) steps(runs [2]loadedRun) {
	at := map[string]int{}
	for i, r := range runs {
		for _, s := range r.ledger.Steps {
			k, ok := at[s.Label]
			if !ok {
				k = len(d.Steps)
				at[s.Label] = k
				d.Steps = append(d.Steps, StepDiff{Label: s.Label})
			}
			x := &d.Steps[k]
			x.In[i], x.Dropped[i], x.Edited[i], x.Added[i] = s.In, s.DroppedTotal(), s.Edited, s.Added
		}
	}
}

func (d *Diff) figures(runs [2]loadedRun) {
	at := map[string]int{}
	for i, r := range runs {
		for _, f := range r.results.Figures {
			k, ok := at[f.Name]
			if !ok {
				k = len(d.Figures)
				at[f.Name] = k
				d.Figures = append(d.Figures, FigureDiff{Name: f.Name, Better: f.Better})
			}
			value := f.After
			d.Figures[k].Value[i], d.Figures[k].Low[i], d.Figures[k].High[i] = &value, f.AfterLow, f.AfterHigh
		}
	}
}

func (d *Diff) gates(runs [2]loadedRun) {
	var all []GateDiff
	for i, r := range runs {
		for _, g := range r.results.Gates {
			k := slices.IndexFunc(all, func(x GateDiff) bool { return x.Figure == g.Figure && x.Limit == g.Limit })
			if k < 0 {
				k = len(all)
				all = append(all, GateDiff{Figure: g.Figure, Limit: g.Limit, Met: [2]string{"absent", "absent"}})
			}
			all[k].Met[i] = "missed"
			if g.Met {
				all[k].Met[i] = "met"
			}
		}
	}
	for _, g := range all {
		if g.Met[0] != g.Met[1] {
			d.Gates = append(d.Gates, g)
		}
	}
}

// longestLines bounds the table of lineChanges: texts beyond it are compared as sets of lines.
const longestLines = 4000

// lineChanges lists the lines that are not part of the longest common subsequence of two texts, in their order.
func lineChanges(a, b []string) []LineChange {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var out []LineChange
	if len(a) > longestLines || len(b) > longestLines {
		for i, pair := range [2][2][]string{{a, b}, {b, a}} {
			other := map[string]bool{}
			for _, l := range pair[1] {
				other[l] = true
			}
			for _, l := range pair[0] {
				if !other[l] {
					out = append(out, LineChange{i, l})
				}
			}
		}
		return out
	}
	common := make([][]int32, len(a)+1) // common[i][j]: of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, LineChange{0, a[i]})
			i++
		default:
			out = append(out, LineChange{1, b[j]})
			j++
		}
	}
	return out
}
