package text

import "sort"

// Matcher finds every occurrence of many words in one pass over a text (Aho and Corasick 1975). Its transitions stand in a double array (Aoe 1989), about twelve
// bytes a state; positions at which no word can begin are skipped by a table of byte pairs. It is read-only and safe for concurrent use.
type Matcher struct {
	base, check []int32 // state s goes to base[s]+c for byte c when check of that is s+1
	fail        []int32 // the state of the longest proper suffix
	word        []int32 // 1 + the word that ends in the state, 0 for none
	suffix      []int32 // the next state along fail in which a word ends, 0 for none
	length      []int32 // bytes of each word
	fold        [256]byte
	begins      [1 << 10]uint64 // pairs of bytes with which words begin, in all letter cases
	inner       [256]bool       // bytes before and at which no word begins: those of Latin words, with AtEdges
}

// AtEdges makes Find pass over words that begin with a letter or digit of ASCII right behind another one, as far as that saves time: the caller checks the edges.
func (m *Matcher) AtEdges() *Matcher {
	for c := range m.inner {
		b := byte(c)
		m.inner[c] = b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9'
	}
	return m
}

// NewMatcher builds a matcher of words; empty ones are passed over. With fold the letters A-Z are matched as a-z, in words and texts.
func NewMatcher(words []string, fold bool) *Matcher {
	m := &Matcher{length: make([]int32, len(words))}
	for c := range m.fold {
		m.fold[c] = byte(c)
		if fold && c >= 'A' && c <= 'Z' {
			m.fold[c] += 'a' - 'A'
		}
	}
	b := &matcherBuilder{nodes: make([]matcherNode, 1)}
	for i, w := range words {
		m.length[i] = int32(len(w))
		if w == "" {
			continue
		}
		at := int32(0)
		for k := range len(w) {
			at = b.child(at, m.fold[w[k]])
		}
		if b.nodes[at].word == 0 {
			b.nodes[at].word = int32(i) + 1
		}
		for a := range 256 {
			if m.fold[a] != m.fold[w[0]] {
				continue
			}
			for b := range 256 {
				if len(w) == 1 || m.fold[b] == m.fold[w[1]] {
					m.begins[a<<2|b>>6] |= 1 << (b & 63)
				}
			}
		}
	}
	b.pack(m)
	return m
}

type matcherNode struct {
	bytes    []byte
	children []int32
	word     int32
	state    int32
	fail     int32 // a node
}

type matcherBuilder struct{ nodes []matcherNode }

func (b *matcherBuilder) child(at int32, c byte) int32 {
	n := &b.nodes[at]
	i := sort.Search(len(n.bytes), func(i int) bool { return n.bytes[i] >= c })
	if i < len(n.bytes) && n.bytes[i] == c {
		return n.children[i]
	}
	id := int32(len(b.nodes))
	n.bytes = append(n.bytes, 0)
	copy(n.bytes[i+1:], n.bytes[i:])
	n.bytes[i] = c
	n.children = append(n.children, 0)
	copy(n.children[i+1:], n.children[i:])
	n.children[i] = id
	b.nodes = append(b.nodes, matcherNode{})
	return id
}

func (b *matcherBuilder) find(at int32, c byte) (int32, bool) {
	n := &b.nodes[at]
	i := sort.Search(len(n.bytes), func(i int) bool { return n.bytes[i] >= c })
	if i < len(n.bytes) && n.bytes[i] == c {
		return n.children[i], true
	}
	return 0, false
}

// pack places the nodes, breadth first, into the double array and links each to its longest suffix.
func (b *matcherBuilder) pack(m *Matcher) {
	used := []bool{true}
	grow := func(n int) {
		for len(used) < n {
			used = append(used, false)
			m.base, m.check = append(m.base, 0), append(m.check, 0)
			m.fail, m.word, m.suffix = append(m.fail, 0), append(m.word, 0), append(m.suffix, 0)
		}
	}
	m.base, m.check, m.fail, m.word, m.suffix = []int32{0}, []int32{0}, []int32{0}, []int32{0}, []int32{0}
	grow(512)
	queue := []int32{0}
	first := 1 // no free place stands before it
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		n := &b.nodes[id]
		if len(n.bytes) == 0 {
			continue
		}
		for first < len(used) && used[first] {
			first++
		}
		base := max(first-int(n.bytes[0]), 1)
	search:
		for ; ; base++ {
			grow(base + 257)
			for _, c := range n.bytes {
				if used[base+int(c)] {
					continue search
				}
			}
			break
		}
		m.base[n.state] = int32(base)
		for k, c := range n.bytes {
			child := n.children[k]
			s := int32(base + int(c))
			used[s] = true
			m.check[s] = n.state + 1
			b.nodes[child].state = s
			m.word[s] = b.nodes[child].word
			if id != 0 {
				f := n.fail
				for {
					if g, ok := b.find(f, c); ok {
						b.nodes[child].fail = g
						break
					}
					if f == 0 {
						break
					}
					f = b.nodes[f].fail
				}
			}
			fs := b.nodes[b.nodes[child].fail].state
			m.fail[s] = fs
			if m.word[fs] != 0 {
				m.suffix[s] = fs
			} else {
				m.suffix[s] = m.suffix[fs]
			}
			queue = append(queue, child)
		}
	}
	grow(len(used) + 256) // base + byte never runs past the end
}

// Find calls visit with every occurrence of a word, as bytes [start, end) and the word's place in the list, by the place where it ends, longer ones first. It
// stops when visit returns false.
func (m *Matcher) Find(text []byte, visit func(start, end, word int) bool) {
	s := int32(0)
	for i := 0; i < len(text); i++ {
		if s == 0 {
			for i+1 < len(text) {
				if p := uint(text[i])<<8 | uint(text[i+1]); m.begins[p>>6]>>(p&63)&1 != 0 && !(m.inner[text[i]] && i > 0 && m.inner[text[i-1]]) {
					break
				}
				i++
			}
		}
		c := int32(m.fold[text[i]])
		for {
			if t := m.base[s] + c; m.check[t] == s+1 {
				s = t
				break
			}
			if s == 0 {
				break
			}
			s = m.fail[s]
		}
		for o := s; o != 0; o = m.suffix[o] {
			if w := m.word[o]; w != 0 {
				if !visit(i+1-int(m.length[w-1]), i+1, int(w-1)) {
					return
				}
			}
		}
	}
}
