package train

import (
	"iter"
	"time"

	"winnow/train/kernel"
)

// Estimate is what a run will cost, known before its first step.
type Estimate struct {
	Rows, RowsPerStep, Steps int
	Tokens                   int64         // that the run trains on
	Epochs                   float64       // passes over the data
	Parameters, Trainable    int64         // of the base; that change, adapter included
	Memory                   int64         // bytes of parameters, gradients, moments and activations
	FLOPs                    float64       // of the run
	FullFLOPs                float64       // of the same run with all parameters trained
	ScratchFLOPs             float64       // of training a model of this size anew, on 20 tokens a parameter (Hoffmann et al. 2022)
	Time, FullTime           time.Duration // at the speed measured on one part of a step
	ScratchTime              time.Duration
}

// NewEstimate readies the model as Run does, measures one part of a step and scales it to the run. The model's values stay as they are.
func NewEstimate(o Options, data Samples) (Estimate, error) {
	return estimate(o, rowSource{data}, false)
}

// NewPreferenceEstimate is NewEstimate for the objectives dpo and orpo.
func NewPreferenceEstimate(o Options, data Preferences) (Estimate, error) {
	return estimate(o, pairSource{data}, true)
}

func estimate(o Options, data source, pairs bool) (Estimate, error) {
	o, s, err := planned(o, data, pairs)
	if err != nil {
		return Estimate{}, err
	}
	if _, err := prepare(o.Model, o); err != nil {
		return Estimate{}, err
	}
	if o.Threads > 0 {
		kernel.SetThreads(o.Threads)
	}
	m := o.Model
	e := Estimate{Rows: s.rows, RowsPerStep: o.BatchRows, Steps: o.Steps, Epochs: float64(o.Steps*o.BatchRows) / float64(s.rows)}
	e.Parameters, e.Trainable = m.Parameters()
	mean := float64(s.tokens) / float64(s.rows)
	e.Tokens = int64(mean * float64(o.Steps*o.BatchRows))
	e.Memory = PeakMemory(o, max(o.MicroTokens, s.longest))
	rows := float64(o.Steps * o.BatchRows)
	forward := m.FLOPs(int(mean), false) * rows
	e.FLOPs, e.FullFLOPs = m.FLOPs(int(mean), true)*rows, 3*forward
	if o.Objective == "dpo" { // both log-probabilities of a pair come before its gradient
		e.FLOPs, e.FullFLOPs = e.FLOPs+2*forward, e.FullFLOPs+2*forward
	} else if o.Objective == "orpo" {
		e.FLOPs, e.FullFLOPs = e.FLOPs+forward, e.FullFLOPs+forward
	}
	e.ScratchFLOPs = 6 * float64(e.Parameters) * 20 * float64(e.Parameters)

	var items []item
	tokens := 0
	for i := 0; i < s.rows && i < o.BatchRows; i++ {
		it, err := data.item(i)
		if err != nil {
			return Estimate{}, err
		}
		if len(items) > 0 && tokens+it.tokens() > o.MicroTokens {
			break
		}
		items, tokens = append(items, it), tokens+it.tokens()
	}
	objective := newObjective(o)
	objective.lossGrad(m, items, objective.norm(items)) // allocates
	began := time.Now()
	objective.lossGrad(m, items, objective.norm(items))
	perToken := time.Since(began).Seconds() / float64(tokens)
	m.ZeroGrad()
	seconds := perToken * float64(e.Tokens)
	span := func(flops float64) time.Duration {
		return time.Duration(min(seconds*flops/e.FLOPs, 3e9) * float64(time.Second))
	}
	e.Time, e.FullTime, e.ScratchTime = span(e.FLOPs), span(e.FullFLOPs), span(e.ScratchFLOPs)
	return e, nil
}

// Ready makes the model trainable as Run would with these options, for a look at its size and speed before there are data. Of the options it
// needs Model and what concerns method, precision and memory.
func Ready(o Options) error {
	o.Dir = or(o.Dir, ".")
	o, err := o.withDefaults(o.Objective == "dpo" || o.Objective == "orpo")
	if err != nil {
		return err
	}
	_, err = prepare(o.Model, o)
	return err
}

// processBytes is what `winnow run` holds besides the model when it trains: the program, the tables and tokenizer of the stages before, the Go
// runtime, packed operands. The runs of examples/medical, law and finance took 80 to 125 MB more than nn.Model.Memory foresees.
const processBytes = 112 << 20

// PeakMemory estimates the largest resident size of a training process whose model is Ready, with parts of up to tokens tokens.
func PeakMemory(o Options, tokens int) int64 {
	return processBytes + o.Model.Memory(tokens, o.Memory)
}

// planned fills in all options, also those that depend on the data.
func planned(o Options, data source, pairs bool) (Options, *survey, error) {
	o, err := o.withDefaults(pairs)
	if err != nil {
		return o, nil, err
	}
	c := o.Model.Config()
	s, err := look(data, c.VocabSize, c.MaxPositions, o.Objective == "pretrain")
	if err != nil {
		return o, nil, err
	}
	return o.plan(s), s, nil
}

// Batches gives the data indices of every step in their order, as Run draws them, for an engine of another kind that is to train on the same
// batches.
func Batches(o Options, data Samples) (iter.Seq[[]int], error) {
	return batches(o, rowSource{data}, false)
}

// PreferenceBatches is Batches for the objectives dpo and orpo.
func PreferenceBatches(o Options, data Preferences) (iter.Seq[[]int], error) {
	return batches(o, pairSource{data}, true)
}

func batches(o Options, data source, pairs bool) (iter.Seq[[]int], error) {
	o, s, err := planned(o, data, pairs)
	if err != nil {
		return nil, err
	}
	if _, _, err := o.order(s); err != nil {
		return nil, err
	}
	return func(yield func([]int) bool) {
		order, _, err := o.order(s) // a fresh one for each walk
		for i := 0; err == nil && i < o.Steps && yield(order.take(o.BatchRows)); i++ {
		}
	}, nil
}
