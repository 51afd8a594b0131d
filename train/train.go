// Package train fine-tunes a model: batches, objective, optimiser, schedule, checkpoints, metrics. It knows rows of token ids (Samples), not
// recipes or tokenizers. Start at [Run] (and [RunPreferences] for pairs); a step is run.step, and each of the words above has its own file.
//
// A run's result depends on its Options, the model and the data alone: not on threads, nor on being stopped, killed and started again.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"winnow/train/kernel"
	"winnow/train/nn"
	"winnow/train/weights"
)

// Result says how a run ended. The model holds the weights that were kept: the best evaluation's when there is validation data, else the
// last step's.
type Result struct {
	Steps      int           // done in all, over every start
	Tokens     int64         // trained on
	FirstLoss  float64       // of step 1
	LastLoss   float64       // of the last step
	EvalBefore float64       // validation loss before training; NaN without validation data
	EvalAfter  float64       // of the weights kept; NaN without validation data
	BestStep   int           // step of the weights kept
	Stopped    string        // why the run ended before its last step, "" if it did not
	Resumed    int           // step that this start went on from, 0 for a fresh run
	Time       time.Duration // training time over all starts
	Adapter    string        // folder of the PEFT adapter, "" unless method lora
	Merged     string        // folder of the whole model, "" if skipped
	Engine     string        // what did the arithmetic, and on what
}

// Progress reports one finished step.
type Progress struct {
	Step, Total     int
	Loss            float64 // a labelled token's, or a pair's, before the step's update
	EvalLoss        float64 // NaN when the step had no evaluation
	LearningRate    float64
	GradNorm        float64
	TokensPerSecond float64
	Elapsed, Left   time.Duration
}

// Run trains o.Model on rows and writes adapter and model under o.Dir. validation may be nil. A run with the same options, model and data
// that was stopped goes on from its last checkpoint and ends with the same bytes as an unstopped one. When ctx ends, a checkpoint is written
// and an error that wraps ctx's cause is returned.
func Run(ctx context.Context, o Options, data, validation Samples) (Result, error) {
	var v source
	if validation != nil && validation.Len() > 0 {
		v = rowSource{validation}
	}
	return start(ctx, o, rowSource{data}, v, false)
}

// RunPreferences is Run for the objectives dpo and orpo.
func RunPreferences(ctx context.Context, o Options, data, validation Preferences) (Result, error) {
	var v source
	if validation != nil && validation.Len() > 0 {
		v = pairSource{validation}
	}
	return start(ctx, o, pairSource{data}, v, true)
}

// run is a training run in progress.
type run struct {
	Options
	state
	ctx              context.Context
	data, validation source
	survey           *survey
	params           []*nn.Param
	objective        objective
	engine           engine
	schedule         Schedule
	order            *order
	shares           *shares
	window           int // steps that a window of shares covers
	logs             *logs
	candidates       []int32 // classify: first tokens of the labels
	began            time.Time
	before           float64 // training seconds of earlier starts
	resumed          int
}

func start(ctx context.Context, o Options, data, validation source, pairs bool) (Result, error) {
	r, err := newRun(ctx, o, data, validation, pairs)
	if err != nil {
		return Result{}, fmt.Errorf("train: %w", err)
	}
	err = r.train()
	if err == nil {
		err = r.finish()
	}
	if err = errors.Join(err, r.engine.close(), r.logs.close()); err != nil {
		return r.result(), fmt.Errorf("train: %w", err)
	}
	return r.result(), nil
}

// newRun checks options and data, readies the model and goes back to the last checkpoint.
func newRun(ctx context.Context, o Options, data, validation source, pairs bool) (*run, error) {
	o, s, err := planned(o, data, pairs)
	if err != nil {
		return nil, err
	}
	if o.Threads > 0 {
		kernel.SetThreads(o.Threads)
	}
	var vs *survey
	if validation != nil {
		c := o.Model.Config()
		if vs, err = look(validation, c.VocabSize, c.MaxPositions, o.Objective == "pretrain"); err != nil {
			return nil, fmt.Errorf("validation data: %w", err)
		}
	}
	order, window, err := o.order(s)
	if err != nil {
		return nil, err
	}
	if err := o.schedule().check(); err != nil {
		return nil, err
	}
	params, err := prepare(o.Model, o)
	if err != nil {
		return nil, err
	}
	settings := o.settings(s, vs)
	engine, err := newEngine(ctx, o, params)
	if err != nil {
		return nil, err
	}
	r := &run{
		Options: o, ctx: ctx, data: data, validation: validation, survey: s, params: params, objective: newObjective(o), schedule: o.schedule(),
		engine: engine, order: order, shares: newShares(s.columns), window: window,
	}
	if o.Objective == "classify" {
		if r.candidates, err = firstLabels(data); err != nil {
			return nil, errors.Join(err, engine.close())
		}
	}
	if err := r.goBack(settings); err != nil {
		return nil, errors.Join(err, r.engine.close())
	}
	return r, nil
}

