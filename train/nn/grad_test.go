package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"winnow/train/kernel"
)

// small returns a model with every oddity at once: sizes that fill no vector or tile, biases, windows, scaled RoPE.
func small(t *testing.T, arch string) *Model {
	t.Helper()
	c := Config{Architecture: arch, VocabSize: 37, HiddenSize: 20, IntermediateSize: 27, Layers: 3, Heads: 4, KVHeads: 2, HeadDim: 6, RMSNormEps: 1e-5}
	switch arch {
	case "llama":
		c.AttentionBias, c.MLPBias = true, true
		c.RopeScaling = &RopeScaling{Type: "linear", Factor: 2}
	case "qwen2":
		c.TieEmbeddings, c.SlidingWindow, c.MaxWindowLayers = true, 5, 1
	case "qwen3":
		c.AttentionBias, c.SlidingWindow, c.GlobalLayers = true, 4, []bool{true, false, true}
	case "mistral":
		c.SlidingWindow = 3
		c.TieEmbeddings = true
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(11, 12))
	for _, p := range m.Params() {
		for i := range p.Data {
			p.Data[i] = float32(0.3 * r.NormFloat64())
			if len(p.Shape) == 1 && p.Name[len(p.Name)-6:] == "weight" {
				p.Data[i] += 1
			}
		}
	}
	return m
}

func smallBatch() Batch {
	b := randomBatch(Config{VocabSize: 37}, 1, 24, 5)
	b.Starts = []int32{0, 9, 10}
	b.Targets[3], b.Targets[14] = Ignore, Ignore
	for i := range b.Tokens {
		b.Weights = append(b.Weights, 0.5+float32(i%5)-float32(i%3)) // some negative
	}
	return b
}

// checkDirections compares gradients with central differences along random directions, tensor by tensor.
func checkDirections(t *testing.T, m *Model, b Batch, params []*Param) {
	t.Helper()
	m.ZeroGrad()
	m.LossGrad(b, 1)
	r := rand.New(rand.NewPCG(13, 14))
	for _, p := range params {
		var norm float64
		for _, g := range p.Grad {
			norm += float64(g) * float64(g)
		}
		norm = math.Sqrt(norm)
		for range 3 {
			old := append([]float32(nil), p.Data...)
			d := make([]float64, len(old))
			var length, want float64
			for i := range d {
				d[i] = r.NormFloat64()
				length += d[i] * d[i]
			}
			for i := range d {
				d[i] /= math.Sqrt(length)
				want += d[i] * float64(p.Grad[i])
			}
			const eps = 4e-3
			at := func(s float64) float64 {
				for i := range old {
					p.Data[i] = old[i] + float32(s*d[i])
				}
				sum, _ := m.Loss(b)
				return sum
			}
			got := (at(eps) - at(-eps)) / (2 * eps)
			copy(p.Data, old)
			if math.Abs(got-want) > 5e-3*norm+2e-3 {
				t.Errorf("%s: the loss changes by %g along a direction, the gradient says %g (norm %g)", p.Name, got, want, norm)
			}
		}
	}
}

func TestGradientsByDifferences(t *testing.T) {
	for _, a := range Archs() {
		t.Run(a.Name, func(t *testing.T) {
			m := small(t, a.Name)
			checkDirections(t, m, smallBatch(), m.Params())
			if err := m.AddLoRA(LoRAConfig{Rank: 3, Alpha: 4, RSLoRA: true, Targets: []string{"q_proj", "v_proj", "o_proj", "down_proj"}, Seed: 1}); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(15, 16))
			for _, p := range m.LoRAParams() {
				for i := range p.Data {
					p.Data[i] = float32(0.3 * r.NormFloat64())
				}
			}
			checkDirections(t, m, smallBatch(), m.LoRAParams())
		})
	}
}

// TestFreezeStopsEarly trains only parts of the model and expects the same gradients as when everything trains.
func TestFreezeStopsEarly(t *testing.T) {
	m := small(t, "qwen3")
	b := smallBatch()
	m.ZeroGrad()
	m.LossGrad(b, 1)
	want := map[string][]float32{}
	for _, p := range m.Params() {
		want[p.Name] = append([]float32(nil), p.Grad...)
	}
	for _, keep := range []string{"model.norm.weight", "model.layers.1.mlp.up_proj.weight", "model.layers.0.input_layernorm.weight",
		"model.layers.2.self_attn.q_norm.weight", "lm_head.weight", "model.embed_tokens.weight", "model.layers.1.self_attn.k_proj.bias"} {
		m.Freeze(func(name string) bool { return name == keep })
		m.ZeroGrad()
		m.LossGrad(b, 1)
		for _, p := range m.Params() {
			if p.Name != keep && p.Grad != nil {
				t.Errorf("%s is frozen but has a gradient", p.Name)
			}
			if p.Name == keep {
				for i, g := range p.Grad {
					if g != want[keep][i] {
						t.Fatalf("%s: gradient %d is %g alone and %g when all trains", keep, i, g, want[keep][i])
					}
				}
			}
		}
	}
}

