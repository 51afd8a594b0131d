package train

import (
	"math"

	"winnow/train/nn"
)

// objective is what a step minimises. A step's items are cut into parts that fit in memory; norm, known before the first part runs, makes
// the parts' gradients add up to that of the whole step.
type objective interface {
	// norm is what the step's loss is divided by: labelled tokens, or pairs.
	norm(items []item) float64
	// lossGrad adds the gradient of sum/norm over one part to the model and returns the part's sum.
	lossGrad(m *nn.Model, part []item, norm float64) outcome
	// loss is the same without gradients or row weights, for evaluation; n is what sum is to be divided by.
	loss(m *nn.Model, part []item) (o outcome, n float64)
}

// outcome is the summed loss of some items and, for pairs, how many were won: the chosen answer got the higher reward (dpo) or odds (orpo).
type outcome struct{ sum, won float64 }

func (o *outcome) add(p outcome) { o.sum += p.sum; o.won += p.won }

func newObjective(o Options) objective {
	switch o.Objective {
	case "dpo":
		return dpo{beta: o.Beta, reference: o.Reference}
	case "orpo":
		return orpo{lambda: o.Beta}
	}
	return nextToken{all: o.Objective == "pretrain"}
}

// nextToken is cross-entropy of the labelled tokens (pretrain: of all). A row's weight multiplies its tokens' losses; the divisor stays the
// plain count, else a step of few rows would cancel the weights.
type nextToken struct{ all bool }

func (t nextToken) norm(items []item) float64 {
	n := 0
	for _, it := range items {
		n += it.row.labelled(t.all)
	}
	return float64(n)
}

func (t nextToken) lossGrad(m *nn.Model, part []item, norm float64) outcome {
	sum, _ := m.LossGrad(join(rowsOf(part), t.all), float32(1/norm))
	return outcome{sum: sum}
}

func (t nextToken) loss(m *nn.Model, part []item) (outcome, float64) {
	b := join(rowsOf(part), t.all)
	b.Weights = nil
	sum, n := m.Loss(b)
	return outcome{sum: sum}, n
}

// dpo is direct preference optimisation (Rafailov et al. 2023): -log σ(β·((log π(c) - log π(r)) - (log ref(c) - log ref(r)))), averaged over
// pairs. reference nil is the model itself with its adapter off, so no second copy of the weights is held.
type dpo struct {
	beta      float64
	reference *nn.Model
}

func (d dpo) norm(items []item) float64 { return float64(len(items)) }

func (d dpo) lossGrad(m *nn.Model, part []item, norm float64) outcome {
	b := join(rowsOf(part), false)
	b.Weights = nil
	margins := d.margins(m, b, part)
	var o outcome
	coefficients := make([]float64, 0, 2*len(part))
	for i, it := range part {
		w := float64(it.row.weight())
		o.add(d.score(margins[i], w))
		g := w * d.beta * sigmoid(-d.beta*margins[i]) // -∂loss/∂log π(c) = ∂loss/∂log π(r)
		coefficients = append(coefficients, g, -g)
	}
	b.Weights = spread(part, coefficients)
	m.LossGrad(b, float32(1/norm))
	return o
}

func (d dpo) loss(m *nn.Model, part []item) (outcome, float64) {
	b := join(rowsOf(part), false)
	b.Weights = nil
	var o outcome
	for _, margin := range d.margins(m, b, part) {
		o.add(d.score(margin, 1))
	}
	return o, float64(len(part))
}

func (d dpo) score(margin, weight float64) outcome {
	o := outcome{sum: weight * softplus(-d.beta*margin)}
	if margin > 0 {
		o.won = 1
	}
	return o
}

// margins gives each pair's (log π(c) - log π(r)) - (log ref(c) - log ref(r)).
func (d dpo) margins(m *nn.Model, b nn.Batch, part []item) []float64 {
	policy := rowSums(m.TokenLogProbs(b), b, part)
	reference := d.reference
	if reference == nil {
		reference = m
		m.SetAdapter(false)
		defer m.SetAdapter(true)
	}
	ref := rowSums(reference.TokenLogProbs(b), b, part)
	out := make([]float64, len(part))
	for i := range out {
		out[i] = (policy[2*i].sum - policy[2*i+1].sum) - (ref[2*i].sum - ref[2*i+1].sum)
	}
	return out
}

// orpo is odds-ratio preference optimisation (Hong et al. 2024): the chosen answer's mean cross-entropy plus λ·-log σ(log odds(c) - log
// odds(r)), where odds = p/(1-p) of the mean log-probability a token. It needs no reference.
type orpo struct{ lambda float64 }

func (r orpo) norm(items []item) float64 { return float64(len(items)) }

func (r orpo) lossGrad(m *nn.Model, part []item, norm float64) outcome {
	o, b, coefficients := r.pairs(m, part, true)
	b.Weights = spread(part, coefficients)
	m.LossGrad(b, float32(1/norm))
	return o
}

func (r orpo) loss(m *nn.Model, part []item) (outcome, float64) {
	o, _, _ := r.pairs(m, part, false)
	return o, float64(len(part))
}

func (r orpo) pairs(m *nn.Model, part []item, weighted bool) (o outcome, b nn.Batch, coefficients []float64) {
	b = join(rowsOf(part), false)
	b.Weights = nil
	sums := rowSums(m.TokenLogProbs(b), b, part)
	for i, it := range part {
		w := 1.0
		if weighted {
			w = float64(it.row.weight())
		}
		c, j := sums[2*i], sums[2*i+1]
		ac, aj := c.sum/c.n, j.sum/j.n
		oc, oj := 1-math.Exp(min(ac, -1e-6)), 1-math.Exp(min(aj, -1e-6)) // 1-p, kept off 0
		ratio := (ac - math.Log(oc)) - (aj - math.Log(oj))
		o.sum += w * (-ac + r.lambda*softplus(-ratio))
		if ratio > 0 {
			o.won++
		}
		g := r.lambda * sigmoid(-ratio)
		coefficients = append(coefficients, w*(1+g/oc)/c.n, -w*g/oj/j.n)
	}
	return o, b, coefficients
}

// rowsOf lists the rows of a part: one an item, or chosen and rejected.
func rowsOf(part []item) []Sample {
	out := make([]Sample, 0, 2*len(part))
	for _, it := range part {
		out = append(out, it.row)
		if it.rejected != nil {
			out = append(out, *it.rejected)
		}
	}
	return out
}

type rowSum struct{ sum, n float64 }

// rowSums adds up the log-probabilities of each row's labelled tokens.
func rowSums(logProbs []float32, b nn.Batch, part []item) []rowSum {
	var out []rowSum
	at := 0
	for _, r := range rowsOf(part) {
		var s rowSum
		for range r.Tokens {
			if b.Targets[at] != ignored {
				s.sum += float64(logProbs[at])
				s.n++
			}
			at++
		}
		out = append(out, s)
	}
	return out
}

// spread repeats each row's coefficient over its tokens.
func spread(part []item, coefficients []float64) []float32 {
	var out []float32
	for i, r := range rowsOf(part) {
		for range r.Tokens {
			out = append(out, float32(coefficients[i]))
		}
	}
	return out
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softplus is log(1+eˣ) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// parts cuts items into runs of at most limit tokens; an item above the limit is a part of its own.
func parts(items []item, limit int) [][]item {
	var out [][]item
	from, tokens := 0, 0
	for i, it := range items {
		if i > from && tokens+it.tokens() > limit {
			out = append(out, items[from:i])
			from, tokens = i, 0
		}
		tokens += it.tokens()
	}
	return append(out, items[from:])
}
