#include "go_asm.h"
#include "textflag.h"

// Shuffles: byte i of the result is the byte of the source that is named, or zero
// for 0x80. What is big-endian in a record comes out little-endian.

// An address at byte 0, 4 or 8 of a record becomes the low word of a flow.IP.
DATA source<>+0(SB)/8, $0x8080808080808080
DATA source<>+8(SB)/8, $0x8080808000010203
DATA source<>+16(SB)/8, $0x8080808080808080
DATA source<>+24(SB)/8, $0x8080808000010203
GLOBL source<>(SB), RODATA|NOPTR, $32

DATA destination<>+0(SB)/8, $0x8080808080808080
DATA destination<>+8(SB)/8, $0x8080808004050607
DATA destination<>+16(SB)/8, $0x8080808080808080
DATA destination<>+24(SB)/8, $0x8080808004050607
GLOBL destination<>(SB), RODATA|NOPTR, $32

DATA nexthop<>+0(SB)/8, $0x8080808080808080
DATA nexthop<>+8(SB)/8, $0x8080808008090a0b
DATA nexthop<>+16(SB)/8, $0x8080808080808080
DATA nexthop<>+24(SB)/8, $0x8080808008090a0b
GLOBL nexthop<>(SB), RODATA|NOPTR, $32

// ::ffff:0.0.0.0 as a flow.IP.
DATA mapped<>+0(SB)/8, $0
DATA mapped<>+8(SB)/8, $0x0000ffff00000000
DATA mapped<>+16(SB)/8, $0
DATA mapped<>+24(SB)/8, $0x0000ffff00000000
GLOBL mapped<>(SB), RODATA|NOPTR, $32

// Four words of 32 bits, each turned round.
DATA words<>+0(SB)/8, $0x0405060700010203
DATA words<>+8(SB)/8, $0x0c0d0e0f08090a0b
DATA words<>+16(SB)/8, $0x0405060700010203
DATA words<>+24(SB)/8, $0x0c0d0e0f08090a0b
GLOBL words<>(SB), RODATA|NOPTR, $32

// The first and the second half of four words, each as a word of its own.
DATA first<>+0(SB)/8, $0x8080040580800001
DATA first<>+8(SB)/8, $0x80800c0d80800809
GLOBL first<>(SB), RODATA|NOPTR, $16

DATA second<>+0(SB)/8, $0x8080060780800203
DATA second<>+8(SB)/8, $0x80800e0f80800a0b
GLOBL second<>(SB), RODATA|NOPTR, $16

// The first halves of four words, then the second ones.
DATA halves<>+0(SB)/8, $0x0c0d080904050001
DATA halves<>+8(SB)/8, $0x0e0f0a0b06070203
GLOBL halves<>(SB), RODATA|NOPTR, $16

// Bytes 1, 2 and 3 of four words, each four together; then bytes 0 and 1.
DATA octets<>+0(SB)/8, $0x0e0a06020d090501
DATA octets<>+8(SB)/8, $0x808080800f0b0703
GLOBL octets<>(SB), RODATA|NOPTR, $16

DATA masks<>+0(SB)/8, $0x0d0905010c080400
DATA masks<>+8(SB)/8, $0x8080808080808080
GLOBL masks<>(SB), RODATA|NOPTR, $16

DATA longest<>+0(SB)/8, $0x2020202020202020
DATA longest<>+8(SB)/8, $0x2020202020202020
GLOBL longest<>(SB), RODATA|NOPTR, $16

DATA header<>+0(SB)/8, $const_ipHeader
GLOBL header<>(SB), RODATA|NOPTR, $8

// func fours(b *flow.Batch, c *common, records *byte, n int) (odd bool)
//
// BX: b, AX: c, SI: where the record of row 0 would be, DX: the end of the new rows,
// R8: row, R9: the row's byte in a column of addresses, R10: the row's record, R11: a
// column, R12: four small things. Records A, B, C and D are at 0, 48, 96 and 144.
// Y15 gathers the numbers that fall below zero for odd records, X14 the masks that
// are above 32. Y7 to Y13 hold what is the same for all.
TEXT ·fours(SB), NOSPLIT, $0-33
	MOVQ b+0(FP), BX
	MOVQ c+8(FP), AX
	MOVQ records+16(FP), SI
	MOVQ n+24(FP), DX
	MOVQ const_columnN(BX), R8
	ADDQ R8, DX
	LEAQ (R8)(R8*2), R10
	SHLQ $4, R10
	SUBQ R10, SI
	VPXOR Y15, Y15, Y15
	VPXOR X14, X14, X14
	VPBROADCASTQ common_uptime(AX), Y13
	VPBROADCASTQ common_arrival(AX), Y12
	VPBROADCASTQ common_oldest(AX), Y11
	VPBROADCASTQ common_mostOctets(AX), Y10
	VPBROADCASTQ header<>(SB), Y9
	VMOVDQU mapped<>(SB), Y8
	VBROADCASTI128 common_exporter(AX), Y7

