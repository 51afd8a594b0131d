package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

// eachFamily runs a test on every kernel family of this machine.
func eachFamily(t *testing.T, body func(t *testing.T)) {
	before := Name()
	defer func() {
		if err := Use(before); err != nil {
			t.Fatal(err)
		}
	}()
	for _, name := range Families() {
		if err := Use(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, body)
	}
}

func randoms(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// differ returns the largest difference relative to the largest entry of want.
func differ(got, want []float32) float64 {
	var largest, worst float64
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst = max(worst, d)
	}
	if worst == 0 {
		return 0
	}
	return worst / largest
}

func TestProductsAgainstFloat64(t *testing.T) {
	sizes := [][3]int{{1, 1, 1}, {6, 16, 4}, {7, 17, 5}, {5, 15, 3}, {96, 64, 321}, {97, 33, 641}, {13, 200, 7}, {200, 8, 64}, {8, 72, 333}, {3, 500, 40}}
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			sizes = append(sizes, [3]int{1 + r.IntN(130), 1 + r.IntN(130), 1 + r.IntN(700)})
		}
		for _, s := range sizes {
			m, n, k := s[0], s[1], s[2]
			pa, pb, pc := r.IntN(5), r.IntN(5), r.IntN(5) // padding of the rows
			a, b := randoms(r, m*(k+pa)), randoms(r, n*(k+pb))
			at, bt := make([]float32, k*(m+pa)), make([]float32, k*(n+pb))
			b16 := make([]uint16, len(b))
			start := randoms(r, m*(n+pc))
			for i := range m {
				for j := range k {
					at[j*(m+pa)+i] = a[i*(k+pa)+j]
				}
			}
			ToBF16(b16, b)
			FromBF16(b, b16) // exact in both types
			for i := range n {
				for j := range k {
					bt[j*(n+pb)+i] = b[i*(k+pb)+j]
				}
			}
			bt16 := make([]uint16, len(bt))
			ToBF16(bt16, bt)
			for _, acc := range []bool{false, true} {
				want := append([]float32(nil), start...)
				for i := range m {
					for j := range n {
						var sum float64
						for l := range k {
							sum += float64(a[i*(k+pa)+l]) * float64(b[j*(k+pb)+l])
						}
						if acc {
							sum += float64(start[i*(n+pc)+j])
						}
						want[i*(n+pc)+j] = float32(sum)
					}
				}
				A, AT := Mat{F32: a, Stride: k + pa}, Mat{F32: at, Stride: m + pa}
				runs := map[string]func(c Mat){
					"NT":     func(c Mat) { MulNT(c, A, Mat{F32: b, Stride: k + pb}, m, n, k, acc) },
					"NN":     func(c Mat) { MulNN(c, A, Mat{F32: bt, Stride: n + pb}, m, n, k, acc) },
					"TN":     func(c Mat) { MulTN(c, AT, Mat{F32: bt, Stride: n + pb}, m, n, k, acc) },
					"NTbf16": func(c Mat) { MulNT(c, A, Mat{BF16: b16, Stride: k + pb}, m, n, k, acc) },
					"NNbf16": func(c Mat) { MulNN(c, A, Mat{BF16: bt16, Stride: n + pb}, m, n, k, acc) },
				}
				for name, run := range runs {
					got := append([]float32(nil), start...)
					run(Mat{F32: got, Stride: n + pc})
					if d := differ(got, want); d > 1e-5 {
						t.Errorf("%s m=%d n=%d k=%d acc=%v: off by %.2g of the largest entry", name, m, n, k, acc, d)
					}
				}
			}
		}
	})
}