// TestSameForAnyThreads asks for equal bits of loss and gradients whatever the number of threads, with and without recomputing, in either
// precision and with noise.
func TestSameForAnyThreads(t *testing.T) {
	defer kernel.SetThreads(0)
	c := Config{Architecture: "qwen3", VocabSize: 300, HiddenSize: 72, IntermediateSize: 130, Layers: 2, Heads: 6, KVHeads: 3, HeadDim: 16}
	b := randomBatch(c, 3, 150, 2)
	for _, half := range []bool{false, true} {
		var first []float32
		var firstLoss float64
		for _, threads := range []int{1, 2, 5} {
			for _, low := range []bool{false, true} {
				kernel.SetThreads(threads)
				m, err := New(c)
				if err != nil {
					t.Fatal(err)
				}
				m.Init(3)
				m.SetRecompute(low)
				m.SetBF16(half)
				m.SetNEFTune(5, 1)
				m.ZeroGrad()
				loss, _ := m.LossGrad(b, 0.01)
				var all []float32
				for _, p := range m.Params() {
					all = append(all, p.Grad...)
				}
				if first == nil {
					first, firstLoss = all, loss
				}
				if loss != firstLoss {
					t.Errorf("loss is %v with %d threads, %v with one", loss, threads, firstLoss)
				}
				for i := range all {
					if all[i] != first[i] {
						t.Fatalf("gradient %d is %g with %d threads (recompute %v, bf16 %v), %g with one", i, all[i], threads, low, half, first[i])
					}
				}
			}
		}
	}
}

// TestNEFTune holds the noise to its bound and mean, and asks for the same noise in the same step only, and for none outside of training.
func TestNEFTune(t *testing.T) {
	m := small(t, "llama")
	b := smallBatch()
	clean, _ := m.Loss(b)
	lossAt := func(step uint64) float64 {
		m.SetStep(step)
		sum, _ := m.LossGrad(b, 1)
		return sum
	}
	without := lossAt(1)
	m.SetNEFTune(5, 9)
	if a, again, other := lossAt(1), lossAt(1), lossAt(2); a != again || a == other || a == without {
		t.Errorf("losses: %v and again %v in step 1, %v in step 2, %v without noise", a, again, other, without)
	}
	if sum, _ := m.Loss(b); sum != clean {
		t.Errorf("outside of training the loss is %v with noise set, %v without", sum, clean)
	}
	x := make([]float32, len(b.Tokens)*m.cfg.HiddenSize)
	m.begin(b)
	m.addNoise(x)
	for i, d := range m.docs {
		bound := 5 / math.Sqrt(float64((d.end-d.start)*m.cfg.HiddenSize))
		var sum, most float64
		part := x[d.start*m.cfg.HiddenSize : d.end*m.cfg.HiddenSize]
		for _, v := range part {
			sum += float64(v)
			most = max(most, math.Abs(float64(v)))
		}
		n := float64(len(part))
		if most > bound*1.0001 || most < bound*0.7 || math.Abs(sum/n) > 4*bound/math.Sqrt(3*n) {
			t.Errorf("document %d: noise up to %g with mean %g; the bound is %g", i, most, sum/n, bound)
		}
	}
}

