package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// HalfToFloat32 widens an IEEE 754 binary16 value; every half is exact in float32.
func HalfToFloat32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0: // zero and subnormals: frac · 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// HalfFromFloat32 rounds to the nearest half, ties to even. What lies beyond ±65504 becomes infinite; callers that write weights refuse it.
func HalfFromFloat32(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN stays NaN
		return sign | 0x7e00
	case b >= 0x477ff000: // 65520 and more round to infinity
		return sign | 0x7c00
	case b < 0x38800000: // below 2⁻¹⁴: adding 0.5 leaves frac·2⁻²⁴ in the low bits, rounded by the adder
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	b += 0xfff + b>>13&1
	return sign | uint16((b-112<<23)>>13)
}

// BFloat16FromFloat32 rounds to the nearest bfloat16, ties to even.
func BFloat16FromFloat32(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// decode widens raw little-endian elements of type d into dst and reports the first index that is not finite, or -1.
func decode(dst []float32, raw []byte, d DType) (int, error) {
	bad := -1
	switch d {
	case F32:
		for i := range dst {
			b := binary.LittleEndian.Uint32(raw[4*i:])
			if b&0x7f800000 == 0x7f800000 && bad < 0 {
				bad = i
			}
			dst[i] = math.Float32frombits(b)
		}
	case BF16:
		for i := range dst {
			b := uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16
			if b&0x7f800000 == 0x7f800000 && bad < 0 {
				bad = i
			}
			dst[i] = math.Float32frombits(b)
		}
	case F16:
		for i := range dst {
			h := binary.LittleEndian.Uint16(raw[2*i:])
			if h&0x7c00 == 0x7c00 && bad < 0 {
				bad = i
			}
			dst[i] = HalfToFloat32(h)
		}
	default:
		return -1, fmt.Errorf("type %s holds no weights that can be trained (F32, F16, BF16 can)", d)
	}
	return bad, nil
}

// encode narrows src into raw and reports the first index that is not finite in the target type, or -1.
func encode(raw []byte, src []float32, d DType) (int, error) {
	bad := -1
	switch d {
	case F32:
		for i, f := range src {
			b := math.Float32bits(f)
			if b&0x7f800000 == 0x7f800000 && bad < 0 {
				bad = i
			}
			binary.LittleEndian.PutUint32(raw[4*i:], b)
		}
	case BF16:
		for i, f := range src {
			h := BFloat16FromFloat32(f)
			if h&0x7f80 == 0x7f80 && bad < 0 {
				bad = i
			}
			binary.LittleEndian.PutUint16(raw[2*i:], h)
		}
	case F16:
		for i, f := range src {
			h := HalfFromFloat32(f)
			if h&0x7c00 == 0x7c00 && bad < 0 {
				bad = i
			}
			binary.LittleEndian.PutUint16(raw[2*i:], h)
		}
	default:
		return -1, fmt.Errorf("weights cannot be written as %s (F32, F16, BF16 can)", d)
	}
	return bad, nil
}
