package tokenize

// Long words are encoded by backtracking (github.com/github/rust-gems, crate bpe): take the longest token, check that BPE would leave the border to the
// token before it alone, else take a shorter one or go back. It rests on two facts. A sequence of tokens is what BPE makes of their text exactly when this
// holds of every two neighbours, because merges inside two neighbouring spans happen in the same order whatever stands around them. And the encoding of a
// prefix that ends at a token border is unique, so a place from which no way leads on is dead for good: each is tried once, and a word of any length takes
// linear time. rust-gems decides a border from merge ranks, which fails for vocabularies whose merges are not in the order of their parts (Llama-3,
// Mistral). Here a border is decided by running the merges of the two tokens alone, which is exact for every list of merges, and remembered.

// borders holds what backtracking needs of a vocabulary.
type borders struct {
	trie byteTrie
	// shorter is the longest token that is a proper prefix of each token, or -1.
	shorter []int32
	// raw holds the bytes of each token that BPE makes of its own bytes; nil for others, which never come out of merges.
	raw [][]byte
}

// newBorders finds the tokens that BPE makes of their own bytes.
func newBorders(p *bpe, tokens []string) *borders {
	b := &borders{raw: make([][]byte, len(tokens)), shorter: make([]int32, len(tokens))}
	var run symbolRun
	var entries []trieEntry
	for id, token := range tokens {
		raw, ok := tokenBytes(token)
		if !ok || len(raw) == 0 || !p.hasBytes(raw) {
			continue
		}
		if p.ownToken(&run, raw, uint32(id)) {
			b.raw[id] = raw
			entries = append(entries, trieEntry{string(raw), uint32(id)})
		}
	}
	b.trie = newByteTrie(entries)
	for id, raw := range b.raw {
		b.shorter[id] = -1
		if len(raw) > 1 {
			b.shorter[id] = b.trie.longest(raw[:len(raw)-1])
		}
	}
	return b
}

// ownToken reports whether BPE makes the one token id of raw.
func (p *bpe) ownToken(run *symbolRun, raw []byte, id uint32) bool {
	run.reset()
	for _, c := range raw {
		run.add(uint32(p.byteID[c]), 1)
	}
	p.merge(run)
	return len(run.id) == 1 && run.id[0] == id
}

const (
	borderBits = 17 // 131,072 remembered borders, 1 MB an encoder
	idBits     = 24 // maxID
)

// holds reports whether BPE leaves left and right as they are when they stand side by side.
func (p *bpe) holds(e *Encoder, left, right uint32) bool {
	if p.pairs.get(left, right) != noMerge {
		return false
	}
	key := (uint64(left)<<idBits | uint64(right)) + 1
	if e.borders == nil {
		e.borders = make([]uint64, 1<<borderBits)
	}
	slot := &e.borders[hashPair(key)>>(64-borderBits)]
	if *slot>>1 == key {
		return *slot&1 == 1
	}
	run := &e.run
	run.reset()
	for _, c := range p.border.raw[left] {
		run.add(uint32(p.byteID[c]), 1)
	}
	for _, c := range p.border.raw[right] {
		run.add(uint32(p.byteID[c]), 1)
	}
	p.merge(run)
	ok := len(run.id) == 2 && run.id[0] == left && run.id[1] == right
	*slot = key << 1
	if ok {
		*slot |= 1
	}
	return ok
}

// backtrack appends the ids of a word; false: it holds a byte that has no token, and nothing was appended.
func (p *bpe) backtrack(e *Encoder, dst []uint32, word []byte) ([]uint32, bool) {
	before := len(dst)
	dead := e.dead[:0]
	for range len(word)/64 + 1 {
		dead = append(dead, 0)
	}
	e.dead = dead
	at := 0
	next := p.border.trie.longest(word)
	for at < len(word) {
		if next < 0 {
			return dst[:before], false
		}
		token := next
		for token >= 0 {
			end := at + len(p.border.raw[token])
			if dead[end/64]>>(end%64)&1 == 0 && (len(dst) == before || p.holds(e, dst[len(dst)-1], uint32(token))) {
				break
			}
			token = p.border.shorter[token]
		}
		if token >= 0 {
			dst = append(dst, uint32(token))
			at += len(p.border.raw[token])
			next = p.border.trie.longest(word[at:])
			continue
		}
		// No token leads on from here: this place is dead, try a shorter token before it.
		dead[at/64] |= 1 << (at % 64)
		if len(dst) == before {
			return dst, false
		}
		next = int32(dst[len(dst)-1])
		dst = dst[:len(dst)-1]
		at -= len(p.border.raw[next])
	}
	return dst, true
}
