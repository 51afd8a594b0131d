package tokenize

// byteTrie is a trie over the bytes of tokens. Children of a node lie in one hashed table, so that a step is one probe whatever the fan-out.
type byteTrie struct {
	slots []trieSlot
	leafs []int32 // id of the token that ends at a node, or -1
	edges map[uint64]int32
	mask  uint32
}

type trieSlot struct {
	key  uint64 // node<<8 | byte, plus 1; 0 is free
	node int32
}

func (t *byteTrie) insert(s string, id uint32) {
	if t.edges == nil {
		t.edges = map[uint64]int32{}
		t.leafs = []int32{-1}
	}
	if s == "" {
		return
	}
	at := int32(0)
	for i := range len(s) {
		key := uint64(at)<<8 | uint64(s[i])
		next, ok := t.edges[key]
		if !ok {
			next = int32(len(t.leafs))
			t.leafs = append(t.leafs, -1)
			t.edges[key] = next
		}
		at = next
	}
	t.leafs[at] = int32(id)
}

// finish moves the edges into the table that lookups use.
func (t *byteTrie) finish() {
	size := uint32(16)
	for int(size) < 3*len(t.edges) {
		size *= 2
	}
	t.mask = size - 1
	t.slots = make([]trieSlot, size)
	for key, next := range t.edges { // their order decides only where collisions lie
		i := t.home(key)
		for t.slots[i].key != 0 {
			i = (i + 1) & t.mask
		}
		t.slots[i] = trieSlot{key + 1, next}
	}
	t.edges = nil
}

func (t *byteTrie) home(key uint64) uint32 { return uint32(hashPair(key)>>32) & t.mask }

// child returns the node that b leads to, or -1.
func (t *byteTrie) child(node int32, b byte) int32 {
	key := uint64(node)<<8 | uint64(b)
	for i := t.home(key); ; i = (i + 1) & t.mask {
		switch t.slots[i].key {
		case key + 1:
			return t.slots[i].node
		case 0:
			return -1
		}
	}
}

func (t *byteTrie) leaf(node int32) int32 { return t.leafs[node] }

// find returns the id of a whole token.
func (t *byteTrie) find(s []byte) (uint32, bool) {
	node := int32(0)
	for _, b := range s {
		if node = t.child(node, b); node < 0 {
			return 0, false
		}
	}
	id := t.leafs[node]
	return uint32(id), id >= 0
}
