package dedup

import (
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"

	"winnow/internal/text"
)

// shingler turns texts into hashes of their runs of words. Case, width of characters, punctuation and white space do not count.
type shingler struct {
	own    text.Doc // of a text that had to be normalised
	folded []byte
	words  []uint64
	out    []uint32
}

// multiplier of the rolling hash: odd, bits well mixed (the golden ratio in 64 bits).
const multiplier = 0x9E3779B97F4A7C15

// wordsOf returns the hashes of the words of a text, without punctuation, after NFKC.
func (s *shingler) wordsOf(d *text.Doc) []uint64 {
	if needsNFKC(d.Text()) {
		s.folded = norm.NFKC.Append(s.folded[:0], d.Text()...)
		s.own.Reset(s.folded)
		d = &s.own
	}
	s.words = s.words[:0]
	for _, w := range d.Words() {
		if w.Kind != text.Punct {
			s.words = append(s.words, w.Hash)
		}
	}
	return s.words
}

// wholeOf returns a hash of all words of a text in their order, or of the bytes of a text without words.
func wholeOf(d *text.Doc, words []uint64) uint64 {
	if len(words) == 0 {
		return xxh3.Hash(d.Text())
	}
	h := uint64(len(words))
	for _, w := range words { // they are well mixed themselves; the shift keeps the sum from being a polynomial
		h = (h^h>>29)*multiplier + w
	}
	return mix64(h)
}

// shingles returns 32-bit hashes of all runs of k words, k being han for Chinese text and words for any other. A text of fewer words is one shingle. The
// hashes may repeat; they are valid until the next call.
func (s *shingler) shingles(d *text.Doc, words, han int) []uint32 {
	return s.shinglesOf(d, s.wordsOf(d), words, han)
}

// shinglesOf is shingles of a text whose words are known.
func (s *shingler) shinglesOf(d *text.Doc, w []uint64, words, han int) []uint32 {
	k := words
	if d.Chinese() {
		k = han
	}
	s.out = s.out[:0]
	if len(w) == 0 {
		return nil
	}
	k = min(k, len(w))
	var h, drop uint64
	drop = 1
	for i := range k {
		h = h*multiplier + w[i]
		if i > 0 {
			drop *= multiplier
		}
	}
	s.out = slices.Grow(s.out, len(w)-k+1)[:len(w)-k+1]
	s.out[0] = uint32(mix64(h) >> 32)
	for i := k; i < len(w); i++ {
		h = (h-w[i-k]*drop)*multiplier + w[i]
		s.out[i-k+1] = uint32(mix64(h) >> 32)
	}
	return s.out
}

// mix64 is the finaliser of MurmurHash3: every bit of the input changes half of the output's.
func mix64(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xFF51AFD7ED558CCD
	h ^= h >> 33
	h *= 0xC4CEB9FE1A85EC53
	return h ^ h>>33
}

// needsNFKC reports whether a text may change under NFKC. It knows by first bytes what never does: ASCII, most Latin letters with accents, Chinese
// characters and the punctuation between them, which is not compared anyway.
func needsNFKC(b []byte) bool {
	for i := 0; i < len(b); i++ {
		for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
			i += 8
		}
		if i == len(b) {
			break
		}
		c := b[i]
		switch {
		case c < 0x80:
		case c >= 0xC4 && c <= 0xC9, c == 0xC3: // Latin-1 letters, Latin Extended
			if c == 0xC4 && i+1 < len(b) && (b[i+1] >= 0xB2 && b[i+1] <= 0xB3 || b[i+1] == 0xBF) || c == 0xC5 && i+1 < len(b) && (b[i+1] == 0x80 || b[i+1] == 0x89 || b[i+1] == 0xBF) ||
				c == 0xC7 {
				return true
			}
			i++
		case c == 0xC2: // Latin-1 signs: superscripts, fractions, ª, º and the like change
			if i+1 < len(b) && b[i+1] >= 0xA0 && b[i+1] != 0xA9 && b[i+1] != 0xB7 && b[i+1] != 0xA7 && b[i+1] != 0xAB && b[i+1] != 0xBB && b[i+1] != 0xB0 && b[i+1] != 0xA3 && b[i+1] != 0xA0 {
				return true
			}
			i++
		case c == 0xE2: // general punctuation without letters in it
			if i+2 >= len(b) || b[i+1] != 0x80 || b[i+2] == 0x97 || b[i+2] == 0xA4 || b[i+2] == 0xBE { // spacing low line, one dot leader, overline
				return true
			}
			i += 2
		case c == 0xE3: // punctuation and kana, without marks of voice, their spacing forms, ligatures
			if i+2 >= len(b) || b[i+1] < 0x80 || b[i+1] > 0x83 || b[i+1] == 0x80 && b[i+2] > 0x9F || b[i+1] == 0x82 && b[i+2] >= 0x99 && b[i+2] <= 0x9F || b[i+1] == 0x83 && b[i+2] == 0xBF {
				return true
			}
			i += 2
		case c >= 0xE4 && c <= 0xE9:
			i += 2
		case c == 0xEF:
			if i+2 >= len(b) || !fullWidthPunctuation(b[i+1], b[i+2]) {
				return true
			}
			i += 2
		default:
			return true
		}
	}
	return false
}

// fullWidthPunctuation knows U+FF01 to U+FF5E without digits, letters, and the signs that may join words: apostrophe, hyphen, full
// stop. Comma and colon, which stand in every Chinese text, count as plain punctuation: they would only join two numbers.
func fullWidthPunctuation(b, c byte) bool {
	switch b {
	case 0xBC:
		return c >= 0x81 && c <= 0x8F && c != 0x87 && c != 0x8D && c != 0x8E || c >= 0x9A && c <= 0xA0 || c >= 0xBB && c <= 0xBF
	case 0xBD:
		return c == 0x80 || c >= 0x9B && c <= 0x9E
	}
	return false
}
