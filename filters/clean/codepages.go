package clean

import (
	"encoding/binary"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"winnow/internal/text"
)

// The encodings that UTF-8 is wrongly read as, in the order in which they are tried where several explain a text equally well.
const (
	western = iota // Windows-1252 and Latin-1 in one: U+0080-009F stand for their bytes, too
	cyrillic
	central
	turkish
	greek
	baltic
	latin2
	mac
	dos
	numPages
)

var charmaps = [numPages]*charmap.Charmap{
	western: charmap.Windows1252, cyrillic: charmap.Windows1251, central: charmap.Windows1250, turkish: charmap.Windows1254, greek: charmap.Windows1253,
	baltic: charmap.Windows1257, latin2: charmap.ISO8859_2, mac: charmap.Macintosh, dos: charmap.CodePage437,
}

// pageRunes bounds the characters below which nearly all of the code pages lie; the others are ﬁ and ﬂ.
const pageRunes = 0x2600

// codes holds, for every character, the byte that it stands for in each code page (0: none above 0x7F), and bit masks of the pages in which the character
// can lead or continue a character of UTF-8.
type codes struct {
	of         [pageRunes + 2][numPages]byte
	lead, cont [pageRunes + 2]uint16
}

var pageCodes = sync.OnceValue(func() *codes {
	c := &codes{}
	for p, m := range charmaps {
		for b := 0x80; b <= 0xFF; b++ {
			if r := m.DecodeByte(byte(b)); r != utf8.RuneError {
				if i := pageIndex(r); i >= 0 {
					c.of[i][p] = byte(b)
				}
			}
			if b < 0xA0 && p != mac && p != dos && (p == western || m.DecodeByte(byte(b)) == utf8.RuneError) {
				c.of[b][p] = byte(b) // a byte without a character passes for the control of Latin-1
			}
		}
	}
	for r := range c.of {
		for p, b := range c.of[r] {
			switch {
			case b >= 0xC2 && b <= 0xF4:
				c.lead[r] |= 1 << p
			case b >= 0x80 && b <= 0xBF:
				c.cont[r] |= 1 << p
			}
		}
	}
	return c
})

func pageIndex(r rune) int {
	switch {
	case r < pageRunes:
		return int(r)
	case r == 'ﬁ', r == 'ﬂ':
		return pageRunes + int(r-'ﬁ')
	}
	return -1
}

// leftControls is set by suspects beside the pages when the text holds controls of Latin-1, U+0080-009F.
const leftControls = 1 << numPages

// suspects returns the pages in which the text holds what could be a character of UTF-8: a lead with a character after it that may continue it or stand for a
// lost byte. It is 0 for nearly all clean text, and is found at the speed of a scan: Chinese is passed over in runs.
func (c *codes) suspects(b []byte) uint16 {
	var found uint16
	for i := 0; i < len(b); {
		x := b[i]
		switch {
		case x < utf8.RuneSelf:
			i++
			for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
				i += 8
			}
		case x >= 0xE4 && x <= 0xE9:
			i = max(text.HanRun(b, i), i+1)
		case x == 0xE3 || x > 0xE9 && x < 0xEF || x == 0xEF && i+1 < len(b) && b[i+1] != 0xAC: // no code page has these; EF AC is that of ﬁ and ﬂ
			i += 3
		default:
			r, n := utf8.DecodeRune(b[i:])
			i += n
			k := pageIndex(r)
			if k < 0 {
				continue
			}
			if k >= 0x80 && k < 0xA0 {
				found |= leftControls
			}
			lead := c.lead[k]
			if lead == 0 || i >= len(b) {
				continue
			}
			if b[i] < utf8.RuneSelf {
				if (b[i] == ' ' || b[i] == '?') && (r == 'Ã' || r == 'Г') {
					found |= lead & (1<<western | 1<<cyrillic)
				}
				continue
			}
			next, _ := utf8.DecodeRune(b[i:])
			if next == utf8.RuneError {
				found |= lead
			} else if k := pageIndex(next); k >= 0 {
				found |= lead & c.cont[k]
			}
		}
	}
	return found
}
