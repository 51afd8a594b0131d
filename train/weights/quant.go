package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// ggmlType is a tensor's storage in a GGUF file. Numbers, block layouts and rounding are ggml's (ggml-common.h, ggml-quants.c).
type ggmlType uint32

const (
	ggmlF32  ggmlType = 0
	ggmlF16  ggmlType = 1
	ggmlQ4_0 ggmlType = 2
	ggmlQ8_0 ggmlType = 8
	ggmlQ4_K ggmlType = 12
	ggmlQ6_K ggmlType = 14
	ggmlBF16 ggmlType = 30
)

// block says how many values a block of the type holds and in how many bytes. ok is false for types that are not read.
func (t ggmlType) block() (values, bytes int, ok bool) {
	switch t {
	case ggmlF32:
		return 1, 4, true
	case ggmlF16, ggmlBF16:
		return 1, 2, true
	case ggmlQ4_0: // half scale, 32 × 4 bits
		return 32, 18, true
	case ggmlQ8_0: // half scale, 32 × 8 bits
		return 32, 34, true
	case ggmlQ4_K: // half scale and minimum, 8 × (6-bit scale, 6-bit minimum), 256 × 4 bits
		return 256, 144, true
	case ggmlQ6_K: // 256 × (4 low + 2 high bits), 16 × 8-bit scales, half scale
		return 256, 210, true
	}
	return 0, 0, false
}

func (t ggmlType) String() string {
	switch t {
	case ggmlF32:
		return "f32"
	case ggmlF16:
		return "f16"
	case ggmlBF16:
		return "bf16"
	case ggmlQ4_0:
		return "q4_0"
	case ggmlQ8_0:
		return "q8_0"
	case ggmlQ4_K:
		return "q4_k"
	case ggmlQ6_K:
		return "q6_k"
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// dequantise widens whole blocks. len(raw) must be dst's blocks exactly; the result of damaged scales can be infinite or NaN.
func dequantise(dst []float32, raw []byte, t ggmlType) {
	n, size, _ := t.block()
	switch t {
	case ggmlF32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		return
	case ggmlF16:
		for i := range dst {
			dst[i] = HalfToFloat32(binary.LittleEndian.Uint16(raw[2*i:]))
		}
		return
	case ggmlBF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		}
		return
	}
	for len(dst) > 0 {
		switch y, b := dst[:n], raw[:size]; t {
		case ggmlQ4_0:
			fromQ4_0(y, b)
		case ggmlQ8_0:
			fromQ8_0(y, b)
		case ggmlQ4_K:
			fromQ4_K(y, b)
		case ggmlQ6_K:
			fromQ6_K(y, b)
		}
		dst, raw = dst[n:], raw[size:]
	}
}

func half(b []byte) float32 { return HalfToFloat32(binary.LittleEndian.Uint16(b)) }

func fromQ4_0(y []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:18] {
		y[i] = float32(int(q&15)-8) * d
		y[i+16] = float32(int(q>>4)-8) * d
	}
}

func fromQ8_0(y []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:34] {
		y[i] = float32(int8(q)) * d
	}
}

func fromQ4_K(y []float32, b []byte) {
	d, least := half(b), half(b[2:])
	scales, q := b[4:16], b[16:144]
	for j := range 8 { // eight sub-blocks of 32; two share 32 bytes of q, low nibbles first
		var sc, m byte
		if j < 4 {
			sc, m = scales[j]&63, scales[j+4]&63
		} else {
			sc, m = scales[j+4]&15|scales[j-4]>>6<<4, scales[j+4]>>4|scales[j]>>6<<4
		}
		scale, shift := d*float32(sc), least*float32(m)
		for l, v := range q[j/2*32 : j/2*32+32] {
			y[32*j+l] = scale*float32(v>>(j%2*4)&15) - shift
		}
	}
}

func fromQ6_K(y []float32, b []byte) {
	d := half(b[208:])
	for n := range 2 { // two halves of 128
		low, high, scales, y := b[64*n:64*n+64], b[128+32*n:128+32*n+32], b[192+8*n:200+8*n], y[128*n:]
		for l := range 32 {
			h := high[l]
			q := [4]byte{low[l]&15 | h&3<<4, low[l+32]&15 | h>>2&3<<4, low[l]>>4 | h>>4&3<<4, low[l+32]>>4 | h>>6<<4}
			for k, v := range q {
				y[32*k+l] = d * float32(int8(scales[2*k+l/16])) * float32(int(v)-32)
			}
		}
	}
}

// quantise narrows values to a type, block by block, appending to dst. len(src) must be whole blocks.
func quantise(dst []byte, src []float32, t ggmlType) []byte {
	switch t {
	case ggmlF32:
		for _, v := range src {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		}
	case ggmlF16:
		for _, v := range src {
			dst = binary.LittleEndian.AppendUint16(dst, HalfFromFloat32(v))
		}
	case ggmlQ8_0:
		for ; len(src) > 0; src = src[32:] {
			dst = toQ8_0(dst, src[:32])
		}
	case ggmlQ4_0:
		for ; len(src) > 0; src = src[32:] {
			dst = toQ4_0(dst, src[:32])
		}
	}
	return dst
}

func toQ8_0(dst []byte, x []float32) []byte {
	var most float32
	for _, v := range x {
		most = max(most, float32(math.Abs(float64(v))))
	}
	d := most / 127
	var inverse float32
	if d != 0 {
		inverse = 1 / d
	}
	dst = binary.LittleEndian.AppendUint16(dst, HalfFromFloat32(d))
	for _, v := range x {
		dst = append(dst, byte(int8(math.Round(float64(v*inverse)))))
	}
	return dst
}

func toQ4_0(dst []byte, x []float32) []byte {
	var most, extreme float32 // the value of largest magnitude, with its sign, becomes -8
	for _, v := range x {
		if a := float32(math.Abs(float64(v))); a > most {
			most, extreme = a, v
		}
	}
	d := extreme / -8
	var inverse float32
	if d != 0 {
		inverse = 1 / d
	}
	dst = binary.LittleEndian.AppendUint16(dst, HalfFromFloat32(d))
	for i := range 16 {
		low := min(15, byte(x[i]*inverse+8.5))
		high := min(15, byte(x[i+16]*inverse+8.5))
		dst = append(dst, low|high<<4)
	}
	return dst
}
