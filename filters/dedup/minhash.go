package dedup

import "math"

// permutation maps a shingle's hash h to a·h + b modulo 2³². With odd a it permutes the 32-bit numbers, and the smallest image over a set of shingles is one
// number of the set's signature (Broder 1997).
type permutation struct{ a, b uint32 }

// lanes is the number of permutations that the fastest path computes at a time; signatures are computed in multiples of it.
const lanes = 32

// permutations returns n of them, the same on every machine.
func permutations(n int) []permutation {
	out := make([]permutation, n)
	state := uint64(0x8E5D_3A91_C6B2_47F0)
	next := func() uint64 {
		state += 0x9E3779B97F4A7C15
		return mix64(state)
	}
	for i := range out {
		out[i] = permutation{uint32(next()>>32) | 1, uint32(next() >> 32)}
	}
	return out
}

// signature writes the smallest image of the shingles under each permutation.
func signature(mins []uint32, mix []permutation, shingles []uint32) {
	done := signatureFast(mins, mix, shingles)
	for i := done; i < len(mix); i++ {
		a, b := mix[i].a, mix[i].b
		low := uint32(math.MaxUint32)
		for _, h := range shingles {
			low = min(low, a*h+b)
		}
		mins[i] = low
	}
}

// Candidate returns the probability that two rows of the given similarity share at least one of bands bands of rows rows: 1 − (1 − s^rows)^bands.
func Candidate(similarity float64, bands, rows int) float64 {
	return 1 - math.Pow(1-math.Pow(similarity, float64(rows)), float64(bands))
}

// chooseBands returns the longest bands, and as many as needed, with which a pair at the threshold is a candidate with probability 0.98.
func chooseBands(similarity float64) (bands, rows int) {
	const recall = 0.98
	similarity = min(similarity, 0.99)
	for r := 1; r <= 64; r++ {
		b := math.Ceil(math.Log(1-recall) / math.Log(1-math.Pow(similarity, float64(r))))
		if !(b >= 1) {
			b = 1
		}
		if r > 1 && b*float64(r) > maxPermutations {
			break
		}
		bands, rows = int(min(b, maxPermutations)), r
	}
	return bands, rows
}