// TestPackingChangesNothing asks each document of a packed batch for what it gives alone, across blocks of keys and with a window.
func TestPackingChangesNothing(t *testing.T) {
	for _, window := range []int{0, 40, 300} {
		c := Config{Architecture: "mistral", VocabSize: 50, HiddenSize: 24, IntermediateSize: 32, Layers: 2, Heads: 2, KVHeads: 1, SlidingWindow: window}
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(9)
		for _, p := range m.Params() {
			if len(p.Shape) > 1 {
				kernel.Scale(p.Data, 10)
			}
		}
		b := randomBatch(c, 1, 700, 4)
		b.Starts = []int32{0, 530, 531}
		packed := m.TokenLogProbs(b)
		var sum float64
		for i, s := range []int{0, 530, 531} {
			end := []int{530, 531, 700}[i]
			one := Batch{Tokens: b.Tokens[s:end], Targets: b.Targets[s:end]}
			for j, lp := range m.TokenLogProbs(one) {
				if math.Abs(float64(lp-packed[s+j])) > 1e-5*(1+math.Abs(float64(lp))) {
					t.Fatalf("window %d: token %d of document %d has log-probability %g alone, %g packed", window, j, i, lp, packed[s+j])
				}
				sum -= float64(lp)
			}
		}
		if got, _ := m.Loss(b); math.Abs(got-sum) > 1e-5*sum {
			t.Errorf("window %d: loss %g, by documents %g", window, got, sum)
		}
		// The cache reaches the same logits token by token and in pieces.
		cache := m.NewCache(530)
		whole := m.Logits(Batch{Tokens: b.Tokens[:530]})
		var logits []float32
		for at := 0; at < 530; {
			n := min(530-at, 1+at%7*60)
			logits = m.Decode(cache, b.Tokens[at:at+n])
			at += n
			if d := maxDifference(logits, whole[(at-1)*50:at*50]); d > 1e-4 {
				t.Fatalf("window %d: the cached logits after %d tokens differ by %g", window, at, d)
			}
		}
		checkSome(t, m, b)
	}
}

// checkSome checks gradients over several key blocks along the direction of a few tensors.
func checkSome(t *testing.T, m *Model, b Batch) {
	t.Helper()
	m.ZeroGrad()
	m.LossGrad(b, 1)
	for _, p := range m.Params() {
		if len(p.Shape) < 2 {
			continue
		}
		old := append([]float32(nil), p.Data...)
		norm := math.Sqrt(kernel.SumSquares(p.Grad))
		eps := 1e-2 / norm
		at := func(s float64) float64 {
			copy(p.Data, old)
			kernel.Axpy(p.Data, p.Grad, float32(s/norm))
			sum, _ := m.Loss(b)
			return sum
		}
		got := (at(eps) - at(-eps)) / (2 * eps)
		copy(p.Data, old)
		if math.Abs(got-norm) > 0.05*norm {
			t.Errorf("%s: the loss rises by %g along the gradient, whose norm is %g", p.Name, got, norm)
		}
	}
}

func maxDifference(a, b []float32) (d float64) {
	for i := range a {
		d = max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

// TestStepAllocatesNoActivations counts what a step allocates once the arena has its size: closures, not tensors.
func TestStepAllocatesNoActivations(t *testing.T) {
	c := tinyConfig()
	c.Layers, c.VocabSize = 2, 500
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	b := randomBatch(c, 4, 64, 1)
	m.LossGrad(b, 1)
	held := m.acts.held()
	var before, after runtimeMem
	before.read()
	for range 4 {
		m.ZeroGrad()
		m.LossGrad(b, 1)
	}
	after.read()
	if perStep := (after.total - before.total) / 4; perStep > 64<<10 {
		t.Errorf("a step allocates %d bytes; the activations alone are %d", perStep, 4*m.acts.used)
	}
	if m.acts.held() != held {
		t.Errorf("the arena grew from %d to %d floats over equal steps", held, m.acts.held())
	}
	// Steps that grow a little each time must not each add an arena of their own.
	for length := 65; length < 80; length++ {
		m.LossGrad(randomBatch(c, 4, length, 1), 1)
	}
	if m.acts.held() > m.acts.used+2*arenaChunk {
		t.Errorf("the arena holds %d floats after steps that need at most %d", m.acts.held(), m.acts.used)
	}
}

// TestMemoryEstimate holds the estimate of activations against what the arena really takes.
func TestMemoryEstimate(t *testing.T) {
	for i, mode := range append([]string{MemoryFull}, MemoryModes...) {
		c := tinyConfig()
		c.VocabSize, c.Layers = 1000, 4
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		m.SetBF16(i == 0)
		b := randomBatch(c, 4, 64, 1) // with zero weights: sizes are all that counts
		params := m.Memory(0, mode)
		m.SetRecompute(mode == MemoryLow)
		if mode == MemoryForward {
			m.Loss(b)
		} else {
			m.LossGrad(b, 1)
		}
		got, want := int64(4*m.acts.used), m.Memory(len(b.Tokens), mode)-params
		if ratio := float64(got) / float64(want); ratio < 0.95 || ratio > 1.05 {
			t.Errorf("%s (bf16 %v): the activations take %d bytes, the estimate is %d", mode, i == 0, got, want)
		}
	}
}
