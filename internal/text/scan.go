package text

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// scan finds words and counts in one pass. Words of plain ASCII letters, which are most of European text, are read eight bytes at a time, and Chinese in runs;
// everything else goes character by character. Of the counts it keeps those that add up to the others and derives the rest at the end.
func (d *Doc) scan() {
	if d.scanned {
		return
	}
	d.scanned = true
	d.words = d.words[:0]
	d.counts = Counts{}
	table := classes()
	c := &d.counts
	t := d.text
	words := d.words
	for i := 0; i < len(t); {
		b := t[i]
		if b < utf8.RuneSelf {
			switch k := table[b]; k {
			case space:
				c.Spaces++
				i++
				continue
			case letter, upper:
				if w, capitals, ok := asciiWord(table, t, i); ok {
					c.Letters += int(w.End - w.Start)
					c.Upper += capitals
					words = append(words, w)
					i = int(w.End)
					continue
				}
				d.words = words
				i = d.word(table, i)
				words = d.words
				continue
			case digit:
				d.words = words
				i = d.word(table, i)
				words = d.words
				continue
			case newline:
				c.Spaces++
				c.Newlines++
				i++
				continue
			case other:
				c.Other++
			default:
				c.Punct++
			}
			words = append(words, Word{int32(i), int32(i + 1), hashChunk(hashSeed, uint64(b)), Punct})
			i++
			continue
		}
		if from := i; b >= 0xE4 && b <= 0xE9 {
			for i+2 < len(t) {
				x, y, z := t[i], t[i+1], t[i+2]
				if x < 0xE4 || x > 0xE9 || x == 0xE4 && y < 0xB8 || y&0xC0 != 0x80 || z&0xC0 != 0x80 { // U+4E00..U+9FFF
					break
				}
				words = append(words, Word{int32(i), int32(i + 3), hashChunk(hashSeed, uint64(x)|uint64(y)<<8|uint64(z)<<16), Han})
				i += 3
			}
			if i > from {
				c.Han += (i - from) / 3
				continue
			}
		}
		r, n := decode(t, i)
		switch k := classOf(table, r); {
		case k == space:
			c.Spaces++
			i += n
			continue
		case k == han:
			c.Han++
			words = append(words, Word{int32(i), int32(i + n), hashRune(r), Han})
			i += n
			continue
		case k >= digit || k == mark:
			d.words = words
			i = d.word(table, i)
			words = d.words
			continue
		case r == utf8.RuneError: // U+FFFD itself, and bytes that are no UTF-8
			c.Replacement++
			c.Other++
		case k == other:
			c.Other++
		default:
			c.Punct++
		}
		words = append(words, Word{int32(i), int32(i + n), hashRune(r), Punct})
		i += n
	}
	d.words = words
	c.Letters += c.Han
	c.Runes = c.Letters + c.Digits + c.Spaces + c.Punct + c.Other
}

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// asciiWord reads the word that begins with the ASCII letter at i. ok is false when the word holds more than ASCII letters, or may: then nothing is known of it.
func asciiWord(table *[1 << 16]class, t []byte, i int) (w Word, capitals int, ok bool) {
	h := uint64(hashSeed)
	for j := i; ; j += 8 {
		var x uint64
		if j+8 <= len(t) {
			x = binary.LittleEndian.Uint64(t[j:])
		} else { // zeros after the end are no letters
			for k := len(t) - 1; k >= j; k-- {
				x = x<<8 | uint64(t[k])
			}
		}
		// The high bit of every byte that is a letter: small form at least a and at most z, and no high bit in the text.
		small := x | 0x20*ones
		letters := ((small | highs) - 'a'*ones) & (('z'|0x80)*ones - small&^highs) &^ x & highs
		if letters == highs {
			capitals += bits.OnesCount64(^x & (0x20 * ones))
			h = foldChunk(h, small)
			continue
		}
		n := bits.TrailingZeros64(^letters&highs) &^ 7 // bits of letters
		if mask := uint64(1)<<n - 1; n > 0 {
			if u := ^x & (0x20 * ones) & mask; u != 0 {
				capitals += bits.OnesCount64(u)
			}
			h = foldChunk(h, small&mask)
		}
		end := j + n/8
		if end < len(t) {
			if c := t[end]; c >= utf8.RuneSelf || table[c] == digit || table[c] == joiner {
				return w, 0, false
			}
		}
		return Word{int32(i), int32(end), finish(h), Letters}, capitals, true
	}
}

// word scans a run of letters, digits and marks from i, character by character, and returns where it ends.
func (d *Doc) word(table *[1 << 16]class, i int) int {
	t, c := d.text, &d.counts
	start := i
	h := hasher{sum: hashSeed}
	kind := Number
	letters, capitals, digits := 0, 0, 0
	for i < len(t) {
		if b := t[i]; b < utf8.RuneSelf {
			switch k := table[b]; {
			case k == letter:
				kind = Letters
				letters++
			case k == upper:
				kind = Letters
				letters++
				capitals++
				b |= 0x20
			case k == digit:
				digits++
			default:
				if !d.joins(table, k, kind, i+1) {
					goto end
				}
				c.Punct++
			}
			h.push(b)
			i++
			continue
		}
		r, n := decode(t, i)
		k := classOf(table, r)
		switch {
		case k.isLetter():
			kind = Letters
			letters++
			switch k {
			case upper:
				capitals++
				r = unicode.ToLower(r)
			case cyrillicUpper:
				capitals++
				c.Cyrillic++
				r = unicode.ToLower(r)
			case cyrillic:
				c.Cyrillic++
			case kana:
				c.Kana++
			case hangul:
				c.Hangul++
			case arabic:
				c.Arabic++
			}
		case k == digit:
			digits++
		case k == mark:
			c.Other++
		default:
			if !d.joins(table, k, kind, i+n) {
				goto end
			}
			c.Punct++
		}
		h.pushRune(r)
		i += n
	}
end:
	c.Letters += letters
	c.Upper += capitals
	c.Digits += digits
	d.words = append(d.words, Word{int32(start), int32(i), h.finish(), kind})
	return i
}

// joins reports whether a mark between two characters belongs to the word: an apostrophe or hyphen before a letter, a point before a digit in a number.
func (d *Doc) joins(table *[1 << 16]class, k class, kind WordKind, next int) bool {
	if k != joiner && (k != point || kind != Number) || next >= len(d.text) {
		return false
	}
	r, _ := decode(d.text, next)
	if k == joiner {
		return classOf(table, r).isLetter()
	}
	return classOf(table, r) == digit
}

// decode reads the character at i; a byte that begins none is U+FFFD of length one.
func decode(t []byte, i int) (rune, int) {
	b := t[i]
	if b < utf8.RuneSelf {
		return rune(b), 1
	}
	if b >= 0xE3 && b <= 0xEC && i+2 < len(t) { // the block of Chinese, Japanese, Korean: no overlong or surrogate forms there
		if x, y := t[i+1], t[i+2]; x&0xC0 == 0x80 && y&0xC0 == 0x80 {
			return rune(b&0xF)<<12 | rune(x&0x3F)<<6 | rune(y&0x3F), 3
		}
	}
	return utf8.DecodeRune(t[i:])
}
