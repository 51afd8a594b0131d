package tokenize

import (
	"cmp"
	"slices"
)

// byteTrie is a double-array trie (Aoe 1989) over the bytes of tokens: a step is one addition and one comparison whatever the fan-out, and 400,000 nodes
// take 5 MB.
type byteTrie struct {
	nodes []trieNodeDA
}

// trieNodeDA is a place of the double array. The child of node s for byte b is at base+b if the parent noted there is s.
type trieNodeDA struct {
	base   int32
	parent int32 // -1: free
	token  int32 // id of the token that ends here, or -1
}

// trieEntry is a token to enter.
type trieEntry struct {
	text string
	id   uint32
}

// newByteTrie builds a trie; of equal texts the last entry stays.
func newByteTrie(entries []trieEntry) byteTrie {
	slices.SortStableFunc(entries, func(a, b trieEntry) int { return cmp.Compare(a.text, b.text) })
	var t byteTrie
	t.grow(1 << 10)
	t.nodes[0] = trieNodeDA{parent: 0, token: -1}
	b := trieBuilder{t: &t, free: 1}
	b.place(entries, 0, 0)
	return t
}

func (t *byteTrie) grow(n int) {
	for len(t.nodes) < n {
		t.nodes = append(t.nodes, trieNodeDA{parent: -1, token: -1})
	}
}

type trieBuilder struct {
	t *byteTrie
	// free is where the search for room starts; it moves on when what lies behind is nearly full.
	free int
}

// place enters the children of node, whose text is the first depth bytes of every entry.
func (b *trieBuilder) place(entries []trieEntry, node int32, depth int) {
	for len(entries) > 0 && len(entries[0].text) == depth {
		if depth > 0 {
			b.t.nodes[node].token = int32(entries[0].id)
		}
		entries = entries[1:]
	}
	if len(entries) == 0 {
		return
	}
	var labels []int32
	for _, e := range entries {
		if c := int32(e.text[depth]); len(labels) == 0 || labels[len(labels)-1] != c {
			labels = append(labels, c)
		}
	}
	base := b.room(labels)
	b.t.nodes[node].base = base
	for _, c := range labels {
		b.t.nodes[base+c].parent = node
	}
	for len(entries) > 0 {
		c := entries[0].text[depth]
		n := 1
		for n < len(entries) && entries[n].text[depth] == c {
			n++
		}
		b.place(entries[:n], base+int32(c), depth+1)
		entries = entries[n:]
	}
}

// room returns a base at which all labels find a free place.
func (b *trieBuilder) room(labels []int32) int32 {
	taken := 0
	for at := max(b.free, int(labels[0])+1); ; at++ {
		b.t.grow(at + 257)
		if b.t.nodes[at].parent >= 0 {
			taken++
			continue
		}
		base := int32(at) - labels[0]
		fits := true
		for _, c := range labels[1:] {
			if b.t.nodes[base+c].parent >= 0 {
				fits = false
				break
			}
		}
		if fits {
			if seen := at - b.free + 1; taken*20 >= seen*19 {
				b.free = at
			}
			return base
		}
	}
}

// child returns the node that c leads to, or -1.
func (t *byteTrie) child(node int32, c byte) int32 {
	next := t.nodes[node].base + int32(c)
	if t.nodes[next].parent == node && next != 0 {
		return next
	}
	return -1
}

// leaf returns the id of the token that ends at a node, or -1.
func (t *byteTrie) leaf(node int32) int32 { return t.nodes[node].token }

// find returns the id of a whole token.
func (t *byteTrie) find(s []byte) (uint32, bool) {
	node := int32(0)
	for _, c := range s {
		if node = t.child(node, c); node < 0 {
			return 0, false
		}
	}
	id := t.nodes[node].token
	return uint32(id), id >= 0
}

// longest returns the longest token at the start of s, or -1.
func (t *byteTrie) longest(s []byte) int32 {
	best := int32(-1)
	node := int32(0)
	nodes := t.nodes
	for _, c := range s {
		next := nodes[node].base + int32(c)
		n := &nodes[next]
		if n.parent != node {
			break
		}
		if n.token >= 0 {
			best = n.token
		}
		node = next
	}
	return best
}
