package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"winnow/tokenize"
	"winnow/tokenize/chat"
)

// Codec turns rows into tokens and back. It belongs to one goroutine; Fork makes one for another.
type Codec struct {
	// LabelOnly lets nothing but the content of the last answer carry loss, not its end-of-turn mark: for classification by label tokens.
	LabelOnly bool

	tokenizer *tokenize.Tokenizer
	encoder   *tokenize.Encoder
	template  *chat.Template // nil: messages cannot be encoded
	guard     *guard
	begin     int32   // token before plain text; -1 for none
	end       int32   // token after plain text; -1 for none
	stop      []int32 // tokens that end an answer
}

// NewCodec returns a codec. begin and end are the special tokens around plain text, "" for none.
func NewCodec(t *tokenize.Tokenizer, template *chat.Template, begin, end string) (*Codec, error) {
	c := &Codec{tokenizer: t, encoder: t.Encoder(), template: template, guard: newGuard(t), begin: -1, end: -1}
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

// digests identify the tokenizer file and the chat template.
func (c *Codec) digests() (tokenizer, template string) {
	sum := sha256.Sum256(c.tokenizer.JSON())
	if c.template != nil {
		template = c.template.Digest()
	}
	return "sha256:" + hex.EncodeToString(sum[:]), template
}

// Encoded is a row as tokens. The first token never carries loss: nothing stands before it that it could be foreseen from.
type Encoded struct {
	Tokens     []uint32
	Labels     []bool
	Bytes      int  // of text behind labelled tokens
	Straddling int  // labelled tokens that also cover a piece of the prompt
	Guarded    bool // special tokens in the text were broken up
}

// Text encodes plain text between the special tokens around it; every token carries loss but the first. Special tokens that stand in the text are
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
		e.Labels[i] = i > 0
	}
	e.Bytes = len(text)
	return e
}

// Plain encodes text alone.
func (c *Codec) Plain(text []byte) []uint32 { return c.encoder.EncodePlain(nil, text) }

// ErrNoTemplate says that messages came without a chat template to write them by.
var ErrNoTemplate = errors.New("rows with messages need a chat template: set tokenize.template")

// ErrNoLabels says that nothing in a row carries loss: training on it would teach nothing.
var ErrNoLabels = errors.New("no token of the row carries loss: the conversation has no answer of the assistant, or an empty one")

// Chat encodes a conversation; what the assistant says carries loss, its end of turn included.
func (c *Codec) Chat(messages []chat.Message) (Encoded, error) { return c.chat(messages, nil, 0) }

// chat encodes a conversation with the tools it may call, a JSON list or nil. Answers among the first known messages carry no loss.
func (c *Codec) chat(messages []chat.Message, tools []byte, known int) (Encoded, error) {
	if c.template == nil {
		return Encoded{}, ErrNoTemplate
	}
	messages, guarded, err := c.guard.messages(messages)
	if err != nil {
		return Encoded{}, err
	}
	text, spans, _, err := c.template.Mask(messages, tools)
	if err != nil {
		return Encoded{}, err
	}
	if known > 0 {
		if spans, err = c.after(messages[:known], tools, text, spans); err != nil {
			return Encoded{}, err
		}
	}
	if c.LabelOnly {
		if spans, err = labelOf(messages, text, spans); err != nil {
			return Encoded{}, err
		}
	}
	ids, at := c.encoder.EncodeSpans([]byte(text))
	e := Encoded{Tokens: ids, Labels: chat.Labels(at, spans), Straddling: chat.Straddling(at, spans), Guarded: guarded}
	carries := false
	for i := range e.Labels {
		e.Labels[i] = e.Labels[i] && i > 0
		carries = carries || e.Labels[i]
	}
	if !carries {
		return e, ErrNoLabels
	}
	for _, s := range spans {
		e.Bytes += s.End - s.Start
	}
	return e, nil
}

// after keeps of the spans what lies behind the text of the first messages.
func (c *Codec) after(first []chat.Message, tools []byte, text string, spans []chat.Span) ([]chat.Span, error) {
	shared, _, err := c.template.Render(first, tools, false)
	if err != nil {
		return nil, err
	}
	from := 0
	for from < len(shared) && from < len(text) && shared[from] == text[from] {
		from++
	}
	var out []chat.Span
	for _, s := range spans {
		if s.Start = max(s.Start, from); s.Start < s.End {
			out = append(out, s)
		}
	}
	return out, nil
}

// labelOf finds the content of the last answer in its span.
func labelOf(messages []chat.Message, text string, spans []chat.Span) ([]chat.Span, error) {
	if len(spans) == 0 {
		return nil, ErrNoLabels
	}
	label := strings.TrimSpace(messages[len(messages)-1].Content)
	last := spans[len(spans)-1]
	at := strings.Index(text[last.Start:last.End], label)
	if label == "" || at < 0 {
		return nil, fmt.Errorf("%w: for classification the last message must be the label, as the template writes it; it is %.40q", ErrNoLabels, label)
	}
	return []chat.Span{{Start: last.Start + at, End: last.Start + at + len(label)}}, nil
}

// Prompt encodes a conversation up to where the assistant's answer begins.
func (c *Codec) Prompt(messages []chat.Message) ([]uint32, error) {
	if c.template == nil {
		return nil, ErrNoTemplate
	}
	messages, _, err := c.guard.messages(messages)
	if err != nil {
		return nil, err
	}
	text, _, err := c.template.Render(messages, nil, true)
	if err != nil {
		return nil, err
	}
	return c.encoder.Encode(nil, []byte(text)), nil
}

// Decode returns the text of tokens, special ones left out.
func (c *Codec) Decode(tokens []int32) string {
	ids := make([]uint32, len(tokens))
	for i, t := range tokens {
		ids[i] = uint32(t)
	}
	return c.tokenizer.Decode(ids, true)
}
