#include "textflag.h"

// func sumRowsAVX2(sums *[32]uint16, table *uint64, rows *uint32, n int)
// A row is 32 bytes; its even bytes are added up in Y0, its odd ones in Y1, as 16-bit numbers.
TEXT ·sumRowsAVX2(SB), NOSPLIT, $0-32
	MOVQ sums+0(FP), DI
	MOVQ table+8(FP), SI
	MOVQ rows+16(FP), DX
	MOVQ n+24(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPCMPEQW Y2, Y2, Y2
	VPSRLW $8, Y2, Y2 // 0x00FF in every lane

loop:
	MOVL (DX), AX
	SHLQ $5, AX
	VMOVDQU (SI)(AX*1), Y3
	VPAND Y2, Y3, Y4
	VPSRLW $8, Y3, Y3
	VPADDW Y4, Y0, Y0
	VPADDW Y3, Y1, Y1
	ADDQ $4, DX
	DECQ CX
	JNZ loop

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	VZEROUPPER
	RET
