package tokenize

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// postProcessor adds special tokens around a text and may trim white space from offsets.
type postProcessor interface {
	// wrap returns ids with the special tokens of a single sequence.
	wrap(ids []uint32) []uint32
	// trim narrows offsets; it applies also when no special tokens are added.
	trim(e *Encoder, text []byte, ids []uint32, spans []span)
}

type postSequence []postProcessor

func (s postSequence) wrap(ids []uint32) []uint32 {
	for _, p := range s {
		ids = p.wrap(ids)
	}
	return ids
}

func (s postSequence) trim(e *Encoder, text []byte, ids []uint32, spans []span) {
	for _, p := range s {
		p.trim(e, text, ids, spans)
	}
}

// template is TemplateProcessing for one sequence, and Bert- and RobertaProcessing: ids before and after the text (the text may also come twice).
type template struct {
	parts []templatePart
	trimmer
}

// templatePart is a run of special ids, or the text when ids is nil.
type templatePart struct{ ids []uint32 }

func (p *template) wrap(ids []uint32) []uint32 {
	var out []uint32
	for _, part := range p.parts {
		if part.ids == nil {
			out = append(out, ids...)
		} else {
			out = append(out, part.ids...)
		}
	}
	return out
}

// trimmer is the offset rule of ByteLevel and RobertaProcessing with trim_offsets: white space at the ends of a token does not belong to it.
type trimmer struct {
	on             bool
	addPrefixSpace bool
}

func (trimmer) wrap(ids []uint32) []uint32 { return ids }

func (t trimmer) trim(e *Encoder, text []byte, ids []uint32, spans []span) {
	if !t.on {
		return
	}
	for i, id := range ids {
		lead, trail := edgeSpaces(e.t.tokens[id])
		s := &spans[i]
		if lead > 0 {
			if (i == 0 || s[0] == 0) && t.addPrefixSpace && lead == 1 {
				lead = 0 // the space was added, it has no place in the text
			}
			s[0] = min(stepChars(text, s[0], lead), s[1])
		}
		if trail > 0 {
			s[1] = max(stepCharsBack(text, s[1], trail), s[0])
		}
	}
}

// edgeSpaces counts the white space at both ends of a token as it is written, where Ġ is a space.
func edgeSpaces(token string) (lead, trail int) {
	space := func(r rune) bool { return r == byteRune[' '] || isSpace(r) }
	runes := []rune(token)
	for lead < len(runes) && space(runes[lead]) {
		lead++
	}
	for trail < len(runes) && space(runes[len(runes)-1-trail]) {
		trail++
	}
	return lead, trail
}

// stepChars returns the place n characters after at.
func stepChars(text []byte, at int32, n int) int32 {
	for ; n > 0 && int(at) < len(text); n-- {
		_, size := runeAt(text, int(at))
		at += int32(size)
	}
	return at
}

// stepCharsBack returns the place n characters before at, or at where the text does not hold so many.
func stepCharsBack(text []byte, at int32, n int) int32 {
	i := int(at)
	for ; n > 0; n-- {
		if i == 0 {
			return at
		}
		for i--; i > 0 && text[i]&0xC0 == 0x80; i-- {
		}
	}
	return int32(i)
}

// pairJSON is ["[SEP]", 102].
type pairJSON struct {
	token string
	id    uint32
}

func (p *pairJSON) UnmarshalJSON(b []byte) error {
	var raw []jsontext.Value
	if err := unmarshal(b, &raw); err != nil {
		return err
	}
	if len(raw) != 2 {
		return fmt.Errorf("%s is not a pair of a token and its id", b)
	}
	if err := json.Unmarshal(raw[0], &p.token); err != nil {
		return err
	}
	return json.Unmarshal(raw[1], &p.id)
}

// postJSON holds the fields of every post-processor type.
type postJSON struct {
	Type           string                  `json:"type"`
	Processors     []jsontext.Value        `json:"processors"`
	Single         []map[string]pieceJSON  `json:"single"`
	SpecialTokens  map[string]templateJSON `json:"special_tokens"`
	Sep            pairJSON                `json:"sep"`
	Cls            pairJSON                `json:"cls"`
	TrimOffsets    *bool                   `json:"trim_offsets"`
	AddPrefixSpace *bool                   `json:"add_prefix_space"`
}

type pieceJSON struct {
	ID string `json:"id"`
}

type templateJSON struct {
	IDs []uint32 `json:"ids"`
}

// parsePostProcessor reads a post-processor; nil when there is none.
func parsePostProcessor(raw jsontext.Value, t *Tokenizer) (postProcessor, error) {
	if isNull(raw) {
		return nil, nil
	}
	var p postJSON
	kind, err := typeOf(raw)
	if err != nil {
		return nil, err
	}
	if err := unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	yes := func(b *bool) bool { return b == nil || *b }
	switch kind {
	case "Sequence":
		var all postSequence
		for i, r := range p.Processors {
			x, err := parsePostProcessor(r, t)
			if err != nil {
				return nil, fmt.Errorf("processors[%d]: %w", i, err)
			}
			if x != nil {
				all = append(all, x)
			}
		}
		return all, nil
	case "ByteLevel":
		return trimmer{yes(p.TrimOffsets), yes(p.AddPrefixSpace)}, nil
	case "BertProcessing", "RobertaProcessing":
		x := &template{parts: []templatePart{{[]uint32{p.Cls.id}}, {}, {[]uint32{p.Sep.id}}}}
		if kind == "RobertaProcessing" {
			x.trimmer = trimmer{yes(p.TrimOffsets), yes(p.AddPrefixSpace)}
		}
		return x, t.checkTemplate(x)
	case "TemplateProcessing":
		x, err := p.template()
		if err != nil {
			return nil, err
		}
		return x, t.checkTemplate(x)
	}
	return nil, fmt.Errorf("unknown post-processor type %q", kind)
}

func (p *postJSON) template() (*template, error) {
	x := &template{}
	for i, piece := range p.Single {
		if s, ok := piece["SpecialToken"]; ok {
			tok, ok := p.SpecialTokens[s.ID]
			if !ok {
				return nil, fmt.Errorf("single[%d]: special token %q is not in special_tokens", i, s.ID)
			}
			x.parts = append(x.parts, templatePart{append([]uint32{}, tok.IDs...)})
			continue
		}
		if s, ok := piece["Sequence"]; !ok || s.ID != "A" {
			return nil, fmt.Errorf("single[%d]: expected a SpecialToken or the sequence A", i)
		}
		x.parts = append(x.parts, templatePart{})
	}
	return x, nil
}

// checkTemplate refuses ids outside the vocabulary.
func (t *Tokenizer) checkTemplate(x *template) error {
	for _, p := range x.parts {
		for _, id := range p.ids {
			if int64(id) >= int64(len(t.tokens)) {
				return fmt.Errorf("special token id %d lies outside the vocabulary of %d", id, len(t.tokens))
			}
		}
	}
	return nil
}
