#include "textflag.h"

// Every loop takes a length that is a multiple of 8; the Go side pads what is left over.

// HSUM adds the eight lanes of Y0 into the lowest lane of X0; X1 is scratch.
#define HSUM \
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS       X1, X0, X0; \
	VHADDPS      X0, X0, X0; \
	VHADDPS      X0, X0, X0

// func dotAVX2(x, y []float32) float32
TEXT ·dotAVX2(SB), NOSPLIT, $0-52
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	MOVQ   y_base+24(FP), DI
	VXORPS Y0, Y0, Y0
	VXORPS Y2, Y2, Y2
	MOVQ   CX, BX
	SHRQ   $4, BX
	JZ     eight

sixteen:
	VMOVUPS     (SI), Y3
	VMOVUPS     32(SI), Y4
	VFMADD231PS (DI), Y3, Y0
	VFMADD231PS 32(DI), Y4, Y2
	ADDQ        $64, SI
	ADDQ        $64, DI
	DECQ        BX
	JNZ         sixteen

eight:
	TESTQ       $8, CX
	JZ          total
	VMOVUPS     (SI), Y3
	VFMADD231PS (DI), Y3, Y0

total:
	VADDPS Y2, Y0, Y0
	HSUM
	VMOVSS X0, ret+48(FP)
	VZEROUPPER
	RET

// func dot3AVX2(x, y, z []float32) float32
TEXT ·dot3AVX2(SB), NOSPLIT, $0-76
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	MOVQ   y_base+24(FP), DI
	MOVQ   z_base+48(FP), DX
	VXORPS Y0, Y0, Y0
	SHRQ   $3, CX
	JZ     total

loop:
	VMOVUPS     (SI), Y3
	VMULPS      (DI), Y3, Y3
	VFMADD231PS (DX), Y3, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, DX
	DECQ        CX
	JNZ         loop

total:
	HSUM
	VMOVSS X0, ret+72(FP)
	VZEROUPPER
	RET

// func sumSquaresAVX2(x []float32) float64
TEXT ·sumSquaresAVX2(SB), NOSPLIT, $0-32
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	SHRQ   $3, CX
	JZ     total

loop:
	VCVTPS2PD   (SI), Y2
	VCVTPS2PD   16(SI), Y3
	VFMADD231PD Y2, Y2, Y0
	VFMADD231PD Y3, Y3, Y1
	ADDQ        $32, SI
	DECQ        CX
	JNZ         loop

total:
	VADDPD       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VHADDPD      X0, X0, X0
	VMOVSD       X0, ret+24(FP)
	VZEROUPPER
	RET

// func maximumAVX2(x []float32) float32
// len(x) is at least 8.
TEXT ·maximumAVX2(SB), NOSPLIT, $0-28
	MOVQ    x_base+0(FP), SI
	MOVQ    x_len+8(FP), CX
	VMOVUPS (SI), Y0
	SHRQ    $3, CX

loop:
	VMAXPS (SI), Y0, Y0
	ADDQ   $32, SI
	DECQ   CX
	JNZ    loop
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0x4E, X0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0xB1, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSS       X0, ret+24(FP)
	VZEROUPPER
	RET

// func axpyAVX2(y, x []float32, alpha float32)
TEXT ·axpyAVX2(SB), NOSPLIT, $0-52
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	MOVQ         x_base+24(FP), SI
	VBROADCASTSS alpha+48(FP), Y0
	SHRQ         $3, CX
	JZ           end

loop:
	VMOVUPS     (DI), Y1
	VFMADD231PS (SI), Y0, Y1
	VMOVUPS     Y1, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	DECQ        CX
	JNZ         loop

end:
	VZEROUPPER
	RET

// func addAVX2(y, x []float32)
TEXT ·addAVX2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ y_len+8(FP), CX
	MOVQ x_base+24(FP), SI
	SHRQ $3, CX
	JZ   end

loop:
	VMOVUPS (DI), Y1
	VADDPS  (SI), Y1, Y1
	VMOVUPS Y1, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET

// func scaleAVX2(x []float32, alpha float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-28
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS alpha+24(FP), Y0
	SHRQ         $3, CX
	JZ           end

loop:
	VMULPS  (DI), Y0, Y1
	VMOVUPS Y1, (DI)
	ADDQ    $32, DI
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET

// func scaleMulAVX2(y, x, w []float32, s float32)
TEXT ·scaleMulAVX2(SB), NOSPLIT, $0-76
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	MOVQ         x_base+24(FP), SI
	MOVQ         w_base+48(FP), DX
	VBROADCASTSS s+72(FP), Y0
	SHRQ         $3, CX
	JZ           end

loop:
	VMULPS  (SI), Y0, Y1
	VMULPS  (DX), Y1, Y1
	VMOVUPS Y1, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	ADDQ    $32, DX
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET

// func normGradAVX2(dx, dw, dy, x, w []float32, inv, c float32)
TEXT ·normGradAVX2(SB), NOSPLIT, $0-128
	MOVQ         dx_base+0(FP), DI
	MOVQ         dx_len+8(FP), CX
	MOVQ         dw_base+24(FP), R8
	MOVQ         dy_base+48(FP), R9
	MOVQ         x_base+72(FP), SI
	MOVQ         w_base+96(FP), DX
	VBROADCASTSS inv+120(FP), Y0
	VBROADCASTSS c+124(FP), Y1
	SHRQ         $3, CX
	JZ           end

