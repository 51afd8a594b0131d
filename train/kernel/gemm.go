package kernel

import "fmt"

// Blocking of the product C = A·B, after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008). The inner tile
// is 6×16: 12 of the 16 YMM registers hold sums. A panel of 16 columns of B, maxKC deep, is 20 KiB and stays in the first-level cache while
// rowBlock rows of A pass; those rows (rowBlock × maxKC × 4 = 120 KiB) stay in the second level while the panels pass.
const (
	tileM    = 6
	tileN    = 16
	maxKC    = 320
	rowBlock = 96
	slabSize = 1 << 20 // floats of B packed at a time: 4 MiB, in the third-level cache
)

// Mat is a row-major matrix in float32, or in bf16 when it is the right operand and does not change. Exactly one of F32 and BF16 is set.
// Stride is the distance between rows in elements. Round has the product take the matrix's values rounded to bf16, while it is packed: two
// such operands give what a bf16 unit with float32 sums does (VDPBF16PS, but for the order of the sums).
type Mat struct {
	F32    []float32
	BF16   []uint16
	Stride int
	Round  bool
}

// Dense returns x as a matrix whose rows of cols values follow each other.
func Dense(x []float32, cols int) Mat { return Mat{F32: x, Stride: cols} }

// product is one matrix product under way: C[m,n] (+)= A[m,k]·B[k,n].
type product struct {
	c        []float32
	ldc      int
	a        []float32
	ars, aks int // A's element (i, k) is a[i*ars+k*aks]; one of the two is 1
	b        Mat
	bT       bool // B's element (k, j) is b[j*stride+k]
	round    bool // A is rounded to bf16; B says so itself
	m, n, k  int
	acc      bool
	u        Mat // with v, of rank r: a product U[m,r]·V[r,n] added as one more block of k
	v        Mat
	r        int

	kc                 int // depth of a block of k; the last may be shorter
	k0, kBlocks        int // the slab packed now: blocks of k from k0, the last of them U·V when extra is 1,
	extra              int
	p0, panels         int // panels of 16 columns from p0
	rows, rowBlocks    int
	groups, groupWidth int // panels are dealt to tasks in groups when there are few row blocks
}

var (
	packPart = func(worker, i int) { workers.product.pack(worker, i) }
	tilePart = func(worker, i int) { workers.product.compute(worker, i) }
)

// MulNT computes C[m,n] = A[m,k]·B[n,k]ᵀ, or adds to C when acc: the forward product of a linear layer, C = x·Wᵀ.
func MulNT(c, a, b Mat, m, n, k int, acc bool) {
	check("MulNT", c, m, n)
	check("MulNT", a, m, k)
	check("MulNT", b, n, k)
	multiply(&product{c: c.F32, ldc: c.Stride, a: a.F32, ars: a.Stride, aks: 1, round: a.Round, b: b, bT: true, m: m, n: n, k: k, acc: acc})
}

// MulNN computes C[m,n] = A[m,k]·B[k,n], or adds to C when acc: the gradient of a linear layer's input, dx = dy·W.
func MulNN(c, a, b Mat, m, n, k int, acc bool) {
	check("MulNN", c, m, n)
	check("MulNN", a, m, k)
	check("MulNN", b, k, n)
	multiply(&product{c: c.F32, ldc: c.Stride, a: a.F32, ars: a.Stride, aks: 1, round: a.Round, b: b, m: m, n: n, k: k, acc: acc})
}

// MulTN computes C[m,n] = A[k,m]ᵀ·B[k,n], or adds to C when acc: the gradient of a linear layer's weight, dW = dyᵀ·x.
func MulTN(c, a, b Mat, m, n, k int, acc bool) {
	check("MulTN", c, m, n)
	check("MulTN", a, k, m)
	check("MulTN", b, k, n)
	multiply(&product{c: c.F32, ldc: c.Stride, a: a.F32, ars: 1, aks: a.Stride, round: a.Round, b: b, m: m, n: n, k: k, acc: acc})
}

// MulNTLowRank computes C[m,n] (+)= A[m,k]·B[n,k]ᵀ + U[m,r]·V[n,r]ᵀ in one pass over C: a linear layer with its LoRA adapter.
func MulNTLowRank(c, a, b, u, v Mat, m, n, k, r int, acc bool) {
	check("MulNTLowRank", c, m, n)
	check("MulNTLowRank", a, m, k)
	check("MulNTLowRank", b, n, k)
	check("MulNTLowRank", u, m, r)
	check("MulNTLowRank", v, n, r)
	multiply(&product{c: c.F32, ldc: c.Stride, a: a.F32, ars: a.Stride, aks: 1, round: a.Round, b: b, bT: true, m: m, n: n, k: k, acc: acc, u: u, v: v, r: r})
}

