package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winnow/internal/shared"
	"winnow/train/nn"
	"winnow/train/weights"
)

// golden is one folder of reference values computed with PyTorch, Transformers and PEFT; see its README.
type golden struct {
	dir     string
	vectors *weights.File
	Hyper   struct {
		LR     float64    `json:"lr"`
		Betas  [2]float64 `json:"betas"`
		Eps    float64    `json:"eps"`
		Decay  float64    `json:"weight_decay"`
		Clip   float64    `json:"clip"`
		Warmup int        `json:"warmup_steps"`
		Total  int        `json:"total_steps"`
	} `json:"hyper"`
	FullLosses []float64 `json:"full.losses"`
	FullNorms  []float64 `json:"full.grad_norms"`
	LoRALosses []float64 `json:"lora.losses"`
	LoRANorms  []float64 `json:"lora.grad_norms"`
	DPO        struct {
		Beta      float64    `json:"beta"`
		Policy    [2]float64 `json:"policy_logps"`
		Reference [2]float64 `json:"reference_logps"`
		Loss      float64    `json:"loss"`
		From      int        `json:"labels_from"`
	} `json:"dpo"`
}

// tolerance of fp32 results: a share of the tensor's largest absolute entry.
const tolerance = 1e-5

func eachGolden(t *testing.T, test func(t *testing.T, g *golden)) {
	root := shared.File(t, "golden")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	ran := false
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		ran = true
		t.Run(e.Name(), func(t *testing.T) {
			g := &golden{dir: filepath.Join(root, e.Name())}
			data, err := os.ReadFile(filepath.Join(g.dir, "vectors.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, g); err != nil {
				t.Fatal(err)
			}
			if g.vectors, err = weights.Open(filepath.Join(g.dir, "vectors.safetensors")); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = g.vectors.Close() }()
			test(t, g)
		})
	}
	if !ran {
		t.Skipf("skipped: %s holds no golden folders", root)
	}
}

