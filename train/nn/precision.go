package nn

import (
	"unsafe"

	"winnow/train/kernel"
)

// SetBF16 chooses the precision of training. Off, everything is float32. On, the linear layers and the head see weights, activations and
// gradients rounded to bf16 and add up in float32, and what a layer keeps for its backward pass is stored as bf16, in half the memory.
// Weights that train, their gradients, norms, attention, the residual stream and the loss stay float32 (mixed precision, Micikevicius et al.
// 2018, with bf16 as in Kalamkar et al. 2019). See StoreBF16 for weights that do not train.
func (m *Model) SetBF16(on bool) { m.half = on }

// dense returns activations or gradients as an operand of a product.
func (m *Model) dense(x []float32, cols int) kernel.Mat {
	return kernel.Mat{F32: x, Stride: cols, Round: m.half}
}

// mat returns a weight as an operand of a product.
func (m *Model) mat(p *Param) kernel.Mat {
	return kernel.Mat{F32: p.Data, BF16: p.BF16, Stride: p.Shape[1], Round: m.half}
}

// packs says whether tapes are kept as bf16. Recomputed ones live for one layer only, where narrowing would gain nothing.
func (m *Model) packs() bool { return m.half && !m.recompute }

// take16 returns n bf16 values of unknown content.
func (a *arena) take16(n int) []uint16 {
	if n == 0 {
		return nil
	}
	x := a.take((n + 1) / 2)
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(x))), n) // aligned: float32 asks for more than uint16
}

// wide lists the activations of a tape that packs narrows.
func (t *layerTape) wide() [8][]float32 {
	return [8][]float32{t.q, t.k, t.v, t.rawQ, t.rawK, t.attn, t.gate, t.up}
}

// wideWidth returns how many values a token's wide activations are.
func (c Config) wideWidth(normed bool) int {
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	n := q + 2*kv + q + 2*c.IntermediateSize
	if normed {
		n += q + kv
	}
	return n
}

// pack narrows the wide activations into t.packed; unpack is the way back.
func (t *layerTape) pack() {
	at := 0
	for _, x := range t.wide() {
		to := t.packed[at : at+len(x)]
		forParts(len(x), func(lo, hi int) { kernel.ToBF16(to[lo:hi], x[lo:hi]) })
		at += len(x)
	}
}

// round is pack and unpack of a tape that was just computed again, so that recomputing gives the same bits.
func (t *layerTape) round() {
	for _, x := range t.wide() {
		forParts(len(x), func(lo, hi int) { kernel.RoundBF16(x[lo:hi]) })
	}
}

func (t *layerTape) unpack() {
	at := 0
	for _, x := range t.wide() {
		from := t.packed[at : at+len(x)]
		forParts(len(x), func(lo, hi int) { kernel.FromBF16(x[lo:hi], from[lo:hi]) })
		at += len(x)
	}
}
