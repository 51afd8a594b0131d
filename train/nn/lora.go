package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"winnow/train/kernel"
)

// LoRAConfig describes low-rank adapters (Hu et al. 2021): y += s·B·A·drop(x), with s = Alpha/Rank, or Alpha/√Rank with RSLoRA
// (Kalajdzievski 2023).
type LoRAConfig struct {
	Rank    int // 1 to 1024
	Alpha   float64
	RSLoRA  bool
	Dropout float64  // in [0, 1), on the adapter's input, in LossGrad only
	Targets []string // of LoRATargets; empty stands for all
	Seed    uint64   // of A and of the dropout masks
}

// LoRATargets are the projections that can carry an adapter.
var LoRATargets = []string{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}

// Scale returns the factor s on B·A.
func (c LoRAConfig) Scale() float64 {
	if c.RSLoRA {
		return c.Alpha / math.Sqrt(float64(c.Rank))
	}
	return c.Alpha / float64(c.Rank)
}

func (c LoRAConfig) validate() error {
	if c.Rank < 1 || c.Rank > 1024 {
		return fmt.Errorf("LoRA rank is %d; it must be in [1, 1024]", c.Rank)
	}
	if c.Dropout < 0 || c.Dropout >= 1 {
		return fmt.Errorf("LoRA dropout is %g; it must be in [0, 1)", c.Dropout)
	}
	for _, t := range c.Targets {
		if !slices.Contains(LoRATargets, t) {
			return fmt.Errorf("LoRA target %q is not a projection of the model; allowed: %s", t, strings.Join(LoRATargets, ", "))
		}
	}
	return nil
}

// adapter is the pair A [rank, in], B [out, rank] of one projection.
type adapter struct {
	in, out, rank int
	a, b          *Param
	scale         float32
	dropout       float64
	seed          uint64 // of this adapter's masks
}

// AddLoRA puts adapters on the target projections and freezes the base: LossGrad makes no gradients for it and stores none. B starts at
// zero and A Kaiming-uniform (bound 1/√in, as PEFT), from a generator hashed by seed and name.
func (m *Model) AddLoRA(c LoRAConfig) error {
	if err := c.validate(); err != nil {
		return err
	}
	if len(m.lora) > 0 {
		return fmt.Errorf("the model already has a LoRA adapter; merge it first")
	}
	targets := c.Targets
	if len(targets) == 0 {
		targets = LoRATargets
	}
	m.Freeze(func(string) bool { return false })
	for _, l := range m.projections() {
		name := strings.TrimSuffix(l.w.Name, ".weight")
		if !slices.Contains(targets, name[strings.LastIndexByte(name, '.')+1:]) {
			continue
		}
		name = "base_model.model." + name
		a := newParam(name+".lora_A.weight", c.Rank, l.in)
		b := newParam(name+".lora_B.weight", l.out, c.Rank)
		uniform(a, c.Seed, 1/math.Sqrt(float64(l.in)))
		l.lora = &adapter{in: l.in, out: l.out, rank: c.Rank, a: a, b: b, scale: float32(c.Scale()), dropout: c.Dropout, seed: hashName(c.Seed, a.Name)}
		m.lora = append(m.lora, a, b)
	}
	m.adapterOn = true
	return nil
}

// LoRAParams returns the adapters' parameters under the names PEFT writes, A before B, in the order of the base.
func (m *Model) LoRAParams() []*Param { return m.lora }

// SetAdapter switches the adapters on or off; off, the model is its base, which DPO uses as the reference.
func (m *Model) SetAdapter(on bool) { m.adapterOn = on && len(m.lora) > 0 }