func TestLowRankAgainstTwoProducts(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, s := range [][4]int{{1, 1, 1, 1}, {7, 17, 5, 3}, {100, 40, 700, 8}, {13, 50, 20, 400}, {30, 3000, 900, 16}} {
			m, n, k, rank := s[0], s[1], s[2], s[3]
			a, b, u, v := randoms(r, m*k), randoms(r, n*k), randoms(r, m*rank), randoms(r, n*rank)
			start := randoms(r, m*n)
			for _, acc := range []bool{false, true} {
				want, got := append([]float32(nil), start...), append([]float32(nil), start...)
				MulNT(Dense(want, n), Dense(a, k), Dense(b, k), m, n, k, acc)
				MulNT(Dense(want, n), Dense(u, rank), Dense(v, rank), m, n, rank, true)
				MulNTLowRank(Dense(got, n), Dense(a, k), Dense(b, k), Dense(u, rank), Dense(v, rank), m, n, k, rank, acc)
				if d := differ(got, want); d > 1e-6 {
					t.Errorf("NT %v: off by %.2g", s, d)
				}
				MulNN(Dense(want, n), Dense(a, k), Dense(b, n), m, n, k, acc)
				MulNN(Dense(want, n), Dense(u, rank), Dense(v, n), m, n, rank, true)
				MulNNLowRank(Dense(got, n), Dense(a, k), Dense(b, n), Dense(u, rank), Dense(v, n), m, n, k, rank, acc)
				if d := differ(got, want); d > 1e-6 {
					t.Errorf("NN %v: off by %.2g", s, d)
				}
			}
		}
	})
}

func TestProductsSameForAnyThreads(t *testing.T) {
	defer SetThreads(0)
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, s := range [][3]int{{250, 130, 700}, {8, 300, 100}, {97, 16, 1000}, {1, 90, 10}} {
			m, n, k := s[0], s[1], s[2]
			a, b := randoms(r, k*m), randoms(r, k*n)
			var first []float32
			for _, threads := range []int{1, 2, 3, 7} {
				SetThreads(threads)
				c := make([]float32, m*n)
				MulTN(Dense(c, n), Dense(a, m), Dense(b, n), m, n, k, false)
				if first == nil {
					first = c
					continue
				}
				for i := range c {
					if c[i] != first[i] {
						t.Fatalf("%v: entry %d is %g with %d threads, %g with one", s, i, c[i], threads, first[i])
					}
				}
			}
		}
	})
}

func TestPanels(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for range 40 {
			m, n, k := 1+r.IntN(60), 1+r.IntN(60), 1+r.IntN(60)
			a, b := randoms(r, m*k), randoms(r, n*k)
			packed, scratch := make([]float32, PanelSize(k, n)), make([]float32, PanelScratch(k))
			want, got := make([]float32, m*n), make([]float32, m*n)
			MulNT(Dense(want, n), Dense(a, k), Dense(b, k), m, n, k, false)
			PackRows(packed, b, k, n, k)
			n0, k0 := r.IntN(n)/16*16, r.IntN(k)
			MulPanels(got, n, a, k, 1, packed, k, m, 0, n0, 0, k, false, scratch)
			MulPanels(got[n0:], n, a, k, 1, packed, k, m, n0, n, 0, k0, false, scratch)
			MulPanels(got[n0:], n, a[k0:], k, 1, packed, k, m, n0, n, k0, k-k0, true, scratch)
			if d := differ(got, want); d > 1e-5 {
				t.Errorf("rows m=%d n=%d k=%d: off by %.2g", m, n, k, d)
			}
			bt := make([]float32, n*k)
			for i := range n {
				for j := range k {
					bt[j*n+i] = b[i*k+j]
				}
			}
			PackCols(packed, bt, n, n, k)
			MulPanels(got, n, a, k, 1, packed, k, m, 0, n, 0, k, false, scratch)
			if d := differ(got, want); d > 1e-5 {
				t.Errorf("cols m=%d n=%d k=%d: off by %.2g", m, n, k, d)
			}
		}
	})
}

