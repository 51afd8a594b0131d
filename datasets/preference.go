package datasets

import (
	"bytes"
	"fmt"
)

// preference makes the two sides of a row: dialogues as text or lists of messages, or answers to a prompt.
func (a *assembler) preference(r *record, heads map[string]int) *rowError {
	var err *rowError
	if a.turns, err = a.side(r, ColChosen, a.turns[:0], heads); err != nil {
		return err
	}
	if a.other, err = a.side(r, ColRejected, a.other[:0], heads); err != nil {
		return err
	}
	a.appendTurns(ColChosen, a.turns)
	a.appendTurns(ColRejected, a.other)
	return nil
}

func (a *assembler) side(r *record, role string, turns []turn, heads map[string]int) ([]turn, *rowError) {
	if system := a.optional(r, roleSystem, heads); len(bytes.TrimSpace(system)) > 0 {
		turns = append(turns, turn{"system", system})
	}
	p := a.roles[role]
	c := a.get(r, p, heads)
	var prompt cell
	pp, hasPrompt := a.roles[rolePrompt]
	if hasPrompt {
		prompt = a.get(r, pp, heads)
	}
	if c.kind == stringCell && prompt.kind == nullCell {
		if split, ok := splitDialogue(c.text, turns); ok {
			return split, nil
		}
	}
	before := len(turns)
	switch prompt.kind {
	case stringCell:
		if split, ok := splitDialogue(prompt.text, turns); ok {
			turns = split
			if n := len(turns); n > before && turns[n-1].role == "assistant" && len(turns[n-1].content) == 0 {
				turns = turns[:n-1] // the prompt ends where the answer begins
			}
		} else {
			turns = append(turns, turn{"user", prompt.text})
		}
	case nestedCell:
		var reason string
		if turns, reason = parseTurns(prompt.text, turns, &a.arena); reason != "" {
			return turns, &rowError{Line: r.line, Column: pp.column, Reason: reason}
		}
	}
	switch c.kind {
	case stringCell:
		if looksLikeTurns(c.text) {
			return a.answerTurns(r, p, turns, before, heads)
		}
		if len(turns) == before && isSentence(p.column) {
			return append(turns, turn{RoleText, c.text}), nil
		}
		if len(turns) == before {
			return turns, &rowError{Line: r.line, Column: p.column, Reason: "the answer stands without its prompt: it is no dialogue of Human and Assistant, and the row has no column for the prompt"}
		}
		return append(turns, turn{"assistant", c.text}), nil
	case nestedCell:
		return a.answerTurns(r, p, turns, before, heads)
	}
	return turns, &rowError{Line: r.line, Column: p.column, Reason: fmt.Sprintf("the row has no %s answer", role)}
}

// answerTurns appends a side that is a list of messages. A list that begins with the prompt's own messages replaces them.
func (a *assembler) answerTurns(r *record, p place, turns []turn, before int, heads map[string]int) ([]turn, *rowError) {
	prompt := len(turns)
	turns, err := a.turnList(r, p, turns, heads)
	if err != nil {
		return turns, err
	}
	if prompt > before && len(turns) > prompt && turns[prompt].role != "assistant" {
		turns = append(turns[:before], turns[prompt:]...)
	}
	return turns, nil
}

// isSentence says whether a column holds plain sentences of stereotype pairs, which answer nothing.
func isSentence(column string) bool {
	for _, c := range sentencePairs {
		if column == c.stereotype || column == c.other {
			return true
		}
	}
	return false
}
