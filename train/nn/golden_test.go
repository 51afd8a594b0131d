package nn

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winnow/internal/shared"
	"winnow/train/kernel"
)

// tensors are the contents of a safetensors file: float32 tensors by name, and int32 ones.
type tensors struct {
	f map[string][]float32
	i map[string][]int32
	s map[string][]int
}

func readTensors(t *testing.T, path string) tensors {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := binary.LittleEndian.Uint64(raw)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(raw[8:8+size], &header); err != nil {
		t.Fatal(err)
	}
	delete(header, "__metadata__")
	out := tensors{map[string][]float32{}, map[string][]int32{}, map[string][]int{}}
	for name, h := range header {
		var e struct {
			DType   string
			Shape   []int
			Offsets [2]uint64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(h, &e); err != nil {
			t.Fatal(err)
		}
		data := raw[8+size:][e.Offsets[0]:e.Offsets[1]]
		out.s[name] = e.Shape
		for ; len(data) > 0; data = data[4:] {
			bits := binary.LittleEndian.Uint32(data)
			switch e.DType {
			case "F32":
				out.f[name] = append(out.f[name], math.Float32frombits(bits))
			case "I32":
				out.i[name] = append(out.i[name], int32(bits))
			default:
				t.Fatalf("%s: unexpected type %s", name, e.DType)
			}
		}
	}
	return out
}

// vectors are the scalars of vectors.json.
type vectors struct {
	Loss  float64
	Hyper struct {
		LR          float64
		Betas       [2]float64
		Eps         float64
		WeightDecay float64 `json:"weight_decay"`
		Clip        float64
		Warmup      int `json:"warmup_steps"`
		Total       int `json:"total_steps"`
	}
	DPO struct {
		Beta          float64
		PolicyLogps   []float64 `json:"policy_logps"`
		ReferenceLogp []float64 `json:"reference_logps"`
		Loss          float64
		LabelsFrom    int `json:"labels_from"`
	}
	FullLosses []float64 `json:"full.losses"`
	FullNorms  []float64 `json:"full.grad_norms"`
	LoRALoss   float64   `json:"lora.loss"`
	LoRALosses []float64 `json:"lora.losses"`
	LoRANorms  []float64 `json:"lora.grad_norms"`
}

// golden is one folder of reference values.
type golden struct {
	dir string
	v   vectors
	t   tensors
}

// eachGolden runs a test on every golden folder with every kernel family.
func eachGolden(t *testing.T, body func(t *testing.T, g golden)) {
	root := filepath.Join(shared.Dir(t), "golden")
	dirs, err := filepath.Glob(filepath.Join(root, "*", "vectors.json"))
	if err != nil || len(dirs) == 0 {
		t.Skipf("no golden vectors under %s (%v)", root, err)
	}
	before := kernel.Name()
	defer func() {
		if err := kernel.Use(before); err != nil {
			t.Fatal(err)
		}
	}()
	for _, path := range dirs {
		g := golden{dir: filepath.Dir(path)}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &g.v); err != nil {
			t.Fatal(err)
		}
		g.t = readTensors(t, filepath.Join(g.dir, "vectors.safetensors"))
		for _, family := range kernel.Families() {
			if err := kernel.Use(family); err != nil {
				t.Fatal(err)
			}
			t.Run(filepath.Base(g.dir)+"/"+family, func(t *testing.T) { body(t, g) })
		}
	}
}

