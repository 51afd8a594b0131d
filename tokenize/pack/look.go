package pack

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"winnow/tokenize"
)

// LookOptions say how Look shows a row.
type LookOptions struct {
	Color bool // ANSI colours instead of brackets
	IDs   bool // the id behind each token
}

// Colours of Look: tokens that carry loss stand out, and every second token is underlined so that their borders show.
const (
	colorLoss  = "\x1b[32m"
	colorQuiet = "\x1b[90m"
	colorHead  = "\x1b[1m"
	colorUnder = "\x1b[4m"
	colorOff   = "\x1b[0m"
)

// Look writes a packed row token by token as the model sees it: a headline for each document, tokens that carry loss in green or in brackets, others
// grey or plain. "·" is a space, "⏎" a line break, "⇥" a tab; other invisible characters are written as escapes. A token that is only a part of a
// character is shown as the vocabulary writes it.
func Look(w io.Writer, t *tokenize.Tokenizer, row Row, o LookOptions) error {
	b := bufio.NewWriter(w)
	for i, from := range row.Starts {
		to := len(row.Tokens)
		if i+1 < len(row.Starts) {
			to = int(row.Starts[i+1])
		}
		lookAt(b, t, row, i, int(from), to, o)
	}
	return b.Flush()
}

// lookAt writes document i, which is tokens from to to.
func lookAt(b *bufio.Writer, t *tokenize.Tokenizer, row Row, i, from, to int, o LookOptions) {
	loss := 0
	for _, l := range row.Labels[from:to] {
		if l {
			loss++
		}
	}
	head := fmt.Sprintf("document %d of %d: row %s, %d tokens, %d carry loss", i+1, len(row.Starts), row.IDs[i], to-from, loss)
	if len(row.Groups) > 0 {
		head += ", groups " + strings.Join(row.Groups, " ")
	}
	if row.Weight != 1 {
		head += fmt.Sprintf(", weight %g", row.Weight)
	}
	head = "── " + printable(head) + " ──"
	if o.Color {
		head = colorHead + head + colorOff
	}
	_, _ = fmt.Fprintln(b, head) // errors of a bufio.Writer stay until Flush
	for k := from; k < to; k++ {
		text := visible(tokenText(t, row.Tokens[k]))
		ends := strings.HasSuffix(text, "⏎")
		if o.IDs {
			text += fmt.Sprintf("(%d)", row.Tokens[k])
		}
		_, _ = b.WriteString(dressed(text, row.Labels[k], k, o))
		if ends && k+1 < to {
			_ = b.WriteByte('\n')
		}
	}
	_ = b.WriteByte('\n')
}

// dressed marks one token.
func dressed(text string, loss bool, k int, o LookOptions) string {
	switch {
	case o.Color:
		c := colorQuiet
		if loss {
			c = colorLoss
		}
		if k%2 == 1 {
			c += colorUnder
		}
		return c + text + colorOff
	case loss:
		return "[" + text + "]"
	}
	return "|" + text
}

// tokenText is the text of one token; decoding one alone drops a leading space of sentencepiece vocabularies, which is put back.
func tokenText(t *tokenize.Tokenizer, id uint32) string {
	raw := t.Token(id)
	text := t.Decode([]uint32{id}, false)
	switch {
	case strings.ContainsRune(text, unicode.ReplacementChar), text == "":
		return raw
	case strings.HasPrefix(raw, "▁") && !strings.HasPrefix(text, " "):
		return " " + text
	}
	return text
}

// visible writes what would not show, or would steer the terminal.
func visible(s string) string {
	return printable(strings.NewReplacer(" ", "·", "\n", "⏎", "\t", "⇥").Replace(s))
}

// printable writes characters that do not print as escapes.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
