package tokenize

// Long words are encoded by backtracking (github.com/github/rust-gems, crate bpe): take the longest token, check that BPE would leave the border to the
// token before it alone, else take a shorter one or go back. It rests on two facts. A sequence of tokens is what BPE makes of their text exactly when this
// holds of every two neighbours, because merges inside two neighbouring spans happen in the same order whatever stands around them. And the encoding of a
// prefix that ends at a token border is unique, so a place from which no way leads on is dead for good: each is tried once, and a word of any length takes
// linear time. rust-gems decides a border from merge ranks alone, which fails for vocabularies with merges listed before those of their parts (Llama-3);
// spine.go decides it for any list of merges.

// borders holds what backtracking needs of a vocabulary.
type borders struct {
	trie byteTrie
	// shorter is the longest token that is a proper prefix of each token, or -1.
	shorter []int32
	// raw holds the bytes of each token that BPE makes of its own bytes; nil for others, which never come out of merges.
	raw [][]byte
	// size is the length of raw.
	size []int32
	// left and right are the spines of each token.
	left, right spines
}

// newBorders finds the tokens that BPE makes of their own bytes.
func newBorders(p *bpe, tokens []string) *borders {
	b := &borders{raw: make([][]byte, len(tokens)), shorter: make([]int32, len(tokens))}
	b.size = make([]int32, len(tokens))
	var rec spineRecorder
	var entries []trieEntry
	for id, token := range tokens {
		raw, ok := tokenBytes(token)
		if ok && len(raw) > 0 && p.hasBytes(raw) && rec.record(p, raw, uint32(id)) {
			b.raw[id], b.size[id] = raw, int32(len(raw))
			entries = append(entries, trieEntry{string(raw), uint32(id)})
			b.left.add(rec.left)
			b.right.add(rec.right)
		} else {
			b.left.add(nil)
			b.right.add(nil)
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

const (
	borderBits = 16 // 65,536 remembered borders, 512 KB an encoder
	idBits     = 24 // maxID
)

// border is bpe.holds with a memory: neighbours recur, and a look at one place costs less than the pair lookups of two spines.
func (e *Encoder) border(p *bpe, left, right uint32) bool {
	if e.borders == nil {
		e.borders = make([]uint64, 1<<borderBits)
	}
	key := (uint64(left)<<idBits | uint64(right)) + 1
	slot := &e.borders[hashPair(key)>>(64-borderBits)]
	if *slot>>1 == key {
		return *slot&1 == 1
	}
	*slot = key << 1
	if !p.holds(left, right) {
		return false
	}
	*slot |= 1
	return true
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
			end := at + int(p.border.size[token])
			if dead[end/64]>>(end%64)&1 == 0 && (len(dst) == before || e.border(p, dst[len(dst)-1], uint32(token))) {
				break
			}
			token = p.border.shorter[token]
		}
		if token >= 0 {
			dst = append(dst, uint32(token))
			at += int(p.border.size[token])
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
		at -= int(p.border.size[next])
	}
	return dst, true
}
