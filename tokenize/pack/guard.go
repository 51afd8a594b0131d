package pack

import (
	"strings"
	"unicode/utf8"

	"winnow/tokenize"
	"winnow/tokenize/chat"
)

// guard takes special tokens out of what people wrote, so that no row can end a turn or begin another one's. The text of a conversation goes through
// the template before it is encoded, so a special token in it could not be told from the template's own; a space after its first character breaks it.
type guard struct {
	byFirst [256][]string // special tokens by their first byte
}

func newGuard(t *tokenize.Tokenizer) *guard {
	g := &guard{}
	for id := range t.VocabSize() {
		if !t.Special(uint32(id)) {
			continue
		}
		if token := t.Token(uint32(id)); token != "" {
			g.byFirst[token[0]] = append(g.byFirst[token[0]], token)
		}
	}
	return g
}

// text breaks the special tokens in s.
func (g *guard) text(s string) string {
	var b strings.Builder
	from := 0
	for at := 0; at < len(s); at++ {
		for _, token := range g.byFirst[s[at]] {
			if strings.HasPrefix(s[at:], token) {
				_, n := utf8.DecodeRuneInString(s[at:])
				b.WriteString(s[from:at+n] + " ")
				from = at + n
				break
			}
		}
	}
	if from == 0 {
		return s
	}
	return b.String() + s[from:]
}

// messages guards all texts of a conversation and says whether one was changed.
func (g *guard) messages(in []chat.Message) (out []chat.Message, changed bool, err error) {
	out = make([]chat.Message, len(in))
	for i, m := range in {
		if out[i], err = m.MapText(func(s string) string {
			clean := g.text(s)
			changed = changed || clean != s
			return clean
		}); err != nil {
			return nil, false, err
		}
	}
	return out, changed, nil
}
