package nn

import (
	"math"
	"strings"
)

// initStd is the standard deviation of fresh weights, as GPT-2 and Llama use (initializer_range).
const initStd = 0.02

// Init draws fresh weights: matrices normal(0, 0.02), with the two projections that write to the residual stream scaled by 1/√(2·layers)
// (GPT-2, Radford et al. 2019); norms one, biases zero. Each value is a hash of (seed, name, index), so it depends on nothing else.
func (m *Model) Init(seed uint64) {
	for _, p := range m.params {
		switch {
		case strings.HasSuffix(p.Name, ".bias"):
			clear(p.Data)
		case len(p.Shape) == 1:
			for i := range p.Data {
				p.Data[i] = 1
			}
		default:
			std := initStd
			if strings.HasSuffix(p.Name, "o_proj.weight") || strings.HasSuffix(p.Name, "down_proj.weight") {
				std /= math.Sqrt(2 * float64(m.cfg.Layers))
			}
			normal(p, seed, std)
		}
	}
}

// normal fills p with normal(0, std) by the method of Box and Muller (1958).
func normal(p *Param, seed uint64, std float64) {
	key := hashName(seed, p.Name)
	forParts(len(p.Data), func(lo, hi int) {
		for i := lo; i < hi; i += 2 {
			r := std * math.Sqrt(-2*math.Log(1-unit(mix(key+2*uint64(i)))))
			angle := 2 * math.Pi * unit(mix(key+2*uint64(i)+1))
			p.Data[i] = float32(r * math.Cos(angle))
			if i+1 < hi {
				p.Data[i+1] = float32(r * math.Sin(angle))
			}
		}
	})
}

// uniform fills p with uniform(-bound, bound).
func uniform(p *Param, seed uint64, bound float64) {
	key := hashName(seed, p.Name)
	for i := range p.Data {
		p.Data[i] = float32(bound * (2*unit(mix(key+uint64(i))) - 1))
	}
}

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014) after one step of its counter.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashName hashes a seed and a name.
func hashName(seed uint64, name string) uint64 {
	h := mix(seed)
	for _, b := range []byte(name) {
		h = mix(h ^ uint64(b))
	}
	return h
}
