package tokenize

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// wordPiece takes the longest token that starts a word, then the longest that goes on with it, written with a prefix ("##"). A word that cannot be
// written so, or has too many characters, is one unknown token.
type wordPiece struct {
	starts, rest pieceTable // tokens without and with the prefix
	unk          uint32
	maxChars     int
}

// pieceTable maps the text of tokens to ids; the longest token in it bounds the search.
type pieceTable struct {
	ids     map[string]uint32
	longest int
}

func (t *pieceTable) put(s string, id uint32) {
	if t.ids == nil {
		t.ids = map[string]uint32{}
	}
	t.ids[s] = id
	t.longest = max(t.longest, len(s))
}

func newWordPiece(m *modelJSON) (model, vocabulary, error) {
	v, err := parseVocab(m.Vocab)
	if err != nil {
		return nil, v, err
	}
	if m.Unk == nil {
		return nil, v, errors.New("WordPiece has no unk_token")
	}
	unk, ok := v.ids[*m.Unk]
	if !ok {
		return nil, v, fmt.Errorf("unk_token %q is not in the vocabulary", *m.Unk)
	}
	w := &wordPiece{unk: unk, maxChars: 100}
	if m.MaxInputChars != nil {
		w.maxChars = *m.MaxInputChars
	}
	prefix := "##"
	if m.Prefix != nil {
		prefix = *m.Prefix
	}
	for id, token := range v.tokens {
		if token == "" {
			continue
		}
		w.starts.put(token, uint32(id))
		if len(token) > len(prefix) && token[:len(prefix)] == prefix {
			w.rest.put(token[len(prefix):], uint32(id))
		}
	}
	return w, v, nil
}

func (w *wordPiece) encode(e *Encoder, dst []uint32, piece []byte) []uint32 {
	return e.cached(dst, piece, w)
}

func (w *wordPiece) encodeWord(_ *Encoder, dst []uint32, word []byte) []uint32 {
	before := len(dst)
	dst, _, ok := w.cut(dst, nil, word)
	if !ok {
		dst = append(dst[:before], w.unk)
	}
	return dst
}

func (w *wordPiece) encodeSpans(_ *Encoder, ids []uint32, spans []span, piece []byte) ([]uint32, []span) {
	nIDs, nSpans := len(ids), len(spans)
	spans = append(spans, span{}) // not nil: asks for spans
	ids, spans, ok := w.cut(ids, spans[:nSpans], piece)
	if !ok {
		return append(ids[:nIDs], w.unk), append(spans[:nSpans], span{0, int32(len(piece))})
	}
	return ids, spans
}

// cut appends the pieces of a word, and their places unless spans is nil; false: the word is unknown.
func (w *wordPiece) cut(ids []uint32, spans []span, word []byte) ([]uint32, []span, bool) {
	if len(word) > w.maxChars && utf8.RuneCount(word) > w.maxChars {
		return ids, spans, false
	}
	table := &w.starts
	for start := 0; start < len(word); {
		end := min(len(word), start+table.longest)
		for end < len(word) && end > start && word[end]&0xC0 == 0x80 {
			end--
		}
		found := false
		for end > start {
			if id, ok := table.ids[string(word[start:end])]; ok {
				ids = append(ids, id)
				if spans != nil {
					spans = append(spans, span{int32(start), int32(end)})
				}
				found = true
				break
			}
			for end--; end > start && word[end]&0xC0 == 0x80; end-- {
			}
		}
		if !found {
			return ids, spans, false
		}
		start, table = end, &w.rest
	}
	return ids, spans, true
}

// wordLevel has one token a word.
type wordLevel struct {
	ids map[string]uint32
	unk int64 // -1: unknown words give nothing
}

func newWordLevel(m *modelJSON) (model, vocabulary, error) {
	v, err := parseVocab(m.Vocab)
	if err != nil {
		return nil, v, err
	}
	w := &wordLevel{ids: v.ids, unk: -1}
	if m.Unk != nil {
		if id, ok := v.ids[*m.Unk]; ok {
			w.unk = int64(id)
		}
	}
	if w.unk < 0 {
		return nil, v, errors.New("WordLevel: unk_token is missing or not in the vocabulary, so unknown words cannot be encoded")
	}
	return w, v, nil
}

func (w *wordLevel) encode(_ *Encoder, dst []uint32, piece []byte) []uint32 {
	if id, ok := w.ids[string(piece)]; ok {
		return append(dst, id)
	}
	return append(dst, uint32(w.unk))
}

func (w *wordLevel) encodeSpans(e *Encoder, ids []uint32, spans []span, piece []byte) ([]uint32, []span) {
	return w.encode(e, ids, piece), append(spans, span{0, int32(len(piece))})
}
