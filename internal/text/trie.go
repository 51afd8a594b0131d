package text

import "unicode/utf8"

// Trie maps words to positive numbers and walks texts character by character. States are numbers, the root is 0; the root's edges for U+2E80..9FFF stand in an
// array, all others in one open-addressing table keyed by state and character: a step costs one or two cache lines. Once built it is safe for concurrent use.
type Trie struct {
	root  [trieEnd - trieStart]int32
	keys  []uint64 // (state<<21 | character) + 1; 0 is an empty place
	next  []int32
	value []int32 // by state, 0 for none
	used  int
}

const trieStart, trieEnd = 0x2E80, 0xA000

// NewTrie returns an empty trie with room for about n words.
func NewTrie(n int) *Trie {
	size := 1024
	for size < 4*n {
		size *= 2
	}
	return &Trie{keys: make([]uint64, size), next: make([]int32, size), value: make([]int32, 1, n+1)}
}

func trieSlot(key uint64, size int) int { return int(key*0x9E3779B97F4A7C15>>32) & (size - 1) }

// Step follows a character from a state; 0 means that no word goes on so.
func (t *Trie) Step(state int32, r rune) int32 {
	if state == 0 && r >= trieStart && r < trieEnd {
		return t.root[r-trieStart]
	}
	key := uint64(state)<<21 | uint64(r) + 1
	for i := trieSlot(key, len(t.keys)); t.keys[i] != 0; i = (i + 1) & (len(t.keys) - 1) {
		if t.keys[i] == key {
			return t.next[i]
		}
	}
	return 0
}

// Value returns the number of the word that ends in a state, 0 for none.
func (t *Trie) Value(state int32) int32 { return t.value[state] }

// Add gives a word its number, unless it has one.
func (t *Trie) Add(word string, value int32) {
	state := int32(0)
	for _, r := range word {
		n := t.Step(state, r)
		if n == 0 {
			n = int32(len(t.value))
			t.value = append(t.value, 0)
			t.link(state, r, n)
		}
		state = n
	}
	if t.value[state] == 0 {
		t.value[state] = value
	}
}

func (t *Trie) link(state int32, r rune, n int32) {
	if state == 0 && r >= trieStart && r < trieEnd {
		t.root[r-trieStart] = n
		return
	}
	if 2*(t.used+1) > len(t.keys) {
		keys, next := t.keys, t.next
		t.keys, t.next = make([]uint64, 2*len(keys)), make([]int32, 2*len(keys))
		for i, k := range keys {
			if k != 0 {
				t.put(k, next[i])
			}
		}
	}
	t.used++
	t.put(uint64(state)<<21|uint64(r)+1, n)
}

func (t *Trie) put(key uint64, n int32) {
	i := trieSlot(key, len(t.keys))
	for t.keys[i] != 0 {
		i = (i + 1) & (len(t.keys) - 1)
	}
	t.keys[i], t.next[i] = key, n
}

// Longest returns the number of the longest word that b begins with and its bytes, 0 and 0 when there is none.
func (t *Trie) Longest(b []byte) (value int32, n int) {
	state := int32(0)
	for i := 0; i < len(b); {
		r, size := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			r, size = DecodeRune(b[i:])
		}
		if state = t.Step(state, r); state == 0 {
			break
		}
		i += size
		if v := t.value[state]; v != 0 {
			value, n = v, i
		}
	}
	return value, n
}

// DecodeRune is utf8.DecodeRune with a short way for the characters of Chinese in valid text.
func DecodeRune(b []byte) (rune, int) {
	if len(b) >= 3 && b[0] >= 0xE3 && b[0] <= 0xE9 && cont(b[1]) && cont(b[2]) {
		return rune(b[0]&0x0F)<<12 | rune(b[1]&0x3F)<<6 | rune(b[2]&0x3F), 3
	}
	return utf8.DecodeRune(b)
}
