package dedup

import (
	"cmp"
	"math/bits"
	"slices"
)

// testItem is one part of a test item as the hashes of its words.
type testItem struct {
	name  string
	words []uint64
}

// place is where a run of words stands in the items.
type place struct {
	hash  uint64
	item  int32
	start int32
	words int32 // that must be the same from there on
}

// itemIndex finds runs of words of the test items in a text. Runs have few lengths: n words, 2n characters in Chinese, and for items that are shorter than
// that an anchor of the shortest length, from which the rest of the item is compared.
type itemIndex struct {
	n, shortest int
	items       []testItem
	places      []place // sorted by hash
	filter      []uint64
	mask        uint64
	slots       []int32 // open addressing: the first place of a hash, -1 for none
	lengths     []int
	exact       map[uint64]int32 // whole items by hash
	short       int
}

func newItemIndex(n, shortest int) *itemIndex {
	return &itemIndex{n: n, shortest: shortest, exact: map[uint64]int32{}}
}

// add takes one part of an item. whole says that it is all of the item, so that a row that says nothing else is a copy of it.
func (x *itemIndex) add(name string, words []uint64, chinese, whole bool) {
	n, shortest := x.n, x.shortest
	if chinese {
		n, shortest = 2*n, 2*shortest
	}
	id := int32(len(x.items))
	if len(words) == 0 {
		return
	}
	x.items = append(x.items, testItem{name, slices.Clone(words)})
	if h := hashWords(words); whole {
		if _, ok := x.exact[h]; !ok {
			x.exact[h] = id
		}
	}
	switch {
	case len(words) < shortest:
		x.short++
	case len(words) < n:
		x.length(shortest)
		x.places = append(x.places, place{hashRun(words[:shortest]), id, 0, int32(len(words))})
	default:
		x.length(n)
		for i := 0; i+n <= len(words); i++ {
			x.places = append(x.places, place{hashRun(words[i : i+n]), id, int32(i), int32(n)})
		}
	}
}

func (x *itemIndex) length(n int) {
	if !slices.Contains(x.lengths, n) {
		x.lengths = append(x.lengths, n)
		slices.Sort(x.lengths)
	}
}

// finish builds the tables: a filter of one bit a hash, at most a thirty-second full, turns nearly all runs of a text away before the table is read.
func (x *itemIndex) finish() {
	slices.SortFunc(x.places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.item, b.item), cmp.Compare(a.start, b.start))
	})
	size := uint64(1) << bits.Len(uint(max(1<<12, 32*len(x.places))))
	x.filter, x.mask = make([]uint64, size/64), size-1
	slots := uint64(1) << bits.Len(uint(max(1<<8, 2*len(x.places))))
	x.slots = make([]int32, slots)
	for i := range x.slots {
		x.slots[i] = -1
	}
	for i, p := range x.places {
		if i > 0 && p.hash == x.places[i-1].hash {
			continue
		}
		x.filter[p.hash&x.mask/64] |= 1 << (p.hash & 63)
		s := p.hash >> 7 & (slots - 1)
		for x.slots[s] >= 0 {
			s = (s + 1) & (slots - 1)
		}
		x.slots[s] = int32(i)
	}
}

// find returns the first place of a hash, or -1.
func (x *itemIndex) find(h uint64) int {
	mask := uint64(len(x.slots) - 1)
	for s := h >> 7 & mask; x.slots[s] >= 0; s = (s + 1) & mask {
		if x.places[x.slots[s]].hash == h {
			return int(x.slots[s])
		}
	}
	return -1
}

// wholeRow returns the item that is word for word all of a row, or -1.
func (x *itemIndex) wholeRow(words []uint64) int32 {
	if len(words) == 0 || len(x.exact) == 0 {
		return -1
	}
	if item, ok := x.exact[hashWords(words)]; ok && slices.Equal(x.items[item].words, words) {
		return item
	}
	return -1
}

// first returns the first item of which a run stands in the words, or -1.
func (x *itemIndex) first(words []uint64) int32 {
	found := int32(-1)
	x.visit(words, func(item, _, _ int32) bool {
		found = item
		return false
	})
	return found
}

// visit calls hit with every run of an item that stands in the words: the item, where the run begins in it, and its length. It ends when hit returns false.
func (x *itemIndex) visit(words []uint64, hit func(item, start, n int32) bool) {
	for _, n := range x.lengths {
		if len(words) < n {
			continue
		}
		drop := uint64(1)
		for range n - 1 {
			drop *= multiplier
		}
		var h uint64
		for i, w := range words {
			if i >= n {
				h -= words[i-n] * drop
			}
			h = h*multiplier + w
			if i < n-1 {
				continue
			}
			f := mix64(h + uint64(n))
			if x.filter[f&x.mask/64]&(1<<(f&63)) == 0 {
				continue
			}
			for k := x.find(f); k >= 0 && k < len(x.places) && x.places[k].hash == f; k++ {
				if p := x.places[k]; x.same(p, words[i-n+1:]) && !hit(p.item, p.start, p.words) {
					return
				}
			}
		}
	}
}

// same verifies a hit word by word.
func (x *itemIndex) same(p place, words []uint64) bool {
	run := x.items[p.item].words[p.start : p.start+p.words]
	return len(words) >= len(run) && slices.Equal(words[:len(run)], run)
}

// hashRun is the hash that visit rolls along a text.
func hashRun(words []uint64) uint64 {
	var h uint64
	for _, w := range words {
		h = h*multiplier + w
	}
	return mix64(h + uint64(len(words)))
}

func hashWords(words []uint64) uint64 {
	h := uint64(len(words))
	for _, w := range words {
		h = mix64(h*multiplier + w)
	}
	return h
}
