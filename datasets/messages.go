package datasets

import (
	"bytes"
	"fmt"
	"strings"
)

// turn is one message.
type turn struct {
	role    string
	content []byte
}

// roleKeys and contentKeys are the member names of a message in published chats: OpenAI's, ShareGPT's, and a few others.
var (
	roleKeys    = []string{"role", "from", "speaker"}
	contentKeys = []string{"content", "value", "text"}
)

// roleNames gives the roles of chats one spelling. Others stay as they are, in lower case.
var roleNames = map[string]string{
	"human": "user", "prompter": "user", "customer": "user", "用户": "user",
	"gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "bard": "assistant", "bing": "assistant", "model": "assistant", "ai": "assistant", "助手": "assistant",
	"observation": "tool", "function": "tool", "function_response": "tool", "tool_response": "tool",
}

func normalRole(role string) string {
	r := strings.ToLower(strings.TrimSpace(role))
	if n, ok := roleNames[r]; ok {
		return n
	}
	return r
}

// looksLikeTurns reports whether a JSON text begins like a list of messages.
func looksLikeTurns(b []byte) bool {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '[' {
		return false
	}
	i = skipSpace(b, i+1)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	object := b[i:min(len(b), i+4096)]
	return hasKey(object, roleKeys) && hasKey(object, contentKeys)
}

func hasKey(object []byte, keys []string) bool {
	for _, k := range keys {
		if bytes.Contains(object, []byte(`"`+k+`"`)) {
			return true
		}
	}
	return false
}

// parseTurns appends the messages of a JSON list to turns. The reason is not empty when it is no list of messages with text.
func parseTurns(list []byte, turns []turn, arena *[]byte) (out []turn, reason string) {
	i := skipSpace(list, 0)
	if i >= len(list) || list[i] != '[' {
		return turns, "it is no list of messages"
	}
	n := 0
	eachElement(list, func(e []byte) bool {
		n++
		var t turn
		t, reason = parseTurn(e, arena)
		if reason != "" {
			reason = fmt.Sprintf("message %d: %s", n, reason)
			return false
		}
		turns = append(turns, t)
		return true
	})
	if n == 0 {
		return turns, "the list of messages is empty"
	}
	return turns, reason
}

func parseTurn(object []byte, arena *[]byte) (t turn, reason string) {
	if len(object) == 0 || object[0] != '{' {
		return t, "it is no object with role and content"
	}
	var role, content cell
	hasRole, hasContent, calls := false, false, false
	eachMember(object, func(name, value []byte) bool {
		key := string(unescape(name, arena))
		switch {
		case !hasRole && contains(roleKeys, key):
			role, hasRole = cellOfJSON(value, arena), true
		case !hasContent && contains(contentKeys, key):
			content, hasContent = cellOfJSON(value, arena), true
		case key == "tool_calls" && len(value) > 4:
			calls = true
		}
		return true
	})
	if role.kind != stringCell || len(bytes.TrimSpace(role.text)) == 0 {
		return t, "it has no role (role, from or speaker)"
	}
	t.role = normalRole(string(role.text))
	switch content.kind {
	case stringCell:
		t.content = content.text
	case nestedCell:
		t.content, reason = joinParts(content.text, arena)
	case nullCell:
		if calls {
			return t, "it calls a tool and holds no text"
		}
		return t, "it has no text (content, value or text)"
	default:
		t.content = content.text
	}
	return t, reason
}

// joinParts joins the text parts of a message whose content is a list of parts. A part that is no text (an image) cannot be carried.
func joinParts(list []byte, arena *[]byte) (content []byte, reason string) {
	n := 0
	eachElement(list, func(part []byte) bool {
		c := cellOfJSON(part, arena)
		if c.kind == nestedCell {
			kind := lookup(part, []string{"type"}, arena)
			c = lookup(part, []string{"text"}, arena)
			if kind.kind == stringCell && string(kind.text) != "text" {
				reason = fmt.Sprintf("its content holds a part of type %q, which is no text", kind.text)
				return false
			}
		}
		if c.kind != stringCell {
			reason = "its content holds a part without text"
			return false
		}
		if n > 0 {
			content = append(content, '\n')
		}
		content = append(content, c.text...)
		n++
		return true
	})
	if n == 0 && reason == "" {
		reason = "its content is an empty list"
	}
	return content, reason
}

// splitDialogue appends the turns of a dialogue written as one text, "\n\nHuman: … \n\nAssistant: …" as in hh-rlhf. ok is false when it is no such text.
func splitDialogue(text []byte, turns []turn) (out []turn, ok bool) {
	human, assistant := []byte("\n\nHuman:"), []byte("\n\nAssistant:")
	rest := text
	if !bytes.HasPrefix(rest, human) && !bytes.HasPrefix(rest, assistant) {
		if !bytes.HasPrefix(rest, human[2:]) {
			return turns, false
		}
		rest = append([]byte("\n\n"), rest...)
	}
	for len(rest) > 0 {
		role, mark := "user", human
		if bytes.HasPrefix(rest, assistant) {
			role, mark = "assistant", assistant
		}
		rest = rest[len(mark):]
		end := len(rest)
		for _, m := range [][]byte{human, assistant} {
			if k := bytes.Index(rest, m); k >= 0 && k < end {
				end = k
			}
		}
		turns = append(turns, turn{role, bytes.TrimSpace(rest[:end])})
		rest = rest[end:]
	}
	return turns, true
}

// parseHistory appends the turns of Alpaca's `history`: a list of [question, answer] pairs, or a list of messages.
func parseHistory(c cell, turns []turn, arena *[]byte) (out []turn, reason string) {
	if c.kind == nullCell || len(bytes.TrimSpace(c.text)) == 0 {
		return turns, ""
	}
	if c.kind == stringCell {
		if c.text[0] != '[' {
			return turns, "history is text, not a list of [question, answer] pairs"
		}
		var checker jsonChecker
		if err := checker.check(c.text); err != nil {
			return turns, "history is " + err.Error()
		}
	}
	if looksLikeTurns(c.text) {
		return parseTurns(c.text, turns, arena)
	}
	eachElement(c.text, func(pair []byte) bool {
		k := 0
		eachElement(pair, func(side []byte) bool {
			v := cellOfJSON(side, arena)
			if v.kind != stringCell || k > 1 {
				k = 3
				return false
			}
			turns = append(turns, turn{[...]string{"user", "assistant"}[k], v.text})
			k++
			return true
		})
		if k != 2 {
			reason = "history holds something that is no [question, answer] pair"
			return false
		}
		return true
	})
	return turns, reason
}
