// Package kernel holds the arithmetic of training: matrix products and the fused loops around them, on float32 with bf16 storage for
// weights that do not change. Start at MulNT, MulNN and MulTN (gemm.go), the three products of a linear layer and its gradients.
//
// Two families of inner loops exist: "generic" in Go, for every machine, and "avx2" in assembly, for amd64 with AVX2, FMA and F16C. The best
// one the processor has is chosen when the program starts; WINNOW_KERNEL=generic (or avx2) forces one.
//
// Results do not depend on the number of threads: work is cut by output rows and columns, and every sum runs in an order that follows from
// the shapes alone. They do differ in the last bits between families.
package kernel

import (
	"fmt"
	"os"
	"strings"
)

// EnvVar names the environment variable that forces a kernel family.
const EnvVar = "WINNOW_KERNEL"

// family is one set of inner loops. Slices are as long as the operation needs; callers check, loops do not.
type family struct {
	name string

	// tile computes a 6×16 block of a product, c[i*ldc+j] (+)= Σ_k a[i*rs+k*ks]·b[k*16+j].
	tile func(k int, a []float32, rs, ks int, b, c []float32, ldc int, acc bool)
	// packT16 turns 16 rows of k values (row stride ld) into [k][16]; packN16 gathers k rows of 16 values; packA6 k rows of 6 values.
	packT16, packN16, packA6 func(dst, src []float32, ld, k int)
	// dot4 returns the dot products of x with four rows of w (row stride ld).
	dot4 func(x, w []float32, ld int) (a, b, c, d float32)
	// dot4BF16 is dot4 on rows stored as bf16.
	dot4BF16 func(x []float32, w []uint16, ld int) (a, b, c, d float32)

	dot        func(x, y []float32) float32
	dot3       func(x, y, z []float32) float32
	sumSquares func(x []float32) float64
	maximum    func(x []float32) float32
	axpy       func(y, x []float32, alpha float32)
	add        func(y, x []float32)
	scale      func(x []float32, alpha float32)
	scaleMul   func(y, x, w []float32, s float32)
	normGrad   func(dx, dw, dy, x, w []float32, inv, c float32)
	rotate     func(lo, hi, cos, sin []float32)
	unrotate   func(lo, hi, cos, sin []float32)
	expSum     func(x []float32, scale, shift float32) float32
	softGrad   func(p, dp []float32, d, scale float32)
	swiGLU     func(h, gate, up []float32)
	swiGLUGrad func(dh, gate, up []float32)
	adamW      func(p, g, m, v []float32, c *adamCoefficients)
	toBF16     func(dst []uint16, src []float32)
	fromBF16   func(dst []float32, src []uint16)
	roundBF16  func(x []float32)
}

// families holds what this processor can run, best first.
var families = append(nativeFamilies(), &generic)

var active = choose(os.Getenv(EnvVar))

func choose(name string) *family {
	if name == "" {
		return families[0]
	}
	for _, f := range families {
		if f.name == name {
			return f
		}
	}
	// A forced family that cannot run would end in an illegal instruction: say so and go on with what can.
	fmt.Fprintf(os.Stderr, "warning: %s=%s is not available on this machine (available: %s); using %s\n",
		EnvVar, name, strings.Join(Families(), ", "), families[0].name)
	return families[0]
}

// Name returns the kernel family in use: "avx2" or "generic".
func Name() string { return active.name }

// Families lists the kernel families this machine can run, best first.
func Families() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// Use switches to a kernel family by name. It must not be called while another goroutine computes.
func Use(name string) error {
	for _, f := range families {
		if f.name == name {
			active = f
			return nil
		}
	}
	return fmt.Errorf("kernel family %q is not available on this machine (available: %s)", name, strings.Join(Families(), ", "))
}
