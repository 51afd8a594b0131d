package text

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// TestHanRun compares with a walk character by character, around the borders of the range and over broken bytes.
func TestHanRun(t *testing.T) {
	pieces := []string{"\u3FFF", "\u4000", "\u4DFF", "\u4E00", "中", "\u9FFF", "\uA000", "a", "，", "é", "\xe4", "\xe5\xb8", "\xe9\xbf\xff", "\U00020000"}
	r := rand.New(rand.NewPCG(1, 1))
	for range 50000 {
		var b []byte
		for range r.IntN(7) {
			b = append(b, pieces[r.IntN(len(pieces))]...)
			if r.IntN(2) == 0 {
				b = append(b, "文字"...)
			}
		}
		want := 0
		for want < len(b) {
			c, n := utf8.DecodeRune(b[want:])
			if c < 0x4000 || c > 0x9FFF {
				break
			}
			want += n
		}
		if got := HanRun(b, 0); got != want {
			t.Fatalf("%q: %d, want %d", b, got, want)
		}
	}
}