// MulNNLowRank computes C[m,n] (+)= A[m,k]·B[k,n] + U[m,r]·V[r,n] in one pass over C: the gradient of such a layer's input.
func MulNNLowRank(c, a, b, u, v Mat, m, n, k, r int, acc bool) {
	check("MulNNLowRank", c, m, n)
	check("MulNNLowRank", a, m, k)
	check("MulNNLowRank", b, k, n)
	check("MulNNLowRank", u, m, r)
	check("MulNNLowRank", v, r, n)
	multiply(&product{c: c.F32, ldc: c.Stride, a: a.F32, ars: a.Stride, aks: 1, round: a.Round, b: b, m: m, n: n, k: k, acc: acc, u: u, v: v, r: r})
}

// check panics on a matrix too short for its shape, because the assembly below it would read past the end.
func check(op string, x Mat, rows, cols int) {
	if rows == 0 || cols == 0 {
		return
	}
	if need, have := (rows-1)*x.Stride+cols, max(len(x.F32), len(x.BF16)); x.Stride < cols || have < need {
		panic(fmt.Sprintf("kernel.%s: a %d×%d matrix with stride %d needs %d elements, has %d", op, rows, cols, x.Stride, need, have))
	}
}

func multiply(q *product) {
	if q.m == 0 || q.n == 0 {
		return
	}
	workers.mu.Lock()
	defer workers.mu.Unlock()
	if q.k == 0 {
		if !q.acc {
			for i := range q.m {
				clear(q.c[i*q.ldc : i*q.ldc+q.n])
			}
		}
		return
	}
	p := &workers.product
	*p = *q
	threads := len(workers.scratch)
	p.kc = depth(p.k)
	allK := (p.k + p.kc - 1) / p.kc
	allP := (p.n + tileN - 1) / tileN
	slabP := min(allP, max(1, slabSize/(p.kc*tileN)))
	slabK := 1
	if slabP == allP {
		slabK = min(allK, max(1, slabSize/(p.kc*tileN*allP)))
	}
	if need := (slabK*p.kc + p.r) * slabP * tileN; len(workers.packed) < need {
		workers.packed = make([]float32, need)
	}
	for kb := 0; kb < allK; kb += slabK {
		p.k0, p.kBlocks, p.extra = kb*p.kc, min(slabK, allK-kb), 0
		if kb+slabK >= allK && p.r > 0 {
			p.extra = 1
		}
		for p.p0 = 0; p.p0 < allP; p.p0 += slabP {
			p.panels = min(slabP, allP-p.p0)
			p.deal(threads)
			workers.run((p.kBlocks+p.extra)*p.panels, packPart)
			workers.run(p.rowBlocks*p.groups, tilePart)
		}
	}
	*p = product{} // let the operands go
}

// depth cuts k into equal blocks of at most maxKC, so that no short block is left over. It follows from k alone: sums keep their order.
func depth(k int) int {
	blocks := (k + maxKC - 1) / maxKC
	return (k + blocks - 1) / blocks
}

// deal cuts C into tasks: by rows, and by panels too when the rows give too few tasks for the threads.
func (p *product) deal(threads int) {
	p.rowBlocks = (p.m + rowBlock - 1) / rowBlock
	if r := p.rowBlocks % threads; r != 0 && p.rowBlocks > threads {
		p.rowBlocks += threads - r
	}
	tiles := (p.m + tileM - 1) / tileM
	p.rows = (tiles + p.rowBlocks - 1) / p.rowBlocks * tileM
	p.rowBlocks = (p.m + p.rows - 1) / p.rows
	p.groups = 1
	if want := 2 * threads; threads > 1 && p.rowBlocks < want {
		p.groups = min(p.panels, (want+p.rowBlocks-1)/p.rowBlocks)
	}
	p.groupWidth = (p.panels + p.groups - 1) / p.groups
	p.groups = (p.panels + p.groupWidth - 1) / p.groupWidth
}

// block returns where block kb of the slab starts in k, and how deep it is; block kBlocks is U·V.
func (p *product) block(kb int) (start, length int) {
	if kb == p.kBlocks {
		return 0, p.r
	}
	start = p.k0 + kb*p.kc
	return start, min(p.kc, p.k-start)
}

// panel returns the packed panel j of block kb: [length][16].
func (p *product) panel(kb, j, length int) []float32 {
	at := kb*p.kc*p.panels*tileN + j*length*tileN
	return workers.packed[at : at+length*tileN]
}

