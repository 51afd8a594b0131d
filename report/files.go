package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"winnow/internal/atomicfile"
)

// Run is what the files of a run folder say. Every part may be missing: a run that ended with its data set has no training and no results.
type Run struct {
	Manifest Manifest
	Ledger   Ledger
	Results  Results
	Metrics  []Metric
	Recipe   string // recipe.yaml as it was run
}

// Manifest is manifest.json: what was run, on which inputs, and what each stage cost.
type Manifest struct {
	Name    string
	Version string
	Seed    uint64
	Sample  float64
	Sets    []string
	Started time.Time
	Seconds float64
	Machine struct {
		OS, Arch       string
		Cores, Workers int
	}
	Inputs   []string
	Sources  []ManifestSource
	Stages   []Stage
	Data     *Data
	Tokens   map[string]Tokens // by split
	Training *Training
	Audit    []Audit
	Warnings []string
}

// ManifestSource is a source as it was read.
type ManifestSource struct {
	Name, License, Shape string
	Files                int
	Bytes                int64
}

// Stage is one part of the run with its cost.
type Stage struct {
	Name, Steps, Digest string
	Seconds             float64
	MemoryMB            int64 `json:"memory_mb"` // peak of the process until the stage's end
}

// Data describes the written data set.
type Data struct {
	Rows    map[string]int64
	Bytes   int64
	Files   []string
	Columns []string
}

// Tokens describes the token shards of a split.
type Tokens struct {
	Vocabulary, Length, Rows, Documents, Samples, Kept int64
	TooLong                                            int64 `json:"too_long"`
	Tokens, Labelled                                   int64
	Filled                                             float64 // share of the places that hold a token
	Tokenizer, Template                                string
}

// Training describes a finished training.
type Training struct {
	Model, Method, Objective string
	Engine                   string // what did the arithmetic, and on what; "" in older runs
	Steps                    int
	Tokens                   int64
	Seconds                  float64
	TokensPerSecond          float64 `json:"tokens_per_second"`
	FirstLoss                float64 `json:"first_loss"`
	LastLoss                 float64 `json:"last_loss"`
	BestValidation           float64 `json:"best_validation"`
	BestStep                 int     `json:"best_step"`
	Parameters, Trainable    int64
	FLOPs                    float64 `json:"flops"`
	FLOPsFull                float64 `json:"flops_full"`
	FLOPsScratch             float64 `json:"flops_scratch"`
}

// Audit says how many rows of one marked kind the step that should find them found.
type Audit struct {
	Kind, Step  string
	Rows, Found int64
}

// Ledger is ledger.json: what happened to the rows.
type Ledger struct {
	Sources []Source
	Steps   []Step
	Written map[string]int64
}

// Source is the account of one source.
type Source struct {
	Name                  string
	Rows, Bad, Bytes, Out int64
	Langs                 map[string]int64 // rows of the finished set
}

// Step is the account of one step.
type Step struct {
	Label, Name       string
	In, Added, Edited int64
	Dropped, Flags    map[string]int64
	BySource          map[string]Parity            `json:"by_source"`
	ByLang            map[string]Parity            `json:"by_lang"`
	ByGroup           map[string]map[string]Parity `json:"by_group"` // column → group
	Scores            map[string]Distribution
	ByAudit           map[string]AuditCount `json:"by_audit"`
	Edits             []Edit
	Drops, Near       []Excerpt
	Thresholds        []Threshold
	Findings          json.RawMessage
}

// Parity says how many rows of a group met a step and how many it dropped.
type Parity struct{ In, Dropped int64 }

// AuditCount says what a step did to the rows of one mark.
type AuditCount struct{ In, Dropped, Edited, Copied int64 }

// Distribution is a sample of a score's values.
type Distribution struct {
	N             int64
	Sum, Min, Max float64
	Values        []struct {
		Value float64 `json:"v"`
		Lang  string  `json:"l"`
	}
}

// Edit is an example of what a step changed.
type Edit struct{ ID, Before, After string }

// Excerpt is the beginning of a row with why it is shown.
type Excerpt struct {
	ID, Lang, Reason, Score, Text string
	Value                         float64
	Kept                          bool
}

// Threshold is a limit on a score; Keep is "above" or "below".
type Threshold struct {
	Score, Lang, Keep string
	Limit             float64
}

// Results is results.json: the model's figures before and after, and the gates.
type Results struct {
	Figures []Figure
	Samples []Sample
	Gates   []Gate
}

// Figure is one figure of the model before and after.
type Figure struct {
	Name, Unit, Better, Doc, Measure string
	Value, Low, High                 float64
	N                                int
	After                            float64
	AfterLow                         float64 `json:"after_low"`
	AfterHigh                        float64 `json:"after_high"`
	Change                           float64
	ChangeLow                        float64 `json:"change_low"`
	ChangeHigh                       float64 `json:"change_high"`
	Paired, Trained                  bool
}

// Sample is one text written by the model before and after.
type Sample struct{ Measure, Prompt, Truth, Before, After string }

// Gate says whether a gate was met.
type Gate struct {
	Figure, Limit, Why string
	Value              float64
	Met                bool
}

// Metric is one line of metrics.jsonl: one training step.
type Metric struct {
	Step         int
	Loss         *float64
	LearningRate *float64 `json:"lr"`
	GradNorm     *float64 `json:"grad_norm"`
	Won          *float64 `json:"pairs_won"`
	Tokens       int64
	TokensPerSec float64  `json:"tok_s"`
	Memory       float64  `json:"mem"`
	EvalLoss     *float64 `json:"eval_loss"`
	EvalWon      *float64 `json:"eval_pairs_won"`
	EvalAccuracy *float64 `json:"eval_accuracy"`
	Window       int
	Groups       map[string]map[string]float64
}

// maxRecipe is how much of a recipe the page shows.
const maxRecipe = 64 << 10

// Load reads the files of a run folder. A file that is absent leaves its part empty; one that cannot be read is an error which names it. A folder without
// ledger and manifest is no run.
func Load(dir string) (*Run, error) {
	r := &Run{}
	missing := 0
	for _, f := range []struct {
		name string
		into any
	}{{"manifest.json", &r.Manifest}, {"ledger.json", &r.Ledger}, {"results.json", &r.Results}} {
		err := atomicfile.ReadJSON(filepath.Join(dir, f.name), f.into)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing++
		case err != nil:
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	if missing == 3 {
		return nil, fmt.Errorf("report: %s holds no manifest.json, ledger.json or results.json: name the folder of a run that has ended", dir)
	}
	if err := r.loadMetrics(filepath.Join(dir, "metrics.jsonl")); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if f, err := os.Open(filepath.Join(dir, "recipe.yaml")); err == nil {
		text, err := io.ReadAll(io.LimitReader(f, maxRecipe+1))
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		r.Recipe = string(text)
		if len(text) > maxRecipe {
			r.Recipe = clip(r.Recipe, maxRecipe) + "\n… (the rest is in recipe.yaml)"
		}
	}
	return r, nil
}

// loadMetrics reads the training log. The last line may be half written when a run was killed; it is left out.
func (r *Run) loadMetrics(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		var m Metric
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("%s, line %d: %w; delete the line to draw the rest", path, n, err)
		}
		r.Metrics = append(r.Metrics, m)
	}
}
