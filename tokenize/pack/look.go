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
// grey or plain. "·" is a space, "⏎" a line break, "⇥" a tab; other invisible characters are written as escapes. Tokens that end inside of a
// character are shown together, with their number: 答×2.
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
	for k, n, count := from, 0, 0; k < to; k, count = k+n, count+1 {
		var text string
		text, n = unit(t, row, k, to)
		text = visible(text)
		ends := strings.HasSuffix(text, "⏎")
		if n > 1 {
			text += fmt.Sprintf("×%d", n)
		}
		if o.IDs {
			text += "(" + strings.Trim(fmt.Sprint(row.Tokens[k:k+n]), "[]") + ")"
		}
		_, _ = b.WriteString(dressed(text, row.Labels[k], count, o))
		if ends && k+n < to {
			_ = b.WriteByte('\n')
		}
	}
	_ = b.WriteByte('\n')
}

// dressed marks unit number count of a document.
func dressed(text string, loss bool, count int, o LookOptions) string {
	switch {
	case o.Color:
		c := colorQuiet
		if loss {
			c = colorLoss
		}
		if count%2 == 1 {
			c += colorUnder
		}
		return c + text + colorOff
	case loss:
		return "[" + text + "]"
	}
	return "|" + text
}

// maxUnit is the most tokens that are shown together because they share a character: four bytes of it, and a token that ends or begins in it.
const maxUnit = 6

// unit returns the text of token k, and of those after it when it ends inside of a character, and their number. What makes no whole characters is shown
// as the vocabulary writes it.
func unit(t *tokenize.Tokenizer, row Row, k, end int) (string, int) {
	for n := 1; n <= maxUnit && k+n <= end && row.Labels[k+n-1] == row.Labels[k]; n++ {
		if text := t.Decode(row.Tokens[k:k+n], false); text != "" && !strings.ContainsRune(text, unicode.ReplacementChar) {
			// Decoding drops the space that begins a text in sentencepiece vocabularies.
			if strings.HasPrefix(t.Token(row.Tokens[k]), "▁") && !strings.HasPrefix(text, " ") {
				text = " " + text
			}
			return text, n
		}
	}
	return t.Token(row.Tokens[k]), 1
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
