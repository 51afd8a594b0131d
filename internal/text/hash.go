package text

import (
	"unicode"
	"unicode/utf8"
)

// The hash of a word is that of its UTF-8 bytes in lower case, eight at a time, little endian, the last ones filled up with zeros: a product for each chunk
// (prime of the golden ratio), then the finaliser of MurmurHash3 (Appleby). Each step is a bijection of the sum, so that words of up to eight bytes never collide.
const (
	hashSeed  = 0xCBF29CE484222325
	hashPrime = 0x9E3779B97F4A7C15
)

func foldChunk(h, chunk uint64) uint64 {
	h = (h ^ chunk) * hashPrime
	return h ^ h>>32
}

func finish(h uint64) uint64 {
	h *= 0xFF51AFD7ED558CCD
	return h ^ h>>29
}

// hashChunk is the hash of a word of one chunk.
func hashChunk(h, chunk uint64) uint64 { return finish(foldChunk(h, chunk)) }

// hashRune is the hash of a word of one character without cases.
func hashRune(r rune) uint64 {
	h := hasher{sum: hashSeed}
	h.pushRune(r)
	return h.finish()
}

// hasher takes a word byte by byte.
type hasher struct {
	sum, chunk uint64
	filled     uint // bits of chunk
}

func (h *hasher) push(b byte) {
	h.chunk |= uint64(b) << h.filled
	if h.filled += 8; h.filled == 64 {
		h.sum, h.chunk, h.filled = foldChunk(h.sum, h.chunk), 0, 0
	}
}

func (h *hasher) pushRune(r rune) {
	switch {
	case r < utf8.RuneSelf:
		h.push(byte(r))
	case r < 0x800:
		h.push(0xC0 | byte(r>>6))
		h.push(0x80 | byte(r)&0x3F)
	case r < 0x10000:
		h.push(0xE0 | byte(r>>12))
		h.push(0x80 | byte(r>>6)&0x3F)
		h.push(0x80 | byte(r)&0x3F)
	default:
		h.push(0xF0 | byte(r>>18))
		h.push(0x80 | byte(r>>12)&0x3F)
		h.push(0x80 | byte(r>>6)&0x3F)
		h.push(0x80 | byte(r)&0x3F)
	}
}

func (h *hasher) finish() uint64 {
	if h.filled > 0 {
		h.sum = foldChunk(h.sum, h.chunk)
	}
	return finish(h.sum)
}

// HashWord returns the hash that a word has in a Doc: that of its characters in lower case.
func HashWord(word string) uint64 {
	h := hasher{sum: hashSeed}
	for _, r := range word {
		h.pushRune(unicode.ToLower(r))
	}
	return h.finish()
}
