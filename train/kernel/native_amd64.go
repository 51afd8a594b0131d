package kernel

import "golang.org/x/sys/cpu"

// avx2 is the family for amd64 processors with AVX2 and FMA (Intel since Haswell, AMD since Zen). Its wrappers pad what is left over after
// the last full vector, so that every element goes through the same instructions.
var avx2 = family{
	name:       "avx2",
	tile:       tileAVX2,
	packT16:    packT16,
	packN16:    packN16AVX2,
	packA6:     packA6,
	dot4:       dot4,
	dot4BF16:   dot4BF16,
	dot:        dot,
	dot3:       dot3,
	sumSquares: sumSquares,
	maximum:    maximum,
	axpy:       axpy,
	add:        add,
	scale:      scale,
	scaleMul:   scaleMul,
	normGrad:   normGrad,
	rotate:     rotate,
	unrotate:   unrotate,
	expSum:     expSum,
	softGrad:   softGrad,
	swiGLU:     swiGLU,
	swiGLUGrad: swiGLUGrad,
	adamW:      adamW,
	toBF16:     toBF16,
	fromBF16:   fromBF16,
	roundBF16:  roundBF16,
}

func nativeFamilies() []*family {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return []*family{&avx2}
	}
	return nil
}

//go:noescape
func tileAVX2(k int, a []float32, rs, ks int, b, c []float32, ldc int, acc bool)

//go:noescape
func packT16AVX2(dst, src []float32, ld, k int)

//go:noescape
func packN16AVX2(dst, src []float32, ld, k int)

//go:noescape
func packA6AVX2(dst, src []float32, ld, k int)

//go:noescape
func dot4AVX2(sum *[4]float32, x, w []float32, ld int)

//go:noescape
func dot4BF16AVX2(sum *[4]float32, x []float32, w []uint16, ld int)

//go:noescape
func dotAVX2(x, y []float32) float32

//go:noescape
func dot3AVX2(x, y, z []float32) float32

//go:noescape
func sumSquaresAVX2(x []float32) float64

//go:noescape
func maximumAVX2(x []float32) float32

//go:noescape
func axpyAVX2(y, x []float32, alpha float32)

//go:noescape
func addAVX2(y, x []float32)

//go:noescape
func scaleAVX2(x []float32, alpha float32)

//go:noescape
func scaleMulAVX2(y, x, w []float32, s float32)

//go:noescape
func normGradAVX2(dx, dw, dy, x, w []float32, inv, c float32)

//go:noescape
func rotateAVX2(lo, hi, cos, sin []float32)

//go:noescape
func unrotateAVX2(lo, hi, cos, sin []float32)

//go:noescape
func expSumAVX2(x []float32, scale, shift float32) float32

//go:noescape
func softGradAVX2(p, dp []float32, d, scale float32)

//go:noescape
func swiGLUAVX2(h, gate, up []float32)

//go:noescape
func swiGLUGradAVX2(dh, gate, up []float32)

//go:noescape
func adamWAVX2(p, g, m, v []float32, c *adamCoefficients)

//go:noescape
func toBF16AVX2(dst []uint16, src []float32)

//go:noescape
func roundBF16AVX2(x []float32)

//go:noescape
func fromBF16AVX2(dst []float32, src []uint16)

// lane is one vector of padding for a tail.
type lane [8]float32

func pad(x []float32) (l lane) {
	copy(l[:], x)
	return l
}

func packT16(dst, src []float32, ld, k int) {
	whole := k &^ 3
	packT16AVX2(dst, src, ld, whole)
	for r := range tileN {
		for i := whole; i < k; i++ {
			dst[i*tileN+r] = src[r*ld+i]
		}
	}
}

func packA6(dst, src []float32, ld, k int) {
	packA6AVX2(dst, src, ld, k-1) // the last row might end within eight values of the end of src
	copy(dst[(k-1)*tileM:k*tileM], src[(k-1)*ld:])
}

func dot4(x, w []float32, ld int) (a, b, c, d float32) {
	var s [4]float32
	n := len(x) &^ 7
	dot4AVX2(&s, x[:n], w, ld)
	for i := n; i < len(x); i++ {
		for r := range s {
			s[r] += x[i] * w[r*ld+i]
		}
	}
	return s[0], s[1], s[2], s[3]
}

func dot4BF16(x []float32, w []uint16, ld int) (a, b, c, d float32) {
	var s [4]float32
	n := len(x) &^ 7
	dot4BF16AVX2(&s, x[:n], w, ld)
	for i := n; i < len(x); i++ {
		for r := range s {
			s[r] += x[i] * widen(w[r*ld+i])
		}
	}
	return s[0], s[1], s[2], s[3]
}

func dot(x, y []float32) float32 {
	n := len(x) &^ 7
	s := dotAVX2(x[:n], y)
	for i := n; i < len(x); i++ {
		s += x[i] * y[i]
	}
	return s
}

func dot3(x, y, z []float32) float32 {
	n := len(x) &^ 7
	s := dot3AVX2(x[:n], y, z)
	for i := n; i < len(x); i++ {
		s += x[i] * y[i] * z[i]
	}
	return s
}

