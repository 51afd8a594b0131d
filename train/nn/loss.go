package nn

import (
	"math"

	"winnow/train/kernel"
)

// The head is applied to chunks of the tokens that carry loss, so that logits never exist whole: for a vocabulary of 49152 and 1024 tokens
// they would take 200 MB, and their gradient as much again.
const (
	logitChunk   = 24 << 20 // floats: 96 MiB
	logitRowsMin = 64
	logitRowsMax = 1024
)

// Loss returns the sum over targets of weight · (-log p(target)), in nats, and the sum of weights. Divide for the mean.
func (m *Model) Loss(b Batch) (sum, n float64) {
	m.begin(b)
	m.pick(b)
	m.headLoss(m.forwardBase(b, false), b, nil, 0)
	return m.total(b)
}

// LossGrad is Loss, and adds scale · d(sum)/d(parameter) to the Grad of every trainable parameter.
func (m *Model) LossGrad(b Batch, scale float32) (sum, n float64) {
	m.ensureGrads()
	m.begin(b)
	m.pick(b)
	m.training = true
	x := m.forwardBase(b, true)
	dx := m.acts.take(len(x))
	m.headLoss(x, b, dx, scale)
	m.backwardBase(b, dx)
	m.training = false
	m.batch++
	return m.total(b)
}

// TokenLogProbs returns the log-probability in nats of each target, 0 where there is none. Weights are ignored.
func (m *Model) TokenLogProbs(b Batch) []float32 {
	b.Weights = nil
	m.begin(b)
	m.pick(b)
	m.headLoss(m.forwardBase(b, false), b, nil, 0)
	out := make([]float32, len(b.Tokens))
	for i, row := range m.picked {
		out[row] = float32(-m.rowLoss[i])
	}
	return out
}

// Logits returns the logits of every token, [tokens, vocab]: for tests and short inputs.
func (m *Model) Logits(b Batch) []float32 {
	m.begin(b)
	x := m.forwardBase(b, false)
	n, width, vocab := len(b.Tokens), m.cfg.HiddenSize, m.cfg.VocabSize
	normed := m.acts.take(len(x))
	normForward(normed, x, m.norm, nil, m.cfg.RMSNormEps)
	out := make([]float32, n*vocab)
	kernel.MulNT(kernel.Dense(out, vocab), m.dense(normed, width), m.mat(m.head), n, vocab, width, false)
	return out
}

// pick lists the tokens whose target carries loss.
func (m *Model) pick(b Batch) {
	m.picked = m.picked[:0]
	for i, t := range b.Targets {
		if t != Ignore {
			m.picked = append(m.picked, int32(i))
		}
	}
	if cap(m.rowLoss) < len(m.picked) {
		m.rowLoss = make([]float64, len(m.picked))
	}
	m.rowLoss = m.rowLoss[:len(m.picked)]
}

// total adds up the rows' losses in order.
func (m *Model) total(b Batch) (sum, n float64) {
	for i, row := range m.picked {
		w := 1.0
		if b.Weights != nil {
			w = float64(b.Weights[row])
		}
		sum += w * m.rowLoss[i]
		n += w
	}
	return sum, n
}

// logitRows returns how many tokens' logits exist at a time.
func logitRows(vocab int) int { return min(logitRowsMax, max(logitRowsMin, logitChunk/vocab)) }

// headLoss fills rowLoss for the picked tokens, given the residual stream x. When dx is not nil it also writes the gradient of x times scale
// and adds that of the head and of the last norm.
func (m *Model) headLoss(x []float32, b Batch, dx []float32, scale float32) {
	c := m.cfg
	width, vocab := c.HiddenSize, c.VocabSize
	if dx != nil {
		forParts(len(dx), func(lo, hi int) { clear(dx[lo:hi]) })
	}
	chunk := min(logitRows(vocab), max(1, len(m.picked)))
	stride := (vocab+15)/16*16 + 16 // not a power of two: rows would compete for the same cache sets
	at := m.acts.mark()
	logits, normed, inv := m.acts.take(chunk*stride), m.acts.take(chunk*width), m.acts.take(chunk)
	var dnormed []float32
	if dx != nil {
		dnormed = m.acts.take(chunk * width)
	}
	for first := 0; first < len(m.picked); first += chunk {
		rows := m.picked[first:min(first+chunk, len(m.picked))]
		n := len(rows)
		forRows(n, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				r := int(rows[i])
				inv[i] = kernel.RMSNorm(normed[i*width:(i+1)*width], x[r*width:(r+1)*width], m.norm.Data, c.RMSNormEps)
			}
		})
		l, y := m.dense(logits, stride), m.dense(normed, width)
		kernel.MulNT(l, y, m.mat(m.head), n, vocab, width, false)
		forRows(n, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				r := rows[i]
				w := scale
				if b.Weights != nil {
					w *= b.Weights[r]
				}
				m.rowLoss[first+i] = crossEntropy(logits[i*stride:i*stride+vocab], b.Targets[r], w, dx != nil)
			}
		})
		if dx == nil {
			continue
		}
		kernel.MulNN(kernel.Dense(dnormed, width), l, m.mat(m.head), n, width, vocab, false)
		if m.head.Trainable {
			kernel.MulTN(kernel.Dense(m.head.Grad, width), l, y, vocab, width, n, true)
		}
		m.pickedNormBackward(dx, dnormed, x, inv, rows)
	}
	m.acts.release(at)
}

// crossEntropy returns -log softmax(logits)[target] and, when grad, turns the logits into the gradient times weight.
func crossEntropy(logits []float32, target int32, weight float32, grad bool) float64 {
	top := kernel.Max(logits)
	right := logits[target]
	sum := kernel.ExpSum(logits, 1, top)
	if grad {
		kernel.Scale(logits, weight/sum)
		logits[target] -= weight
	}
	return math.Log(float64(sum)) + float64(top) - float64(right)
}

// pickedNormBackward is normBackward for the last norm over the picked rows.
func (m *Model) pickedNormBackward(dx, dnormed, x, inv []float32, rows []int32) {
	width := m.cfg.HiddenSize
	chunks := (len(rows) + rowChunk - 1) / rowChunk
	at := m.acts.mark()
	partial := m.acts.take(chunks * width)
	forRows(len(rows), func(chunk, lo, hi int) {
		dw := partial[chunk*width : (chunk+1)*width]
		clear(dw)
		for i := lo; i < hi; i++ {
			r := int(rows[i])
			kernel.RMSNormGrad(dx[r*width:(r+1)*width], dw, dnormed[i*width:(i+1)*width], x[r*width:(r+1)*width], m.norm.Data, inv[i])
		}
	})
	if m.norm.Trainable {
		for c := range chunks {
			kernel.Add(m.norm.Grad, partial[c*width:(c+1)*width])
		}
	}
	m.acts.release(at)
}