func loadModel(t *testing.T, dir string) *Model {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseConfig(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := readTensors(t, filepath.Join(dir, "model.safetensors"))
	for _, p := range m.Params() {
		fill(t, p, w.f[p.Name], w.s[p.Name])
		delete(w.f, p.Name)
	}
	for name := range w.f {
		t.Errorf("the model has no parameter %s", name)
	}
	return m
}

func fill(t *testing.T, p *Param, value []float32, shape []int) {
	t.Helper()
	if fmt.Sprint(shape) != fmt.Sprint(p.Shape) {
		t.Fatalf("%s has shape %v in the file, %v in the model", p.Name, shape, p.Shape)
	}
	copy(p.Data, value)
}

func addAdapter(t *testing.T, m *Model, dir string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "lora", "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		R      int
		Alpha  float64  `json:"lora_alpha"`
		RSLoRA bool     `json:"use_rslora"`
		Names  []string `json:"target_modules"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	if err := m.AddLoRA(LoRAConfig{Rank: c.R, Alpha: c.Alpha, RSLoRA: c.RSLoRA, Targets: c.Names}); err != nil {
		t.Fatal(err)
	}
	w := readTensors(t, filepath.Join(dir, "lora", "adapter_model.safetensors"))
	if len(w.f) != len(m.LoRAParams()) {
		t.Fatalf("the adapter file has %d tensors, the model %d", len(w.f), len(m.LoRAParams()))
	}
	for _, p := range m.LoRAParams() {
		fill(t, p, w.f[p.Name], w.s[p.Name])
	}
}

const tolerance = 1e-5

// compare fails when got is further from want than the tolerance times the largest entry.
func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	var largest, worst float64
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		worst = max(worst, d)
	}
	if worst > tolerance*largest {
		t.Errorf("%s: off by %.3g of the largest entry", what, worst/largest)
	}
}

func compareScalar(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %.8g, want %.8g", what, got, want)
	}
}

// batchOf packs the rows of ids [rows, length] as documents, with labels shifted by one; labels nil means none.
func batchOf(ids, labels []int32, shape []int) Batch {
	rows, length := shape[0], shape[1]
	b := Batch{Tokens: ids}
	for r := range rows {
		b.Starts = append(b.Starts, int32(r*length))
		for i := range length {
			target := int32(Ignore)
			if labels != nil && i+1 < length {
				target = labels[r*length+i+1]
			}
			b.Targets = append(b.Targets, target)
		}
	}
	return b
}

func (g golden) batch(i int) Batch {
	ids, labels := fmt.Sprintf("batch%d.ids", i), fmt.Sprintf("batch%d.labels", i)
	return batchOf(g.t.i[ids], g.t.i[labels], g.t.s[ids])
}

// meanGrad fills the gradients of the mean loss and returns it.
func meanGrad(m *Model, b Batch) float64 {
	_, n := m.Loss(b)
	m.ZeroGrad()
	sum, _ := m.LossGrad(b, float32(1/n))
	return sum / n
}

func TestGoldenForwardBackward(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m := loadModel(t, g.dir)
		b := g.batch(0)
		compare(t, "logits", m.Logits(b), g.t.f["logits"])
		sum, n := m.Loss(b)
		compareScalar(t, "loss", sum/n, g.v.Loss)
		for _, low := range []bool{false, true} {
			m.SetRecompute(low)
			compareScalar(t, "loss", meanGrad(m, b), g.v.Loss)
			for _, p := range m.Params() {
				compare(t, "grad "+p.Name, p.Grad, g.t.f["grad/"+p.Name])
			}
		}
	})
}

func TestGoldenPacked(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		b := Batch{Tokens: g.t.i["packed.ids"]}
		at := int32(0)
		for _, n := range g.t.i["packed.lengths"] {
			b.Starts = append(b.Starts, at)
			at += n
		}
		compare(t, "packed logits", loadModel(t, g.dir).Logits(b), g.t.f["packed.logits"])
	})
}

func TestGoldenDPO(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m, ref := loadModel(t, g.dir), loadModel(t, filepath.Join(g.dir, "ref"))
		ids, shape := g.t.i["batch1.ids"], g.t.s["batch1.ids"]
		length := shape[1]
		labels := make([]int32, len(ids))
		for i, id := range ids {
			labels[i] = Ignore
			if i%length >= g.v.DPO.LabelsFrom {
				labels[i] = id
			}
		}
		b := batchOf(ids, labels, shape)
		sums := func(m *Model) (s [2]float64) {
			for i, lp := range m.TokenLogProbs(b) {
				s[i/length] += float64(lp)
			}
			return s
		}
		p, r := sums(m), sums(ref)
		for i := range p {
			compareScalar(t, "policy log-probability", p[i], g.v.DPO.PolicyLogps[i])
			compareScalar(t, "reference log-probability", r[i], g.v.DPO.ReferenceLogp[i])
		}
		margin := g.v.DPO.Beta * ((p[0] - p[1]) - (r[0] - r[1]))
		compareScalar(t, "DPO loss", math.Log1p(math.Exp(-margin)), g.v.DPO.Loss)
		// d loss / d log p(chosen) = -beta·sigmoid(-margin), the opposite for the rejected; LossGrad takes weights of -log p.
		push := g.v.DPO.Beta / (1 + math.Exp(margin))
		b.Weights = make([]float32, len(ids))
		for i := range b.Weights {
			b.Weights[i] = float32(push)
			if i >= length {
				b.Weights[i] = -float32(push)
			}
		}
		m.ZeroGrad()
		m.LossGrad(b, 1)
		for _, p := range m.Params() {
			compare(t, "DPO grad "+p.Name, p.Grad, g.t.f["dpo.grad/"+p.Name])
		}
	})
}

// gradNoise is how far apart gradients may lie: the tolerance, as a part of the largest entry. AdamW divides each entry by its own size, so
// where a gradient is near zero its rounding becomes visible in the weight, in any implementation; train3 returns how much, entry by entry,
// and nothing else is forgiven.
const gradNoise = tolerance

// train3 does three steps as the reference does and returns losses, gradient norms and each parameter's slack from gradNoise.
func (g golden) train3(m *Model, params []*Param) (losses, norms []float64, slack [][]float64) {
	h := g.v.Hyper
	moments := make([][2][]float32, len(params))
	slack = make([][]float64, len(params))
	for i, p := range params {
		moments[i] = [2][]float32{make([]float32, p.Len()), make([]float32, p.Len())}
		slack[i] = make([]float64, p.Len())
	}
	for step := 1; step <= 3; step++ {
		lr := h.LR * float64(step) / float64(h.Warmup)
		if step > h.Warmup {
			lr = h.LR * (0.1 + 0.45*(1+math.Cos(math.Pi*float64(step-h.Warmup)/float64(h.Total-h.Warmup))))
		}
		losses = append(losses, meanGrad(m, g.batch(step-1)))
		var squares float64
		for _, p := range params {
			squares += kernel.SumSquares(p.Grad)
		}
		norm := math.Sqrt(squares)
		norms = append(norms, norm)
		clip := min(1, h.Clip/(norm+1e-6))
		for i, p := range params {
			decay := 0.0
			if p.Decay {
				decay = h.WeightDecay
			}
			kernel.AdamWClipped(p.Data, p.Grad, moments[i][0], moments[i][1], float32(clip), float32(lr), float32(h.Betas[0]), float32(h.Betas[1]),
				float32(h.Eps), float32(decay), step)
			var largest float64
			for _, x := range p.Grad {
				largest = max(largest, math.Abs(float64(x)))
			}
			for j, v := range moments[i][1] {
				root := math.Sqrt(float64(v) / (1 - math.Pow(h.Betas[1], float64(step))))
				slack[i][j] += min(2*lr, lr*clip*gradNoise*largest/(root+h.Eps))
			}
		}
	}
	return losses, norms, slack
}

// compareTrained is compare with slack. In matrices slack may decide for one entry in a thousand only; a bias on k has gradients that all but
// cancel, in every entry.
func compareTrained(t *testing.T, p *Param, want []float32, slack []float64) {
	t.Helper()
	if len(want) != p.Len() {
		t.Fatalf("%s: %d reference values for %d", p.Name, len(want), p.Len())
	}
	var largest float64
	for _, w := range want {
		largest = max(largest, math.Abs(float64(w)))
	}
	forgiven := 0
	for i, w := range want {
		d := math.Abs(float64(p.Data[i]) - float64(w))
		if !(d <= tolerance*largest+slack[i]) {
			t.Errorf("%s after 3 steps: entry %d is %g, want %g (off by %.3g of the largest entry, %.3g explained by rounding)",
				p.Name, i, p.Data[i], w, d/largest, slack[i]/largest)
			return
		}
		if d > tolerance*largest {
			forgiven++
		}
	}
	if len(p.Shape) > 1 && forgiven > 1+p.Len()/1000 {
		t.Errorf("%s after 3 steps: %d of %d entries are beyond the tolerance", p.Name, forgiven, p.Len())
	}
}

func TestGoldenAdamW(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m := loadModel(t, g.dir)
		losses, norms, slack := g.train3(m, m.Params())
		for i := range losses {
			compareScalar(t, "loss", losses[i], g.v.FullLosses[i])
			compareScalar(t, "gradient norm", norms[i], g.v.FullNorms[i])
		}
		for i, p := range m.Params() {
			compareTrained(t, p, g.t.f["full.after3/"+p.Name], slack[i])
		}
	})
}

func TestGoldenLoRA(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m := loadModel(t, g.dir)
		addAdapter(t, m, g.dir)
		b := g.batch(0)
		compare(t, "logits", m.Logits(b), g.t.f["lora.logits"])
		m.SetAdapter(false)
		compare(t, "logits without the adapter", m.Logits(b), g.t.f["logits"])
		m.SetAdapter(true)
		short := func(p *Param) string { return strings.TrimPrefix(p.Name, "base_model.model.") }
		for _, low := range []bool{false, true} {
			m.SetRecompute(low)
			compareScalar(t, "loss", meanGrad(m, b), g.v.LoRALoss)
			for _, p := range m.LoRAParams() {
				compare(t, "grad "+p.Name, p.Grad, g.t.f["lora.grad/"+short(p)])
			}
		}
		for _, p := range m.Params() {
			if p.Grad != nil {
				t.Errorf("the frozen %s has a gradient", p.Name)
			}
		}
		losses, norms, slack := g.train3(m, m.LoRAParams())
		for i := range losses {
			compareScalar(t, "loss", losses[i], g.v.LoRALosses[i])
			compareScalar(t, "gradient norm", norms[i], g.v.LoRANorms[i])
		}
		for i, p := range m.LoRAParams() {
			compareTrained(t, p, g.t.f["lora.after3/"+short(p)], slack[i])
		}
		if err := m.MergeLoRA(); err != nil {
			t.Fatal(err)
		}
		compare(t, "merged logits", m.Logits(b), g.t.f["lora.merged_logits"])
	})
}

func TestGoldenGreedy(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m := loadModel(t, g.dir)
		prompt, want := g.t.i["greedy.prompt"], g.t.i["greedy.tokens"]
		c := m.NewCache(len(prompt) + len(want))
		feed := prompt
		for i, w := range want {
			logits := append([]float32(nil), m.Decode(c, feed)...)
			if best := argmax(logits); best != w {
				t.Fatalf("token %d is %d, want %d", i, best, w)
			}
			if i == 0 || i == 20 {
				all := append(append([]int32(nil), prompt...), want[:i]...)
				whole := m.Logits(Batch{Tokens: all})
				compare(t, "cached logits", logits, whole[len(whole)-m.cfg.VocabSize:])
			}
			feed = []int32{w}
		}
	})
}

func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