func (g *golden) model(t *testing.T) *nn.Model {
	t.Helper()
	m, err := weights.Load(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (g *golden) ints(t *testing.T, name string) ([]int32, []int) {
	t.Helper()
	v, ok := g.vectors.Tensor(name)
	if !ok {
		t.Fatalf("the vectors lack %q", name)
	}
	ints, err := v.Int32s()
	if err != nil {
		t.Fatal(err)
	}
	return ints, v.Shape
}

func (g *golden) near(t *testing.T, name string, got []float32) {
	t.Helper()
	v, ok := g.vectors.Tensor(name)
	if !ok {
		t.Fatalf("the vectors lack %q", name)
	}
	want, err := v.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	near(t, name, got, want)
}

func near(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	largest, worst, at := 0.0, 0.0, 0
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("%s: %v at %d, want %v: off by %.2g of the largest entry", name, got[at], at, want[at], worst/largest)
	}
}

// adamTolerance bounds how far each entry of a parameter may be from the reference after AdamW steps. Adam divides a gradient by its own size,
// so an entry whose gradient is close to rounding noise moves by a share of the learning rate that the noise decides: PyTorch itself misses
// these references by up to 1.3e-4 on another processor, and by as much in float64. Hence: tolerance, plus what a gradient that is off by as
// much as gradients may be (tolerance of the tensor's largest) does to each step.
type adamTolerance map[string][]float64

func (a adamTolerance) step(params []*nn.Param, rate float64) {
	for _, p := range params {
		if a[p.Name] == nil {
			a[p.Name] = make([]float64, len(p.Grad))
		}
		largest := 0.0
		for _, g := range p.Grad {
			largest = max(largest, math.Abs(float64(g)))
		}
		for i, g := range p.Grad {
			a[p.Name][i] += rate * min(2, tolerance*largest/math.Abs(float64(g)))
		}
	}
}

// check compares after the steps; beyond the plain tolerance may lie no more than three entries in a thousand (of small tensors, ten).
func (a adamTolerance) check(t *testing.T, g *golden, name string, p *nn.Param) {
	t.Helper()
	v, ok := g.vectors.Tensor(name)
	if !ok {
		t.Fatalf("the vectors lack %q", name)
	}
	want, err := v.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	largest, beyond := 0.0, 0
	for _, w := range want {
		largest = max(largest, math.Abs(float64(w)))
	}
	for i, w := range want {
		d := math.Abs(float64(p.Data[i]) - float64(w))
		if !(d <= tolerance*largest) {
			beyond++
		}
		if !(d <= tolerance*largest+a[p.Name][i]) {
			t.Errorf("%s: %v at %d, want %v: off by %.2g of the largest entry", name, p.Data[i], i, w, d/largest)
			return
		}
	}
	if beyond > max(10, 3*len(want)/1000) {
		t.Errorf("%s: %d of %d entries are off by more than %v of the largest", name, beyond, len(want), tolerance)
	}
}

// batches are the three batches as training rows, two a batch.
func (g *golden) batches(t *testing.T) sliceSamples {
	var rows sliceSamples
	for b := range 3 {
		ids, shape := g.ints(t, fmt.Sprintf("batch%d.ids", b))
		labels, _ := g.ints(t, fmt.Sprintf("batch%d.labels", b))
		for r := range shape[0] {
			row := Sample{Tokens: ids[r*shape[1] : (r+1)*shape[1]], Rows: []string{fmt.Sprintf("batch%d row %d", b, r)}}
			for _, l := range labels[r*shape[1] : (r+1)*shape[1]] {
				row.Labels = append(row.Labels, l != ignored)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// three runs the golden schedule and stops it after its third step, through the same loop as any run.
func (g *golden) three(t *testing.T, m *nn.Model, o Options, losses, norms []float64) adamTolerance {
	t.Helper()
	bounds := adamTolerance{}
	rows := g.batches(t)
	ctx, cancel := context.WithCancel(t.Context())
	var gotLosses, gotNorms []float64
	o.Model, o.Dir, o.Objective, o.Sequential, o.BatchRows, o.Steps = m, t.TempDir(), "sft", true, len(rows)/3, g.Hyper.Total
	o.LearningRate, o.MinLR, o.WeightDecay, o.Clip, o.Warmup = g.Hyper.LR, 0.1, g.Hyper.Decay, g.Hyper.Clip, g.Hyper.Warmup
	o.Beta1, o.Beta2, o.Eps = g.Hyper.Betas[0], g.Hyper.Betas[1], g.Hyper.Eps
	o.Progress = func(p Progress) {
		gotLosses, gotNorms = append(gotLosses, p.Loss), append(gotNorms, p.GradNorm)
		bounds.step(trainable(m), p.LearningRate)
		if p.Step == 3 {
			cancel()
		}
	}
	if _, err := Run(ctx, o, rows, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("the run should have been stopped after its third step: %v", err)
	}
	for i := range 3 {
		if math.Abs(gotLosses[i]-losses[i]) > tolerance*losses[i] || math.Abs(gotNorms[i]-norms[i]) > tolerance*norms[i] {
			t.Errorf("step %d: loss %v, want %v; gradient norm %v, want %v", i+1, gotLosses[i], losses[i], gotNorms[i], norms[i])
		}
	}
	return bounds
}

func trainable(m *nn.Model) []*nn.Param {
	return slices.DeleteFunc(parameters(m), func(p *nn.Param) bool { return !p.Trainable })
}

func TestGoldenFullTraining(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		m := g.model(t)
		bounds := g.three(t, m, Options{Method: "full"}, g.FullLosses, g.FullNorms)
		for _, p := range m.Params() {
			bounds.check(t, g, "full.after3/"+p.Name, p)
		}
	})
}

func TestGoldenLoRATraining(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		m := g.model(t)
		c, err := weights.ReadAdapter(filepath.Join(g.dir, "lora"), m)
		if err != nil {
			t.Fatal(err)
		}
		bounds := g.three(t, m, Options{Method: "lora", AdapterConfig: &c.LoRA}, g.LoRALosses, g.LoRANorms)
		for _, p := range m.LoRAParams() {
			bounds.check(t, g, "lora.after3/"+strings.TrimPrefix(p.Name, "base_model.model."), p)
		}
		// what is merged while saving must be what the reference merged
		dir := t.TempDir()
		if err := weights.Save(dir, m, weights.SaveOptions{LoRA: &c.LoRA}); err != nil {
			t.Fatal(err)
		}
		merged, err := weights.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		ids, shape := g.ints(t, "batch0.ids")
		b := nn.Batch{Tokens: ids}
		for r := range shape[0] {
			b.Starts = append(b.Starts, int32(r*shape[1]))
		}
		g.near(t, "lora.merged_logits", merged.Logits(b))
	})
}

func (g *golden) pair(t *testing.T) Preference {
	ids, shape := g.ints(t, "batch1.ids")
	labels := make([]bool, shape[1])
	for i := g.DPO.From; i < len(labels); i++ {
		labels[i] = true
	}
	return Preference{Chosen: Sample{Tokens: ids[:shape[1]], Labels: labels}, Rejected: Sample{Tokens: ids[shape[1] : 2*shape[1]], Labels: labels}}
}

func TestGoldenDPO(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		m := g.model(t)
		reference, err := weights.Load(filepath.Join(g.dir, "ref"))
		if err != nil {
			t.Fatal(err)
		}
		p := g.pair(t)
		d := newObjective(Options{Objective: "dpo", Beta: g.DPO.Beta, Reference: reference})
		part := []item{{row: p.Chosen, rejected: &p.Rejected}}
		m.ZeroGrad()
		if o := d.lossGrad(m, part, d.norm(part)); math.Abs(o.sum-g.DPO.Loss) > tolerance*g.DPO.Loss {
			t.Errorf("loss %v, want %v", o.sum, g.DPO.Loss)
		}
		for _, p := range m.Params() {
			g.near(t, "dpo.grad/"+p.Name, p.Grad)
		}
		if o, n := d.loss(m, part); n != 1 || math.Abs(o.sum-g.DPO.Loss) > tolerance*g.DPO.Loss {
			t.Errorf("evaluated loss %v of %v pairs, want %v", o.sum, n, g.DPO.Loss)
		}
	})
}

func TestGoldenGreedy(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		prompt, _ := g.ints(t, "greedy.prompt")
		want, _ := g.ints(t, "greedy.tokens")
		var streamed []int32
		got, err := Generate(t.Context(), g.model(t), prompt, Sampling{MaxTokens: len(want), Stop: []int32{}}, func(id int32) bool {
			streamed = append(streamed, id)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || !slices.Equal(streamed, got) {
			t.Errorf("tokens %v, streamed %v, want %v", got, streamed, want)
		}
	})
}
