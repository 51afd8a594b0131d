package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"winnow/filters"
	"winnow/internal/atomicfile"
)

// Options say how a plan is run. None of them changes a byte of the data set.
type Options struct {
	Dir       string // run folder
	Runner    Runner
	Progress  Progress // nil: Quiet
	To        string   // last part to run: data, tokenize, train or eval; "" runs all
	BatchRows int      // most rows in a batch; 0: no limit but bytes
	Threads   int      // of training and evaluation; 0: one a core
}

// Parts are what a run consists of, in order; Options.To names one.
var Parts = []string{"data", "tokenize", "train", "eval"}

// Run carries out a plan in the run folder, going on where an earlier run of the same recipe stopped. The manifest is written last.
func Run(ctx context.Context, p *Plan, o Options) (*Manifest, error) {
	if o.Progress == nil {
		o.Progress = Quiet{}
	}
	if needsEngine(o.To) {
		warnings, err := CheckEngine(ctx, p.Recipe)
		if err != nil {
			return nil, err
		}
		p.Warnings = append(p.Warnings, warnings...)
	}
	dir, err := filepath.Abs(o.Dir) // relative to here, not to the recipe
	if err != nil {
		return nil, err
	}
	o.Dir = dir
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, atomicfile.Explain(err)
	}
	unlock, err := lock(filepath.Join(o.Dir, ".lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	m := newManifest(p)
	run := &run{plan: p, opt: o, manifest: m, start: time.Now()}
	if err := run.all(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// run is one execution of a plan.
type run struct {
	plan     *Plan
	opt      Options
	manifest *Manifest
	start    time.Time
	ledger   *Ledger
	last     *stageRun // the last stage, whose rows are the data set

	codec        *rowCodec // set by tokenize
	tokenizerDir string
	tokensDigest string
	trainDigest  string
}

func (r *run) all(ctx context.Context) error {
	if err := os.Remove(filepath.Join(r.opt.Dir, ManifestFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return atomicfile.Explain(err)
	}
	if err := atomicfile.Write(filepath.Join(r.opt.Dir, "recipe.yaml"), r.plan.Recipe.Source); err != nil {
		return err
	}
	parts := []struct {
		name string
		do   func(context.Context) error
	}{{"data", r.data}, {"tokenize", r.tokenize}, {"train", r.train}, {"eval", r.evaluate}}
	for _, part := range parts {
		if err := part.do(ctx); err != nil {
			return err
		}
		if r.opt.To == part.name {
			break
		}
	}
	if err := r.modelCard(); err != nil {
		return err
	}
	r.manifest.Warnings = append(slices.Clone(r.plan.Warnings), append(r.plan.env.warnings, r.manifest.Warnings...)...)
	return r.manifest.write(r.opt.Dir)
}

// data runs the stages and writes the data set.
func (r *run) data(ctx context.Context) error {
	r.ledger = newLedger(nil, nil)
	for _, s := range r.plan.Sources {
		r.ledger.Sources = append(r.ledger.Sources, SourceAccount{Name: s.Source.Name})
	}
	var after filters.Conclusion
	input := ""
	for _, stage := range r.plan.Stages {
		sr, accounts, err := r.stage(ctx, stage, after, input)
		if err != nil {
			return err
		}
		if stage.Survey != nil {
			if after, err = sr.conclude(ctx, accounts); err != nil {
				return err
			}
			for _, w := range after.Warnings {
				r.plan.env.Warn("step %s: %s", stage.Survey.Label(), w)
			}
			r.manifest.findings(stage.Survey.Label(), after.Findings)
		}
		input, r.last = sr.dir, sr
	}
	return r.writeData(ctx)
}

// stage runs one stage over all shards, or finds it done.
func (r *run) stage(ctx context.Context, s *Stage, after filters.Conclusion, input string) (*stageRun, []*shardAccount, error) {
	begin := time.Now()
	work := filepath.Join(r.opt.Dir, "work")
	dir := filepath.Join(work, fmt.Sprintf("%02d-%s", s.Index, s.Digest[:16]))
	if err := removeOthers(work, fmt.Sprintf("%02d-", s.Index), filepath.Base(dir)); err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, atomicfile.Explain(err)
	}
	sr := &stageRun{plan: r.plan, stage: s, links: links(s, after), dir: dir, input: input, runner: r.opt.Runner, say: r.opt.Progress, opt: r.opt, workers: map[int]*stageWorker{}}
	n := len(r.plan.Shards)
	title := fmt.Sprintf("stage %d/%d  %s", s.Index+1, len(r.plan.Stages), s.Name())
	if s.Index == 0 {
		r.opt.Progress.Begin(title, r.plan.textBytes(), "B")
	} else {
		r.opt.Progress.Begin(title, r.last.rowsOut(), "rows")
	}
	if err := r.opt.Runner.MapShards(ctx, n, sr.shard); err != nil {
		return nil, nil, atomicfile.Explain(err)
	}
	accounts := make([]*shardAccount, n)
	stageLedger := newLedger(sr.sourceNames(), sr.links)
	var kept int64
	for i := range n {
		a, err := readAccount(sr.path(i, "json"))
		if err != nil {
			return nil, nil, err
		}
		accounts[i] = a
		stageLedger.merge(a.Ledger)
		kept += a.Rows
	}
	if s.Index == 0 {
		if err := writeQuarantine(filepath.Join(r.opt.Dir, "quarantine.jsonl"), accounts); err != nil {
			return nil, nil, err
		}
		if err := sr.bad.check(r.plan); err != nil {
			return nil, nil, err
		}
	}
	sr.out = kept
	r.take(stageLedger, s)
	r.opt.Progress.End(stageSummary(stageLedger, kept, time.Since(begin)))
	r.manifest.stage("data."+fmt.Sprint(s.Index), s.Name(), s.Digest, begin)
	if kept == 0 {
		return nil, nil, r.nothingLeft()
	}
	return sr, accounts, nil
}

// take adds a stage's accounts to the run's. The conclusion of a survey belongs to the survey's own entry.
func (r *run) take(l *Ledger, s *Stage) {
	for i := range l.Sources {
		a, b := &r.ledger.Sources[i], &l.Sources[i]
		a.Rows += b.Rows
		a.Bad += b.Bad
		a.Bytes += b.Bytes
		a.Out += b.Out
		a.Langs = addCounts(a.Langs, b.Langs)
	}
	r.ledger.Steps = append(r.ledger.Steps, l.Steps...)
}

// links turns a stage's steps into links, the conclusion of the survey before first.
func links(s *Stage, after filters.Conclusion) []link {
	var out []link
	if s.After != nil {
		l := link{label: s.After.Label(), name: s.After.Name, unit: filters.Whole, only: s.After.Only}
		if step, ok := after.Next.(filters.Step); ok {
			l.step = step
		}
		l.thresholds = thresholdsOf(after.Next)
		out = append(out, l)
	}
	for _, k := range s.Steps {
		out = append(out, link{label: k.Label(), name: k.Name, step: k.Params.(filters.Step), unit: k.Unit, only: k.Only, thresholds: thresholdsOf(k.Params)})
	}
	return out
}

func thresholdsOf(step any) []filters.Threshold {
	if t, ok := step.(filters.Thresholder); ok {
		return t.Thresholds()
	}
	return nil
}

func (r *stageRun) rowsOut() int64 { return r.out }

// textBytes is how much the sources hold, as far as that is known before reading: the size of their files.
func (p *Plan) textBytes() int64 {
	var n int64
	for _, s := range p.Sources {
		n += max(s.Bytes, s.Layout.Bytes)
	}
	return int64(float64(n) * p.Sample)
}

func stageSummary(l *Ledger, kept int64, took time.Duration) string {
	var b strings.Builder
	var in, dropped int64
	if len(l.Steps) > 0 {
		in = l.Steps[0].In
	} else {
		in = kept
	}
	for _, s := range l.Steps {
		dropped += s.DroppedTotal()
	}
	fmt.Fprintf(&b, "%d rows in, %d dropped, %d out, %s", in, dropped, kept, took.Round(time.Millisecond))
	return b.String()
}

// nothingLeft says which steps took the rows.
func (r *run) nothingLeft() error {
	var rows int64
	for _, s := range r.ledger.Sources {
		rows += s.Rows
	}
	if rows == 0 {
		return fmt.Errorf("the sources hold no rows: look at one with `winnow look FILE`, and at quarantine.jsonl in the run folder")
	}
	var parts []string
	for _, s := range r.ledger.Steps {
		for _, reason := range sortedKeys(s.Dropped) {
			parts = append(parts, fmt.Sprintf("%s dropped %d (%s)", s.Label, s.Dropped[reason], reason))
		}
	}
	return fmt.Errorf("no row is left of %d: %s; see the rows with `winnow look %s --dropped`", rows, strings.Join(parts, ", "), r.opt.Dir)
}

// removeOthers deletes the folders of work that begin with prefix, but for keep: they belong to an older recipe.
func removeOthers(dir, prefix, keep string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Name() != keep {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return atomicfile.Explain(err)
			}
		}
	}
	return nil
}
