package tokenize

import "unicode/utf8"

// span is a half-open range of bytes.
type span = [2]int32

// model turns one piece of normalised, pre-tokenised text into tokens.
type model interface {
	// encode appends the ids of a piece.
	encode(e *Encoder, dst []uint32, piece []byte) []uint32
	// encodeSpans appends ids and the place of each token in the piece.
	encodeSpans(e *Encoder, ids []uint32, spans []span, piece []byte) ([]uint32, []span)
}

// Encoder encodes text for one goroutine: it holds the word cache and scratch space, while the tables of the Tokenizer are shared read-only.
type Encoder struct {
	t     *Tokenizer
	run   symbolRun
	words wordCache
	clean []byte
	text  aligned
	cuts  cutter
	lat   lattice
	dead  []uint64 // places of a word, scratch of bpe.backtrack

	borders []uint64 // remembered answers of bpe.holds: (left, right) + 1, then one bit
}

// Encoder returns a new encoder. An encoder must not be used by two goroutines at a time.
func (t *Tokenizer) Encoder() *Encoder {
	return &Encoder{t: t}
}

// Encode appends the ids of text to dst, without the special tokens of the post-processor. Added tokens that stand in the text are recognised, as
// Hugging Face tokenizers does: for text that others wrote use [Encoder.EncodePlain]. Invalid UTF-8 counts as one U+FFFD per maximal ill-formed part.
func (e *Encoder) Encode(dst []uint32, text []byte) []uint32 {
	return e.encode(dst, text, false)
}

// EncodePlain is Encode for text that must not be able to write control tokens: special tokens in it are encoded as ordinary text, as Hugging Face
// tokenizers does with encode_special_tokens. Added tokens that are not flagged special (runs of spaces, say) are still recognised.
func (e *Encoder) EncodePlain(dst []uint32, text []byte) []uint32 {
	return e.encode(dst, text, true)
}

// EncodeSpecial encodes one text and adds what the post-processor adds to a single sequence: BOS, EOS, [CLS], [SEP].
func (e *Encoder) EncodeSpecial(text []byte) []uint32 {
	ids := e.encode(nil, text, false)
	if e.t.post == nil {
		return ids
	}
	return e.t.post.wrap(ids)
}

// valid returns text with invalid UTF-8 replaced, and with nothing of its backing array beyond its end (which wordKey would read).
func (e *Encoder) valid(text []byte) []byte {
	if utf8.Valid(text) {
		return text[:len(text):len(text)]
	}
	e.clean = appendValid(e.clean[:0], text)
	return e.clean
}

func (e *Encoder) encode(dst []uint32, text []byte, plain bool) []uint32 {
	text = e.valid(text)
	trie := e.t.added.raw
	if trie == nil {
		return e.encodeRaw(dst, text, 0, plain)
	}
	done := 0
	for from := 0; ; {
		tok, start, end, resume := trie.next(text, from, done, plain)
		if tok == nil {
			break
		}
		if done < start {
			dst = e.encodeRaw(dst, text[done:start], done, plain)
		}
		dst = append(dst, tok.ID)
		done, from = end, resume
	}
	if done < len(text) {
		dst = e.encodeRaw(dst, text[done:], done, plain)
	}
	return dst
}

// encodeRaw encodes a stretch of text between raw added tokens; at is its place in the text.
func (e *Encoder) encodeRaw(dst []uint32, text []byte, at int, plain bool) []uint32 {
	b := text
	if e.t.norm != nil {
		e.text.set(text, int32(at), false)
		e.t.norm.apply(&e.text)
		b = e.text.b
	}
	trie := e.t.added.normalized
	if trie == nil {
		return e.encodePieces(dst, b, at == 0)
	}
	done := 0
	for from := 0; ; {
		tok, start, end, resume := trie.next(b, from, done, plain)
		if tok == nil {
			break
		}
		if done < start {
			dst = e.encodePieces(dst, b[done:start], at == 0 && done == 0)
		}
		dst = append(dst, tok.ID)
		done, from = end, resume
	}
	if done < len(b) {
		dst = e.encodePieces(dst, b[done:], at == 0 && done == 0)
	}
	return dst
}

// encodePieces pre-tokenises normalised text and encodes its words. first: it is the start of the whole text.
func (e *Encoder) encodePieces(dst []uint32, b []byte, first bool) []uint32 {
	if scan := e.t.scan; scan != nil {
		for i := 0; i < len(b); {
			end := scan.next(b, i)
			dst = e.t.model.encode(e, dst, b[i:end])
			i = end
		}
		return dst
	}
	c := &e.cuts
	c.set(b, first)
	for _, pre := range e.t.pre {
		pre.cut(c)
	}
	for _, p := range c.pieces {
		dst = e.t.model.encode(e, dst, c.text.b[p[0]:p[1]])
	}
	return dst
}