loop:
	LEAQ (R8)(R8*2), R10
	SHLQ $4, R10
	ADDQ SI, R10
	MOVQ R8, R9
	SHLQ $4, R9

	// What is the same for all records.
	MOVQ const_columnExporter(BX), R11
	VMOVDQU Y7, (R11)(R9*1)
	VMOVDQU Y7, 32(R11)(R9*1)
	VPBROADCASTD common_domain(AX), X0
	MOVQ const_columnDomain(BX), R11
	VMOVDQU X0, (R11)(R8*4)
	VPBROADCASTD common_rate(AX), X0
	MOVQ const_columnSamplingRate(BX), R11
	VMOVDQU X0, (R11)(R8*4)
	MOVL common_version(AX), R12
	MOVQ const_columnVersion(BX), R11
	MOVL R12, (R11)(R8*1)
	MOVL common_sampling(AX), R12
	MOVQ const_columnSampling(BX), R11
	MOVL R12, (R11)(R8*1)
	VPXOR Y0, Y0, Y0
	MOVQ const_columnApp(BX), R11
	VMOVDQU Y0, (R11)(R8*8)
	MOVQ const_columnRTT(BX), R11
	VMOVDQU X0, (R11)(R8*4)
	MOVQ const_columnDirection(BX), R11
	VMOVD X0, (R11)(R8*1)
	MOVQ const_columnForwarding(BX), R11
	VMOVD X0, (R11)(R8*1)
	MOVQ const_columnQuality(BX), R11
	VMOVD X0, (R11)(R8*1)

	// Bytes 0 to 15: three addresses and two interfaces. Y0 is A and B, Y1 C and D.
	VMOVDQU (R10), X0
	VINSERTI128 $1, 48(R10), Y0, Y0
	VMOVDQU 96(R10), X1
	VINSERTI128 $1, 144(R10), Y1, Y1

	VPSHUFB source<>(SB), Y0, Y2
	VPSHUFB source<>(SB), Y1, Y3
	VPOR Y8, Y2, Y2
	VPOR Y8, Y3, Y3
	MOVQ const_columnSrcAddr(BX), R11
	VMOVDQU Y2, (R11)(R9*1)
	VMOVDQU Y3, 32(R11)(R9*1)

	VPSHUFB destination<>(SB), Y0, Y2
	VPSHUFB destination<>(SB), Y1, Y3
	VPOR Y8, Y2, Y2
	VPOR Y8, Y3, Y3
	MOVQ const_columnDstAddr(BX), R11
	VMOVDQU Y2, (R11)(R9*1)
	VMOVDQU Y3, 32(R11)(R9*1)

	VPSHUFB nexthop<>(SB), Y0, Y2
	VPSHUFB nexthop<>(SB), Y1, Y3
	VPOR Y8, Y2, Y2
	VPOR Y8, Y3, Y3
	MOVQ const_columnNextHop(BX), R11
	VMOVDQU Y2, (R11)(R9*1)
	VMOVDQU Y3, 32(R11)(R9*1)

	// The last words of A and C, B and D; then of all four in order.
	VPUNPCKHDQ Y1, Y0, Y2
	VEXTRACTI128 $1, Y2, X3
	VPUNPCKHDQ X3, X2, X2
	VPSHUFB first<>(SB), X2, X3
	MOVQ const_columnInIf(BX), R11
	VMOVDQU X3, (R11)(R8*4)
	VPSHUFB second<>(SB), X2, X3
	MOVQ const_columnOutIf(BX), R11
	VMOVDQU X3, (R11)(R8*4)

	// Bytes 16 to 31: packets, octets, first, last. Y0 is A and C, Y1 B and D, so
	// that what is unpacked from both stands in order.
	VMOVDQU 16(R10), X0
	VINSERTI128 $1, 112(R10), Y0, Y0
	VMOVDQU 64(R10), X1
	VINSERTI128 $1, 160(R10), Y1, Y1
	VPSHUFB words<>(SB), Y0, Y0
	VPSHUFB words<>(SB), Y1, Y1
	VPXOR Y2, Y2, Y2
	VPUNPCKLDQ Y2, Y0, Y3
	VPUNPCKLDQ Y2, Y1, Y4
	VPUNPCKHDQ Y2, Y0, Y5
	VPUNPCKHDQ Y2, Y1, Y6
	VPUNPCKLQDQ Y4, Y3, Y0 // packets
	VPUNPCKHQDQ Y4, Y3, Y1 // octets
	VPUNPCKLQDQ Y6, Y5, Y2 // first
	VPUNPCKHQDQ Y6, Y5, Y3 // last
	MOVQ const_columnPackets(BX), R11
	VMOVDQU Y0, (R11)(R8*8)
	MOVQ const_columnBytes(BX), R11
	VMOVDQU Y1, (R11)(R8*8)

	VPMULUDQ Y9, Y0, Y4
	VPSUBQ Y4, Y1, Y4 // octets - packets × header
	VPCMPEQQ Y5, Y5, Y5
	VPADDQ Y5, Y0, Y5 // packets - 1
	VPSUBQ Y1, Y10, Y6 // most octets - octets
	VPOR Y4, Y15, Y15
	VPOR Y5, Y6, Y6
	VPOR Y6, Y15, Y15

	// Differences of uptimes wrap in 32 bits; the upper halves stay zero.
	VPSUBD Y3, Y13, Y4 // age
	VPSUBD Y2, Y3, Y5 // duration
	VPSUBQ Y4, Y12, Y4 // end
	VPSUBQ Y5, Y4, Y5 // start
	VPSUBQ Y11, Y5, Y6 // start - oldest
	VPOR Y6, Y15, Y15
	MOVQ const_columnEnd(BX), R11
	VMOVDQU Y4, (R11)(R8*8)
	MOVQ const_columnStart(BX), R11
	VMOVDQU Y5, (R11)(R8*8)

	// Bytes 32 to 47: ports, flags and protocol, systems, masks. Y0 is A and C, Y1 B
	// and D again.
	VMOVDQU 32(R10), X0
	VINSERTI128 $1, 128(R10), Y0, Y0
	VMOVDQU 80(R10), X1
	VINSERTI128 $1, 176(R10), Y1, Y1
	VPUNPCKLDQ Y1, Y0, Y2
	VPUNPCKHDQ Y1, Y0, Y3
	VPERMQ $0xd8, Y2, Y2 // ports of all, then flags of all
	VPERMQ $0xd8, Y3, Y3 // systems of all, then masks of all

	VPSHUFB halves<>(SB), X2, X4
	MOVQ const_columnSrcPort(BX), R11
	VMOVQ X4, (R11)(R8*2)
	MOVQ const_columnDstPort(BX), R11
	VMOVHPS X4, (R11)(R8*2)

	VEXTRACTI128 $1, Y2, X4
	VPSHUFB octets<>(SB), X4, X4
	MOVQ const_columnTCPFlags(BX), R11
	VMOVD X4, (R11)(R8*1)
	MOVQ const_columnProto(BX), R11
	VPEXTRD $1, X4, (R11)(R8*1)
	MOVQ const_columnTOS(BX), R11
	VPEXTRD $2, X4, (R11)(R8*1)

	VPSHUFB first<>(SB), X3, X4
	MOVQ const_columnSrcAS(BX), R11
	VMOVDQU X4, (R11)(R8*4)
	VPSHUFB second<>(SB), X3, X4
	MOVQ const_columnDstAS(BX), R11
	VMOVDQU X4, (R11)(R8*4)

	VEXTRACTI128 $1, Y3, X4
	VPSHUFB masks<>(SB), X4, X4
	MOVQ const_columnSrcMask(BX), R11
	VMOVD X4, (R11)(R8*1)
	MOVQ const_columnDstMask(BX), R11
	VPEXTRD $1, X4, (R11)(R8*1)
	VPSUBUSB longest<>(SB), X4, X4
	VPOR X4, X14, X14

	ADDQ $4, R8
	CMPQ R8, DX
	JGE done
	LEAQ -4(DX), R9 // fewer than four left: the last four again
	CMPQ R8, R9
	CMOVQGT R9, R8
	JMP loop

done:
	VMOVMSKPD Y15, R8
	VPTEST X14, X14
	SETNE R9
	TESTL R8, R8
	SETNE R8
	ORB R8, R9
	MOVB R9, odd+32(FP)
	VZEROUPPER
	RET
