package tokenize

// heapLength is the number of symbols from which the heap is used: the scan for the lowest rank is quadratic, but without overhead.
const heapLength = 96

// symbolRun is a word as symbols with the text length of each; the encoder keeps one as scratch.
type symbolRun struct {
	id    []uint32
	size  []int32  // bytes of the piece
	value []uint64 // of the pair of this symbol and the next: rank<<32 | id, or noMerge
	next  []int32
	prev  []int32
	heap  []uint64 // rank<<32 | place
}

func (r *symbolRun) reset() { r.id, r.size = r.id[:0], r.size[:0] }

func (r *symbolRun) add(id uint32, size int) {
	r.id = append(r.id, id)
	r.size = append(r.size, int32(size))
}

// merge carries out all merges of r.
func (p *bpe) merge(r *symbolRun) {
	n := len(r.id)
	if n < 2 {
		return
	}
	r.value = r.value[:0]
	for i := 1; i < n; i++ {
		r.value = append(r.value, p.pairs.get(r.id[i-1], r.id[i]))
	}
	r.value = append(r.value, noMerge)
	if n < heapLength {
		p.mergeScan(r)
	} else {
		p.mergeHeap(r)
	}
}

// mergeScan looks for the lowest rank again after each merge and closes the gap.
func (p *bpe) mergeScan(r *symbolRun) {
	id, size, value := r.id, r.size, r.value
	for {
		at, best := 0, noMerge
		for i, v := range value {
			if v < best {
				at, best = i, v
			}
		}
		if best == noMerge {
			break
		}
		id[at] = uint32(best)
		size[at] += size[at+1]
		copy(id[at+1:], id[at+2:])
		copy(size[at+1:], size[at+2:])
		copy(value[at+1:], value[at+2:])
		n := len(id) - 1
		id, size, value = id[:n], size[:n], value[:n]
		if at > 0 {
			value[at-1] = p.pairs.get(id[at-1], id[at])
		}
		if at+1 < n {
			value[at] = p.pairs.get(id[at], id[at+1])
		} else {
			value[at] = noMerge
		}
	}
	r.id, r.size = id, size
}

// mergeHeap takes the lowest rank, then the leftmost place, from a heap: n log n for words of any length. An entry is stale when its pair has changed.
func (p *bpe) mergeHeap(r *symbolRun) {
	n := len(r.id)
	r.next, r.prev, r.heap = r.next[:0], r.prev[:0], r.heap[:0]
	for i := range n {
		r.next = append(r.next, int32(i+1))
		r.prev = append(r.prev, int32(i-1))
		if v := r.value[i]; v != noMerge {
			r.heap = append(r.heap, v>>32<<32|uint64(i))
		}
	}
	for i := len(r.heap)/2 - 1; i >= 0; i-- {
		siftDown(r.heap, i)
	}
	for len(r.heap) > 0 {
		top := r.heap[0]
		at := int32(uint32(top))
		value := r.value[at]
		if value == noMerge || value>>32 != top>>32 {
			popHeap(&r.heap)
			continue
		}
		right := r.next[at]
		after := r.next[right]
		r.id[at] = uint32(value)
		r.size[at] += r.size[right]
		r.size[right] = -1 // gone
		r.value[right] = noMerge
		r.next[at] = after
		r.value[at] = noMerge
		if int(after) < n {
			r.prev[after] = at
			r.value[at] = p.pairs.get(r.id[at], r.id[after])
		}
		// The entry at the top has served: its place takes the pair that this merge made, which saves a removal.
		if v := r.value[at]; v != noMerge {
			r.heap[0] = v>>32<<32 | uint64(at)
			siftDown(r.heap, 0)
		} else {
			popHeap(&r.heap)
		}
		if before := r.prev[at]; before >= 0 {
			v := p.pairs.get(r.id[before], r.id[at])
			r.value[before] = v
			if v != noMerge {
				pushHeap(&r.heap, v>>32<<32|uint64(before))
			}
		}
	}
	keep := 0
	for i := int32(0); int(i) < n; i = r.next[i] {
		r.id[keep], r.size[keep] = r.id[i], r.size[i]
		keep++
	}
	r.id, r.size = r.id[:keep], r.size[:keep]
}

func siftDown(h []uint64, i int) {
	e := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[child] >= e {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = e
}

func popHeap(h *[]uint64) {
	s := *h
	n := len(s) - 1
	s[0] = s[n]
	s = s[:n]
	if n > 1 {
		siftDown(s, 0)
	}
	*h = s
}

func pushHeap(h *[]uint64, e uint64) {
	s := append(*h, e)
	i := len(s) - 1
	for i > 0 && s[(i-1)/2] > e {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = e
	*h = s
}
