#include "textflag.h"

// func fromBF16AVX2(dst []float32, src []uint16)
// len(dst) is a multiple of 8.
TEXT ·fromBF16AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	SHRQ $3, CX
	JZ   end

loop:
	VPMOVZXWD (SI), Y0
	VPSLLD    $16, Y0, Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	DECQ      CX
	JNZ       loop

end:
	VZEROUPPER
	RET

// One row of dot products: eight values of x in Y4 against eight of the row at ADDR.
#define ROW32(ADDR, SUM) \
	VFMADD231PS ADDR, Y4, SUM

#define ROW16(ADDR, SUM) \
	VPMOVZXWD   ADDR, Y5; \
	VPSLLD      $16, Y5, Y5; \
	VFMADD231PS Y5, Y4, SUM

// SUM4 stores the lane sums of Y0..Y3 at R, R+4, R+8, R+12.
#define SUM4 \
	VHADDPS      Y1, Y0, Y0; \
	VHADDPS      Y3, Y2, Y2; \
	VHADDPS      Y2, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS       X1, X0, X0

// func dot4AVX2(sum *[4]float32, x, w []float32, ld int)
// len(x) is a multiple of 8. Rows of w are ld values apart.
TEXT ·dot4AVX2(SB), NOSPLIT, $0-64
	MOVQ   sum+0(FP), DI
	MOVQ   x_base+8(FP), SI
	MOVQ   x_len+16(FP), CX
	MOVQ   w_base+32(FP), DX
	MOVQ   ld+56(FP), R8
	SHLQ   $2, R8
	LEAQ   (R8)(R8*2), R9
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	SHRQ   $3, CX
	JZ     total

loop:
	VMOVUPS (SI), Y4
	ROW32((DX), Y0)
	ROW32((DX)(R8*1), Y1)
	ROW32((DX)(R8*2), Y2)
	ROW32((DX)(R9*1), Y3)
	ADDQ    $32, SI
	ADDQ    $32, DX
	DECQ    CX
	JNZ     loop

total:
	SUM4
	VMOVUPS X0, (DI)
	VZEROUPPER
	RET

// func dot4BF16AVX2(sum *[4]float32, x []float32, w []uint16, ld int)
TEXT ·dot4BF16AVX2(SB), NOSPLIT, $0-64
	MOVQ   sum+0(FP), DI
	MOVQ   x_base+8(FP), SI
	MOVQ   x_len+16(FP), CX
	MOVQ   w_base+32(FP), DX
	MOVQ   ld+56(FP), R8
	SHLQ   $1, R8
	LEAQ   (R8)(R8*2), R9
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	SHRQ   $3, CX
	JZ     total

loop:
	VMOVUPS (SI), Y4
	ROW16((DX), Y0)
	ROW16((DX)(R8*1), Y1)
	ROW16((DX)(R8*2), Y2)
	ROW16((DX)(R9*1), Y3)
	ADDQ    $32, SI
	ADDQ    $16, DX
	DECQ    CX
	JNZ     loop

total:
	SUM4
	VMOVUPS X0, (DI)
	VZEROUPPER
	RET

// Constants of rounding to bf16: the half that is added, the lowest bit that stays, what is kept, and the bit that marks a quiet NaN.
DATA bf16Half<>+0(SB)/4, $0x7fff
GLOBL bf16Half<>(SB), RODATA|NOPTR, $4
DATA bf16One<>+0(SB)/4, $1
GLOBL bf16One<>(SB), RODATA|NOPTR, $4
DATA bf16Quiet<>+0(SB)/4, $0x400000
GLOBL bf16Quiet<>(SB), RODATA|NOPTR, $4

#define BF16CONSTANTS \
	VPBROADCASTD bf16Half<>(SB), Y13; \
	VPBROADCASTD bf16One<>(SB), Y14; \
	VPBROADCASTD bf16Quiet<>(SB), Y15

// TOP16 rounds the eight floats in X to bf16, ties to even, in the upper halves of X; the lower halves hold rest. NaN stays NaN. T and U are
// scratch.
#define TOP16(X, T, U) \
	VPSRLD    $16, X, T; \
	VPAND     Y14, T, T; \
	VPADDD    Y13, T, T; \
	VPADDD    X, T, T; \
	VCMPPS    $3, X, X, U; \
	VPOR      Y15, X, X; \
	VBLENDVPS U, X, T, X

// func roundBF16AVX2(x []float32)
// len(x) is a multiple of 8.
TEXT ·roundBF16AVX2(SB), NOSPLIT, $0-24
	MOVQ x_base+0(FP), DI
	MOVQ x_len+8(FP), CX
	BF16CONSTANTS
	SHRQ $3, CX
	JZ   end

loop:
	VMOVUPS (DI), Y0
	TOP16(Y0, Y1, Y2)
	VPSRLD  $16, Y0, Y0
	VPSLLD  $16, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET

// func toBF16AVX2(dst []uint16, src []float32)
// len(src) is a multiple of 16.
TEXT ·toBF16AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ src_base+24(FP), SI
	MOVQ src_len+32(FP), CX
	BF16CONSTANTS
	SHRQ $4, CX
	JZ   end

loop:
	VMOVUPS   (SI), Y0
	VMOVUPS   32(SI), Y3
	TOP16(Y0, Y1, Y2)
	TOP16(Y3, Y4, Y5)
	VPSRLD    $16, Y0, Y0
	VPSRLD    $16, Y3, Y3
	VPACKUSDW Y3, Y0, Y0
	VPERMQ    $0xD8, Y0, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $64, SI
	ADDQ      $32, DI
	DECQ      CX
	JNZ       loop

end:
	VZEROUPPER
	RET
