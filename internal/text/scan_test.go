package text

import (
	"testing"
	"unicode"
)

// TestHanBlock: the scanner takes U+4E00..U+9FFF as Han without looking them up.
func TestHanBlock(t *testing.T) {
	for r := rune(0x4E00); r <= 0x9FFF; r++ {
		if !unicode.Is(unicode.Han, r) {
			t.Fatalf("%U is not Han", r)
		}
	}
}

// TestWordsAtTheEnd: words of all lengths, whole and cut off by the text's end, hash as HashWord has them, whatever stands behind.
func TestWordsAtTheEnd(t *testing.T) {
	const letters = "AbcdefghiJklmnopqrstuvwxYzabcd"
	var d Doc
	for n := 1; n <= len(letters); n++ {
		for _, tail := range []string{"", " ", ".", "\n", "'", "-", "1", "é", "'s", "，", "\xff", "中", "[", "@", "{", "`"} {
			word := letters[:n]
			d.Reset([]byte(word + tail))
			switch tail {
			case "1", "é", "'s":
				word += tail
			}
			w := d.Words()[0]
			if got := string(d.Bytes(w)); got != word || w.Hash != HashWord(word) || w.Kind != Letters {
				t.Errorf("%q: the first word is %q, hash as HashWord has it: %v", word+tail, got, w.Hash == HashWord(got))
			}
			upper, count := 0, 0
			for _, r := range word + tail {
				count++
				if unicode.IsUpper(r) {
					upper++
				}
			}
			if tail == "1" || tail == "é" || tail == "'s" {
				count -= len([]rune(tail))
			}
			if c := d.Counts(); c.Upper != upper || c.Runes != count {
				t.Errorf("%q: %d capitals of %d characters, want %d of %d", word+tail, c.Upper, c.Runes, upper, count)
			}
		}
	}
}
