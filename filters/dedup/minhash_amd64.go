package dedup

import "golang.org/x/sys/cpu"

// signatureFast computes the signature's numbers in multiples of lanes with AVX2 and returns how many. The numbers are those of the generic loop.
func signatureFast(mins []uint32, mix []permutation, shingles []uint32) int {
	if !cpu.X86.HasAVX2 || len(shingles) == 0 {
		return 0
	}
	done := 0
	for ; done+lanes <= len(mix); done += lanes {
		var a, b [lanes]uint32
		for i, p := range mix[done : done+lanes] {
			a[i], b[i] = p.a, p.b
		}
		signature32(&mins[done], &a[0], &b[0], &shingles[0], len(shingles))
	}
	return done
}

// signature32 writes min over i of a·shingles[i] + b for 32 pairs of a and b; n ≥ 1.
//
//go:noescape
func signature32(mins, a, b, shingles *uint32, n int)