// pack copies panel i of the slab into [k][16], zeros past the last column.
func (p *product) pack(worker, i int) {
	kb, j := i/p.panels, i%p.panels
	k0, length := p.block(kb)
	n0 := (p.p0 + j) * tileN
	width := min(tileN, p.n-n0)
	dst := p.panel(kb, j, length)
	b := &p.b
	if kb == p.kBlocks {
		b = &p.v
	}
	src, ld := b.F32, b.Stride
	if b.BF16 != nil {
		rows, cols, r0, c0 := length, width, k0, n0
		if p.bT {
			rows, cols, r0, c0 = width, length, n0, k0
		}
		wide := workers.buffer(worker, rows*cols)
		for r := range rows {
			active.fromBF16(wide[r*cols:(r+1)*cols], b.BF16[(r0+r)*ld+c0:])
		}
		src, ld, k0, n0 = wide, cols, 0, 0
	}
	switch {
	case p.bT && width == tileN:
		active.packT16(dst, src[n0*ld+k0:], ld, length)
	case p.bT:
		clear(dst)
		for c := range width {
			row := src[(n0+c)*ld+k0:][:length]
			for k, x := range row {
				dst[k*tileN+c] = x
			}
		}
	case width == tileN:
		active.packN16(dst, src[k0*ld+n0:], ld, length)
	default:
		clear(dst)
		for k := range length {
			copy(dst[k*tileN:], src[(k0+k)*ld+n0:][:width])
		}
	}
	if b.Round && b.BF16 == nil {
		active.roundBF16(dst)
	}
}

// compute fills one block of rows of C over one group of panels.
func (p *product) compute(worker, i int) {
	r0 := i / p.groups * p.rows
	r1 := min(p.m, r0+p.rows)
	j0 := i % p.groups * p.groupWidth
	j1 := min(p.panels, j0+p.groupWidth)
	tiles := (r1 - r0 + tileM - 1) / tileM
	buf := workers.buffer(worker, tileM*tileN+tiles*tileM*max(p.kc, p.r)+8) // +8: packA6 stores 8 values where 6 count
	edge, packedA := buf[:tileM*tileN], buf[tileM*tileN:]
	for kb := range p.kBlocks + p.extra {
		k0, length := p.block(kb)
		left, ars, aks, acc, round := p.a, p.ars, p.aks, p.acc || k0 > 0, p.round
		if kb == p.kBlocks {
			left, ars, aks, acc, round = p.u.F32, p.u.Stride, 1, true, p.u.Round
		}
		for t := range tiles {
			row := r0 + t*tileM
			full := row+tileM <= r1
			if aks == 1 && full && !round {
				continue // read in place
			}
			dst, src := packedA[t*tileM*length:(t+1)*tileM*length+8], left[row*ars+k0*aks:]
			switch {
			case full && aks == 1:
				for r := range tileM {
					copy(dst[r*length:(r+1)*length], src[r*ars:])
				}
			case full:
				active.packA6(dst, src, aks, length)
			default:
				packTail(dst, src, ars, aks, r1-row, length)
			}
			if round {
				active.roundBF16(dst[:tileM*length])
			}
		}
		for j := j0; j < j1; j++ {
			b := p.panel(kb, j, length)
			n0 := (p.p0 + j) * tileN
			width := min(tileN, p.n-n0)
			for t := range tiles {
				row := r0 + t*tileM
				height := min(tileM, r1-row)
				a, rs, ks := packedA[t*tileM*length:], 1, tileM
				if aks == 1 && height == tileM {
					if a, rs, ks = left[row*ars+k0:], ars, 1; round {
						a, rs = packedA[t*tileM*length:], length
					}
				}
				c := p.c[row*p.ldc+n0:]
				if height == tileM && width == tileN {
					active.tile(length, a, rs, ks, b, c, p.ldc, acc)
					continue
				}
				active.tile(length, a, rs, ks, b, edge, tileN, false)
				storeEdge(c, edge, p.ldc, height, width, acc)
			}
		}
	}
}

// packTail copies fewer than six rows of A into [k][6], zeros below the last row.
func packTail(dst, a []float32, rs, ks, rows, k int) {
	for i := range k {
		d := dst[i*tileM : i*tileM+tileM]
		for r := range d {
			d[r] = 0
			if r < rows {
				d[r] = a[r*rs+i*ks]
			}
		}
	}
}

// storeEdge copies the part of a 6×16 tile that lies inside C.
func storeEdge(c, tile []float32, ldc, height, width int, acc bool) {
	for r := range height {
		dst, src := c[r*ldc:r*ldc+width], tile[r*tileN:r*tileN+width]
		if acc {
			for i, x := range src {
				dst[i] += x
			}
		} else {
			copy(dst, src)
		}
	}
}
