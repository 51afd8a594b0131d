package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string
	Content string
	// JSON is the whole message as a JSON object when it holds more than role and content (tool calls, a name, reasoning, content in parts); it wins
	// over the two. Its keys keep their order and its numbers their form.
	JSON []byte
}

// ParseMessages reads a JSON list of messages, as rows of chat data sets hold them. Each is an object with a role; content may be text, a list of
// parts, null or absent.
func ParseMessages(text []byte) ([]Message, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("messages must be a JSON list of objects: %w", err)
	}
	out := make([]Message, len(raw))
	for i, r := range raw {
		var err error
		if out[i], err = parseMessage(r); err != nil {
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
	}
	return out, nil
}

func parseMessage(raw []byte) (Message, error) {
	v, err := parseJSON(raw)
	if err != nil {
		return Message{}, err
	}
	m := Message{Role: roleOf(v)}
	if m.Role == "" {
		return m, errors.New(`it has no "role" that is a text, such as "user" or "assistant"`)
	}
	d := v.(*dict)
	content, _ := d.get("content")
	text, plain := content.(string)
	m.Content = text
	if !plain || len(d.keys) > 2 {
		m.JSON = raw
	}
	return m, nil
}

// MapText returns the message with every text in it but the role and the names of fields put through fn. Texts that are no valid UTF-8 come out
// valid, each ill-formed part as U+FFFD.
func (m Message) MapText(fn func(string) string) (Message, error) {
	m.Content = fn(valid(m.Content))
	if m.JSON == nil {
		return m, nil
	}
	v, err := m.value()
	if err != nil {
		return m, err
	}
	d := v.(*dict)
	for i, k := range d.keys {
		if k != "role" {
			d.vals[i] = mapText(d.vals[i], fn)
		}
	}
	var b strings.Builder
	if err := (&evaluator{}).writeJSON(&b, d, jsonStyle{item: ",", colon: ":"}, 0); err != nil {
		return m, err
	}
	m.JSON = []byte(b.String())
	return m, nil
}

func mapText(v any, fn func(string) string) any {
	switch v := v.(type) {
	case string:
		return fn(v)
	case *list:
		for i := range v.items {
			v.items[i] = mapText(v.items[i], fn)
		}
	case *dict:
		for i := range v.vals {
			v.vals[i] = mapText(v.vals[i], fn)
		}
	}
	return v
}

// valid replaces each ill-formed part of a text by U+FFFD, as browsers and Python do.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out, err := unicode.UTF8.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return out
}

// value is the message as templates see it.
func (m Message) value() (any, error) {
	if m.JSON != nil {
		v, err := parseJSON(m.JSON)
		if err != nil {
			return nil, err
		}
		if _, ok := v.(*dict); !ok {
			return nil, fmt.Errorf("must be a JSON object, not %s", typeName(v))
		}
		return v, nil
	}
	d := newDict()
	for _, kv := range [][2]string{{"role", valid(m.Role)}, {"content", valid(m.Content)}} {
		if err := d.set(kv[0], kv[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
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
