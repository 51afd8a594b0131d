package chat

import (
	"errors"
	"fmt"
	"strings"
)

// The ways in which the assistant's words are found.
const (
	ByBlocks = "generation-block" // the template marks them itself
	ByPrefix = "prefix"           // by what a text gains from one message to the next
	ByNone   = "none"             // the template rewrites earlier turns, so neither way holds
)

// ErrRewrites says that a template changes earlier turns when later ones come, so that training on all of them would teach texts that the model never sees.
var ErrRewrites = errors.New("the chat template rewrites earlier turns (it is not prefix preserving): train on single-turn rows, or use a template with generation blocks")

// Mask renders a conversation and returns the spans that the assistant writes, its end of turn included, and the rule by which they were found. With ByNone the error
// is ErrRewrites and the text is there all the same.
func (t *Template) Mask(messages []Message, tools []byte) (text string, spans []Span, rule string, err error) {
	values := make([]any, len(messages))
	for i, m := range messages {
		if values[i], err = m.value(); err != nil {
			return "", nil, "", fmt.Errorf("message %d: %w", i+1, err)
		}
	}
	text, spans, err = t.render(values, tools, false)
	if err != nil {
		return "", nil, "", err
	}
	if t.generation {
		return text, spans, ByBlocks, nil
	}
	spans = nil
	for i, v := range values {
		if roleOf(v) != "assistant" {
			continue
		}
		before, _, err := t.render(values[:i], tools, true)
		if err != nil {
			return text, nil, ByNone, ErrRewrites
		}
		after, _, err := t.render(values[:i+1], tools, false)
		if err != nil {
			return text, nil, ByNone, ErrRewrites
		}
		if !strings.HasPrefix(after, before) || !strings.HasPrefix(text, after) {
			return text, nil, ByNone, ErrRewrites
		}
		spans = append(spans, Span{len(before), len(after)})
	}
	return text, spans, ByPrefix, nil
}

func roleOf(v any) string {
	d, ok := v.(*dict)
	if !ok {
		return ""
	}
	role, _ := d.get("role")
	s, _ := role.(string)
	return s
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
