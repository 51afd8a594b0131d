#include "textflag.h"

// One row of the tile: two broadcasts-times-vectors. A0 holds a value of A in all lanes, Y0 and Y1 hold 16 columns of B.
#define ROW(A0, C0, C1) \
	VFMADD231PS Y0, A0, C0; \
	VFMADD231PS Y1, A0, C1

// One step of k for all six rows. SI points at row 0, R11 at row 3, R8 is the row stride in bytes, R9 the k stride.
#define STEP(OFF) \
	VMOVUPS      OFF(DI), Y0; \
	VMOVUPS      (OFF+32)(DI), Y1; \
	VBROADCASTSS (SI), Y2; \
	VBROADCASTSS (SI)(R8*1), Y3; \
	ROW(Y2, Y4, Y5); \
	ROW(Y3, Y6, Y7); \
	VBROADCASTSS (SI)(R8*2), Y2; \
	VBROADCASTSS (R11), Y3; \
	ADDQ         R9, SI; \
	ROW(Y2, Y8, Y9); \
	ROW(Y3, Y10, Y11); \
	VBROADCASTSS (R11)(R8*1), Y2; \
	VBROADCASTSS (R11)(R8*2), Y3; \
	ADDQ         R9, R11; \
	ROW(Y2, Y12, Y13); \
	ROW(Y3, Y14, Y15)

#define STORE(C0, C1) \
	VMOVUPS C0, (DX); \
	VMOVUPS C1, 32(DX); \
	ADDQ    R10, DX

#define ADDSTORE(C0, C1) \
	VADDPS  (DX), C0, C0; \
	VADDPS  32(DX), C1, C1; \
	VMOVUPS C0, (DX); \
	VMOVUPS C1, 32(DX); \
	ADDQ    R10, DX

// func tileAVX2(k int, a []float32, rs, ks int, b, c []float32, ldc int, acc bool)
TEXT ·tileAVX2(SB), NOSPLIT, $0-105
	MOVQ   k+0(FP), CX
	MOVQ   a_base+8(FP), SI
	MOVQ   rs+32(FP), R8
	MOVQ   ks+40(FP), R9
	MOVQ   b_base+48(FP), DI
	MOVQ   c_base+72(FP), DX
	MOVQ   ldc+96(FP), R10
	SHLQ   $2, R8
	SHLQ   $2, R9
	SHLQ   $2, R10
	LEAQ   (R8)(R8*2), R11
	ADDQ   SI, R11
	LEAQ   (R10)(R10*2), R12
	ADDQ   DX, R12
	PREFETCHT0 (DX)
	PREFETCHT0 (DX)(R10*1)
	PREFETCHT0 (DX)(R10*2)
	PREFETCHT0 (R12)
	PREFETCHT0 (R12)(R10*1)
	PREFETCHT0 (R12)(R10*2)
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15
	MOVQ   CX, BX
	SHRQ   $2, BX
	JZ     rest

four:
	STEP(0)
	STEP(64)
	STEP(128)
	STEP(192)
	ADDQ $256, DI
	DECQ BX
	JNZ  four

rest:
	ANDQ $3, CX
	JZ   done

one:
	STEP(0)
	ADDQ $64, DI
	DECQ CX
	JNZ  one

done:
	CMPB acc+104(FP), $0
	JNE  accumulate
	STORE(Y4, Y5)
	STORE(Y6, Y7)
	STORE(Y8, Y9)
	STORE(Y10, Y11)
	STORE(Y12, Y13)
	STORE(Y14, Y15)
	VZEROUPPER
	RET

accumulate:
	ADDSTORE(Y4, Y5)
	ADDSTORE(Y6, Y7)
	ADDSTORE(Y8, Y9)
	ADDSTORE(Y10, Y11)
	ADDSTORE(Y12, Y13)
	ADDSTORE(Y14, Y15)
	VZEROUPPER
	RET
