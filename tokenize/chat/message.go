package chat

import (
	"encoding/json"
	"errors"
	"fmt"
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
	for _, kv := range [][2]string{{"role", m.Role}, {"content", m.Content}} {
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
