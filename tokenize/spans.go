package tokenize

// EncodeSpans is [Encoder.Encode] with the place of each token in text, as half-open byte offsets. A token that holds a part of a character covers the
// whole character, so spans may overlap. When text is not valid UTF-8, offsets refer to the text with each ill-formed part replaced by U+FFFD.
func (e *Encoder) EncodeSpans(text []byte) (ids []uint32, spans [][2]int32) {
	text = e.valid(text)
	return e.spans(text, false)
}

func (e *Encoder) spans(text []byte, plain bool) (ids []uint32, spans []span) {
	done := 0
	if trie := e.t.added.raw; trie != nil {
		for from := 0; ; {
			tok, start, end, resume := trie.next(text, from, done, plain)
			if tok == nil {
				break
			}
			if done < start {
				ids, spans = e.spansRaw(ids, spans, text[done:start], int32(done), plain)
			}
			ids, spans = append(ids, tok.ID), append(spans, span{int32(start), int32(end)})
			done, from = end, resume
		}
	}
	if done < len(text) {
		ids, spans = e.spansRaw(ids, spans, text[done:], int32(done), plain)
	}
	if e.t.post != nil {
		e.t.post.trim(e, text, ids, spans)
	}
	return ids, spans
}

// spansRaw is encodeRaw with offsets.
func (e *Encoder) spansRaw(ids []uint32, spans []span, text []byte, at int32, plain bool) ([]uint32, []span) {
	e.text.set(text, at, true)
	if e.t.norm != nil {
		e.t.norm.apply(&e.text)
	}
	done := 0
	b := e.text.b
	if trie := e.t.added.normalized; trie != nil {
		for from := 0; ; {
			tok, start, end, resume := trie.next(b, from, done, plain)
			if tok == nil {
				break
			}
			if done < start {
				ids, spans = e.spansPieces(ids, spans, done, start)
			}
			ids, spans = append(ids, tok.ID), append(spans, e.text.source(span{int32(start), int32(end)}))
			done, from = end, resume
		}
	}
	if done < len(b) {
		ids, spans = e.spansPieces(ids, spans, done, len(b))
	}
	return ids, spans
}

// spansPieces is encodePieces with offsets, for a stretch of e.text.
func (e *Encoder) spansPieces(ids []uint32, spans []span, start, end int) ([]uint32, []span) {
	c := &e.cuts
	e.text.slice(&c.text, start, end)
	c.start(c.text.at(0)[0] == 0)
	for _, pre := range e.t.pre {
		pre.cut(c)
	}
	for _, p := range c.pieces {
		before := len(spans)
		ids, spans = e.t.model.encodeSpans(e, ids, spans, c.text.b[p[0]:p[1]])
		for i := before; i < len(spans); i++ {
			s := spans[i]
			spans[i] = c.text.source(span{p[0] + s[0], p[0] + s[1]})
		}
	}
	return ids, spans
}
