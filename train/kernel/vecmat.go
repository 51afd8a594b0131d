package kernel

// gemvRows is how many outputs a task of MulVec computes.
const gemvRows = 64

// MulVec computes y[n] = W[n,k]·x[k] for one token, or adds to y when acc. Reading W is the whole cost, so bf16 weights run twice as fast.
func MulVec(y, x []float32, w Mat, n, k int, acc bool) {
	check("MulVec", w, n, k)
	x = x[:k]
	For((n+gemvRows-1)/gemvRows, func(_, i int) {
		for r := i * gemvRows; r < min(n, (i+1)*gemvRows); r += 4 {
			var s [4]float32
			rows := min(4, n-r)
			switch {
			case rows == 4 && w.BF16 != nil:
				s[0], s[1], s[2], s[3] = active.dot4BF16(x, w.BF16[r*w.Stride:], w.Stride)
			case rows == 4:
				s[0], s[1], s[2], s[3] = active.dot4(x, w.F32[r*w.Stride:], w.Stride)
			case w.BF16 != nil:
				for j := range rows { // stride 0: the same row four times
					s[j], _, _, _ = active.dot4BF16(x, w.BF16[(r+j)*w.Stride:], 0)
				}
			default:
				for j := range rows {
					s[j], _, _, _ = active.dot4(x, w.F32[(r+j)*w.Stride:], 0)
				}
			}
			for j := range rows {
				if acc {
					y[r+j] += s[j]
				} else {
					y[r+j] = s[j]
				}
			}
		}
	})
}
