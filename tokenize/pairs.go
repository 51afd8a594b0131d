package tokenize

import "math/bits"

// noMerge is the value of a pair that does not merge; it sorts after every rank.
const noMerge = ^uint64(0)

// pairTable maps a pair of ids to rank<<32 | id of the merged token. It is open addressing with key and value side by side (one cache line a probe)
// behind a bitmap of hashed pairs, which answers most lookups of pairs that do not merge from the second-level cache.
type pairTable struct {
	slots []pairSlot
	shift uint
	seen  []uint64 // bitmap
	// seenShift turns a hash into a bit number.
	seenShift uint
}

type pairSlot struct{ key, value uint64 }

const (
	freeKey = ^uint64(0) // no pair: ids are below maxID
	// seenBits is 512 KB, the size of a second-level cache; small tables take less.
	seenBits = 22
)

func hashPair(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

func (t *pairTable) init(n int) {
	size := bits.Len(uint(2*n + 1))
	t.shift = uint(64 - size)
	t.slots = make([]pairSlot, 1<<size)
	for i := range t.slots {
		t.slots[i].key = freeKey
	}
	b := min(seenBits, size+4)
	t.seenShift = uint(64 - b)
	t.seen = make([]uint64, max(1, 1<<b/64))
}

// put enters a pair; a pair that is there already takes the new value.
func (t *pairTable) put(left, right, rank, id uint32) {
	key := uint64(left)<<32 | uint64(right)
	h := hashPair(key)
	bit := h >> t.seenShift
	t.seen[bit/64] |= 1 << (bit % 64)
	i := h >> t.shift
	for t.slots[i].key != freeKey && t.slots[i].key != key {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = pairSlot{key, uint64(rank)<<32 | uint64(id)}
}

// get returns rank<<32 | id, or noMerge.
func (t *pairTable) get(left, right uint32) uint64 {
	key := uint64(left)<<32 | uint64(right)
	h := hashPair(key)
	bit := h >> t.seenShift
	if t.seen[bit/64]&(1<<(bit%64)) == 0 {
		return noMerge
	}
	for i := h >> t.shift; ; i = (i + 1) & uint64(len(t.slots)-1) {
		s := &t.slots[i]
		if s.key == key {
			return s.value
		}
		if s.key == freeKey {
			return noMerge
		}
	}
}
