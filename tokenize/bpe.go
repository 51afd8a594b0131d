package tokenize

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// bpe merges the symbols of a word, the pair of the lowest rank first and among equals the leftmost (Sennrich et al. 2016).
//
// A byte-level model (its pre-tokenizer ends in ByteLevel) works on the bytes of the text itself: the characters that stand for bytes in the file are
// a bijection, so the tables are translated once and the text never is. Any other BPE starts from the characters of the word.
type bpe struct {
	byteLevel    bool
	ignoreMerges bool
	fuseUnk      bool
	unk          int64 // id, or -1
	prefix       string
	suffix       string

	pairs  pairTable
	byteID [256]int64 // byte-level: id of each byte, -1 when the vocabulary lacks it; else of the byte fallback token
	// fallback: characters outside the vocabulary become byte tokens (<0x0A>) where all of its bytes have one.
	fallback bool
	size     []int32 // byte-level: bytes of text that each token stands for
	words    map[string]uint32
	chars    map[string]uint32
	// cutBefore: characters, not bytes: no merge reaches over a place before a run of this character ("▁" of sentencepiece), so text may be cut there.
	cutBefore string
	// border: byte-level: what backtracking needs.
	border *borders
	// whole: every byte has a token, so nothing is dropped and sizes add up.
	whole bool
}

func newBPE(m *modelJSON, byteLevel bool) (model, vocabulary, error) {
	if m.Dropout != nil && *m.Dropout != 0 {
		return nil, vocabulary{}, fmt.Errorf("dropout %g makes encoding random: set it to null", *m.Dropout)
	}
	v, err := parseVocab(m.Vocab)
	if err != nil {
		return nil, v, err
	}
	p := &bpe{byteLevel: byteLevel, ignoreMerges: m.IgnoreMerges, fuseUnk: m.FuseUnk, fallback: m.ByteFallback, unk: -1}
	if m.Prefix != nil {
		p.prefix = *m.Prefix
	}
	if m.Suffix != nil {
		p.suffix = *m.Suffix
	}
	if m.Unk != nil {
		id, ok := v.ids[*m.Unk]
		if !ok {
			return nil, v, fmt.Errorf("unk_token %q is not in the vocabulary", *m.Unk)
		}
		p.unk = int64(id)
	}
	if byteLevel && (p.prefix != "" || p.suffix != "" || p.fallback) {
		return nil, v, errors.New("a byte-level model with continuing_subword_prefix, end_of_word_suffix or byte_fallback is not supported")
	}
	p.setSymbols(v)
	if err := p.setMerges(m.Merges, v); err != nil {
		return nil, v, err
	}
	if byteLevel {
		p.border = newBorders(p, v.tokens)
	} else if !p.ignoreMerges && p.prefix == "" && p.suffix == "" {
		p.setCut(v)
	}
	return p, v, nil
}

// setSymbols fills the tables that turn text into first symbols.
func (p *bpe) setSymbols(v vocabulary) {
	for b := range p.byteID {
		name := fmt.Sprintf("<0x%02X>", b)
		if p.byteLevel {
			name = string(byteRune[b])
		}
		p.byteID[b] = -1
		if id, ok := v.ids[name]; ok {
			p.byteID[b] = int64(id)
		}
	}
	p.size = make([]int32, len(v.tokens))
	if !p.byteLevel {
		p.chars = v.ids
		p.words = v.ids
		for id, token := range v.tokens {
			p.size[id] = int32(len(token))
		}
		for _, id := range p.byteID {
			if id >= 0 {
				p.size[id] = 1
			}
		}
		return
	}
	p.whole = true
	for _, id := range p.byteID {
		p.whole = p.whole && id >= 0
	}
	if p.ignoreMerges {
		p.words = make(map[string]uint32, len(v.tokens))
	}
	for id, token := range v.tokens {
		if raw, ok := tokenBytes(token); ok {
			p.size[id] = int32(len(raw))
			if p.ignoreMerges && len(raw) > 0 {
				p.words[string(raw)] = uint32(id)
			}
		}
	}
}

// setCut looks whether text may be cut before each run of sentencepiece's space: the character has a token, which ends a run of unknown ones, and in no
// merged token does it follow another character.
func (p *bpe) setCut(v vocabulary) {
	const space = "▁"
	if _, ok := v.ids[space]; !ok {
		return
	}
	for i := range p.pairs.slots {
		if s := &p.pairs.slots[i]; s.key != freeKey {
			token := v.tokens[uint32(s.value)]
			if strings.Contains(strings.TrimLeft(token, space), space) {
				return
			}
		}
	}
	p.cutBefore = space
}

// setMerges reads merges written as "a b" or ["a", "b"].
func (p *bpe) setMerges(raw jsontext.Value, v vocabulary) error {
	p.pairs.init(0)
	if isNull(raw) {
		return nil
	}
	if raw.Kind() != '[' {
		return errors.New(`"merges" is not a list`)
	}
	var list [][2]string
	s := rawScanner{raw}
	s.skip('[')
	for s.more(']') {
		var a, b string
		var err error
		if s.peek() == '[' {
			s.skip('[')
			s.more(']')
			if a, err = s.str(); err == nil {
				s.more(']')
				b, err = s.str()
			}
			if err == nil && s.more(']') {
				err = errors.New("more than two parts")
			}
			s.skip(']')
		} else {
			var both string
			if both, err = s.str(); err == nil {
				a, b, err = splitMerge(both)
			}
		}
		if err != nil {
			return fmt.Errorf("merge %d: %w", len(list), err)
		}
		list = append(list, [2]string{a, b})
	}
	p.pairs.init(len(list))
	for rank, m := range list {
		left, ok := v.ids[m[0]]
		if !ok {
			return fmt.Errorf("merge %d (%q, %q): %q is not in the vocabulary", rank, m[0], m[1], m[0])
		}
		right, ok := v.ids[m[1]]
		if !ok {
			return fmt.Errorf("merge %d (%q, %q): %q is not in the vocabulary", rank, m[0], m[1], m[1])
		}
		if len(m[1]) < len(p.prefix) {
			return fmt.Errorf("merge %d (%q, %q): %q is shorter than continuing_subword_prefix", rank, m[0], m[1], m[1])
		}
		whole := m[0] + m[1][len(p.prefix):]
		id, ok := v.ids[whole]
		if !ok {
			return fmt.Errorf("merge %d (%q, %q): the merged token %q is not in the vocabulary", rank, m[0], m[1], whole)
		}
		// A pair that is listed again takes the later rank, as in Hugging Face's table.
		p.pairs.put(left, right, uint32(rank), id)
	}
	return nil
}

// splitMerge cuts "a b" at its space; a merge of more than one space has the form of older files whose tokens hold spaces, which none published has.
func splitMerge(s string) (a, b string, err error) {
	for i := range len(s) {
		if s[i] == ' ' {
			a, b = s[:i], s[i+1:]
			for j := range len(b) {
				if b[j] == ' ' {
					return "", "", fmt.Errorf("%q has more than one space", s)
				}
			}
			return a, b, nil
		}
	}
	return "", "", fmt.Errorf("%q has no space between its parts", s)
}
