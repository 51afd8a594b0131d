package clean

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

var (
	replacement = []byte("\uFFFD")
	kunjinkao   = []byte("锟斤拷") // two U+FFFD in UTF-8, read as GBK
)

// lostCharacters counts U+FFFD and what it becomes when it is read as GBK.
func lostCharacters(b []byte) int {
	return bytes.Count(b, replacement) + 2*bytes.Count(b, kunjinkao)
}

// gbkCodes maps U+4E00..9FFF to the two bytes of GBK, and says which of the characters can come from Chinese in UTF-8 that was read as GBK: those both of whose
// bytes occur in such UTF-8. Nearly all characters of misread text can, and fewer than half of those of a text that was meant: 的 is B5 C4, and C4 begins no Chinese character.
type gbkCodes struct {
	code   [0x5200]uint16
	misled [0x5200 / 64]uint64
}

// inChineseUTF8 reports whether a byte occurs in the UTF-8 of Chinese text, above ASCII: continuations, and the leads of U+2000..9FFF and U+F000..FFFF.
func inChineseUTF8(c byte) bool { return c >= 0x80 && c <= 0xBF || c >= 0xE2 && c <= 0xE9 || c == 0xEF }

var gbkTable = sync.OnceValue(func() *gbkCodes {
	t := &gbkCodes{}
	var two [2]byte
	dec := simplifiedchinese.GBK.NewDecoder()
	var out [8]byte
	for hi := 0x81; hi <= 0xFE; hi++ {
		for lo := 0x40; lo <= 0xFE; lo++ {
			if lo == 0x7F {
				continue
			}
			two[0], two[1] = byte(hi), byte(lo)
			dec.Reset()
			n, _, err := dec.Transform(out[:], two[:], true)
			if err != nil {
				continue
			}
			if r, size := utf8.DecodeRune(out[:n]); size == n && r >= 0x4E00 && r < 0x4E00+rune(len(t.code)) {
				t.code[r-0x4E00] = uint16(hi)<<8 | uint16(lo)
			}
		}
	}
	for r, c := range t.code {
		if inChineseUTF8(byte(c>>8)) && inChineseUTF8(byte(c)) {
			t.misled[r/64] |= 1 << (r % 64)
		}
	}
	return t
})

// gbkSample is how many Chinese characters are looked at, gbkFirst after how many a text that was meant is let go; gbkShare is the share of characters that must
// be such as misreading makes.
const (
	gbkSample = 300
	gbkFirst  = 24
	gbkShare  = .8
)

// gbkMojibake reports whether the text is Chinese in UTF-8 that was read as GBK: its characters are such as that makes, and their GBK bytes, put together again,
// are Chinese in UTF-8.
func gbkMojibake(b []byte) bool {
	i := 0
	for i < len(b) && b[i] < 0xE4 {
		i++
	}
	if i == len(b) {
		return false
	}
	t := gbkTable()
	seen, misled := 0, 0
	for ; i+3 <= len(b) && seen < gbkSample; i++ {
		if b[i] < 0xE4 || b[i] > 0xE9 {
			continue
		}
		r := rune(b[i]&0x0F)<<12 | rune(b[i+1]&0x3F)<<6 | rune(b[i+2]&0x3F)
		i += 2
		if r < 0x4E00 || r >= 0xA000 {
			continue
		}
		r -= 0x4E00
		seen++
		misled += int(t.misled[r/64] >> (r % 64) & 1)
		if seen == gbkFirst && float64(misled) < gbkShare*gbkFirst {
			return false
		}
	}
	return seen >= 4 && float64(misled) >= gbkShare*float64(seen) && t.readsAsUTF8(b)
}

// readsAsUTF8 puts the GBK bytes of the Chinese characters together and counts how many of them are part of Chinese characters in UTF-8.
func (t *gbkCodes) readsAsUTF8(b []byte) bool {
	raw := make([]byte, 0, gbkSample)
	for len(b) > 0 && len(raw) < cap(raw) {
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		switch {
		case r >= 0x4E00 && r < 0xA000 && t.code[r-0x4E00] != 0:
			raw = append(raw, byte(t.code[r-0x4E00]>>8), byte(t.code[r-0x4E00]))
		case r < 0x80:
			raw = append(raw, byte(r))
		default:
			raw = append(raw, 0)
		}
	}
	good, high := 0, 0
	for i := 0; i < len(raw); {
		if raw[i] < 0x80 {
			i++
			continue
		}
		if r, n := utf8.DecodeRune(raw[i:]); n == 3 && (r >= 0x3000 && r < 0xA000 || r >= 0xFF00) {
			good += 3
			high += 3
			i += 3
			continue
		}
		high++
		i++
	}
	return high > 0 && good*2 > high
}
