package tokenize

import (
	"bytes"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// addedToken is an entry of "added_tokens": a string that is cut out of the text before (or, when Normalized, after) normalisation.
type addedToken struct {
	ID         uint32 `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no word character touches it
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // looked for in the normalised text, in its own normalised form
	Special    bool   `json:"special"`
}

// addedVocabulary finds added tokens in text.
type addedVocabulary struct {
	raw        *addedTrie // looked for in the text as given
	normalized *addedTrie // looked for in the normalised text
	// written holds the normalised form of tokens that normalisation changes: it is what decoders see.
	written map[uint32]string
}

func newAddedVocabulary(t *Tokenizer, tokens []addedToken) (*addedVocabulary, error) {
	var raw, normalized addedTrie
	v := &addedVocabulary{written: map[uint32]string{}}
	for i := range tokens {
		a := &tokens[i]
		content := a.Content
		trie := &raw
		if a.Normalized {
			trie = &normalized
			if t.norm != nil {
				if content = normalizeString(t.norm, content); content != a.Content {
					v.written[a.ID] = content
				}
			}
		}
		if content == "" {
			return nil, fmt.Errorf("%q is empty after normalisation", a.Content)
		}
		trie.insert(content, a)
	}
	if raw.finish() {
		v.raw = &raw
	}
	if normalized.finish() {
		v.normalized = &normalized
	}
	return v, nil
}

// addedTrie finds the leftmost, then longest of a set of strings. Added tokens are few (up to about a thousand) and start with few different bytes, so
// a table of first bytes passes over almost all text.
type addedTrie struct {
	nodes   []trieNode
	first   [256]bool
	only    int // the one first byte, or -1
	entries int
}

type trieNode struct {
	bytes []byte // sorted
	next  []int32
	token *addedToken
}

func (t *addedTrie) insert(s string, a *addedToken) {
	if t.nodes == nil {
		t.nodes = []trieNode{{}}
	}
	at := int32(0)
	for i := range len(s) {
		n := &t.nodes[at]
		k, ok := slices.BinarySearch(n.bytes, s[i])
		if !ok {
			n.bytes = slices.Insert(n.bytes, k, s[i])
			n.next = slices.Insert(n.next, k, int32(len(t.nodes)))
			t.nodes = append(t.nodes, trieNode{})
		}
		at = t.nodes[at].next[k]
	}
	t.nodes[at].token = a
	t.entries++
}

// finish prepares the table of first bytes and reports whether the trie holds anything.
func (t *addedTrie) finish() bool {
	if t.entries == 0 {
		return false
	}
	for _, b := range t.nodes[0].bytes {
		t.first[b] = true
	}
	t.only = -1
	if len(t.nodes[0].bytes) == 1 {
		t.only = int(t.nodes[0].bytes[0])
	}
	return true
}

// longest returns the longest token at the start of b, and its length in b.
func (t *addedTrie) longest(b []byte) (*addedToken, int) {
	var best *addedToken
	size := 0
	at := int32(0)
	for i, c := range b {
		n := &t.nodes[at]
		k := slices.Index(n.bytes, c)
		if k < 0 {
			break
		}
		at = n.next[k]
		if tok := t.nodes[at].token; tok != nil {
			best, size = tok, i+1
		}
	}
	return best, size
}

// find returns the first match of b at or after i.
func (t *addedTrie) find(b []byte, i int) (tok *addedToken, start, end int) {
	for ; i < len(b); i++ {
		if t.only >= 0 {
			k := bytes.IndexByte(b[i:], byte(t.only))
			if k < 0 {
				return nil, 0, 0
			}
			i += k
		} else {
			for i < len(b) && !t.first[b[i]] {
				i++
			}
			if i == len(b) {
				return nil, 0, 0
			}
		}
		if tok, n := t.longest(b[i:]); tok != nil {
			return tok, i, i + n
		}
	}
	return nil, 0, 0
}

// next returns the first added token of b at or after from that counts: not a special one when plain is set, and within its own bounds. done is where
// the last token ended, which the white space that this one takes must not reach into.
func (t *addedTrie) next(b []byte, from, done int, plain bool) (tok *addedToken, start, end, resume int) {
	for {
		tok, start, end = t.find(b, from)
		if tok == nil {
			return nil, 0, 0, 0
		}
		resume = end
		from = end
		if plain && tok.Special {
			continue
		}
		if tok.SingleWord && (endsInWord(b[:start]) || startsWithWord(b[end:])) {
			continue
		}
		if tok.LStrip {
			start = max(trimRightSpace(b[:start]), done)
		}
		if tok.RStrip {
			end += leadingSpace(b[end:])
		}
		return tok, start, end, resume
	}
}

// isWord is \w of Rust's regex crate: letters, marks, decimal digits, connecting punctuation, the join controls and the other alphabetic characters.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return classes.of(r)&(clsLetter|clsMark) != 0 || isDecimal(r) || unicode.In(r, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}

func endsInWord(b []byte) bool {
	r, n := utf8.DecodeLastRune(b)
	return n > 0 && isWord(r)
}

func startsWithWord(b []byte) bool {
	r, n := utf8.DecodeRune(b)
	return n > 0 && isWord(r)
}

// trimRightSpace returns the length of b without the white space at its end.
func trimRightSpace(b []byte) int {
	for len(b) > 0 {
		r, n := utf8.DecodeLastRune(b)
		if classes.of(r)&clsSpace == 0 {
			break
		}
		b = b[:len(b)-n]
	}
	return len(b)
}

// leadingSpace returns the length of the white space at the start of b.
func leadingSpace(b []byte) int { return runOf(b, 0, clsSpace) }
