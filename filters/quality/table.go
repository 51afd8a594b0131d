package quality

// hashSet is a set of 64-bit hashes that is emptied in constant time: a slot counts only when its epoch is the present one. Clearing the table for every
// text would cost more than filling it.
type hashSet struct {
	slots []slot
	mask  uint64
	epoch uint32
}

type slot struct {
	hash  uint64
	count uint32
	epoch uint32
}

// reset empties the set and makes room for n hashes.
func (s *hashSet) reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	if size > len(s.slots) {
		s.slots = make([]slot, size)
		s.epoch = 0
	}
	// A short text uses the front of the table only, which stays in cache.
	s.mask = uint64(size - 1)
	s.epoch++
	if s.epoch == 0 {
		clear(s.slots)
		s.epoch = 1
	}
}

// add puts a hash into the set and reports whether it was there before.
func (s *hashSet) add(h uint64) bool {
	i := (h ^ h>>32) & s.mask
	for {
		e := &s.slots[i]
		if e.epoch != s.epoch {
			*e = slot{hash: h, count: 1, epoch: s.epoch}
			return false
		}
		if e.hash == h {
			e.count++
			return true
		}
		i = (i + 1) & s.mask
	}
}

// count adds a hash and returns its slot and how often it was added by now.
func (s *hashSet) count(h uint64) (place, n uint32) {
	i := (h ^ h>>32) & s.mask
	for {
		e := &s.slots[i]
		if e.epoch != s.epoch {
			*e = slot{hash: h, count: 1, epoch: s.epoch}
			return uint32(i), 1
		}
		if e.hash == h {
			e.count++
			return uint32(i), e.count
		}
		i = (i + 1) & s.mask
	}
}
