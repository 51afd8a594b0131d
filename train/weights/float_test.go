package weights

import (
	"math"
	"testing"
)

// Every half and bfloat16 must come back from float32 unchanged; NaNs stay NaNs.
func TestNarrowTypesRoundTrip(t *testing.T) {
	for h := range 1 << 16 {
		f := HalfToFloat32(uint16(h))
		if math.IsNaN(float64(f)) {
			if !math.IsNaN(float64(HalfToFloat32(HalfFromFloat32(f)))) {
				t.Fatalf("half %#04x: NaN was lost", h)
			}
		} else if got := HalfFromFloat32(f); got != uint16(h) {
			t.Fatalf("half %#04x → %v → %#04x", h, f, got)
		}
		f = math.Float32frombits(uint32(h) << 16)
		if !math.IsNaN(float64(f)) && BFloat16FromFloat32(f) != uint16(h) {
			t.Fatalf("bfloat16 %#04x → %v → %#04x", h, f, BFloat16FromFloat32(f))
		}
	}
}

func TestHalfRounding(t *testing.T) {
	for _, c := range []struct {
		in   float32
		want uint16
	}{
		{1, 0x3c00}, {-2, 0xc000}, {65504, 0x7bff}, {65519.9, 0x7bff}, {65520, 0x7c00}, {0x1p-24, 1}, {0x1p-25, 0}, {0x1.8p-25, 1},
		{0x1.8p-24, 2}, // halfway between 1 and 2 units: even
		{1 + 0x1p-11, 0x3c00}, {1 + 0x3p-11, 0x3c02}, {1 + 0x1.1p-11, 0x3c01}, {float32(math.Inf(-1)), 0xfc00},
	} {
		if got := HalfFromFloat32(c.in); got != c.want {
			t.Errorf("%v: %#04x, want %#04x", c.in, got, c.want)
		}
	}
	if got := BFloat16FromFloat32(1 + 0x1p-8); got != 0x3f80 { // halfway: even
		t.Errorf("bfloat16 tie: %#04x", got)
	}
	if got := BFloat16FromFloat32(1 + 0x3p-8); got != 0x3f82 {
		t.Errorf("bfloat16 tie up: %#04x", got)
	}
}