func sumSquares(x []float32) float64 {
	n := len(x) &^ 7
	return sumSquaresAVX2(x[:n]) + sumSquaresGeneric(x[n:])
}

func maximum(x []float32) float32 {
	n := len(x) &^ 7
	m := maximumGeneric(x[n:])
	if n > 0 {
		m = max(m, maximumAVX2(x[:n]))
	}
	return m
}

func axpy(y, x []float32, alpha float32) {
	n := len(x) &^ 7
	axpyAVX2(y[:n], x, alpha)
	if n < len(x) {
		ty, tx := pad(y[n:]), pad(x[n:])
		axpyAVX2(ty[:], tx[:], alpha)
		copy(y[n:len(x)], ty[:])
	}
}

func add(y, x []float32) {
	n := len(x) &^ 7
	addAVX2(y[:n], x)
	addGeneric(y[n:], x[n:])
}

func scale(x []float32, alpha float32) {
	n := len(x) &^ 7
	scaleAVX2(x[:n], alpha)
	scaleGeneric(x[n:], alpha)
}

func scaleMul(y, x, w []float32, s float32) {
	n := len(x) &^ 7
	scaleMulAVX2(y[:n], x, w, s)
	scaleMulGeneric(y[n:], x[n:], w[n:], s)
}

func normGrad(dx, dw, dy, x, w []float32, inv, c float32) {
	n := len(dx) &^ 7
	normGradAVX2(dx[:n], dw, dy, x, w, inv, c)
	if n < len(dx) {
		tdx, tdw, tdy, tx, tw := pad(dx[n:]), pad(dw[n:]), pad(dy[n:]), pad(x[n:]), pad(w[n:])
		normGradAVX2(tdx[:], tdw[:], tdy[:], tx[:], tw[:], inv, c)
		copy(dx[n:], tdx[:])
		copy(dw[n:], tdw[:])
	}
}

func rotate(lo, hi, cos, sin []float32) {
	n := len(lo) &^ 7
	rotateAVX2(lo[:n], hi, cos, sin)
	if n < len(lo) {
		tl, th, tc, ts := pad(lo[n:]), pad(hi[n:]), pad(cos[n:]), pad(sin[n:])
		rotateAVX2(tl[:], th[:], tc[:], ts[:])
		copy(lo[n:], tl[:])
		copy(hi[n:], th[:])
	}
}

func unrotate(lo, hi, cos, sin []float32) {
	n := len(lo) &^ 7
	unrotateAVX2(lo[:n], hi, cos, sin)
	if n < len(lo) {
		tl, th, tc, ts := pad(lo[n:]), pad(hi[n:]), pad(cos[n:]), pad(sin[n:])
		unrotateAVX2(tl[:], th[:], tc[:], ts[:])
		copy(lo[n:], tl[:])
		copy(hi[n:], th[:])
	}
}

func expSum(x []float32, scale, shift float32) float32 {
	n := len(x) &^ 7
	s := expSumAVX2(x[:n], scale, shift)
	if n < len(x) {
		t := pad(x[n:])
		expSumAVX2(t[:], scale, shift)
		for i := range x[n:] {
			x[n+i] = t[i]
			s += t[i]
		}
	}
	return s
}

func softGrad(p, dp []float32, d, scale float32) {
	n := len(p) &^ 7
	softGradAVX2(p[:n], dp, d, scale)
	softGradGeneric(p[n:], dp[n:], d, scale)
}

func swiGLU(h, gate, up []float32) {
	n := len(h) &^ 7
	swiGLUAVX2(h[:n], gate, up)
	if n < len(h) {
		var th lane
		tg, tu := pad(gate[n:]), pad(up[n:])
		swiGLUAVX2(th[:], tg[:], tu[:])
		copy(h[n:], th[:])
	}
}

func swiGLUGrad(dh, gate, up []float32) {
	n := len(dh) &^ 7
	swiGLUGradAVX2(dh[:n], gate, up)
	if n < len(dh) {
		th, tg, tu := pad(dh[n:]), pad(gate[n:]), pad(up[n:])
		swiGLUGradAVX2(th[:], tg[:], tu[:])
		copy(dh[n:], th[:])
		copy(gate[n:], tg[:])
		copy(up[n:], tu[:])
	}
}

func adamW(p, g, m, v []float32, c *adamCoefficients) {
	n := len(p) &^ 7
	adamWAVX2(p[:n], g, m, v, c)
	if n < len(p) {
		tp, tg, tm, tv := pad(p[n:]), pad(g[n:]), pad(m[n:]), pad(v[n:])
		adamWAVX2(tp[:], tg[:], tm[:], tv[:], c)
		copy(p[n:], tp[:])
		copy(m[n:], tm[:])
		copy(v[n:], tv[:])
	}
}

func toBF16(dst []uint16, src []float32) {
	n := len(src) &^ 15
	toBF16AVX2(dst[:n], src[:n])
	toBF16Generic(dst[n:], src[n:])
}

func roundBF16(x []float32) {
	n := len(x) &^ 7
	roundBF16AVX2(x[:n])
	roundBF16Generic(x[n:])
}

func fromBF16(dst []float32, src []uint16) {
	n := len(dst) &^ 7
	fromBF16AVX2(dst[:n], src)
	fromBF16Generic(dst[n:], src[n:])
}
