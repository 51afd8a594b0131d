package train

import (
	"math"
	"testing"
)

// preferences over the counting task: the chosen row goes on counting, the rejected one repeats a token.
type countingPairs struct{ rows sliceSamples }

func (p countingPairs) Len() int { return len(p.rows) }
func (p countingPairs) Preference(i int) (Preference, error) {
	chosen := p.rows[i]
	chosen.Starts = nil
	rejected := chosen
	rejected.Tokens = append([]int32{}, chosen.Tokens...)
	for j := 2; j < len(rejected.Tokens); j++ {
		rejected.Tokens[j] = rejected.Tokens[1]
	}
	return Preference{Chosen: chosen, Rejected: rejected}, nil
}

// Along the gradient g the loss must change by |g|² a unit of length: central differences of the evaluated loss agree with lossGrad.
func TestObjectiveGradientsAgreeWithDifferences(t *testing.T) {
	for _, objective := range []string{"pretrain", "sft", "classify", "dpo", "orpo"} {
		m := tinyModel(t, 4)
		for _, p := range m.Params() { // away from the small initial weights, so that the loss is curved but not flat
			for i := range p.Data {
				p.Data[i] *= 4
			}
		}
		pairs := countingPairs{countingRows(4, 8)}
		var items []item
		for i := range pairs.Len() {
			p, _ := pairs.Preference(i)
			it := item{row: p.Chosen}
			if objective == "dpo" || objective == "orpo" {
				it.rejected = &p.Rejected
			}
			items = append(items, it)
		}
		o := newObjective(Options{Objective: objective, Beta: 0.3, Reference: tinyModel(t, 5)})
		m.ZeroGrad()
		o.lossGrad(m, items, o.norm(items))
		square := 0.0
		for _, p := range m.Params() {
			for _, g := range p.Grad {
				square += float64(g) * float64(g)
			}
		}
		at := func(step float64) float64 {
			for _, p := range m.Params() {
				for i, g := range p.Grad {
					p.Data[i] += float32(step) * g
				}
			}
			out, n := o.loss(m, items)
			return out.sum / n
		}
		h := 1e-3 / math.Sqrt(square)
		up, down := at(h), at(-2*h)
		if slope := (up - down) / (2 * h); math.Abs(slope-square) > 0.01*square {
			t.Errorf("%s: slope along the gradient %v, want %v", objective, slope, square)
		}
	}
}

// The adapter's own base is the reference: before the first step the margin is 0 and the loss log 2; training raises the share of pairs won.
func TestPreferenceTrainingWithTheAdapterOffAsReference(t *testing.T) {
	for _, objective := range []string{"dpo", "orpo"} {
		dir := t.TempDir()
		res, err := RunPreferences(t.Context(), Options{
			Model: tinyModel(t, 6), Objective: objective, Method: map[string]string{"dpo": "lora", "orpo": "full"}[objective], Steps: 40, BatchRows: 6, LearningRate: 1e-2, Dir: dir, EvalEvery: 20, SkipMerged: true,
		}, countingPairs{countingRows(30, 1)}, countingPairs{countingRows(10, 2)})
		if err != nil {
			t.Fatal(err)
		}
		if objective == "dpo" && math.Abs(res.FirstLoss-math.Ln2) > 1e-6 {
			t.Errorf("first loss %v, want log 2", res.FirstLoss)
		}
		lines := readMetrics(t, dir)
		if last := lines[len(lines)-1]; last.EvalWon == nil || *last.EvalWon < 0.9 || last.Won == nil {
			t.Errorf("%s: pairs won: %v, %v", objective, last.EvalWon, *last.EvalWon)
		}
		if !(res.EvalAfter < res.EvalBefore) || (objective == "dpo") != (res.Merged == "") {
			t.Errorf("%+v", res)
		}
	}
}

// A row's weight scales its share of the gradient, also when it is the only row of a step.
func TestRowWeightsScaleTheGradient(t *testing.T) {
	m, row := tinyModel(t, 4), countingRows(1, 3)[0]
	norm := func(weight float32) float64 {
		row.Weight = weight
		items := []item{{row: row}}
		o := nextToken{}
		m.ZeroGrad()
		o.lossGrad(m, items, o.norm(items))
		return NewAdamW(m.Params(), 0.9, 0.95, 1e-8, 0, 1).GradNorm()
	}
	if one, three := norm(1), norm(3); math.Abs(three-3*one) > 1e-5*three {
		t.Errorf("gradient norms %v and %v", one, three)
	}
}

// Labels are single tokens behind a prompt; the accuracy counts the likeliest label.
func TestClassificationReportsAccuracy(t *testing.T) {
	var rows sliceSamples
	for i := range 40 {
		label := int32(10 + i%2)
		rows = append(rows, Sample{Tokens: []int32{1, int32(20 + i%2), int32(30 + i%7), label}, Labels: []bool{false, false, false, true}})
	}
	dir := t.TempDir()
	if _, err := Run(t.Context(), Options{Model: tinyModel(t, 1), Objective: "classify", Method: "full", Steps: 40, BatchRows: 8, LearningRate: 1e-2, Dir: dir}, rows[:30], rows[30:]); err != nil {
		t.Fatal(err)
	}
	lines := readMetrics(t, dir)
	first, last := lines[0].EvalAccuracy, lines[len(lines)-1].EvalAccuracy
	if first == nil || last == nil || *last < 0.99 {
		t.Fatalf("accuracy %v → %v", first, last)
	}
	if right, of := classify(tinyModel(t, 1), Sample{Tokens: []int32{1, 2, 10, 1, 3, 11}, Starts: []int32{0, 3}, Labels: []bool{false, false, true, false, false, true}}, []int32{10, 11}); of != 2 || right > 2 {
		t.Errorf("%d of %d", right, of)
	}
}
