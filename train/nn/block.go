package nn

import (
	"math"

	"winnow/train/kernel"
)

// layerTape is what one layer keeps from its forward pass for its backward pass. n is tokens.
type layerTape struct {
	x          []float32 // [n, hidden] input
	inv1, inv2 []float32 // [n] of the two norms
	q, k, v    []float32 // [n, heads·dim] after RoPE; q and k before it in rawQ and rawK when they are normalised
	rawQ, rawK []float32
	invQ, invK []float32 // [n·heads]
	attn       []float32 // [n, heads·dim] output of attention
	lse        []float32 // [heads, n]
	mid        []float32 // [n, hidden] residual stream between the two halves
	gate, up   []float32 // [n, intermediate]
	packed     []uint16  // q, k, v, rawQ, rawK, attn, gate, up between the passes when they are kept as bf16; see SetBF16

	loraQ, loraK, loraV, loraO, loraGate, loraUp, loraDown loraTape
}

// newTape takes a layer's activations from the arena.
func (m *Model) newTape(l *layer, n int, x []float32) layerTape {
	t := m.keptTape(l, n, x)
	m.takeWide(l, &t)
	return t
}

// takeWide takes the activations that a packed tape holds as bf16.
func (m *Model) takeWide(l *layer, t *layerTape) {
	c, take, n := m.cfg, m.acts.take, len(t.inv1)
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	t.q, t.k, t.v, t.attn = take(n*q), take(n*kv), take(n*kv), take(n*q)
	t.gate, t.up = take(n*c.IntermediateSize), take(n*c.IntermediateSize)
	if l.qNorm != nil {
		t.rawQ, t.rawK = take(n*q), take(n*kv)
	}
}

// keptTape takes what stays in float32, and the room that a packed tape needs.
func (m *Model) keptTape(l *layer, n int, x []float32) layerTape {
	c, take := m.cfg, m.acts.take
	t := layerTape{x: x, inv1: take(n), inv2: take(n), lse: take(n * c.Heads), mid: take(n * c.HiddenSize)}
	if l.qNorm != nil {
		t.invQ, t.invK = take(n*c.Heads), take(n*c.KVHeads)
	}
	if m.training && m.packs() {
		t.packed = m.acts.take16(n * c.wideWidth(l.qNorm != nil))
	}
	if m.adapterOn {
		for _, p := range [...]struct {
			l *linear
			t *loraTape
		}{{&l.q, &t.loraQ}, {&l.k, &t.loraK}, {&l.v, &t.loraV}, {&l.o, &t.loraO}, {&l.gate, &t.loraGate}, {&l.up, &t.loraUp}, {&l.down, &t.loraDown}} {
			if p.l.lora != nil {
				p.t.u = take(n * p.l.lora.rank)
			}
		}
	}
	return t
}

// forwardLayer computes out = mid + MLP(norm(mid)) with mid = x + Attention(norm(x)), for the x in t. out nil leaves the last product away,
// which the backward pass does not need.
func (m *Model) forwardLayer(l *layer, t *layerTape, out []float32) {
	n := len(t.inv1)
	at := m.acts.mark()
	normed := m.acts.take(len(t.x))

	normForward(normed, t.x, l.inNorm, t.inv1, m.cfg.RMSNormEps)
	q, k := t.q, t.k
	if l.qNorm != nil {
		q, k = t.rawQ, t.rawK
	}
	m.linearForward(&l.q, q, normed, n, false, &t.loraQ)
	m.linearForward(&l.k, k, normed, n, false, &t.loraK)
	m.linearForward(&l.v, t.v, normed, n, false, &t.loraV)
	if l.qNorm != nil {
		normForward(t.q, t.rawQ, l.qNorm, t.invQ, m.cfg.RMSNormEps)
		normForward(t.k, t.rawK, l.kNorm, t.invK, m.cfg.RMSNormEps)
	}
	m.ropeForward(t.q)
	m.ropeForward(t.k)
	h := m.heads(l, t, len(t.inv1))
	kernel.For(len(m.docs)*h.count, func(worker, i int) { h.forward(i, m.scratch[worker]) })
	copyInto(t.mid, t.x)
	m.linearForward(&l.o, t.mid, t.attn, n, true, &t.loraO)

	normForward(normed, t.mid, l.postNorm, t.inv2, m.cfg.RMSNormEps)
	m.linearForward(&l.gate, t.gate, normed, n, false, &t.loraGate)
	m.linearForward(&l.up, t.up, normed, n, false, &t.loraUp)
	if out != nil || l.down.lora != nil && m.adapterOn {
		m.mlpOut(l, t, out)
	}
	m.acts.release(at)
}

// mlpOut writes out = mid + down(silu(gate)·up). With out nil it only fills the adapter's tape.
func (m *Model) mlpOut(l *layer, t *layerTape, out []float32) {
	n := len(t.inv1)
	h := m.acts.take(len(t.gate))
	forParts(len(h), func(lo, hi int) { kernel.SwiGLU(h[lo:hi], t.gate[lo:hi], t.up[lo:hi]) })
	if out == nil {
		out = m.acts.take(len(t.mid))
	}
	copyInto(out, t.mid)
	m.linearForward(&l.down, out, h, n, true, &t.loraDown)
}

