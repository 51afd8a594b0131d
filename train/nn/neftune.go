package nn

import "math"

// SetNEFTune adds noise to the embeddings of LossGrad: uniform in ±alpha/√(tokens·hidden), with the tokens of the document at hand (Jain et al.
// 2023, who use 5 to 15). 0 is none. The noise is a hash of seed, step (see SetStep), batch and place, so that a resumed run draws the same.
func (m *Model) SetNEFTune(alpha float64, seed uint64) {
	m.noise, m.noiseSeed = alpha, hashName(seed, "neftune")
}

// addNoise adds the noise of one pass to the embedded tokens x.
func (m *Model) addNoise(x []float32) {
	width := m.cfg.HiddenSize
	key := mix(m.noiseSeed ^ mix(m.step) ^ m.batch<<48)
	for _, d := range m.docs {
		bound := m.noise / math.Sqrt(float64((d.end-d.start)*width))
		forRows(d.end-d.start, func(_, lo, hi int) {
			for i := (d.start + lo) * width; i < (d.start+hi)*width; i++ {
				x[i] += float32(bound * (2*unit(mix(key+uint64(i))) - 1))
			}
		})
	}
}
