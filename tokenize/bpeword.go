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
	p.symbols(&e.run, piece)
	p.merge(&e.run)
	return append(dst, e.run.id...)
}

func (p *bpe) encode(e *Encoder, dst []uint32, piece []byte) []uint32 {
	return e.cached(dst, piece, p)
}

func (p *bpe) encodeSpans(e *Encoder, ids []uint32, spans []span, piece []byte) ([]uint32, []span) {
	at := int32(0)
	if p.whole {
		before := len(ids)
		ids = p.encode(e, ids, piece)
		for _, id := range ids[before:] {
			spans = append(spans, span{at, at + p.size[id]})
			at += p.size[id]
		}
		return ids, spans
	}
	if p.ignoreMerges {
		if id, ok := p.words[string(piece)]; ok {
			return append(ids, id), append(spans, span{0, int32(len(piece))})
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
	var place []int32
	for i, b := range piece {
		for range utf8.RuneLen(byteRune[b]) {
			place = append(place, int32(i))
		}
	}
	for _, n := range e.run.size {
		spans = append(spans, span{place[at], place[at+n-1] + 1})
		at += n
	}
	return ids, spans
}
