#include "textflag.h"

// Four columns of eight rows at P become four half rows of the panel at OFF(DI). R8 = ld, R11 = 3·ld, R12 = 5·ld, R13 = 7·ld in bytes.
// Rows i and i+4 share a register, so that unpack and shuffle within lanes are enough.
#define TRANSPOSE4(P, OFF) \
	VMOVUPS     (P), X0; \
	VINSERTF128 $1, (P)(R8*4), Y0, Y0; \
	VMOVUPS     (P)(R8*1), X1; \
	VINSERTF128 $1, (P)(R12*1), Y1, Y1; \
	VMOVUPS     (P)(R8*2), X2; \
	VINSERTF128 $1, (P)(R11*2), Y2, Y2; \
	VMOVUPS     (P)(R11*1), X3; \
	VINSERTF128 $1, (P)(R13*1), Y3, Y3; \
	VUNPCKLPS   Y1, Y0, Y4; \
	VUNPCKHPS   Y1, Y0, Y5; \
	VUNPCKLPS   Y3, Y2, Y6; \
	VUNPCKHPS   Y3, Y2, Y7; \
	VSHUFPS     $0x44, Y6, Y4, Y8; \
	VSHUFPS     $0xEE, Y6, Y4, Y9; \
	VSHUFPS     $0x44, Y7, Y5, Y10; \
	VSHUFPS     $0xEE, Y7, Y5, Y11; \
	VMOVUPS     Y8, OFF(DI); \
	VMOVUPS     Y9, (OFF+64)(DI); \
	VMOVUPS     Y10, (OFF+128)(DI); \
	VMOVUPS     Y11, (OFF+192)(DI)

// func packT16AVX2(dst, src []float32, ld, k int)
// k is a multiple of 4.
TEXT ·packT16AVX2(SB), NOSPLIT, $0-64
	MOVQ dst_base+0(FP), DI
	MOVQ src_base+24(FP), SI
	MOVQ ld+48(FP), R8
	MOVQ k+56(FP), CX
	SHLQ $2, R8
	LEAQ (R8)(R8*2), R11
	LEAQ (R8)(R8*4), R12
	LEAQ (R11)(R8*4), R13
	LEAQ (SI)(R8*8), DX
	SHRQ $2, CX
	JZ   end

loop:
	TRANSPOSE4(SI, 0)
	TRANSPOSE4(DX, 32)
	ADDQ $16, SI
	ADDQ $16, DX
	ADDQ $256, DI
	DECQ CX
	JNZ  loop
	VZEROUPPER

end:
	RET

// func packN16AVX2(dst, src []float32, ld, k int)
TEXT ·packN16AVX2(SB), NOSPLIT, $0-64
	MOVQ  dst_base+0(FP), DI
	MOVQ  src_base+24(FP), SI
	MOVQ  ld+48(FP), R8
	MOVQ  k+56(FP), CX
	SHLQ  $2, R8
	TESTQ CX, CX
	JZ    end

loop:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    R8, SI
	ADDQ    $64, DI
	DECQ    CX
	JNZ     loop
	VZEROUPPER

end:
	RET

// func packA6AVX2(dst, src []float32, ld, k int)
// Loads and stores eight values where six count: dst needs two floats beyond 6·k, src two beyond the last row.
TEXT ·packA6AVX2(SB), NOSPLIT, $0-64
	MOVQ  dst_base+0(FP), DI
	MOVQ  src_base+24(FP), SI
	MOVQ  ld+48(FP), R8
	MOVQ  k+56(FP), CX
	SHLQ  $2, R8
	TESTQ CX, CX
	JZ    end

loop:
	VMOVUPS (SI), Y0
	VMOVUPS Y0, (DI)
	ADDQ    R8, SI
	ADDQ    $24, DI
	DECQ    CX
	JNZ     loop
	VZEROUPPER

end:
	RET
