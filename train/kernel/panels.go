package kernel

// The small products inside attention run on one thread each, on operands a task packed itself.

// PanelSize returns how many floats a right operand of k rows and n columns takes once packed.
func PanelSize(k, n int) int { return (n + tileN - 1) / tileN * tileN * k }

// PackRows packs rows [0, n) of src (row stride ld, k values each) as the right operand srcᵀ of MulPanels: C = A·srcᵀ.
func PackRows(dst, src []float32, ld, n, k int) {
	for j := 0; j < n; j += tileN {
		panel := dst[j*k : j*k+tileN*k]
		if n-j >= tileN {
			active.packT16(panel, src[j*ld:], ld, k)
			continue
		}
		clear(panel)
		for c := range n - j {
			for i, x := range src[(j+c)*ld:][:k] {
				panel[i*tileN+c] = x
			}
		}
	}
}

// PackCols packs src (k rows of n values, row stride ld) as the right operand of MulPanels: C = A·src.
func PackCols(dst, src []float32, ld, n, k int) {
	for j := 0; j < n; j += tileN {
		panel := dst[j*k : j*k+tileN*k]
		if n-j >= tileN {
			active.packN16(panel, src[j:], ld, k)
			continue
		}
		clear(panel)
		for i := range k {
			copy(panel[i*tileN:], src[i*ld+j:][:n-j])
		}
	}
}

// PanelScratch is how many floats MulPanels needs as scratch for products of depth k.
func PanelScratch(k int) int { return tileM*tileN + tileM*k }

// MulPanels computes C[m,n] (+)= A·B for columns [n0, n) of a packed B of depth depth, using its rows [k0, k0+k) only. A's element (i, j) is
// a[i*ars+j*aks], j counted from k0; n0 is a multiple of 16 and lands in column 0 of C.
func MulPanels(c []float32, ldc int, a []float32, ars, aks int, b []float32, depth, m, n0, n, k0, k int, acc bool, scratch []float32) {
	edge, tail := scratch[:tileM*tileN], scratch[tileM*tileN:]
	last := m % tileM
	if last != 0 {
		packTail(tail, a[(m-last)*ars:], ars, aks, last, k)
	}
	for j := n0; j < n; j += tileN {
		panel := b[j*depth+k0*tileN:]
		width := min(tileN, n-j)
		for i := 0; i < m; i += tileM {
			height := min(tileM, m-i)
			ta, rs, ks := tail, 1, tileM
			if height == tileM {
				ta, rs, ks = a[i*ars:], ars, aks
			}
			if height == tileM && width == tileN {
				active.tile(k, ta, rs, ks, panel, c[i*ldc+j-n0:], ldc, acc)
				continue
			}
			active.tile(k, ta, rs, ks, panel, edge, tileN, false)
			storeEdge(c[i*ldc+j-n0:], edge, ldc, height, width, acc)
		}
	}
}