// order lays out the sequence of rows and says how many steps a window of it covers.
func (o Options) order(s *survey) (*order, int, error) {
	groups, err := s.strata(o.Balance, o.BalanceMode, o.BalanceShares)
	if err != nil {
		return nil, 0, err
	}
	window := o.BalanceWindow
	switch equal := o.BalanceMode == "equal" && o.BalanceShares == nil; {
	case window > 0:
	case len(groups) == 1:
		window = 10
	case equal:
		window = len(groups) / gcd(len(groups), o.BatchRows)
	default:
		least := 1.0
		for _, g := range groups {
			least = min(least, g.share)
		}
		window = int(math.Ceil(1 / (least * float64(o.BatchRows))))
	}
	for _, g := range groups {
		if seen := g.share * float64(o.Steps*o.BatchRows) / float64(len(g.rows)); len(groups) > 1 && seen > 4 {
			o.Notice(fmt.Sprintf("balance: group %q has %d rows, each will be seen %.1f times; beyond about four times a row teaches little (Muennighoff et al. 2023)", g.name, len(g.rows), seen))
		}
	}
	return newOrder(o.Seed, groups, window*o.BatchRows, o.Sequential), window, nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (r *run) checkpoints() string { return filepath.Join(r.Dir, "checkpoints") }

// goBack loads the newest checkpoint of this very run and opens the logs at its place, or begins anew.
func (r *run) goBack(settings map[string]string) error {
	s, found, differs, err := resume(r.checkpoints(), settings, r.engine, r.Notice)
	if err != nil {
		return fmt.Errorf("look for checkpoints: %w", err)
	}
	if len(differs) > 0 {
		aside := r.checkpoints() + "-before"
		r.Notice(fmt.Sprintf("the checkpoints in %s belong to another run (%s); they are kept in %s and training begins anew", r.checkpoints(), differs[0], aside))
		if err := errors.Join(os.RemoveAll(aside), os.Rename(r.checkpoints(), aside)); err != nil {
			return fmt.Errorf("put another run's checkpoints aside: %w", err)
		}
	}
	r.state = s
	r.Settings = settings
	if found {
		r.resumed, r.before = s.Step, s.Seconds
		for range s.Step { // the same draws again, without reading a row
			r.shares.add(r.order.take(r.BatchRows))
			if r.shares.steps == r.window {
				r.shares.take()
			}
		}
	}
	if r.logs, err = openLogs(r.Logs, s.MetricsBytes, s.EventBytes); err != nil {
		return err
	}
	if r.Dir == "" || found {
		return nil
	}
	return os.MkdirAll(r.checkpoints(), 0o755)
}

// train runs the steps that are left.
func (r *run) train() error {
	r.began = time.Now()
	if r.Step == 0 && r.validation != nil && r.BaseEval == nil {
		e, err := r.evaluate()
		if err != nil {
			return err
		}
		r.BaseEval = &e.loss
		m := Metrics{Memory: residentBytes()}
		e.report(&m)
		if err := r.logs.write(m); err != nil {
			return err
		}
	}
	saved := r.Step
	for r.Step < r.Steps && r.Stopped == "" {
		if r.ctx.Err() != nil {
			return r.interrupted(saved)
		}
		if err := r.step(); err != nil {
			if r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()) {
				return r.interrupted(saved)
			}
			return err
		}
		if r.Step%r.CheckpointEvery == 0 || r.Step == r.Steps || r.Stopped != "" {
			if err := r.checkpoint(); err != nil {
				return err
			}
			saved = r.Step
		}
	}
	return nil
}

func (r *run) interrupted(saved int) error {
	if saved != r.Step {
		if err := r.checkpoint(); err != nil {
			return err
		}
	}
	return fmt.Errorf("stopped after step %d of %d; start again to go on: %w", r.Step, r.Steps, context.Cause(r.ctx))
}

func (r *run) checkpoint() error {
	var err error
	if r.MetricsBytes, r.EventBytes, err = r.logs.sizes(); err != nil {
		return err
	}
	r.Seconds = r.before + time.Since(r.began).Seconds()
	return saveCheckpoint(r.checkpoints(), r.state, r.engine)
}

// finish keeps the best weights and writes adapter and model.
func (r *run) finish() error {
	if err := r.engine.conclude(); err != nil {
		return err
	}
	r.Model.SetBF16(false) // the run is over; its model is used in float32
	if r.BestEval != nil && r.BestStep < r.Step {
		if err := loadBest(r.checkpoints(), r.BestStep, r.params); err != nil {
			return err
		}
	}
	var lora *nn.LoRAConfig
	if r.Method == "lora" {
		lora = r.adapterConfig()
		if err := weights.WriteAdapter(r.adapterDir(), r.Model, *lora, r.Base); err != nil {
			return err
		}
	}
	if r.SkipMerged && r.Method == "lora" {
		return nil
	}
	return weights.Save(r.mergedDir(), r.Model, weights.SaveOptions{DType: r.SaveDType, LoRA: lora, Tokenizer: r.Tokenizer})
}

func (r *run) adapterConfig() *nn.LoRAConfig {
	if r.AdapterConfig != nil {
		return r.AdapterConfig
	}
	return &r.LoRA
}

func (r *run) adapterDir() string { return filepath.Join(r.Dir, "adapter") }
func (r *run) mergedDir() string  { return filepath.Join(r.Dir, "merged") }

func (r *run) result() Result {
	out := Result{
		Steps: r.Step, Tokens: r.Tokens, FirstLoss: r.FirstLoss, LastLoss: r.LastLoss, EvalBefore: math.NaN(), EvalAfter: math.NaN(), BestStep: r.Step,
		Stopped: r.Stopped, Resumed: r.resumed, Engine: r.engine.name(), Time: time.Duration((r.before + time.Since(r.began).Seconds()) * float64(time.Second)),
	}
	if r.BaseEval != nil {
		out.EvalBefore = *r.BaseEval
	}
	if r.BestEval != nil {
		out.EvalAfter, out.BestStep = *r.BestEval, r.BestStep
	}
	if r.Method == "lora" {
		out.Adapter = r.adapterDir()
	}
	if !r.SkipMerged || r.Method != "lora" {
		out.Merged = r.mergedDir()
	}
	return out
}
