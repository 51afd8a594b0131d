package tokenize

import "encoding/binary"

// wordCache remembers the ids of words of up to 15 bytes. Keys are the bytes themselves in two machine words, length in the last byte, so that a hit
// costs two comparisons. Each place holds one word; a newer word takes the place of an older one, which bounds memory and keeps what is frequent.
type wordCache struct {
	slots []wordSlot
	ids   []uint32 // ids of words of more than slotIDs tokens
}

const (
	slotIDs   = 3
	cacheBits = 16      // 65,536 places of 32 bytes
	maxLong   = 1 << 20 // ids kept in wordCache.ids before it starts over
)

// wordSlot is half a cache line.
type wordSlot struct {
	lo, hi uint64
	n      uint32
	id     [slotIDs]uint32 // n <= slotIDs: the ids; else id[0] is their place in wordCache.ids
}

// shortMask keeps the first n bytes of a little-endian word.
var shortMask = func() (m [9]uint64) {
	for n := 1; n <= 8; n++ {
		m[n] = ^uint64(0) >> (64 - 8*n)
	}
	return m
}()

// wordKey packs a word of 1 to 15 bytes. Words are slices of a text, so the bytes behind one are usually readable.
func wordKey(w []byte) (lo, hi uint64) {
	n := len(w)
	if cap(w) >= 16 {
		full := w[:16]
		lo = binary.LittleEndian.Uint64(full)
		if n <= 8 {
			return lo & shortMask[n], uint64(n) << 56
		}
		return lo, binary.LittleEndian.Uint64(full[8:])&shortMask[n-8] | uint64(n)<<56
	}
	var b [16]byte
	copy(b[:], w)
	return binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]) | uint64(n)<<56
}

// wordEncoder encodes a word that the cache lacks.
type wordEncoder interface {
	encodeWord(e *Encoder, dst []uint32, word []byte) []uint32
}

// cached appends the ids of a word through the cache.
func (e *Encoder) cached(dst []uint32, word []byte, enc wordEncoder) []uint32 {
	if len(word) > 15 || len(word) == 0 {
		return enc.encodeWord(e, dst, word)
	}
	c := &e.words
	if c.slots == nil {
		c.slots = make([]wordSlot, 1<<cacheBits)
	}
	lo, hi := wordKey(word)
	s := &c.slots[((lo^hi*0x9E3779B97F4A7C15)*0xD6E8FEB86659FD93)>>(64-cacheBits)]
	if s.lo == lo && s.hi == hi {
		switch s.n {
		case 1:
			return append(dst, s.id[0])
		case 2:
			return append(dst, s.id[0], s.id[1])
		case 3:
			return append(dst, s.id[0], s.id[1], s.id[2])
		}
		return append(dst, c.ids[s.id[0]:][:s.n]...)
	}
	before := len(dst)
	dst = enc.encodeWord(e, dst, word)
	ids := dst[before:]
	if len(ids) > slotIDs {
		if len(c.ids)+len(ids) > maxLong {
			clear(c.slots)
			c.ids = c.ids[:0]
		}
		*s = wordSlot{lo: lo, hi: hi, n: uint32(len(ids)), id: [slotIDs]uint32{uint32(len(c.ids))}}
		c.ids = append(c.ids, ids...)
		return dst
	}
	*s = wordSlot{lo: lo, hi: hi, n: uint32(len(ids))}
	copy(s.id[:], ids)
	return dst
}
