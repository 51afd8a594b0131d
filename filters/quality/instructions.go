package quality

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"winnow/filters"
)

// refusals open an answer that a model gave instead of the one that was asked for. They are looked for in the first characters of an answer only.
var refusals = [][]byte{
	[]byte("as an ai language model"), []byte("as an ai model"), []byte("as a language model"), []byte("i'm sorry, but i can't"), []byte("i'm sorry, but i cannot"),
	[]byte("i am sorry, but i cannot"), []byte("i cannot fulfill"), []byte("i can't assist with"), []byte("i cannot assist with"), []byte("i'm unable to"),
	[]byte("作为一个人工智能"), []byte("作为人工智能"), []byte("作为一个ai"), []byte("作为ai语言模型"), []byte("作为一个语言模型"), []byte("作为一名ai"),
	[]byte("很抱歉，我无法"), []byte("抱歉，我不能"), []byte("对不起，我无法"),
}

const refusalWindow = 160 // bytes from the start of an answer

// answerFault returns what is wrong with the answers of a row of messages, "" when nothing is: an empty answer, a refusal, a prompt that is its own answer,
// an answer in another script than the prompt's, an answer that breaks off.
func answerFault(row *filters.Row) string {
	var prompt []byte
	answers := 0
	for _, p := range row.Pieces() {
		switch p.Role {
		case "user", "source":
			prompt = bytes.TrimSpace(p.Text)
			continue
		case "assistant":
		default:
			continue
		}
		answers++
		answer := bytes.TrimSpace(p.Text)
		switch {
		case len(answer) == 0:
			return "empty answer"
		case refused(answer):
			return "refusal"
		case len(prompt) > 20 && bytes.Equal(answer, prompt):
			return "prompt copied"
		case brokenOff(answer):
			return "answer breaks off"
		}
	}
	if answers == 0 && len(row.Pieces()) > 1 && row.Pieces()[0].Role == "user" {
		return "no answer"
	}
	return ""
}

func refused(answer []byte) bool {
	head := answer[:min(len(answer), refusalWindow)]
	for _, r := range refusals {
		if containsFold(head, r) {
			return true
		}
	}
	return false
}

// brokenOff reports whether a long answer ends in the middle of a sentence: its last character is a letter or a comma although earlier sentences are closed.
func brokenOff(answer []byte) bool {
	if utf8.RuneCount(answer) < 400 || bytes.Contains(answer, []byte("```")) {
		return false
	}
	last := answer[bytes.LastIndexByte(answer, '\n')+1:]
	r, _ := utf8.DecodeLastRune(answer)
	if r != ',' && r != '，' && r != '、' && !unicode.IsLetter(r) {
		return false
	}
	// A last line without any closed sentence may be a list entry or a signature.
	return utf8.RuneCount(last) > 60 && (bytes.Contains(last, []byte(". ")) || bytes.Contains(last, []byte("。")))
}