func TestMulVec(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for range 30 {
			n, k := 1+r.IntN(300), 1+r.IntN(100)
			x, w := randoms(r, k), randoms(r, n*k)
			w16 := make([]uint16, len(w))
			ToBF16(w16, w)
			FromBF16(w, w16)
			want := make([]float32, n)
			for i := range n {
				want[i] = dotGeneric(x, w[i*k:(i+1)*k])
			}
			got := make([]float32, n)
			MulVec(got, x, Dense(w, k), n, k, false)
			if d := differ(got, want); d > 1e-5 {
				t.Errorf("n=%d k=%d: off by %.2g", n, k, d)
			}
			MulVec(got, x, Mat{BF16: w16, Stride: k}, n, k, true)
			for i := range want {
				want[i] *= 2
			}
			if d := differ(got, want); d > 1e-5 {
				t.Errorf("bf16 n=%d k=%d: off by %.2g", n, k, d)
			}
		}
	})
}

// TestLoopsAgainstGeneric runs every fused loop of every family beside the generic one, on lengths with and without tails.
func TestLoopsAgainstGeneric(t *testing.T) {
	c := adamCoefficients{clip: 0.5, oneMinusBeta1: 0.1, beta2: 0.95, oneMinusBeta2: 0.05, keep: 0.999, rate: 1e-2, rootCorrection: 2, eps: 1e-8}
	type loop struct {
		name string
		run  func(f *family, s [][]float32) []float32 // changes s; returns scalars
	}
	loops := []loop{
		{"dot", func(f *family, s [][]float32) []float32 { return []float32{f.dot(s[0], s[1])} }},
		{"dot3", func(f *family, s [][]float32) []float32 { return []float32{f.dot3(s[0], s[1], s[2])} }},
		{"sumSquares", func(f *family, s [][]float32) []float32 { return []float32{float32(f.sumSquares(s[0]))} }},
		{"maximum", func(f *family, s [][]float32) []float32 { return []float32{f.maximum(s[0])} }},
		{"axpy", func(f *family, s [][]float32) []float32 { f.axpy(s[0], s[1], 0.7); return nil }},
		{"add", func(f *family, s [][]float32) []float32 { f.add(s[0], s[1]); return nil }},
		{"scale", func(f *family, s [][]float32) []float32 { f.scale(s[0], -1.3); return nil }},
		{"scaleMul", func(f *family, s [][]float32) []float32 { f.scaleMul(s[0], s[1], s[2], 1.7); return nil }},
		{"normGrad", func(f *family, s [][]float32) []float32 {
			f.normGrad(s[0], s[1], s[2], s[3], s[4], 0.9, 0.3)
			return nil
		}},
		{"rotate", func(f *family, s [][]float32) []float32 { f.rotate(s[0], s[1], s[2], s[3]); return nil }},
		{"unrotate", func(f *family, s [][]float32) []float32 { f.unrotate(s[0], s[1], s[2], s[3]); return nil }},
		{"expSum", func(f *family, s [][]float32) []float32 { return []float32{f.expSum(s[0], 3, 0.5)} }},
		{"softGrad", func(f *family, s [][]float32) []float32 { f.softGrad(s[0], s[1], 0.2, 0.3); return nil }},
		{"swiGLU", func(f *family, s [][]float32) []float32 { f.swiGLU(s[0], s[1], s[2]); return nil }},
		{"swiGLUGrad", func(f *family, s [][]float32) []float32 { f.swiGLUGrad(s[0], s[1], s[2]); return nil }},
		{"adamW", func(f *family, s [][]float32) []float32 {
			for i, x := range s[3] {
				s[3][i] = x * x
			}
			f.adamW(s[0], s[1], s[2], s[3], &c)
			return nil
		}},
	}
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(9, 10))
			for _, l := range loops {
				for _, n := range []int{1, 7, 8, 9, 15, 16, 17, 31, 64, 255, 1000} {
					var got, want [][]float32
					for range 5 {
						x := randoms(r, n)
						got, want = append(got, x), append(want, append([]float32(nil), x...))
					}
					gs, ws := l.run(f, got), l.run(&generic, want)
					for i := range gs {
						if math.Abs(float64(gs[i]-ws[i])) > 1e-5*(math.Sqrt(float64(n))+math.Abs(float64(ws[i]))) {
							t.Errorf("%s on %d values: %g, generic %g", l.name, n, gs[i], ws[i])
						}
					}
					for i := range got {
						if d := differ(got[i], want[i]); d > 2e-6 {
							t.Errorf("%s on %d values: operand %d off by %.2g", l.name, n, i, d)
						}
					}
				}
			}
		})
	}
}

