package train

import (
	"fmt"
	"slices"

	"winnow/train/nn"
)

// evaluation is one pass over the validation data.
type evaluation struct {
	loss     float64 // a labelled token's, or a pair's
	won      *float64
	accuracy *float64
}

func (e evaluation) report(m *Metrics) {
	m.EvalLoss, m.EvalWon, m.EvalAccuracy = &e.loss, e.won, e.accuracy
}

// evalChunk is how many rows an evaluation holds at once.
const evalChunk = 256

// evaluate measures the objective on the validation data, without dropout and row weights.
func (r *run) evaluate() (evaluation, error) {
	var total outcome
	var n, right, labels float64
	for from := 0; from < r.validation.Len(); from += evalChunk {
		var items []item
		for i := from; i < min(from+evalChunk, r.validation.Len()); i++ {
			it, err := r.validation.item(i)
			if err != nil {
				return evaluation{}, fmt.Errorf("validation row %d: %w", i, err)
			}
			items = append(items, it)
		}
		n += r.objective.norm(items)
		for some := range slices.Chunk(parts(items, r.MicroTokens), r.engine.parallel()) {
			if err := r.ctx.Err(); err != nil {
				return evaluation{}, err
			}
			o, err := r.engine.loss(some)
			if err != nil {
				return evaluation{}, fmt.Errorf("validation rows %d to %d: %w", from, from+len(items)-1, err)
			}
			total.add(o)
			if r.candidates == nil {
				continue
			}
			hit, of, err := r.engine.classified(some, r.candidates)
			if err != nil {
				return evaluation{}, fmt.Errorf("validation rows %d to %d: %w", from, from+len(items)-1, err)
			}
			right, labels = right+float64(hit), labels+float64(of)
		}
	}
	e := evaluation{loss: total.sum / n}
	if !finite(e.loss) {
		return e, fmt.Errorf("step %d: the loss on the validation data is %v: training diverged, lower the learning rate (now %.3g)", r.Step, e.loss, r.schedule.At(max(r.Step, 1)))
	}
	if r.candidates == nil && (r.Objective == "dpo" || r.Objective == "orpo") {
		won := total.won / n
		e.won = &won
	}
	if labels > 0 {
		accuracy := right / labels
		e.accuracy = &accuracy
	}
	return e, nil
}

// firstLabels collects the tokens that labels begin with: the first labelled token of each document. They are what a classifier decides
// between, so labels should differ in their first token.
func firstLabels(data source) ([]int32, error) {
	seen := map[int32]bool{}
	for i := range data.Len() {
		it, err := data.item(i)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		for _, d := range labelledDocuments(it.row) {
			seen[it.row.Tokens[d.label]] = true
		}
	}
	out := make([]int32, 0, len(seen))
	for id := range seen {
		out = append(out, id)
	}
	slices.Sort(out)
	return out, nil
}

type labelledDocument struct{ from, label int }

// labelledDocuments finds each document's start and first labelled token.
func labelledDocuments(s Sample) []labelledDocument {
	var out []labelledDocument
	starts := s.starts()
	for i, from := range starts {
		to := len(s.Tokens)
		if i+1 < len(starts) {
			to = int(starts[i+1])
		}
		for t := int(from) + 1; t < to; t++ {
			if s.Labels == nil || s.Labels[t] {
				out = append(out, labelledDocument{int(from), t})
				break
			}
		}
	}
	return out
}

// classify counts the documents of a row whose label's first token is the likeliest among the candidates.
func classify(m *nn.Model, s Sample, candidates []int32) (right, of int) {
	for _, d := range labelledDocuments(s) {
		logits := m.Decode(m.NewCache(d.label-d.from), s.Tokens[d.from:d.label])
		best := candidates[0]
		for _, c := range candidates {
			if logits[c] > logits[best] {
				best = c
			}
		}
		if best == s.Tokens[d.label] {
			right++
		}
		of++
	}
	return right, of
}
