package kernel

import "math"

// generic is the family in plain Go: the reference the others are tested against, and what runs on machines without one of their own.
var generic = family{
	name:       "generic",
	tile:       tileGeneric,
	packT16:    packT16Generic,
	packN16:    packN16Generic,
	packA6:     packA6Generic,
	dot4:       dot4Generic,
	dot4BF16:   dot4BF16Generic,
	dot:        dotGeneric,
	dot3:       dot3Generic,
	sumSquares: sumSquaresGeneric,
	maximum:    maximumGeneric,
	axpy:       axpyGeneric,
	add:        addGeneric,
	scale:      scaleGeneric,
	scaleMul:   scaleMulGeneric,
	normGrad:   normGradGeneric,
	rotate:     rotateGeneric,
	unrotate:   unrotateGeneric,
	expSum:     expSumGeneric,
	softGrad:   softGradGeneric,
	swiGLU:     swiGLUGeneric,
	swiGLUGrad: swiGLUGradGeneric,
	adamW:      adamWGeneric,
	toBF16:     toBF16Generic,
	fromBF16:   fromBF16Generic,
	roundBF16:  roundBF16Generic,
}

func tileGeneric(k int, a []float32, rs, ks int, b, c []float32, ldc int, acc bool) {
	var sum [tileM][tileN]float32
	for i := range k {
		row := (*[tileN]float32)(b[i*tileN:])
		for r := range tileM {
			x := a[r*rs+i*ks]
			s := &sum[r]
			for j := range tileN {
				s[j] += x * row[j]
			}
		}
	}
	storeEdge(c, flat(&sum), ldc, tileM, tileN, acc)
}

func flat(t *[tileM][tileN]float32) []float32 {
	var out [tileM * tileN]float32
	for r := range t {
		copy(out[r*tileN:], t[r][:])
	}
	return out[:]
}

func packT16Generic(dst, src []float32, ld, k int) {
	for r := range tileN {
		for i, x := range src[r*ld : r*ld+k] {
			dst[i*tileN+r] = x
		}
	}
}

func packN16Generic(dst, src []float32, ld, k int) {
	for i := range k {
		copy(dst[i*tileN:(i+1)*tileN], src[i*ld:])
	}
}

func packA6Generic(dst, src []float32, ld, k int) {
	for i := range k {
		copy(dst[i*tileM:(i+1)*tileM], src[i*ld:])
	}
}

func dot4Generic(x, w []float32, ld int) (a, b, c, d float32) {
	n := len(x)
	return dotGeneric(x, w[:n]), dotGeneric(x, w[ld:ld+n]), dotGeneric(x, w[2*ld:2*ld+n]), dotGeneric(x, w[3*ld:3*ld+n])
}

func dot4BF16Generic(x []float32, w []uint16, ld int) (a, b, c, d float32) {
	for i, v := range x {
		a += v * widen(w[i])
		b += v * widen(w[ld+i])
		c += v * widen(w[2*ld+i])
		d += v * widen(w[3*ld+i])
	}
	return a, b, c, d
}

func dotGeneric(x, y []float32) float32 {
	var s float32
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

func dot3Generic(x, y, z []float32) float32 {
	var s float32
	for i, v := range x {
		s += v * y[i] * z[i]
	}
	return s
}

func sumSquaresGeneric(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}

func maximumGeneric(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

func axpyGeneric(y, x []float32, alpha float32) {
	for i, v := range x {
		y[i] += alpha * v
	}
}

func addGeneric(y, x []float32) {
	for i, v := range x {
		y[i] += v
	}
}

func scaleGeneric(x []float32, alpha float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func scaleMulGeneric(y, x, w []float32, s float32) {
	for i, v := range x {
		y[i] = v * s * w[i]
	}
}

func normGradGeneric(dx, dw, dy, x, w []float32, inv, c float32) {
	for i, g := range dy {
		n := x[i] * inv
		dw[i] += g * n
		dx[i] += inv * (g*w[i] - n*c)
	}
}

func rotateGeneric(lo, hi, cos, sin []float32) {
	for i, a := range lo {
		b := hi[i]
		lo[i] = a*cos[i] - b*sin[i]
		hi[i] = b*cos[i] + a*sin[i]
	}
}

func unrotateGeneric(lo, hi, cos, sin []float32) {
	for i, a := range lo {
		b := hi[i]
		lo[i] = a*cos[i] + b*sin[i]
		hi[i] = b*cos[i] - a*sin[i]
	}
}

func exp32(x float32) float32 { return float32(math.Exp(float64(x))) }

func expSumGeneric(x []float32, scale, shift float32) float32 {
	var s float32
	for i, v := range x {
		e := exp32(v*scale - shift)
		x[i] = e
		s += e
	}
	return s
}

func softGradGeneric(p, dp []float32, d, scale float32) {
	for i, g := range dp {
		dp[i] = p[i] * (g - d) * scale
	}
}

func swiGLUGeneric(h, gate, up []float32) {
	for i, g := range gate {
		h[i] = g / (1 + exp32(-g)) * up[i]
	}
}

func swiGLUGradGeneric(dh, gate, up []float32) {
	for i, d := range dh {
		g, u := gate[i], up[i]
		s := 1 / (1 + exp32(-g))
		silu := g * s
		dh[i] = silu * u
		up[i] = d * silu
		gate[i] = d * u * (s + silu*(1-s))
	}
}

func adamWGeneric(p, g, m, v []float32, c *adamCoefficients) {
	for i, x := range g {
		x *= c.clip
		mi := m[i] + c.oneMinusBeta1*(x-m[i])
		vi := c.beta2*v[i] + c.oneMinusBeta2*x*x
		m[i], v[i] = mi, vi
		p[i] = p[i]*c.keep - c.rate*mi/(float32(math.Sqrt(float64(vi)))*c.rootCorrection+c.eps)
	}
}

func widen(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// narrow rounds to the nearest bf16, ties to even; NaN stays NaN.
func narrow(x float32) uint16 {
	b := math.Float32bits(x)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func toBF16Generic(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = narrow(x)
	}
}

func roundBF16Generic(x []float32) {
	for i, v := range x {
		x[i] = widen(narrow(v))
	}
}

func fromBF16Generic(dst []float32, src []uint16) {
	for i := range dst {
		dst[i] = widen(src[i])
	}
}
