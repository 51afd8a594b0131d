package tokenize

import (
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

// unkPenalty is how far below the lowest score of the vocabulary an unknown character lies (google/sentencepiece, unigram_model.cc).
const unkPenalty = 10.0

// unigram finds the segmentation of the highest total score (Kudo 2018) by Viterbi's algorithm over 64-bit floats; of equal scores the one found first stays.
// Neighbouring unknown characters become one token, or byte tokens where all bytes of it have one.
type unigram struct {
	trie     byteTrie
	scores   []float64
	unk      int64 // -1: none
	unkScore float64
	fallback bool
	byteID   [256]int64
}

func newUnigram(m *modelJSON) (model, vocabulary, error) {
	v, scores, err := parsePieces(m.Vocab)
	if err != nil {
		return nil, v, err
	}
	u := &unigram{scores: scores, unk: -1, fallback: m.ByteFallback}
	if m.UnkID == nil {
		return nil, v, errors.New("unk_id is missing, so unknown characters cannot be encoded")
	}
	if int64(*m.UnkID) >= int64(len(v.tokens)) {
		return nil, v, fmt.Errorf("unk_id %d lies outside the vocabulary of %d", *m.UnkID, len(v.tokens))
	}
	u.unk = int64(*m.UnkID)
	lowest := math.Inf(1)
	entries := make([]trieEntry, len(v.tokens))
	for id, token := range v.tokens {
		lowest = min(lowest, scores[id])
		entries[id] = trieEntry{token, uint32(id)}
	}
	u.trie = newByteTrie(entries)
	u.unkScore = lowest - unkPenalty
	for b := range u.byteID {
		u.byteID[b] = -1
		if id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]; ok {
			u.byteID[b] = int64(id)
		}
	}
	return u, v, nil
}

// parsePieces reads [["token", score], …].
func parsePieces(raw jsontext.Value) (vocabulary, []float64, error) {
	v := vocabulary{ids: map[string]uint32{}}
	if raw.Kind() != '[' {
		return v, nil, errors.New(`the "vocab" of Unigram is not a list of tokens and scores`)
	}
	var scores []float64
	s := rawScanner{raw}
	s.skip('[')
	for s.more(']') {
		if s.peek() != '[' {
			return v, nil, fmt.Errorf("vocab: entry %d is not a pair of a token and its score", len(scores))
		}
		s.skip('[')
		s.more(']')
		token, err := s.str()
		if err != nil {
			return v, nil, fmt.Errorf("vocab: entry %d: %w", len(scores), err)
		}
		s.more(']')
		score, err := parseScore(string(s.number()))
		if err != nil {
			return v, nil, fmt.Errorf("vocab: score of token %q: %w", token, err)
		}
		if s.more(']') {
			return v, nil, fmt.Errorf("vocab: entry %d has more than a token and a score", len(scores))
		}
		s.skip(']')
		if len(scores) > maxID {
			return v, nil, fmt.Errorf("vocab: more than %d tokens", maxID)
		}
		// Some published vocabularies hold a token twice; the later id wins, the earlier one can still be decoded.
		v.ids[token] = uint32(len(scores))
		v.tokens = append(v.tokens, token)
		v.hasEmpty = v.hasEmpty || token == ""
		scores = append(scores, score)
	}
	if len(scores) == 0 {
		return v, nil, errors.New("the vocabulary is empty")
	}
	return v, scores, nil
}

// lattice is scratch of the Viterbi search: for each place the best way to end there.
type lattice struct {
	best []bestEnd
	back []bestEnd
}

type bestEnd struct {
	score float64
	start int32 // -1: not reached
	id    uint32
}

// search fills e.lat.back with the segments of piece from back to front.
func (u *unigram) search(e *Encoder, piece []byte) {
	best := e.lat.best[:0]
	for range len(piece) + 1 {
		best = append(best, bestEnd{start: -1})
	}
	e.lat.best = best
	for at := 0; at < len(piece); {
		_, n := runeAt(piece, at)
		here := best[at].score
		single := false
		node := int32(0)
		for i := at; i < len(piece); i++ {
			if node = u.trie.child(node, piece[i]); node < 0 {
				break
			}
			id := u.trie.leaf(node)
			if id < 0 {
				continue
			}
			end := &best[i+1]
			if score := u.scores[id] + here; end.start < 0 || score > end.score {
				*end = bestEnd{score, int32(at), uint32(id)}
			}
			single = single || i+1-at == n
		}
		if !single {
			end := &best[at+n]
			if score := u.unkScore + here; end.start < 0 || score > end.score {
				*end = bestEnd{score, int32(at), uint32(u.unk)}
			}
		}
		at += n
	}
	e.lat.back = e.lat.back[:0]
	for end := len(piece); end > 0; {
		b := best[end]
		e.lat.back = append(e.lat.back, b)
		end = int(b.start)
	}
}

// segments calls add for each token of piece in order. Hugging Face looks up the text of a segment again, so a run of unknown characters that happens to
// be a token becomes it.
func (u *unigram) segments(e *Encoder, piece []byte, add func(id uint32, start, end int)) {
	u.search(e, piece)
	back := e.lat.back
	for i := len(back) - 1; i >= 0; {
		id, start := back[i].id, int(back[i].start)
		end := len(piece)
		for i--; i >= 0; i-- {
			end = int(back[i].start)
			if int64(id) != u.unk || back[i].id != id {
				break
			}
			end = len(piece)
		}
		if int64(id) == u.unk {
			u.unknown(piece, start, end, add)
		} else {
			add(id, start, end)
		}
	}
}

func (u *unigram) unknown(piece []byte, start, end int, add func(id uint32, start, end int)) {
	text := piece[start:end]
	if id, ok := u.trie.find(text); ok {
		add(id, start, end)
		return
	}
	if u.fallback {
		whole := true
		for _, b := range text {
			whole = whole && u.byteID[b] >= 0
		}
		if whole {
			for _, b := range text {
				add(uint32(u.byteID[b]), start, end)
			}
			return
		}
	}
	add(uint32(u.unk), start, end)
}

func (u *unigram) encode(e *Encoder, dst []uint32, piece []byte) []uint32 {
	return e.cached(dst, piece, u)
}

func (u *unigram) encodeWord(e *Encoder, dst []uint32, word []byte) []uint32 {
	u.segments(e, word, func(id uint32, _, _ int) { dst = append(dst, id) })
	return dst
}

func (u *unigram) encodeSpans(e *Encoder, ids []uint32, spans []span, piece []byte) ([]uint32, []span) {
	u.segments(e, piece, func(id uint32, start, end int) {
		ids, spans = append(ids, id), append(spans, span{int32(start), int32(end)})
	})
	return ids, spans
}
