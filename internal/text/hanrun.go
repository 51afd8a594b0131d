package text

import "encoding/binary"

// HanRun returns the end of the run of characters U+4000..9FFF that begins at b[i], i itself when there is none. Chinese text is mostly such runs, and passes that
// look for something else go over them two characters at a time.
func HanRun(b []byte, i int) int {
	const (
		form  = 0x0000C0C0F0C0C0F0 // of two characters of three bytes each, the first byte lowest
		three = 0x00008080E08080E0
		low   = 0x000000000F00000F // of the first bytes, which run from E4 to E9
		four  = 0x000000000C00000C // carries from 4 on
		ten   = 0x0000000006000006 // carries from 10 on
		carry = 0x0000000010000010
	)
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		if n := x & low; x&form != three || (n+four)&carry != carry || (n+ten)&carry != 0 {
			break
		}
		i += 6
	}
	for i+3 <= len(b) && b[i] >= 0xE4 && b[i] <= 0xE9 && cont(b[i+1]) && cont(b[i+2]) {
		i += 3
	}
	return i
}
