package train

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// step draws the next rows, adds up their gradients part by part, updates the parameters and writes the metrics. It changes the run's state
// only when it succeeds.
func (r *run) step() error {
	began := time.Now()
	n := r.Step + 1
	rows := r.order.take(r.BatchRows)
	items, tokens, err := r.load(rows)
	if err != nil {
		return fmt.Errorf("step %d: %w", n, err)
	}
	if err := r.engine.begin(n); err != nil {
		return err
	}
	norm := r.objective.norm(items)
	var o outcome
	for some := range slices.Chunk(parts(items, r.MicroTokens), r.engine.parallel()) {
		if err := r.ctx.Err(); err != nil { // a long step ends between its parts; it is repeated from its start
			return err
		}
		p, err := r.engine.gradient(some, norm)
		if err != nil {
			return fmt.Errorf("step %d: %w", n, err)
		}
		o.add(p)
	}
	gradNorm, err := r.engine.gradNorm()
	if err != nil {
		return fmt.Errorf("step %d: %w", n, err)
	}
	loss, rate := o.sum/norm, r.schedule.At(n)
	if err := r.guard(n, loss, gradNorm, items); err != nil {
		return err
	}
	if err := r.engine.update(n, rate, gradNorm); err != nil {
		return fmt.Errorf("step %d: %w", n, err)
	}

	r.Step, r.LastLoss = n, loss
	r.Tokens += int64(tokens)
	if n == 1 {
		r.FirstLoss = loss
	}
	speed := float64(tokens) / max(time.Since(began).Seconds(), 1e-9)
	m := Metrics{Step: n, Loss: &loss, LearningRate: &rate, GradNorm: &gradNorm, Tokens: r.Tokens, TokensPerSec: speed, Memory: residentBytes()}
	if items[0].rejected != nil {
		won := o.won / float64(len(items))
		m.Won = &won
	}
	evalLoss := math.NaN()
	if r.validation != nil && (n%r.EvalEvery == 0 || n == r.Steps) {
		e, err := r.evaluate()
		if err != nil {
			return err
		}
		evalLoss = e.loss
		e.report(&m)
		if err := r.judge(e.loss); err != nil {
			return err
		}
	}
	if r.shares.add(rows); r.shares.steps == r.window || n == r.Steps {
		m.Window, m.Groups = r.shares.take()
	}
	if err := r.logs.write(m); err != nil {
		return err
	}
	elapsed := time.Since(r.began)
	r.Progress(Progress{
		Step: n, Total: r.Steps, Loss: loss, EvalLoss: evalLoss, LearningRate: rate, GradNorm: gradNorm, TokensPerSecond: speed, Elapsed: elapsed,
		Left: elapsed / time.Duration(n-r.resumed) * time.Duration(r.Steps-n),
	})
	return nil
}

func (r *run) load(rows []int) (items []item, tokens int, err error) {
	items = make([]item, len(rows))
	for i, row := range rows {
		if items[i], err = r.data.item(row); err != nil {
			return nil, 0, fmt.Errorf("row %d: %w", row, err)
		}
		tokens += items[i].tokens()
	}
	return items, tokens, nil
}

// A run that diverges without reaching infinity is stopped when its loss stays above divergedAt times a uniform guess's (log of the
// vocabulary; for pairs log 2) for divergedSteps steps, having begun below that.
const (
	divergedAt    = 2
	divergedSteps = 5
)

// guard stops the run before a step that is not finite reaches the parameters, or when the loss has clearly diverged.
func (r *run) guard(step int, loss, gradNorm float64, items []item) error {
	if !finite(loss) || !finite(gradNorm) {
		return fmt.Errorf("step %d: loss %v, gradient norm %v; the batch holds rows %s%s. The parameters are still those of step %d. Lower the learning rate (now %.3g), or look at these rows",
			step, loss, gradNorm, batchRows(items), r.firstNonFinite(), step-1, r.schedule.At(step))
	}
	guess := math.Log(float64(r.Model.Config().VocabSize))
	if items[0].rejected != nil {
		guess = math.Ln2
		if r.Objective == "orpo" {
			guess += math.Log(float64(r.Model.Config().VocabSize))
		}
	}
	limit := divergedAt * guess
	if loss > limit && (step == 1 || r.FirstLoss <= limit) && step > 1 {
		r.High++
	} else {
		r.High = 0
	}
	if r.High >= divergedSteps {
		return fmt.Errorf("step %d: the loss has risen from %.3g to %.3g and stayed above %.3g for %d steps (a uniform guess has %.3g): training diverged. Lower the learning rate (now %.3g), or warm up for longer",
			step, r.FirstLoss, loss, limit, r.High, guess, r.schedule.At(step))
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// firstNonFinite names the first parameter whose gradient is not finite, for the message.
func (r *run) firstNonFinite() string {
	if name := r.engine.nonFinite(); name != "" {
		return ", and the gradient of " + name + " is the first that is not finite"
	}
	return ""
}

// batchRows names the rows of a batch by id, up to 20.
func batchRows(items []item) string {
	var ids []string
	for i, it := range items {
		if len(it.row.Rows) == 0 {
			ids = append(ids, fmt.Sprintf("(unnamed row %d of the batch)", i))
		}
		ids = append(ids, it.row.Rows...)
	}
	if len(ids) > 20 {
		return fmt.Sprintf("%q and %d more", ids[:20], len(ids)-20)
	}
	return fmt.Sprintf("%q", ids)
}

// judge keeps the parameters if this evaluation is the best so far, and decides on stopping early.
func (r *run) judge(loss float64) error {
	if r.BestEval == nil || loss < *r.BestEval {
		r.BestEval, r.BestStep, r.Worse = &loss, r.Step, 0
		return saveBest(r.checkpoints(), r.Step, r.engine)
	}
	r.Worse++
	if r.Patience > 0 && r.Worse >= r.Patience {
		r.Stopped = fmt.Sprintf("stopped early at step %d: %d evaluations without improvement on the loss %.4f of step %d", r.Step, r.Worse, *r.BestEval, r.BestStep)
	}
	return nil
}
