package pipeline

import (
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"winnow/eval"
	"winnow/internal/atomicfile"
	"winnow/internal/version"
	"winnow/pipeline/recipe"
)

// Files of a run folder.
const (
	ManifestFile = "manifest.json" // what was run, on which inputs; written last
	LedgerFile   = "ledger.json"   // what happened to the rows
	ResultsFile  = "results.json"  // what the measures gave before and after, and the gates
)

// Manifest says what was run, on which inputs, and how long each stage took.
type Manifest struct {
	Name     string           `json:"name"`
	Version  string           `json:"version"`
	Seed     uint64           `json:"seed"`
	Sample   float64          `json:"sample,omitempty"`
	Sets     []string         `json:"sets,omitempty"`
	Started  time.Time        `json:"started"`
	Seconds  float64          `json:"seconds"`
	Machine  Machine          `json:"machine"`
	Inputs   []string         `json:"inputs"` // name and digest
	Sources  []ManifestSource `json:"sources"`
	Stages   []ManifestStage  `json:"stages"`
	Data     *DataSummary     `json:"data,omitempty"`
	Tokens   any              `json:"tokens,omitempty"`
	Training *TrainSummary    `json:"training,omitempty"`
	Findings []Finding        `json:"findings,omitempty"`
	Audit    []AuditResult    `json:"audit,omitempty"`
	Warnings []string         `json:"warnings,omitempty"`

	Ledger  *Ledger  `json:"-"`
	Results *Results `json:"-"`
	start   time.Time
}

// Machine says where the run took place.
type Machine struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Cores   int    `json:"cores"`
	Workers int    `json:"workers"`
}

// ManifestSource is a source as it was read.
type ManifestSource struct {
	Name    string `json:"name"`
	License string `json:"license,omitempty"`
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"`
	Shape   string `json:"shape"`
}

// ManifestStage is one part of the run with its cost.
type ManifestStage struct {
	Name     string  `json:"name"`
	Steps    string  `json:"steps,omitempty"`
	Digest   string  `json:"digest,omitempty"`
	Seconds  float64 `json:"seconds"`
	MemoryMB int64   `json:"memory_mb"` // peak of the process until the stage's end
}

// AuditResult says how many of the rows of one kind the step that should find them found.
type AuditResult struct {
	Kind  string `json:"kind"`
	Step  string `json:"step"`
	Rows  int64  `json:"rows"`  // that came in
	Found int64  `json:"found"` // dropped, edited or copied by the step
}

// Finding is what a survey found out about the whole set.
type Finding struct {
	Step  string `json:"step"`
	Value any    `json:"value"`
}

// DataSummary describes the written data set.
type DataSummary struct {
	Rows    map[string]int64 `json:"rows"` // by split
	Bytes   int64            `json:"bytes"`
	Files   []string         `json:"files"`
	Columns []string         `json:"columns"`
}

// TrainSummary describes a finished training.
type TrainSummary struct {
	Model           string  `json:"model"`
	Engine          string  `json:"engine,omitempty"` // what did the arithmetic, and on what
	Method          string  `json:"method"`
	Objective       string  `json:"objective"`
	Steps           int     `json:"steps"`
	Tokens          int64   `json:"tokens"`
	Seconds         float64 `json:"seconds"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	FirstLoss       float64 `json:"first_loss"`
	LastLoss        float64 `json:"last_loss"`
	BestValidation  float64 `json:"best_validation,omitempty"`
	BestStep        int     `json:"best_step,omitempty"`
	Parameters      int64   `json:"parameters"`
	Trainable       int64   `json:"trainable"`
	FLOPs           float64 `json:"flops"`
	FLOPsFull       float64 `json:"flops_full"`    // the same steps on every weight
	FLOPsScratch    float64 `json:"flops_scratch"` // 20 tokens a parameter from scratch (Hoffmann et al. 2022)
}

// Results are the figures of the model before and after, with the gates.
type Results struct {
	Figures []FigurePair `json:"figures"`
	Samples []SamplePair `json:"samples,omitempty"`
	Gates   []GateResult `json:"gates,omitempty"`
}

// FigurePair is one figure before and after.
type FigurePair struct {
	eval.Figure
	Measure    string  `json:"measure"`
	After      float64 `json:"after"`
	AfterLow   float64 `json:"after_low"`
	AfterHigh  float64 `json:"after_high"`
	Change     float64 `json:"change"`     // after − before
	ChangeLow  float64 `json:"change_low"` // of the 95 % interval of the paired difference
	ChangeHigh float64 `json:"change_high"`
	Paired     bool    `json:"paired"`
	Trained    bool    `json:"trained"` // false when there is only one model to measure
}

// SamplePair is one text written before and after.
type SamplePair struct {
	Measure string `json:"measure"`
	Prompt  string `json:"prompt"`
	Truth   string `json:"truth,omitempty"`
	Before  string `json:"before"`
	After   string `json:"after,omitempty"`
}

// GateResult says whether a gate was met.
type GateResult struct {
	Figure string  `json:"figure"`
	Limit  string  `json:"limit"`
	Value  float64 `json:"value"`
	Met    bool    `json:"met"`
	Why    string  `json:"why"`
}

// MissedGates lists the gates that were not met.
func (m *Manifest) MissedGates() []GateResult {
	if m.Results == nil {
		return nil
	}
	var out []GateResult
	for _, g := range m.Results.Gates {
		if !g.Met {
			out = append(out, g)
		}
	}
	return out
}

func newManifest(p *Plan) *Manifest {
	m := &Manifest{Name: p.Recipe.Name, Version: version.String(), Seed: p.Recipe.Seed, Sample: p.Sample, Sets: p.Recipe.Sets, start: time.Now(), Inputs: slices.Clone(p.inputs)}
	m.Started = m.start.UTC().Truncate(time.Second)
	m.Inputs = append(m.Inputs, p.env.inputs()...)
	m.Machine = Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	for _, s := range p.Sources {
		shape := ""
		if len(s.Layout.Shapes) > 0 {
			shape = string(s.Layout.Shapes[0])
		}
		m.Sources = append(m.Sources, ManifestSource{Name: s.Source.Name, License: s.Source.License, Files: s.Files, Bytes: s.Bytes, Shape: shape})
	}
	return m
}

func (m *Manifest) findings(step string, value any) {
	if value != nil {
		m.Findings = append(m.Findings, Finding{step, value})
	}
}

func (m *Manifest) stage(name, steps, digest string, begin time.Time) {
	m.Stages = append(m.Stages, ManifestStage{Name: name, Steps: steps, Digest: digest, Seconds: time.Since(begin).Seconds(), MemoryMB: peakMemory() >> 20})
}

// write puts ledger, results and, last, the manifest into the run folder.
func (m *Manifest) write(dir string) error {
	if m.Ledger != nil {
		if err := atomicfile.WriteJSON(filepath.Join(dir, LedgerFile), m.Ledger); err != nil {
			return err
		}
	}
	if m.Results != nil {
		if err := atomicfile.WriteJSON(filepath.Join(dir, ResultsFile), m.Results); err != nil {
			return err
		}
	}
	m.Seconds = time.Since(m.start).Seconds()
	return atomicfile.WriteJSON(filepath.Join(dir, ManifestFile), m)
}

// limitText shows a gate's limits as the recipe has them.
func limitText(g recipe.Gate) string {
	switch {
	case g.Change != "":
		return "change " + g.Change
	case g.After != "":
		return "after " + g.After
	}
	return "before " + g.Before
}
