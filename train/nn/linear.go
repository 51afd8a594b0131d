package nn

import "winnow/train/kernel"

// linear is y = x·Wᵀ + bias (+ the LoRA adapter): x [rows, in], W [out, in], y [rows, out].
type linear struct {
	in, out int
	w, bias *Param   // bias nil: none
	lora    *adapter // nil: none
}

// loraTape keeps what the backward pass of an adapter needs: u = s·drop(x)·Aᵀ and its gradient, [rows, rank].
type loraTape struct{ u, du []float32 }

// linearForward writes y, or adds to it.
func (m *Model) linearForward(l *linear, y, x []float32, rows int, add bool, t *loraTape) {
	at := m.acts.mark()
	adapted := l.lora != nil && m.adapterOn
	var u []float32
	if adapted {
		u = m.loraDown(l.lora, x, rows, t)
	}
	switch {
	case rows == 1: // decoding: packing the weight would cost more than the product
		kernel.MulVec(y, x, m.mat(l.w), l.out, l.in, add)
		if adapted {
			kernel.MulVec(y, u, m.mat(l.lora.b), l.out, l.lora.rank, true)
		}
	case adapted:
		r := l.lora.rank
		kernel.MulNTLowRank(kernel.Dense(y, l.out), m.dense(x, l.in), m.mat(l.w), m.dense(u, r), m.mat(l.lora.b), rows, l.out, l.in, r, add)
	default:
		kernel.MulNT(kernel.Dense(y, l.out), m.dense(x, l.in), m.mat(l.w), rows, l.out, l.in, add)
	}
	if l.bias != nil {
		addRows(y, l.bias.Data)
	}
	m.acts.release(at)
}

// linearInputGrad writes dx = dy·W, or adds to it; dx nil skips it. It comes before linearGrad, for which it leaves the gradient of u in t.
func (m *Model) linearInputGrad(l *linear, dx, dy []float32, rows int, add bool, t *loraTape) {
	adapted := l.lora != nil && m.adapterOn
	if adapted {
		t.du = m.acts.take(rows * l.lora.rank)
		m.loraUp(l.lora, t.du, dy, rows)
	}
	switch {
	case dx == nil:
	case adapted && !m.drops(l.lora):
		r := l.lora.rank
		kernel.MulNNLowRank(kernel.Dense(dx, l.in), m.dense(dy, l.out), m.mat(l.w), m.dense(t.du, r), m.mat(l.lora.a), rows, l.in, l.out, r, add)
	default:
		kernel.MulNN(kernel.Dense(dx, l.in), m.dense(dy, l.out), m.mat(l.w), rows, l.in, l.out, add)
		if adapted {
			m.loraMaskedGrad(l.lora, dx, t.du, rows)
		}
	}
}

// linearGrad adds the gradients of the layer's own parameters: dW += dyᵀ·x.
func (m *Model) linearGrad(l *linear, dy, x []float32, rows int, t *loraTape) {
	if l.w.Trainable {
		kernel.MulTN(kernel.Dense(l.w.Grad, l.in), m.dense(dy, l.out), m.dense(x, l.in), l.out, l.in, rows, true)
	}
	if l.bias != nil && l.bias.Trainable {
		m.addColumnSums(l.bias.Grad, dy)
	}
	if l.lora != nil && m.adapterOn {
		m.loraGrad(l.lora, dy, x, rows, t)
	}
}
