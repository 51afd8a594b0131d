package kernel

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkTile measures the inner tile alone, all operands in the first-level cache: the bound for BenchmarkProducts.
func BenchmarkTile(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const k = 288
	x, y, c := randoms(r, tileM*k), randoms(r, tileN*k), make([]float32, tileM*tileN)
	for _, f := range families {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				for range 100 {
					f.tile(k, x, 1, tileM, y, c, tileN, false)
				}
			}
			b.ReportMetric(2*tileM*tileN*k*100*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