// MergeLoRA adds s·B·A to the base weights and removes the adapters. The base stays frozen; see Freeze.
func (m *Model) MergeLoRA() error {
	if len(m.lora) == 0 {
		return fmt.Errorf("the model has no LoRA adapter to merge")
	}
	for _, l := range m.projections() {
		if l.lora == nil {
			continue
		}
		stored16 := l.w.BF16 != nil
		if stored16 {
			l.w.Data, l.w.BF16 = l.w.Float32(), nil
		}
		scaled := slices.Clone(l.lora.b.Data)
		kernel.Scale(scaled, l.lora.scale)
		kernel.MulNN(kernel.Dense(l.w.Data, l.in), kernel.Dense(scaled, l.lora.rank), kernel.Dense(l.lora.a.Data, l.in), l.out, l.in, l.lora.rank, true)
		if stored16 {
			l.w.storeBF16()
		}
		l.lora = nil
	}
	m.lora, m.adapterOn = nil, false
	return nil
}

// loraDown returns u = s·drop(x)·Aᵀ, [rows, rank], kept in t when there is one.
func (m *Model) loraDown(a *adapter, x []float32, rows int, t *loraTape) []float32 {
	var u []float32
	if t != nil {
		u = t.u
	} else {
		u = m.acts.take(rows * a.rank)
	}
	at := m.acts.mark()
	x = m.dropped(a, x)
	kernel.MulNT(kernel.Dense(u, a.rank), m.dense(x, a.in), m.mat(a.a), rows, a.rank, a.in, false)
	kernel.Scale(u, a.scale)
	m.acts.release(at)
	return u
}

// loraUp writes du = s·dy·B, the gradient of drop(x)·Aᵀ.
func (m *Model) loraUp(a *adapter, du, dy []float32, rows int) {
	kernel.MulNN(kernel.Dense(du, a.rank), m.dense(dy, a.out), m.mat(a.b), rows, a.rank, a.out, false)
	kernel.Scale(du, a.scale)
}

// loraMaskedGrad adds du·A, under the forward pass's mask, to dx.
func (m *Model) loraMaskedGrad(a *adapter, dx, du []float32, rows int) {
	at := m.acts.mark()
	through := m.acts.take(rows * a.in)
	kernel.MulNN(kernel.Dense(through, a.in), m.dense(du, a.rank), m.mat(a.a), rows, a.in, a.rank, false)
	m.mask(a, through)
	addInto(dx, through)
	m.acts.release(at)
}

// loraGrad adds the gradients of B and A: dB += dyᵀ·u, dA += duᵀ·drop(x).
func (m *Model) loraGrad(a *adapter, dy, x []float32, rows int, t *loraTape) {
	if a.b.Trainable {
		kernel.MulTN(kernel.Dense(a.b.Grad, a.rank), m.dense(dy, a.out), m.dense(t.u, a.rank), a.out, a.rank, rows, true)
	}
	if a.a.Trainable {
		at := m.acts.mark()
		x = m.dropped(a, x)
		kernel.MulTN(kernel.Dense(a.a.Grad, a.in), m.dense(t.du, a.rank), m.dense(x, a.in), a.rank, a.in, rows, true)
		m.acts.release(at)
	}
}

// drops says whether the adapter's input is masked now: in training only.
func (m *Model) drops(a *adapter) bool { return m.training && a.dropout > 0 }

// dropped returns x, or a masked copy of it from the arena.
func (m *Model) dropped(a *adapter, x []float32) []float32 {
	if !m.drops(a) {
		return x
	}
	masked := m.acts.take(len(x))
	copyInto(masked, x)
	m.mask(a, masked)
	return masked
}

// mask zeroes each element with probability dropout and scales the others up. The decision is a hash of (seed, adapter, step, batch within
// the step, element), so that the backward pass, and a resumed run, see the same mask. 16 bits decide one element.
func (m *Model) mask(a *adapter, x []float32) {
	keep := float32(1 / (1 - a.dropout))
	threshold := uint64(a.dropout * (1 << 16))
	key := mix(a.seed ^ mix(m.step) ^ m.batch<<48)
	forParts(len(x), func(lo, hi int) {
		for i := lo; i < hi; i += 4 {
			h := mix(key + uint64(i))
			for j := i; j < min(i+4, hi); j++ {
				if h&0xffff < threshold {
					x[j] = 0
				} else {
					x[j] *= keep
				}
				h >>= 16
			}
		}
	})
}
