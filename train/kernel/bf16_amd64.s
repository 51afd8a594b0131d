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
