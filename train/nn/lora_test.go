package nn

import (
	"math"
	"runtime"
	"strings"
	"testing"
)

type runtimeMem struct{ total uint64 }

func (r *runtimeMem) read() {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	r.total = s.TotalAlloc
}

func TestLoRAStartsAsTheBase(t *testing.T) {
	m := small(t, "llama")
	b := smallBatch()
	want := m.Logits(b)
	if err := m.AddLoRA(LoRAConfig{Rank: 4, Alpha: 8, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	if d := maxDifference(m.Logits(b), want); d != 0 {
		t.Errorf("a fresh adapter changes the logits by %g", d)
	}
	if got := len(m.LoRAParams()); got != 2*7*3 {
		t.Fatalf("%d adapter parameters, want %d", got, 2*7*3)
	}
	var sum, squares, n float64
	for _, p := range m.LoRAParams() {
		if strings.Contains(p.Name, "lora_B") {
			continue
		}
		bound := 1 / math.Sqrt(float64(p.Shape[1]))
		for _, x := range p.Data {
			if math.Abs(float64(x)) > bound {
				t.Fatalf("%s holds %g, beyond ±%g", p.Name, x, bound)
			}
			sum += float64(x) / bound
			squares += float64(x) * float64(x) / bound / bound
			n++
		}
	}
	if mean, variance := sum/n, squares/n; math.Abs(mean) > 0.05 || math.Abs(variance-1.0/3) > 0.03 {
		t.Errorf("A has mean %.3f and variance %.3f of its bound; uniform has 0 and 1/3", mean, variance)
	}
	if name := m.LoRAParams()[0].Name; name != "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" {
		t.Errorf("the first adapter parameter is %s", name)
	}
}

// TestDropoutRepeats asks for the same mask for the same step, another for another, and gradients that belong to the masked loss.
func TestDropoutRepeats(t *testing.T) {
	run := func(step uint64, low bool) (float64, []float32) {
		m := small(t, "qwen2")
		if err := m.AddLoRA(LoRAConfig{Rank: 2, Alpha: 8, Dropout: 0.4, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		for i, p := range m.LoRAParams() {
			for j := range p.Data {
				p.Data[j] = 0.2 * float32(math.Sin(float64(i+3*j)))
			}
		}
		m.SetRecompute(low)
		m.SetStep(step)
		m.ZeroGrad()
		loss, _ := m.LossGrad(smallBatch(), 1)
		return loss, m.LoRAParams()[4].Grad
	}
	a, ga := run(3, false)
	b, gb := run(3, true)
	c, _ := run(4, false)
	if a != b || maxDifference(ga, gb) != 0 {
		t.Errorf("the same step gives %v and, recomputed, %v", a, b)
	}
	if a == c {
		t.Error("two steps have the same mask")
	}
}

// TestDropoutGradient differentiates through the masks: SetStep before each LossGrad fixes them.
func TestDropoutGradient(t *testing.T) {
	m := small(t, "llama")
	if err := m.AddLoRA(LoRAConfig{Rank: 2, Alpha: 8, Dropout: 0.3, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	for i, p := range m.LoRAParams() {
		for j := range p.Data {
			p.Data[j] = 0.2 * float32(math.Sin(float64(i+3*j)))
		}
	}
	b := smallBatch()
	loss := func() float64 {
		m.SetStep(1)
		sum, _ := m.LossGrad(b, 1)
		return sum
	}
	for _, p := range m.LoRAParams() {
		m.ZeroGrad()
		loss()
		grad := append([]float32(nil), p.Grad...)
		var norm float64
		for _, g := range grad {
			norm += float64(g) * float64(g)
		}
		norm = math.Sqrt(norm)
		old := append([]float32(nil), p.Data...)
		at := func(s float64) float64 {
			for i := range old {
				p.Data[i] = old[i] + float32(s*float64(grad[i])/norm)
			}
			return loss()
		}
		const eps = 4e-3
		got := (at(eps) - at(-eps)) / (2 * eps)
		copy(p.Data, old)
		if math.Abs(got-norm) > 0.01*norm+2e-3 {
			t.Errorf("%s: the loss rises by %g along the gradient, whose norm is %g", p.Name, got, norm)
		}
	}
}

func TestBF16KeepsWhatFits(t *testing.T) {
	m := small(t, "qwen3")
	b := smallBatch()
	m.Freeze(func(string) bool { return false })
	m.StoreBF16() // rounds; from here on nothing more is lost
	rounded := m.Params()[0].Float32()
	want := m.Logits(b)
	n := small(t, "qwen3")
	for i, p := range n.Params() {
		copy(p.Data, m.Params()[i].Float32())
	}
	if d := maxDifference(n.Logits(b), want); d > 1e-5 {
		t.Errorf("the same weights give other logits in bf16: %g", d)
	}
	if d := maxDifference(rounded, n.Params()[0].Data); d != 0 {
		t.Errorf("Float32 is not what was stored: %g", d)
	}
	if err := m.AddLoRA(LoRAConfig{Rank: 2, Alpha: 2, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	m.ZeroGrad()
	if err := n.AddLoRA(LoRAConfig{Rank: 2, Alpha: 2, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	n.ZeroGrad()
	m.LossGrad(b, 1)
	n.LossGrad(b, 1)
	for i, p := range m.LoRAParams() {
		if d := maxDifference(p.Grad, n.LoRAParams()[i].Grad); d > 1e-4 {
			t.Errorf("%s: gradients differ by %g", p.Name, d)
		}
	}
	if err := m.MergeLoRA(); err != nil {
		t.Fatal(err)
	}
	if m.Params()[1].BF16 == nil || len(m.LoRAParams()) != 0 {
		t.Error("merging should keep the storage and remove the adapter")
	}
}

func TestLoRARefuses(t *testing.T) {
	m := small(t, "llama")
	for _, c := range []LoRAConfig{{Rank: 0}, {Rank: 2, Dropout: 1}, {Rank: 2, Targets: []string{"w_proj"}}} {
		if err := m.AddLoRA(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if err := m.MergeLoRA(); err == nil {
		t.Error("merging without an adapter was accepted")
	}
	if err := m.AddLoRA(LoRAConfig{Rank: 2, Alpha: 4}); err != nil {
		t.Fatal(err)
	}
	if err := m.AddLoRA(LoRAConfig{Rank: 2, Alpha: 4}); err == nil {
		t.Error("a second adapter was accepted")
	}
}
