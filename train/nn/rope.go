package nn

import (
	"math"

	"winnow/train/kernel"
)

// ropeTable holds the cosines and sines of RoPE for positions 0…n-1, [n][headDim/2] each.
type ropeTable struct {
	half      int
	frequency []float32
	cos, sin  []float32
}

// newRopeTable computes the frequencies. They are rounded to float32 where transformers rounds them, so that angles agree to the last bit.
func newRopeTable(c Config) *ropeTable {
	t := &ropeTable{half: c.HeadDim / 2}
	for i := range t.half {
		exponent := float32(2*i) / float32(c.HeadDim)
		f := 1 / float32(math.Pow(c.RopeTheta, float64(exponent)))
		if s := c.RopeScaling; s != nil {
			f = s.apply(f)
		}
		t.frequency = append(t.frequency, f)
	}
	return t
}

// apply scales one frequency. llama3 (Llama 3.1, Meta 2024) divides those with wavelengths beyond the original context by factor, keeps
// the short ones and blends between.
func (s *RopeScaling) apply(f float32) float32 {
	if s.Type == "linear" {
		return f / float32(s.Factor)
	}
	turns := float64(s.OriginalMaxPositions) * float64(f) / (2 * math.Pi) // over the original context
	switch {
	case turns < s.LowFreqFactor:
		return f / float32(s.Factor)
	case turns > s.HighFreqFactor:
		return f
	}
	smooth := float32((turns - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor))
	return (1-smooth)*f/float32(s.Factor) + smooth*f
}

// grow extends the table to n positions.
func (t *ropeTable) grow(n int) {
	for p := len(t.cos) / t.half; p < n; p++ {
		for _, f := range t.frequency {
			angle := float64(float32(p) * f)
			t.cos = append(t.cos, float32(math.Cos(angle)))
			t.sin = append(t.sin, float32(math.Sin(angle)))
		}
	}
}

// rotate turns every head of one token's row x by its position.
func (t *ropeTable) rotate(x []float32, pos int) {
	h := t.half
	cos, sin := t.cos[pos*h:(pos+1)*h], t.sin[pos*h:(pos+1)*h]
	for ; len(x) > 0; x = x[2*h:] {
		kernel.Rotate(x[:h], x[h:2*h], cos, sin)
	}
}

// unrotate is the gradient of rotate.
func (t *ropeTable) unrotate(x []float32, pos int) {
	h := t.half
	cos, sin := t.cos[pos*h:(pos+1)*h], t.sin[pos*h:(pos+1)*h]
	for ; len(x) > 0; x = x[2*h:] {
		kernel.Unrotate(x[:h], x[h:2*h], cos, sin)
	}
}