loop:
	VMULPS       (SI), Y0, Y2      // n = x·inv
	VMOVUPS      (R9), Y3          // g
	VMOVUPS      (R8), Y4
	VFMADD231PS  Y2, Y3, Y4
	VMOVUPS      Y4, (R8)          // dw += g·n
	VMULPS       (DX), Y3, Y3
	VFNMADD231PS Y2, Y1, Y3        // g·w - n·c
	VMOVUPS      (DI), Y4
	VFMADD231PS  Y3, Y0, Y4
	VMOVUPS      Y4, (DI)          // dx += inv·(…)
	ADDQ         $32, SI
	ADDQ         $32, DI
	ADDQ         $32, DX
	ADDQ         $32, R8
	ADDQ         $32, R9
	DECQ         CX
	JNZ          loop

end:
	VZEROUPPER
	RET

// func rotateAVX2(lo, hi, cos, sin []float32)
TEXT ·rotateAVX2(SB), NOSPLIT, $0-96
	MOVQ lo_base+0(FP), DI
	MOVQ lo_len+8(FP), CX
	MOVQ hi_base+24(FP), SI
	MOVQ cos_base+48(FP), R8
	MOVQ sin_base+72(FP), R9
	SHRQ $3, CX
	JZ   end

loop:
	VMOVUPS      (DI), Y0
	VMOVUPS      (SI), Y1
	VMOVUPS      (R8), Y2
	VMOVUPS      (R9), Y3
	VMULPS       Y2, Y0, Y4
	VFNMADD231PS Y3, Y1, Y4
	VMULPS       Y2, Y1, Y5
	VFMADD231PS  Y3, Y0, Y5
	VMOVUPS      Y4, (DI)
	VMOVUPS      Y5, (SI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	ADDQ         $32, R8
	ADDQ         $32, R9
	DECQ         CX
	JNZ          loop

end:
	VZEROUPPER
	RET

// func unrotateAVX2(lo, hi, cos, sin []float32)
TEXT ·unrotateAVX2(SB), NOSPLIT, $0-96
	MOVQ lo_base+0(FP), DI
	MOVQ lo_len+8(FP), CX
	MOVQ hi_base+24(FP), SI
	MOVQ cos_base+48(FP), R8
	MOVQ sin_base+72(FP), R9
	SHRQ $3, CX
	JZ   end

loop:
	VMOVUPS      (DI), Y0
	VMOVUPS      (SI), Y1
	VMOVUPS      (R8), Y2
	VMOVUPS      (R9), Y3
	VMULPS       Y2, Y0, Y4
	VFMADD231PS  Y3, Y1, Y4
	VMULPS       Y2, Y1, Y5
	VFNMADD231PS Y3, Y0, Y5
	VMOVUPS      Y4, (DI)
	VMOVUPS      Y5, (SI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	ADDQ         $32, R8
	ADDQ         $32, R9
	DECQ         CX
	JNZ          loop

end:
	VZEROUPPER
	RET

// func softGradAVX2(p, dp []float32, d, scale float32)
TEXT ·softGradAVX2(SB), NOSPLIT, $0-56
	MOVQ         p_base+0(FP), SI
	MOVQ         p_len+8(FP), CX
	MOVQ         dp_base+24(FP), DI
	VBROADCASTSS d+48(FP), Y0
	VBROADCASTSS scale+52(FP), Y1
	SHRQ         $3, CX
	JZ           end

loop:
	VMOVUPS (DI), Y2
	VSUBPS  Y0, Y2, Y2
	VMULPS  (SI), Y2, Y2
	VMULPS  Y1, Y2, Y2
	VMOVUPS Y2, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET

// func adamWAVX2(p, g, m, v []float32, c *adamCoefficients)
TEXT ·adamWAVX2(SB), NOSPLIT, $0-104
	MOVQ         p_base+0(FP), DI
	MOVQ         p_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), R8
	MOVQ         v_base+72(FP), R9
	MOVQ         c+96(FP), DX
	VBROADCASTSS (DX), Y8          // clip
	VBROADCASTSS 4(DX), Y9         // 1-beta1
	VBROADCASTSS 8(DX), Y10        // beta2
	VBROADCASTSS 12(DX), Y11       // 1-beta2
	VBROADCASTSS 16(DX), Y12       // 1-lr·decay
	VBROADCASTSS 20(DX), Y13       // lr/(1-beta1^t)
	VBROADCASTSS 24(DX), Y14       // 1/√(1-beta2^t)
	VBROADCASTSS 28(DX), Y15       // eps
	SHRQ         $3, CX
	JZ           end

loop:
	VMULPS       (SI), Y8, Y0      // g
	VMOVUPS      (R8), Y1
	VSUBPS       Y1, Y0, Y2
	VFMADD231PS  Y2, Y9, Y1        // m += (1-beta1)(g-m)
	VMOVUPS      Y1, (R8)
	VMULPS       Y0, Y11, Y2
	VMULPS       Y0, Y2, Y2
	VFMADD231PS  (R9), Y10, Y2     // v = beta2·v + (1-beta2)·g²
	VMOVUPS      Y2, (R9)
	VSQRTPS      Y2, Y2
	VFMADD213PS  Y15, Y14, Y2      // √v·correction + eps
	VMULPS       Y13, Y1, Y1
	VDIVPS       Y2, Y1, Y1
	VMULPS       (DI), Y12, Y3
	VSUBPS       Y1, Y3, Y3
	VMOVUPS      Y3, (DI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	ADDQ         $32, R8
	ADDQ         $32, R9
	DECQ         CX
	JNZ          loop

end:
	VZEROUPPER
	RET
