package tokenize

import "unicode/utf8"

// symbols turns a piece into its first symbols.
func (p *bpe) symbols(r *symbolRun, piece []byte) {
	r.reset()
	if p.whole {
		for _, b := range piece {
			r.add(uint32(p.byteID[b]), 1)
		}
		return
	}
	if p.byteLevel {
		p.byteSymbols(r, piece)
		return
	}
	unk := unkRun{p: p, r: r}
	var name []byte
	for i := 0; i < len(piece); {
		_, n := runeAt(piece, i)
		char := piece[i : i+n]
		if i > 0 && p.prefix != "" || i+n == len(piece) && p.suffix != "" {
			name = name[:0]
			if i > 0 {
				name = append(name, p.prefix...)
			}
			name = append(name, char...)
			if i+n == len(piece) {
				name = append(name, p.suffix...)
			}
			char = name
		}
		i += n
		if id, ok := p.chars[string(char)]; ok {
			unk.flush()
			r.add(id, n)
			continue
		}
		if p.fallback && p.hasBytes(char) {
			// A pending unknown is not flushed here, so it comes out after the bytes: Hugging Face's order.
			for _, b := range char {
				r.add(uint32(p.byteID[b]), 1)
			}
			continue
		}
		unk.add(n)
	}
	unk.flush()
}

func (p *bpe) hasBytes(char []byte) bool {
	for _, b := range char {
		if p.byteID[b] < 0 {
			return false
		}
	}
	return true
}

// byteSymbols is symbols for a byte-level vocabulary that lacks some bytes: they become the unknown token or, where there is none, are dropped. Sizes are
// those of the mapped characters (1 or 2), because a dropped byte shifts the offsets of what follows, as it does in Hugging Face's tokenizers.
func (p *bpe) byteSymbols(r *symbolRun, piece []byte) {
	unk := unkRun{p: p, r: r}
	for _, b := range piece {
		n := utf8.RuneLen(byteRune[b])
		if id := p.byteID[b]; id >= 0 {
			unk.flush()
			r.add(uint32(id), n)
		} else {
			unk.add(n)
		}
	}
	unk.flush()
}

// unkRun gathers characters without a token.
type unkRun struct {
	p       *bpe
	r       *symbolRun
	pending int
}

func (u *unkRun) add(size int) {
	if u.p.unk < 0 {
		return // dropped
	}
	if !u.p.fuseUnk {
		u.flush()
	}
	u.pending += size
}

func (u *unkRun) flush() {
	if u.pending > 0 {
		u.r.add(uint32(u.p.unk), u.pending)
		u.pending = 0
	}
}

// encodeWord appends the ids of a piece without the cache.
func (p *bpe) encodeWord(e *Encoder, dst []uint32, piece []byte) []uint32 {
	if p.ignoreMerges {
		if id, ok := p.words[string(piece)]; ok {
			return append(dst, id)
		}
	}
	if p.border != nil && len(piece) >= backtrackLength {
		if out, ok := p.backtrack(e, dst, piece); ok {
			return out
		}
	}
	p.symbols(&e.run, piece)
	p.merge(&e.run)
	return append(dst, e.run.id...)
}

// backtrackLength is the number of bytes from which backtracking beats merging.
const backtrackLength = 10

func (p *bpe) encode(e *Encoder, dst []uint32, piece []byte) []uint32 {
	if p.cutBefore == "" {
		return e.cached(dst, piece, p)
	}
	for start := 0; start < len(piece); {
		end := p.nextCut(piece, start)
		dst = e.cached(dst, piece[start:end], p)
		start = end
	}
	return dst
}

// nextCut returns the end of the word at start: the next place before a run of cutBefore.
func (p *bpe) nextCut(piece []byte, start int) int {
	i := start
	for hasPrefix(piece[i:], p.cutBefore) {
		i += len(p.cutBefore)
	}
	for lead := p.cutBefore[0]; i < len(piece); i++ {
		if piece[i] == lead && hasPrefix(piece[i:], p.cutBefore) {
			break
		}
	}
	return i
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

func (p *bpe) encodeSpans(e *Encoder, ids []uint32, spans []span, piece []byte) ([]uint32, []span) {
	if p.cutBefore == "" {
		return p.wordSpans(e, ids, spans, piece, 0)
	}
	for start := 0; start < len(piece); {
		end := p.nextCut(piece, start)
		ids, spans = p.wordSpans(e, ids, spans, piece[start:end], int32(start))
		start = end
	}
	return ids, spans
}

// wordSpans is encodeSpans for one word that starts at at.
func (p *bpe) wordSpans(e *Encoder, ids []uint32, spans []span, piece []byte, at int32) ([]uint32, []span) {
	before := len(ids)
	if out, ok := p.knownSizes(e, ids, piece); ok {
		for _, id := range out[before:] {
			spans = append(spans, span{at, at + p.size[id]})
			at += p.size[id]
		}
		return out, spans
	}
	if p.ignoreMerges {
		if id, ok := p.words[string(piece)]; ok {
			return append(ids, id), append(spans, span{at, at + int32(len(piece))})
		}
	}
	p.symbols(&e.run, piece)
	p.merge(&e.run)
	ids = append(ids, e.run.id...)
	if !p.byteLevel {
		for _, n := range e.run.size {
			spans = append(spans, span{at, at + n})
			at += n
		}
		return ids, spans
	}
	// Sizes count mapped characters; a place inside a two-byte one belongs to its byte.
	place := mappedPlaces(nil, piece)
	from := int32(0)
	for _, n := range e.run.size {
		spans = append(spans, span{at + place[from], at + place[from+n-1] + 1})
		from += n
	}
	return ids, spans
}

// knownSizes encodes a word through the cache when the places of its tokens follow from their sizes: nothing in it is unknown or dropped.
func (p *bpe) knownSizes(e *Encoder, ids []uint32, word []byte) ([]uint32, bool) {
	before := len(ids)
	ids = e.cached(ids, word, p)
	sum := 0
	for _, id := range ids[before:] {
		if int64(id) == p.unk {
			return ids[:before], false
		}
		sum += int(p.size[id])
	}
	if sum != len(word) {
		return ids[:before], false
	}
	return ids, true
}
