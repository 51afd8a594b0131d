package kernel

import "math"

// Dot returns Σ x[i]·y[i] over len(x).
func Dot(x, y []float32) float32 { return active.dot(x, y[:len(x)]) }

// Max returns the largest value of x, -Inf when x is empty.
func Max(x []float32) float32 { return active.maximum(x) }

// Axpy adds alpha·x to y over len(x).
func Axpy(y, x []float32, alpha float32) { active.axpy(y[:len(x)], x, alpha) }

// Add adds x to y over len(x).
func Add(y, x []float32) { active.add(y[:len(x)], x) }

// Scale multiplies x by alpha in place.
func Scale(x []float32, alpha float32) { active.scale(x, alpha) }

// sumChunk is how many squares a task sums; the sums are added in order, so that SumSquares is the same for any number of threads.
const sumChunk = 1 << 16

// SumSquares returns Σ x[i]² in float64.
func SumSquares(x []float32) float64 {
	if len(x) <= sumChunk {
		return active.sumSquares(x)
	}
	parts := make([]float64, (len(x)+sumChunk-1)/sumChunk)
	For(len(parts), func(_, i int) { parts[i] = active.sumSquares(x[i*sumChunk : min(len(x), (i+1)*sumChunk)]) })
	var s float64
	for _, p := range parts {
		s += p
	}
	return s
}

// RMSNorm writes y = x·inv·w for one row and returns inv = 1/√(mean(x²)+eps) (Zhang and Sennrich 2019).
func RMSNorm(y, x, w []float32, eps float32) (inv float32) {
	inv = float32(1 / math.Sqrt(active.sumSquares(x)/float64(len(x))+float64(eps)))
	active.scaleMul(y[:len(x)], x, w[:len(x)], inv)
	return inv
}

// RMSNormApply writes y = x·inv·w for one row whose inv is known from RMSNorm.
func RMSNormApply(y, x, w []float32, inv float32) { active.scaleMul(y[:len(x)], x, w[:len(x)], inv) }

// RMSNormGrad adds the gradients of one row of RMSNorm to dx and dw, given the gradient dy of its output.
func RMSNormGrad(dx, dw, dy, x, w []float32, inv float32) {
	n := len(x)
	c := active.dot3(dy[:n], x, w[:n]) * inv / float32(n)
	active.normGrad(dx[:n], dw[:n], dy[:n], x, w[:n], inv, c)
}

// Rotate turns the pairs (lo[i], hi[i]) by the angles given as cosines and sines (RoPE, Su et al. 2021, in the half-split layout of Hugging
// Face); Unrotate turns them back, which is also the gradient.
func Rotate(lo, hi, cos, sin []float32) {
	n := len(lo)
	active.rotate(lo, hi[:n], cos[:n], sin[:n])
}

// Unrotate is the inverse, and the transpose, of Rotate.
func Unrotate(lo, hi, cos, sin []float32) {
	n := len(lo)
	active.unrotate(lo, hi[:n], cos[:n], sin[:n])
}

// ExpSum replaces x by exp(x·scale - shift) and returns the sum. Arguments below -87 give a value near 1e-38 rather than 0.
func ExpSum(x []float32, scale, shift float32) float32 { return active.expSum(x, scale, shift) }

// SoftmaxGrad replaces dp by p·(dp-d)·scale: the gradient of softmax where d = Σ p·dp of the row.
func SoftmaxGrad(p, dp []float32, d, scale float32) { active.softGrad(p[:len(dp)], dp, d, scale) }

// SwiGLU writes h = silu(gate)·up (Shazeer 2020).
func SwiGLU(h, gate, up []float32) { active.swiGLU(h, gate[:len(h)], up[:len(h)]) }

// SwiGLUGrad takes the gradient dh of h = silu(gate)·up and works in place: gate and up become their gradients, dh becomes h again, which the
// next weight's gradient needs.
func SwiGLUGrad(dh, gate, up []float32) { active.swiGLUGrad(dh, gate[:len(dh)], up[:len(dh)]) }

// ToBF16 rounds src to bf16, ties to even. FromBF16 widens it back, exactly.
func ToBF16(dst []uint16, src []float32) { active.toBF16(dst[:len(src)], src) }

// RoundBF16 rounds x to values that bf16 can hold, ties to even, in place.
func RoundBF16(x []float32) { active.roundBF16(x) }

// FromBF16 widens src to float32.
func FromBF16(dst []float32, src []uint16) { active.fromBF16(dst, src[:len(dst)]) }

// adamCoefficients are the scalars of one AdamW step, in the order the assembly reads them.
type adamCoefficients struct {
	clip, oneMinusBeta1, beta2, oneMinusBeta2, keep, rate, rootCorrection, eps float32
}

// adamChunk is how many parameters a task of AdamW updates: a multiple of the vector width, so that cutting changes nothing.
const adamChunk = 1 << 15

// AdamW does one step of AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW: decay is decoupled and multiplied by lr, both moments are
// corrected for their bias, step counts from 1.
func AdamW(p, g, m, v []float32, lr, beta1, beta2, eps, decay float32, step int) {
	AdamWClipped(p, g, m, v, 1, lr, beta1, beta2, eps, decay, step)
}

// AdamWClipped is AdamW on the gradient g·clip; g itself is left as it is.
func AdamWClipped(p, g, m, v []float32, clip, lr, beta1, beta2, eps, decay float32, step int) {
	correction1 := 1 - math.Pow(float64(beta1), float64(step))
	correction2 := 1 - math.Pow(float64(beta2), float64(step))
	c := adamCoefficients{
		clip:           clip,
		oneMinusBeta1:  float32(1 - float64(beta1)),
		beta2:          beta2,
		oneMinusBeta2:  float32(1 - float64(beta2)),
		keep:           float32(1 - float64(lr)*float64(decay)),
		rate:           float32(float64(lr) / correction1),
		rootCorrection: float32(1 / math.Sqrt(correction2)),
		eps:            eps,
	}
	n := len(p)
	For((n+adamChunk-1)/adamChunk, func(_, i int) {
		lo, hi := i*adamChunk, min(n, (i+1)*adamChunk)
		active.adamW(p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &c)
	})
}