func TestExpOverItsRange(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		var x []float32
		for v := -86.9; v < 87.9; v += 0.0137 {
			x = append(x, float32(v))
		}
		got := append([]float32(nil), x...)
		ExpSum(got, 1, 0)
		for i, v := range x {
			want := math.Exp(float64(v))
			if math.Abs(float64(got[i])-want) > 3e-7*want {
				t.Fatalf("exp(%g) = %g, want %g", v, got[i], want)
			}
		}
		far := []float32{-1000, float32(math.Inf(-1)), -88, 0, 0, 0, 0, 0, 0}
		ExpSum(far, 1, 0)
		for i := range 3 {
			if far[i] > 1e-37 {
				t.Errorf("exp of a very negative value is %g", far[i])
			}
		}
		nan := []float32{float32(math.NaN()), 0, 0, 0, 0, 0, 0, 0}
		if s := ExpSum(nan, 1, 0); s == s {
			t.Errorf("the sum over NaN is %g: a broken run would go unnoticed", s)
		}
	})
}

func TestBF16(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		in := []float32{0, 1, -1, 1.00390625, 1.01171875, 3.4e38, float32(math.Inf(-1)), float32(math.NaN()), 1e-40, 0.1, 65504}
		half := make([]uint16, len(in))
		out := make([]float32, len(in))
		ToBF16(half, in)
		FromBF16(out, half)
		// 1.00390625 = 1 + 2⁻⁸ is a tie and goes to the even 1; 1.01171875 = 1 + 3·2⁻⁸ is a tie and goes to 1.015625.
		if out[3] != 1 || out[4] != 1.015625 || out[7] == out[7] || out[6] != in[6] {
			t.Fatalf("rounding of ties, infinity or NaN is wrong: %v", out)
		}
		for i, v := range in {
			if i == 6 || i == 7 || i == 5 {
				continue
			}
			if d := math.Abs(float64(out[i] - v)); d > math.Abs(float64(v))/256+1e-40 {
				t.Errorf("%g became %g", v, out[i])
			}
		}
	})
}

// Every family rounds every float32, NaN and infinity included, as the generic one does.
func TestBF16AgreesBitForBit(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 32))
		for _, n := range []int{1, 7, 8, 16, 33, 4000} {
			in := make([]float32, n)
			for i := range in {
				in[i] = math.Float32frombits(r.Uint32())
				if i%5 == 0 { // ties
					in[i] = math.Float32frombits(math.Float32bits(in[i])&^0xffff | 0x8000)
				}
			}
			half := make([]uint16, n)
			ToBF16(half, in)
			rounded := append([]float32(nil), in...)
			RoundBF16(rounded)
			for i, x := range in {
				if want := narrow(x); half[i] != want || math.Float32bits(rounded[i]) != uint32(want)<<16 {
					t.Fatalf("%x became %x and %x, want %x", math.Float32bits(x), half[i], math.Float32bits(rounded[i]), want)
				}
			}
		}
	})
}

