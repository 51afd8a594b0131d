package text

import (
	"unicode"
	"unicode/utf8"
)

// Constants of the word hash: an FNV-like product over the characters in lower case (prime of the golden ratio), then the finaliser of MurmurHash3 (Appleby). It is
// computed while the word is scanned, so that no byte is touched twice.
const (
	hashSeed  = 0xCBF29CE484222325
	hashPrime = 0x9E3779B97F4A7C15
)

func finish(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xFF51AFD7ED558CCD
	return h ^ h>>29
}

// HashWord returns the hash that a word has in a Doc: that of its characters in lower case.
func HashWord(word string) uint64 {
	h := uint64(hashSeed)
	for _, r := range word {
		h = (h ^ uint64(unicode.ToLower(r))) * hashPrime
	}
	return finish(h)
}

// scan finds words and counts in one pass.
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
	for i := 0; i < len(t); {
		r, n := decode(t, i)
		k := classOf(table, r)
		switch {
		case k == space:
			c.Spaces++
			c.Runes++
			i += n
		case k == han:
			c.Han++
			c.Letters++
			c.Runes++
			d.words = append(d.words, Word{int32(i), int32(i + n), finish((hashSeed ^ uint64(r)) * hashPrime), Han})
			i += n
		case k >= digit || k == mark:
			i = d.word(table, i)
		case k == newline:
			c.Spaces++
			c.Newlines++
			c.Runes++
			i += n
		default:
			c.Runes++
			switch {
			case r == utf8.RuneError: // U+FFFD itself, and bytes that are no UTF-8
				c.Replacement++
				c.Other++
			case k == other:
				c.Other++
			default:
				c.Punct++
			}
			d.words = append(d.words, Word{int32(i), int32(i + n), finish((hashSeed ^ uint64(r)) * hashPrime), Punct})
			i += n
		}
	}
}

// word scans a run of letters, digits and marks from i and returns where it ends.
func (d *Doc) word(table *[1 << 16]class, i int) int {
	t, c := d.text, &d.counts
	start := i
	h := uint64(hashSeed)
	kind := Number
	runes, letters, capitals, digits := 0, 0, 0, 0
	for i < len(t) {
		var r rune
		n := 1
		if b := t[i]; b < utf8.RuneSelf {
			k := table[b]
			switch {
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
			r = rune(b)
		} else {
			r, n = decode(t, i)
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
		}
		h = (h ^ uint64(r)) * hashPrime
		runes++
		i += n
	}
end:
	c.Runes += runes
	c.Letters += letters
	c.Upper += capitals
	c.Digits += digits
	d.words = append(d.words, Word{int32(start), int32(i), finish(h), kind})
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
