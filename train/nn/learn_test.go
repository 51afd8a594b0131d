package nn

import (
	"math"
	"testing"

	"winnow/train/kernel"
)

// countingBatch is text a model can learn: documents that count upwards in steps of stride through the vocabulary.
func countingBatch(c Config, step, stride int) Batch {
	var b Batch
	for d := range 2 {
		b.Starts = append(b.Starts, int32(len(b.Tokens)))
		at := int(mix(uint64(step*2+d)) % uint64(c.VocabSize))
		for range 24 {
			b.Tokens = append(b.Tokens, int32(at))
			at = (at + stride) % c.VocabSize
			b.Targets = append(b.Targets, int32(at))
		}
	}
	return b
}

// trainCounting does steps of AdamW and returns the mean loss of each.
func trainCounting(m *Model, steps, stride int, lr float32) (losses []float64) {
	params := m.trainable()
	moments := make([][2][]float32, len(params))
	for i, p := range params {
		moments[i] = [2][]float32{make([]float32, p.Len()), make([]float32, p.Len())}
	}
	for step := range steps {
		b := countingBatch(m.cfg, step, stride)
		n := float64(len(b.Tokens))
		m.SetStep(uint64(step))
		m.ZeroGrad()
		sum, _ := m.LossGrad(b, float32(1/n))
		losses = append(losses, sum/n)
		for i, p := range params {
			kernel.AdamW(p.Data, p.Grad, moments[i][0], moments[i][1], lr, 0.9, 0.95, 1e-8, 0, step+1)
		}
	}
	return losses
}

// TestLearns trains a model from scratch to count, then adapters on top of it, with the base in float32 and in bf16, to count otherwise. The
// two curves must stay within 1 % over 200 steps.
func TestLearns(t *testing.T) {
	c := Config{Architecture: "llama", VocabSize: 64, HiddenSize: 48, IntermediateSize: 96, Layers: 2, Heads: 4, KVHeads: 2, TieEmbeddings: true}
	base, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	base.Init(5)
	losses := trainCounting(base, 200, 1, 3e-3)
	if first, last := losses[0], losses[len(losses)-1]; math.Abs(first-math.Log(64)) > 0.2 || last > 0.1 {
		t.Fatalf("training from scratch went from %.3f (chance is %.3f) to %.3f nats a token; counting should be learnt", first, math.Log(64), last)
	}
	var curves [2][]float64
	for i := range curves {
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		for j, p := range m.Params() {
			copy(p.Data, base.Params()[j].Data)
		}
		if err := m.AddLoRA(LoRAConfig{Rank: 8, Alpha: 16, Dropout: 0.05, Seed: 2}); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			m.StoreBF16()
		}
		curves[i] = trainCounting(m, 200, 3, 2e-3)
	}
	if first, last := curves[0][0], curves[0][199]; last > first/2 {
		t.Errorf("LoRA went from %.3f to %.3f nats a token", first, last)
	}
	var sums [2]float64
	for step := range curves[0] {
		for i := range curves {
			sums[i] += curves[i][step]
		}
		if step%20 != 19 {
			continue
		}
		if math.Abs(sums[1]-sums[0]) > 0.01*sums[0] {
			t.Errorf("steps %d to %d: mean loss %.4f with a bf16 base, %.4f in float32", step-19, step, sums[1]/20, sums[0]/20)
		}
		sums = [2]float64{}
	}
}

// TestMixedPrecisionLearnsAlike trains every weight in float32 and in mixed precision. The mean losses of every 20 steps must stay within 1 %
// over 200 steps.
func TestMixedPrecisionLearnsAlike(t *testing.T) {
	c := Config{Architecture: "qwen3", VocabSize: 64, HiddenSize: 48, IntermediateSize: 96, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 16, TieEmbeddings: true}
	var curves [2][]float64
	for i := range curves {
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(5)
		m.SetBF16(i == 1)
		curves[i] = trainCounting(m, 200, 5, 1e-3)
	}
	if curves[0][0] == curves[1][0] {
		t.Error("mixed precision changes nothing")
	}
	if first, last := curves[0][0], curves[0][199]; last > first/2 {
		t.Errorf("training went from %.3f to %.3f nats a token", first, last)
	}
	for step := 0; step < 200; step += 20 {
		var sums [2]float64
		for i := range curves {
			for _, l := range curves[i][step : step+20] {
				sums[i] += l
			}
		}
		if math.Abs(sums[1]-sums[0]) > 0.01*sums[0] {
			t.Errorf("steps %d to %d: mean loss %.4f in mixed precision, %.4f in float32", step, step+19, sums[1]/20, sums[0]/20)
		}
	}
}
