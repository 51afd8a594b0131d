package train

import (
	"context"
	"errors"
	"path/filepath"

	"winnow/train/nn"
	"winnow/train/weights"
)

// engine does the arithmetic of a run on its parameters. What is drawn when, at which rate, and what is logged, judged and kept is the run's, so
// every engine trains on the same batches and leaves the same folders.
type engine interface {
	// name says what does the arithmetic, and on what.
	name() string
	// parallel is how many parts gradient and loss take on at once.
	parallel() int
	// begin clears the gradients for a step, counted from 1.
	begin(step int) error
	// gradient adds the gradient of sum/norm over at most parallel parts and returns their sum.
	gradient(parts [][]item, norm float64) (outcome, error)
	// gradNorm is the global norm of what gradient has added up.
	gradNorm() (float64, error)
	// nonFinite names the first parameter whose gradient is not finite, "" if there is none.
	nonFinite() string
	// update changes the parameters by the gradients, whose norm is given, at a learning rate.
	update(step int, rate, norm float64) error
	// loss sums the objective over at most parallel parts, without row weights and dropout.
	loss(parts [][]item) (outcome, error)
	// classified counts the documents whose label's first token is the likeliest among the candidates.
	classified(parts [][]item, candidates []int32) (right, of int, err error)
	// saveParams and saveMoments write what trains, and the optimiser's state of it, as restore reads them.
	saveParams(path string) error
	saveMoments(path string) error
	// restore goes back to the checkpoint of a step in a folder; a damaged one changes nothing.
	restore(dir string, step int) error
	// conclude leaves the parameters in the run's model.
	conclude() error
	close() error
}

func newEngine(ctx context.Context, o Options, params []*nn.Param) (engine, error) {
	if o.Torch != nil {
		return newRemote(ctx, o, params)
	}
	return newNative(o, params), nil
}

// native is the engine of packages nn and kernel.
type native struct {
	model     *nn.Model
	params    []*nn.Param
	objective objective
	optimiser *AdamW
}

func newNative(o Options, params []*nn.Param) *native {
	return &native{model: o.Model, params: params, objective: newObjective(o), optimiser: NewAdamW(params, o.Beta1, o.Beta2, o.Eps, o.WeightDecay, o.Clip)}
}

func (e *native) name() string { return "winnow on CPU" }

func (e *native) parallel() int { return 1 }

func (e *native) begin(step int) error {
	e.model.SetStep(uint64(step))
	e.model.ZeroGrad()
	return nil
}

func (e *native) gradient(parts [][]item, norm float64) (outcome, error) {
	return e.objective.lossGrad(e.model, parts[0], norm), nil
}

func (e *native) gradNorm() (float64, error) { return e.optimiser.GradNorm(), nil }

func (e *native) nonFinite() string {
	for _, p := range e.params {
		for _, g := range p.Grad {
			if !finite(float64(g)) {
				return p.Name
			}
		}
	}
	return ""
}

func (e *native) update(step int, rate, norm float64) error {
	e.optimiser.Step(step, rate, norm)
	return nil
}

func (e *native) loss(parts [][]item) (outcome, error) {
	o, _ := e.objective.loss(e.model, parts[0])
	return o, nil
}

func (e *native) classified(parts [][]item, candidates []int32) (right, of int, err error) {
	for _, it := range parts[0] {
		r, n := classify(e.model, it.row, candidates)
		right, of = right+r, of+n
	}
	return right, of, nil
}

func (e *native) saveParams(path string) error {
	return weights.Write(path, paramSources(e.params), weights.F32)
}

func (e *native) saveMoments(path string) error {
	moments := make([]weights.Source, 0, 2*len(e.params))
	for i, p := range e.params {
		moments = append(moments, weights.FromSlice("m/"+p.Name, p.Shape, e.optimiser.m[i]), weights.FromSlice("v/"+p.Name, p.Shape, e.optimiser.v[i]))
	}
	return weights.Write(path, moments, weights.F32)
}

func (e *native) restore(dir string, _ int) error {
	params, err := readAll(filepath.Join(dir, paramsFile), "", e.params)
	m, err2 := readAll(filepath.Join(dir, momentsFile), "m/", e.params)
	v, err3 := readAll(filepath.Join(dir, momentsFile), "v/", e.params)
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	setParams(e.params, params)
	e.optimiser.m, e.optimiser.v = m, v
	return nil
}

func (e *native) conclude() error { return nil }

func (e *native) close() error { return nil }
