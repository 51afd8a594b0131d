package train

import (
	"math"

	"winnow/train/kernel"
	"winnow/train/nn"
)

// AdamW updates the trainable parameters of a model (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it). Its state is two moments
// a parameter, in float32.
type AdamW struct {
	Beta1, Beta2, Eps float64
	Decay             float64 // decoupled weight decay, on parameters whose Decay is set (matrices)
	Clip              float64 // largest global gradient norm; 0 is no limit

	params []*nn.Param
	m, v   [][]float32
}

// NewAdamW makes an optimiser of the parameters, in their order, with zero moments.
func NewAdamW(params []*nn.Param, beta1, beta2, eps, decay, clip float64) *AdamW {
	a := &AdamW{Beta1: beta1, Beta2: beta2, Eps: eps, Decay: decay, Clip: clip, params: params}
	for _, p := range params {
		a.m = append(a.m, make([]float32, len(p.Data)))
		a.v = append(a.v, make([]float32, len(p.Data)))
	}
	return a
}

// GradNorm is the global Euclidean norm of the gradients; sums run in a fixed order, so it is the same for any number of threads.
func (a *AdamW) GradNorm() float64 {
	sum := 0.0
	for _, p := range a.params {
		sum += kernel.SumSquares(p.Grad)
	}
	return math.Sqrt(sum)
}

// Step updates the parameters with learning rate lr; step counts from 1 and norm is GradNorm. Clipping scales by clip/(norm+1e-6), as
// torch.nn.utils.clip_grad_norm_.
func (a *AdamW) Step(step int, lr, norm float64) {
	clip := 1.0
	if a.Clip > 0 {
		clip = min(1, a.Clip/(norm+1e-6))
	}
	for i, p := range a.params {
		decay := 0.0
		if p.Decay {
			decay = a.Decay
		}
		kernel.AdamWClipped(p.Data, p.Grad, a.m[i], a.v[i], float32(clip), float32(lr), float32(a.Beta1), float32(a.Beta2), float32(a.Eps), float32(decay), step)
	}
}
