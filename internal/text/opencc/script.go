package opencc

import "sync"

// only has a bit for each of U+3400..9FFF: the character is written in Simplified, or in Traditional Chinese alone.
type only struct {
	simplified, traditional [(0xA000 - 0x3400) / 64]uint64
}

var onlyOnce = sync.OnceValue(func() *only {
	o := &only{}
	fill := func(bits []uint64, name string) {
		for _, e := range tables()[name] {
			for _, r := range e.key {
				if r >= 0x3400 && r < 0xA000 {
					bits[(r-0x3400)/64] |= 1 << ((r - 0x3400) % 64)
				}
			}
		}
	}
	fill(o.simplified[:], "STCharactersOnly")
	fill(o.traditional[:], "TSCharactersOnly")
	return o
})

// Script counts the characters of a text that are Chinese, and those that only Simplified and only Traditional Chinese write.
func Script(b []byte) (han, simplified, traditional int) {
	o := onlyOnce()
	for i := 0; i+3 <= len(b); {
		c := b[i]
		if c < 0xE3 || c > 0xE9 || b[i+1]&0xC0 != 0x80 || b[i+2]&0xC0 != 0x80 {
			i++
			continue
		}
		r := int(c&0x0F)<<12 | int(b[i+1]&0x3F)<<6 | int(b[i+2]&0x3F)
		i += 3
		if r < 0x3400 {
			continue
		}
		r -= 0x3400
		han++
		simplified += int(o.simplified[r/64] >> (r % 64) & 1)
		traditional += int(o.traditional[r/64] >> (r % 64) & 1)
	}
	return han, simplified, traditional
}
