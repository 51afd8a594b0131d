#include "textflag.h"

// Constants of exp, each repeated over eight lanes: range reduction by ln 2 in two parts and the polynomial of expf in the Cephes library
// (Moshier); the error is below 2 units in the last place.
DATA expConst<>+0(SB)/8, $0xc2ae0000c2ae0000
DATA expConst<>+8(SB)/8, $0xc2ae0000c2ae0000
DATA expConst<>+16(SB)/8, $0xc2ae0000c2ae0000
DATA expConst<>+24(SB)/8, $0xc2ae0000c2ae0000
DATA expConst<>+32(SB)/8, $0x42b0000042b00000
DATA expConst<>+40(SB)/8, $0x42b0000042b00000
DATA expConst<>+48(SB)/8, $0x42b0000042b00000
DATA expConst<>+56(SB)/8, $0x42b0000042b00000
DATA expConst<>+64(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expConst<>+72(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expConst<>+80(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expConst<>+88(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expConst<>+96(SB)/8, $0x3f3180003f318000
DATA expConst<>+104(SB)/8, $0x3f3180003f318000
DATA expConst<>+112(SB)/8, $0x3f3180003f318000
DATA expConst<>+120(SB)/8, $0x3f3180003f318000
DATA expConst<>+128(SB)/8, $0xb95e8083b95e8083
DATA expConst<>+136(SB)/8, $0xb95e8083b95e8083
DATA expConst<>+144(SB)/8, $0xb95e8083b95e8083
DATA expConst<>+152(SB)/8, $0xb95e8083b95e8083
DATA expConst<>+160(SB)/8, $0x3950696739506967
DATA expConst<>+168(SB)/8, $0x3950696739506967
DATA expConst<>+176(SB)/8, $0x3950696739506967
DATA expConst<>+184(SB)/8, $0x3950696739506967
DATA expConst<>+192(SB)/8, $0x3ab743ce3ab743ce
DATA expConst<>+200(SB)/8, $0x3ab743ce3ab743ce
DATA expConst<>+208(SB)/8, $0x3ab743ce3ab743ce
DATA expConst<>+216(SB)/8, $0x3ab743ce3ab743ce
DATA expConst<>+224(SB)/8, $0x3c0889083c088908
DATA expConst<>+232(SB)/8, $0x3c0889083c088908
DATA expConst<>+240(SB)/8, $0x3c0889083c088908
DATA expConst<>+248(SB)/8, $0x3c0889083c088908
DATA expConst<>+256(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expConst<>+264(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expConst<>+272(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expConst<>+280(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expConst<>+288(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expConst<>+296(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expConst<>+304(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expConst<>+312(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expConst<>+320(SB)/8, $0x3f0000003f000000
DATA expConst<>+328(SB)/8, $0x3f0000003f000000
DATA expConst<>+336(SB)/8, $0x3f0000003f000000
DATA expConst<>+344(SB)/8, $0x3f0000003f000000
DATA expConst<>+352(SB)/8, $0x3f8000003f800000
DATA expConst<>+360(SB)/8, $0x3f8000003f800000
DATA expConst<>+368(SB)/8, $0x3f8000003f800000
DATA expConst<>+376(SB)/8, $0x3f8000003f800000
GLOBL expConst<>(SB), RODATA|NOPTR, $384

#define LO expConst<>+0(SB)
#define HI expConst<>+32(SB)
#define LOG2E expConst<>+64(SB)
#define LN2HI expConst<>+96(SB)
#define LN2LO expConst<>+128(SB)
#define C0 expConst<>+160(SB)
#define C1 expConst<>+192(SB)
#define C2 expConst<>+224(SB)
#define C3 expConst<>+256(SB)
#define C4 expConst<>+288(SB)
#define C5 expConst<>+320(SB)
#define ONE expConst<>+352(SB)

// EXP replaces X by exp(X), clamped to [-87, 88]; N and P are scratch. NaN stays NaN (the operand order of VMAXPS and VMINPS decides).
// Y14 and Y15 hold HI and LO.
#define EXP(X, N, P) \
	VMAXPS       X, Y15, X; \
	VMINPS       X, Y14, X; \
	VMULPS       LOG2E, X, N; \
	VROUNDPS     $0, N, N; \
	VFNMADD231PS LN2HI, N, X; \
	VFNMADD231PS LN2LO, N, X; \
	VMOVUPS      C0, P; \
	VFMADD213PS  C1, X, P; \
	VFMADD213PS  C2, X, P; \
	VFMADD213PS  C3, X, P; \
	VFMADD213PS  C4, X, P; \
	VFMADD213PS  C5, X, P; \
	VFMADD213PS  ONE, X, P; \
	VFMADD213PS  ONE, X, P; \
	VCVTPS2DQ    N, N; \
	VPSLLD       $23, N, N; \
	VPADDD       N, P, X

// func expSumAVX2(x []float32, scale, shift float32) float32
// len(x) is a multiple of 8. x becomes exp(x*scale-shift).
TEXT ·expSumAVX2(SB), NOSPLIT, $0-36
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS scale+24(FP), Y12
	VBROADCASTSS shift+28(FP), Y13
	VMOVUPS      HI, Y14
	VMOVUPS      LO, Y15
	VXORPS       Y11, Y11, Y11
	VXORPS       Y10, Y10, Y10
	MOVQ         CX, BX
	SHRQ         $4, BX
	JZ           eight

sixteen:
	VMOVUPS     (SI), Y0
	VMOVUPS     32(SI), Y3
	VFMSUB213PS Y13, Y12, Y0
	VFMSUB213PS Y13, Y12, Y3
	EXP(Y0, Y1, Y2)
	EXP(Y3, Y4, Y5)
	VADDPS      Y0, Y11, Y11
	VADDPS      Y3, Y10, Y10
	VMOVUPS     Y0, (SI)
	VMOVUPS     Y3, 32(SI)
	ADDQ        $64, SI
	DECQ        BX
	JNZ         sixteen

eight:
	TESTQ       $8, CX
	JZ          total
	VMOVUPS     (SI), Y0
	VFMSUB213PS Y13, Y12, Y0
	EXP(Y0, Y1, Y2)
	VADDPS      Y0, Y11, Y11
	VMOVUPS     Y0, (SI)

total:
	VADDPS       Y10, Y11, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VHADDPS      X0, X0, X0
	VHADDPS      X0, X0, X0
	VMOVSS       X0, ret+32(FP)
	VZEROUPPER
	RET

// SIGMOID turns X into 1/(1+exp(-X)); Y13 holds zeros, Y12 ones.
#define SIGMOID(X, N, P) \
	VSUBPS X, Y13, X; \
	EXP(X, N, P); \
	VADDPS Y12, X, X; \
	VDIVPS X, Y12, X

// func swiGLUAVX2(h, gate, up []float32)
// len(h) is a multiple of 8.
TEXT ·swiGLUAVX2(SB), NOSPLIT, $0-72
	MOVQ    h_base+0(FP), DI
	MOVQ    h_len+8(FP), CX
	MOVQ    gate_base+24(FP), SI
	MOVQ    up_base+48(FP), DX
	VMOVUPS HI, Y14
	VMOVUPS LO, Y15
	VXORPS  Y13, Y13, Y13
	VMOVUPS ONE, Y12
	SHRQ    $3, CX
	JZ      end

loop:
	VMOVUPS (SI), Y6
	VMOVAPS Y6, Y0
	SIGMOID(Y0, Y1, Y2)
	VMULPS  Y6, Y0, Y0
	VMULPS  (DX), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DX
	ADDQ    $32, DI
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET

// func swiGLUGradAVX2(dh, gate, up []float32)
// len(dh) is a multiple of 8. In place: gate and up become their gradients, dh becomes h.
TEXT ·swiGLUGradAVX2(SB), NOSPLIT, $0-72
	MOVQ    dh_base+0(FP), DI
	MOVQ    dh_len+8(FP), CX
	MOVQ    gate_base+24(FP), SI
	MOVQ    up_base+48(FP), DX
	VMOVUPS HI, Y14
	VMOVUPS LO, Y15
	VXORPS  Y13, Y13, Y13
	VMOVUPS ONE, Y12
	SHRQ    $3, CX
	JZ      end

loop:
	VMOVUPS (SI), Y6
	VMOVAPS Y6, Y0
	SIGMOID(Y0, Y1, Y2)
	VMULPS  Y6, Y0, Y3             // silu = gate·s
	VMOVUPS (DI), Y4               // dh
	VMOVUPS (DX), Y5               // up
	VMULPS  Y5, Y3, Y7
	VMOVUPS Y7, (DI)               // h = silu·up
	VMULPS  Y3, Y4, Y7
	VMOVUPS Y7, (DX)               // dup = dh·silu
	VSUBPS  Y0, Y12, Y7            // 1-s
	VFMADD213PS Y0, Y3, Y7         // silu·(1-s) + s
	VMULPS  Y5, Y7, Y7
	VMULPS  Y4, Y7, Y7
	VMOVUPS Y7, (SI)               // dgate
	ADDQ    $32, SI
	ADDQ    $32, DX
	ADDQ    $32, DI
	DECQ    CX
	JNZ     loop

end:
	VZEROUPPER
	RET
