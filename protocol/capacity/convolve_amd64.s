#include "textflag.h"

// func dot16(out, a *uint64, n int, b *uint64)
//
// out[t] = sum of a[i] × b[t-i] over i from 0 to n-1, for t from 0 to 15. Figures of a and b are below 2^32; n is at least 1.
TEXT ·dot16(SB), NOSPLIT, $0-32
	MOVQ  out+0(FP), DI
	MOVQ  a+8(FP), SI
	MOVQ  n+16(FP), CX
	MOVQ  b+24(FP), DX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3

next:
	VPBROADCASTQ (SI), Y4
	VPMULUDQ     (DX), Y4, Y5
	VPMULUDQ     32(DX), Y4, Y6
	VPMULUDQ     64(DX), Y4, Y7
	VPMULUDQ     96(DX), Y4, Y8
	VPADDQ       Y5, Y0, Y0
	VPADDQ       Y6, Y1, Y1
	VPADDQ       Y7, Y2, Y2
	VPADDQ       Y8, Y3, Y3
	ADDQ         $8, SI
	SUBQ         $8, DX
	DECQ         CX
	JNZ          next

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, 64(DI)
	VMOVDQU Y3, 96(DI)
	VZEROUPPER
	RET
