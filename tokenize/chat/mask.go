package chat

import (
	"errors"
	"strings"
)

// Span is a half-open range of bytes of a rendered text.
type Span struct{ Start, End int }

// The ways in which the assistant's words are found.
const (
	// ByBlocks: the template marks them itself with {% generation %}.
	ByBlocks = "generation-block"
	// ByPrefix: a turn is what the text of the conversation up to and including it has beyond the text of the conversation before it with the
	// generation prompt. That holds where each of these texts is the beginning of the next.
	ByPrefix = "prefix"
	// ByLast: the prefix rule applied to the last turn alone, because it does not hold for earlier ones (Options.LastTurn).
	ByLast = "last-turn"
	// ByNone: the template rewrites earlier turns, so no way holds.
	ByNone = "none"
)

// ErrRewrites says that a template changes earlier turns when later ones come, so that training on all of them would teach texts that the model never sees.
var ErrRewrites = errors.New("the chat template rewrites earlier turns (it is not prefix preserving): train on the last turn only, on single-turn rows, or use a template with generation blocks")

// Mask renders a conversation and returns the spans that the assistant writes, its end of turn included, in order, and the rule by which they were found.
// With ByNone the error is ErrRewrites and the text is there all the same. No error does not mean that there are spans: a conversation may have no answer.
func (t *Template) Mask(messages []Message, tools []byte) (text string, spans []Span, rule string, err error) {
	c, err := newConversation(messages, tools)
	if err != nil {
		return "", nil, "", err
	}
	text, spans, err = t.render(c, len(messages), false)
	if err != nil {
		return "", nil, "", err
	}
	rule = ByBlocks
	if !t.generation {
		if spans, rule = t.byPrefix(c, text); rule == ByNone {
			return text, nil, rule, ErrRewrites
		}
	}
	if t.options.SkipEmptyThink {
		for i, s := range spans {
			spans[i].Start += emptyThink(text[s.Start:s.End])
		}
	}
	return text, spans, rule, nil
}

func (t *Template) byPrefix(c conversation, text string) ([]Span, string) {
	var spans []Span
	for i, m := range c.messages {
		if roleOf(m) != "assistant" {
			continue
		}
		span, ok := t.turn(c, i, text)
		if !ok {
			return t.lastTurn(c, text)
		}
		spans = append(spans, span)
	}
	return spans, ByPrefix
}

func (t *Template) lastTurn(c conversation, text string) ([]Span, string) {
	last := len(c.messages) - 1
	if !t.options.LastTurn || roleOf(c.messages[last]) != "assistant" {
		return nil, ByNone
	}
	span, ok := t.turn(c, last, text)
	if !ok {
		return nil, ByNone
	}
	return []Span{span}, ByLast
}

// turn locates message i in the text of the whole conversation.
func (t *Template) turn(c conversation, i int, text string) (Span, bool) {
	before, _, err := t.render(c, i, true)
	if err != nil || !strings.HasPrefix(text, before) {
		return Span{}, false
	}
	after, _, err := t.render(c, i+1, false)
	if err != nil || !strings.HasPrefix(after, before) || !strings.HasPrefix(text, after) {
		return Span{}, false
	}
	return Span{len(before), len(after)}, true
}

// emptyThink returns the length of a reasoning block without content at the start of a turn, with the whitespace around it.
func emptyThink(turn string) int {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(turn, isSpace), "<think>")
	if !ok {
		return 0
	}
	rest, ok = strings.CutPrefix(strings.TrimLeftFunc(rest, isSpace), "</think>")
	if !ok {
		return 0
	}
	return len(turn) - len(strings.TrimLeftFunc(rest, isSpace))
}

// Labels says of every token whether it carries loss: whether its span overlaps one of the assistant's. Both lists are in order.
func Labels(tokens [][2]int32, spans []Span) []bool {
	out := make([]bool, len(tokens))
	k := 0
	for i, t := range tokens {
		for k < len(spans) && spans[k].End <= int(t[0]) {
			k++
		}
		out[i] = k < len(spans) && int(t[1]) > spans[k].Start && int(t[0]) < spans[k].End
	}
	return out
}

// Straddling counts the labelled tokens that also cover bytes outside of their span: there the model is trained on a piece of the prompt.
func Straddling(tokens [][2]int32, spans []Span) int {
	n, k := 0, 0
	for _, t := range tokens {
		for k < len(spans) && spans[k].End <= int(t[0]) {
			k++
		}
		if k == len(spans) {
			break
		}
		if int(t[1]) > spans[k].Start && (int(t[0]) < spans[k].Start || int(t[1]) > spans[k].End) {
			n++
		}
	}
	return n
}
