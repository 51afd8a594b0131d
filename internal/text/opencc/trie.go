package opencc

import "unicode/utf8"

// trie finds the longest key that a text begins with. States are numbers, the root is 0; the root's edges for U+2E80..9FFF are an array, all others stand in
// one open-addressing table keyed by state and character.
type trie struct {
	root  [rootEnd - rootStart]int32
	keys  []uint64 // state<<21 | character, +1; 0 is empty
	next  []int32
	value []string // by state; "" for none
	used  int
}

const rootStart, rootEnd = 0x2E80, 0xA000

func newTrie() *trie {
	return &trie{keys: make([]uint64, 1024), next: make([]int32, 1024), value: []string{""}}
}

func slot(key uint64, size int) int {
	return int(key*0x9E3779B97F4A7C15>>32) & (size - 1)
}

func (t *trie) step(state int32, r rune) int32 {
	if state == 0 && r >= rootStart && r < rootEnd {
		return t.root[r-rootStart]
	}
	key := uint64(state)<<21 | uint64(r) + 1
	for i := slot(key, len(t.keys)); t.keys[i] != 0; i = (i + 1) & (len(t.keys) - 1) {
		if t.keys[i] == key {
			return t.next[i]
		}
	}
	return 0
}

// add gives a key its value unless it has one.
func (t *trie) add(key, value string) {
	state := int32(0)
	for _, r := range key {
		n := t.step(state, r)
		if n == 0 {
			n = int32(len(t.value))
			t.value = append(t.value, "")
			t.link(state, r, n)
		}
		state = n
	}
	if t.value[state] == "" {
		t.value[state] = value
	}
}

func (t *trie) link(state int32, r rune, n int32) {
	if state == 0 && r >= rootStart && r < rootEnd {
		t.root[r-rootStart] = n
		return
	}
	if 2*(t.used+1) > len(t.keys) {
		old, oldNext := t.keys, t.next
		t.keys, t.next = make([]uint64, 2*len(old)), make([]int32, 2*len(old))
		for i, k := range old {
			if k != 0 {
				t.put(k, oldNext[i])
			}
		}
	}
	t.used++
	t.put(uint64(state)<<21|uint64(r)+1, n)
}

func (t *trie) put(key uint64, n int32) {
	i := slot(key, len(t.keys))
	for t.keys[i] != 0 {
		i = (i + 1) & (len(t.keys) - 1)
	}
	t.keys[i], t.next[i] = key, n
}

// longest returns the value of the longest key that b begins with, and the key's bytes; 0 when there is none.
func (t *trie) longest(b []byte) (value string, n int) {
	state := int32(0)
	for i := 0; i < len(b); {
		r, size := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			if r >= 0xE3 && r <= 0xE9 && i+3 <= len(b) {
				r, size = r&0x0F<<12|rune(b[i+1]&0x3F)<<6|rune(b[i+2]&0x3F), 3
			} else {
				r, size = utf8.DecodeRune(b[i:])
			}
		}
		if state = t.step(state, r); state == 0 {
			break
		}
		i += size
		if v := t.value[state]; v != "" {
			value, n = v, i
		}
	}
	return value, n
}