// A product of operands marked Round has the bits of the product of operands that were rounded before.
func TestRoundedProducts(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(33, 34))
		for range 12 {
			m, n, k, rank := 1+r.IntN(120), 1+r.IntN(120), 1+r.IntN(700), 1+r.IntN(20)
			a, b, u, v := randoms(r, m*k), randoms(r, n*k), randoms(r, m*rank), randoms(r, n*rank)
			rounded := func(x []float32) []float32 {
				x = append([]float32(nil), x...)
				RoundBF16(x)
				return x
			}
			ra, rb, ru, rv := rounded(a), rounded(b), rounded(u), rounded(v)
			mark := func(x []float32, cols int) Mat { return Mat{F32: x, Stride: cols, Round: true} }
			for name, run := range map[string][2]func(c Mat){
				"NT": {func(c Mat) { MulNT(c, mark(a, k), mark(b, k), m, n, k, false) }, func(c Mat) { MulNT(c, Dense(ra, k), Dense(rb, k), m, n, k, false) }},
				"NN": {func(c Mat) { MulNN(c, mark(a, k), mark(b, n), m, n, k, false) }, func(c Mat) { MulNN(c, Dense(ra, k), Dense(rb, n), m, n, k, false) }},
				"TN": {func(c Mat) { MulTN(c, mark(a, m), mark(b, n), m, n, k, false) }, func(c Mat) { MulTN(c, Dense(ra, m), Dense(rb, n), m, n, k, false) }},
				"NTLowRank": {
					func(c Mat) {
						MulNTLowRank(c, mark(a, k), mark(b, k), mark(u, rank), mark(v, rank), m, n, k, rank, false)
					},
					func(c Mat) {
						MulNTLowRank(c, Dense(ra, k), Dense(rb, k), Dense(ru, rank), Dense(rv, rank), m, n, k, rank, false)
					},
				},
			} {
				got, want := make([]float32, m*n), make([]float32, m*n)
				run[0](Dense(got, n))
				run[1](Dense(want, n))
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("%s m=%d n=%d k=%d: entry %d is %g, want %g", name, m, n, k, i, got[i], want[i])
					}
				}
			}
		}
	})
}

func TestForCoversEveryPartOnce(t *testing.T) {
	defer SetThreads(0)
	for _, threads := range []int{1, 2, 5} {
		SetThreads(threads)
		if Threads() != threads {
			t.Fatalf("%d threads asked for, %d run", threads, Threads())
		}
		for _, n := range []int{0, 1, 2, 100} {
			hits := make([]int32, n)
			For(n, func(worker, i int) {
				if worker < 0 || worker >= threads {
					t.Errorf("worker %d of %d", worker, threads)
				}
				hits[i]++
			})
			for i, h := range hits {
				if h != 1 {
					t.Errorf("part %d ran %d times", i, h)
				}
			}
		}
	}
}

func TestUseNamesWhatExists(t *testing.T) {
	if err := Use("abacus"); err == nil {
		t.Error("an unknown family was accepted")
	}
	if runtime.GOARCH == "amd64" && Families()[len(Families())-1] != "generic" {
		t.Error("generic must always be there")
	}
}

func BenchmarkProducts(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, s := range []struct {
			kind    string
			m, n, k int
		}{
			{"NT", 1024, 1536, 576}, {"NT", 1024, 576, 1536}, {"NN", 1024, 576, 1536}, {"TN", 1536, 576, 1024},
			{"NT", 2048, 768, 256}, {"NN", 2048, 256, 768}, {"TN", 768, 256, 2048}, {"NT", 2048, 8192, 256}, {"NT", 2048, 128, 256},
			{"NT", 2048, 8, 256}, {"NT", 2048, 256, 8}, {"TN", 8, 256, 2048},
		} {
			b.Run(fmt.Sprintf("%s/%dx%dx%d/threads=%d", s.kind, s.m, s.n, s.k, threads), func(b *testing.B) {
				SetThreads(threads)
				defer SetThreads(0)
				r := rand.New(rand.NewPCG(1, 1))
				x, y, c := randoms(r, s.m*s.k), randoms(r, s.n*s.k), make([]float32, s.m*s.n)
				for b.Loop() {
					switch s.kind {
					case "NT":
						MulNT(Dense(c, s.n), Dense(x, s.k), Dense(y, s.k), s.m, s.n, s.k, false)
					case "NN":
						MulNN(Dense(c, s.n), Dense(x, s.k), Dense(y, s.n), s.m, s.n, s.k, false)
					case "TN":
						MulTN(Dense(c, s.n), Dense(x, s.m), Dense(y, s.n), s.m, s.n, s.k, true)
					}
				}
				b.ReportMetric(2*float64(s.m)*float64(s.n)*float64(s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
