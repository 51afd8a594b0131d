package pack

import (
	"errors"
	"fmt"
	"strings"

	"winnow/tokenize"
	"winnow/tokenize/chat"
)

// Codec turns rows into tokens and back. It belongs to one goroutine; Fork makes one for another.
type Codec struct {
	tokenizer *tokenize.Tokenizer
	encoder   *tokenize.Encoder
	template  *chat.Template // nil: messages cannot be encoded
	begin     int32          // token before plain text; -1 for none
	end       int32          // token after plain text; -1 for none
	stop      []int32        // tokens that end an answer
}

// NewCodec returns a codec. begin and end are the special tokens around plain text, "" for none.
func NewCodec(t *tokenize.Tokenizer, template *chat.Template, begin, end string) (*Codec, error) {
	c := &Codec{tokenizer: t, encoder: t.Encoder(), template: template, begin: -1, end: -1}
	for _, s := range []struct {
		token string
		id    *int32
	}{{begin, &c.begin}, {end, &c.end}} {
		if s.token == "" {
			continue
		}
		id, ok := t.ID(s.token)
		if !ok {
			return nil, fmt.Errorf("the tokenizer has no token %q", s.token)
		}
		*s.id = int32(id)
	}
	for _, name := range []string{end, "<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>"} {
		if id, ok := t.ID(name); ok && name != "" && t.Special(id) {
			c.stop = append(c.stop, int32(id))
		}
	}
	return c, nil
}

// Fork returns a codec for another goroutine.
func (c *Codec) Fork() *Codec {
	out := *c
	out.encoder = c.tokenizer.Encoder()
	return &out
}

// Tokenizer returns the codec's tokenizer.
func (c *Codec) Tokenizer() *tokenize.Tokenizer { return c.tokenizer }

// Begin returns the token before plain text, -1 for none.
func (c *Codec) Begin() int32 { return c.begin }

// Stop returns the tokens that end an answer.
func (c *Codec) Stop() []int32 { return c.stop }

// Encoded is a row as tokens.
type Encoded struct {
	Tokens []uint32
	Labels []bool
	Bytes  int // of text behind labelled tokens
}

// Text encodes plain text between the special tokens around it; every token carries loss but the one before. Special tokens that stand in the text are
// encoded as the letters they are.
func (c *Codec) Text(text []byte) Encoded {
	var e Encoded
	if c.begin >= 0 {
		e.Tokens = append(e.Tokens, uint32(c.begin))
	}
	e.Tokens = c.encoder.EncodePlain(e.Tokens, text)
	if c.end >= 0 {
		e.Tokens = append(e.Tokens, uint32(c.end))
	}
	e.Labels = make([]bool, len(e.Tokens))
	for i := range e.Labels {
		e.Labels[i] = i > 0 || c.begin < 0
	}
	e.Bytes = len(text)
	return e
}

// Plain encodes text alone.
func (c *Codec) Plain(text []byte) []uint32 { return c.encoder.EncodePlain(nil, text) }

// ErrNoTemplate says that messages came without a chat template to write them by.
var ErrNoTemplate = errors.New("rows with messages need a chat template: set tokenize.template")

// ErrNoLabels says that nothing in a row carries loss.
var ErrNoLabels = errors.New("no token of the row carries loss: the conversation has no answer of the assistant")

// Chat encodes a conversation; what the assistant says carries loss, its end of turn included.
func (c *Codec) Chat(messages []chat.Message) (Encoded, error) {
	if c.template == nil {
		return Encoded{}, ErrNoTemplate
	}
	text, spans, rule, err := c.template.Mask(guarded(messages, c.tokenizer), nil)
	if err != nil {
		return Encoded{}, err
	}
	if rule == chat.ByNone {
		return Encoded{}, chat.ErrRewrites
	}
	ids, at := c.encoder.EncodeSpans([]byte(text))
	e := Encoded{Tokens: ids, Labels: chat.Labels(at, spans)}
	any := false
	for i, l := range e.Labels {
		any = any || l && i > 0
	}
	if !any {
		return e, ErrNoLabels
	}
	for _, s := range spans {
		e.Bytes += s.End - s.Start
	}
	return e, nil
}

// Prompt encodes a conversation up to where the assistant's answer begins.
func (c *Codec) Prompt(messages []chat.Message) ([]uint32, error) {
	if c.template == nil {
		return nil, ErrNoTemplate
	}
	text, _, err := c.template.Render(guarded(messages, c.tokenizer), nil, true)
	if err != nil {
		return nil, err
	}
	return c.encoder.Encode(nil, []byte(text)), nil
}

// guarded takes special tokens out of what people wrote, so that no row can end a turn or begin another one's.
func guarded(messages []chat.Message, t *tokenize.Tokenizer) []chat.Message {
	out := messages
	for i, m := range messages {
		clean := WithoutSpecial(m.Content, t)
		if clean == m.Content {
			continue
		}
		if &out[0] == &messages[0] {
			out = append([]chat.Message(nil), messages...)
		}
		out[i].Content = clean
	}
	return out
}

// WithoutSpecial breaks special tokens of the form <|name|> or <name> in a text by a space after their first character.
func WithoutSpecial(s string, t *tokenize.Tokenizer) string {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			return s
		}
		i += from
		j := strings.IndexByte(s[i:], '>')
		if j < 0 {
			return s
		}
		if id, ok := t.ID(s[i : i+j+1]); ok && t.Special(id) {
			s = s[:i+1] + " " + s[i+1:]
		}
		from = i + 1
	}
}

// Decode returns the text of tokens, special ones left out.
func (c *Codec) Decode(tokens []int32) string {
	ids := make([]uint32, len(tokens))
	for i, t := range tokens {
		ids[i] = uint32(t)
	}
	return c.tokenizer.Decode(ids, true)
}