// backwardLayer turns dx, the gradient of the layer's output, into the gradient of its input, and adds the gradients of its parameters.
// When needInput is false nothing below trains and dx is left unfinished.
func (m *Model) backwardLayer(l *layer, t *layerTape, dx []float32, needInput bool) {
	n := len(t.inv1)
	at := m.acts.mark()
	normed, dnormed := m.acts.take(len(dx)), m.acts.take(len(dx))
	half := m.acts.mark()

	// Feed-forward: dx also flows past it through the residual.
	dh := m.acts.take(len(t.gate))
	m.linearInputGrad(&l.down, dh, dx, n, false, &t.loraDown)
	forParts(len(dh), func(lo, hi int) { kernel.SwiGLUGrad(dh[lo:hi], t.gate[lo:hi], t.up[lo:hi]) })
	h, dgate, dup := dh, t.gate, t.up
	m.linearGrad(&l.down, dx, h, n, &t.loraDown)
	m.linearInputGrad(&l.gate, dnormed, dgate, n, false, &t.loraGate)
	m.linearInputGrad(&l.up, dnormed, dup, n, true, &t.loraUp)
	normAgain(normed, t.mid, l.postNorm, t.inv2)
	m.linearGrad(&l.gate, dgate, normed, n, &t.loraGate)
	m.linearGrad(&l.up, dup, normed, n, &t.loraUp)
	m.normBackward(dx, dnormed, t.mid, l.postNorm, t.inv2)
	m.acts.release(half)

	// Attention.
	dattn := m.acts.take(len(t.attn))
	m.linearInputGrad(&l.o, dattn, dx, n, false, &t.loraO)
	m.linearGrad(&l.o, dx, t.attn, n, &t.loraO)
	dq, dk, dv := m.attentionBackward(l, t, dattn)
	m.ropeBackward(dq)
	m.ropeBackward(dk)
	if l.qNorm != nil {
		dq = m.headNormBackward(dq, t.rawQ, l.qNorm, t.invQ)
		dk = m.headNormBackward(dk, t.rawK, l.kNorm, t.invK)
	}
	if !needInput {
		dnormed = nil
	}
	m.linearInputGrad(&l.q, dnormed, dq, n, false, &t.loraQ)
	m.linearInputGrad(&l.k, dnormed, dk, n, true, &t.loraK)
	m.linearInputGrad(&l.v, dnormed, dv, n, true, &t.loraV)
	normAgain(normed, t.x, l.inNorm, t.inv1)
	m.linearGrad(&l.q, dq, normed, n, &t.loraQ)
	m.linearGrad(&l.k, dk, normed, n, &t.loraK)
	m.linearGrad(&l.v, dv, normed, n, &t.loraV)
	if needInput {
		m.normBackward(dx, dnormed, t.x, l.inNorm, t.inv1)
	}
	m.acts.release(at)
}

// heads describes the attention of a layer over so many tokens.
func (m *Model) heads(l *layer, t *layerTape, tokens int) *heads {
	c := m.cfg
	return &heads{count: c.Heads, group: c.Heads / c.KVHeads, dim: c.HeadDim, window: l.window, scale: float32(1 / math.Sqrt(float64(c.HeadDim))),
		q: t.q, k: t.k, v: t.v, out: t.attn, lse: t.lse, docs: m.docs, tokens: tokens}
}

// attentionBackward returns the gradients of q, k and v given that of the attention's output.
func (m *Model) attentionBackward(l *layer, t *layerTape, dattn []float32) (dq, dk, dv []float32) {
	dq, dk, dv = m.acts.take(len(t.q)), m.acts.take(len(t.k)), m.acts.take(len(t.v))
	at := m.acts.mark()
	dkHeads, dvHeads := m.acts.take(len(t.q)), m.acts.take(len(t.q))
	h := m.heads(l, t, len(t.inv1))
	kernel.For(len(m.docs)*h.count, func(worker, i int) { h.backward(i, dq, dkHeads, dvHeads, dattn, m.scratch[worker]) })
	h.sumGroups(dk, dkHeads)
	h.sumGroups(dv, dvHeads)
	m.acts.release(at)
	return dq, dk, dv
}

// headNormBackward returns the gradient of the input of a norm over heads.
func (m *Model) headNormBackward(dy, x []float32, w *Param, inv []float32) []float32 {
	dx := m.acts.take(len(x))
	forParts(len(dx), func(lo, hi int) { clear(dx[lo:hi]) })
	m.normBackward(dx, dy, x, w, inv)
	return dx
}

// ropeForward turns the heads of every token by its position; ropeBackward turns gradients back.
func (m *Model) ropeForward(x []float32) {
	width := len(x) / len(m.positions)
	forRows(len(m.positions), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			m.rope.rotate(x[r*width:(r+1)*width], int(m.positions[r]))
		}
	})
}

func (m *Model) ropeBackward(x []float32) {
	width := len(x) / len(m.positions)
	forRows(len(m.positions), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			m.rope.unrotate(x[r*width:(r+1)*width], int(m.positions[r]))
		}
	})
}
