package recipe

import (
	"fmt"
	"sort"
	"strings"
)

// Mistake is one thing wrong with a recipe, with the place where it stands.
type Mistake struct {
	Line, Column int // from 1; column in characters
	Width        int // characters to underline
	Message      string
	Hint         string // what to do; shown under the line
}

// Mistakes are all things wrong with one recipe. It is an error whose text shows each with its source line underlined.
type Mistakes struct {
	File   string
	Source []byte
	List   []Mistake
}

// Error shows every mistake in the order of the file.
func (m *Mistakes) Error() string {
	lines := strings.Split(string(m.Source), "\n")
	list := append([]Mistake(nil), m.List...)
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].Line != list[j].Line {
			return list[i].Line < list[j].Line
		}
		return list[i].Column < list[j].Column
	})
	var b strings.Builder
	for _, x := range list {
		if x.Line == 0 {
			fmt.Fprintf(&b, "%s: %s\n", m.File, x.Message)
			if x.Hint != "" {
				fmt.Fprintf(&b, "      %s\n", x.Hint)
			}
			continue
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s\n", m.File, x.Line, x.Column, x.Message)
		if x.Line <= len(lines) {
			line := strings.TrimRight(strings.ReplaceAll(lines[x.Line-1], "\t", " "), "\r")
			fmt.Fprintf(&b, "%5d | %s\n", x.Line, line)
			fmt.Fprintf(&b, "      | %s%s", pad(line, x.Column-1), strings.Repeat("^", max(1, x.Width)))
			if x.Hint != "" {
				b.WriteString(" " + x.Hint)
			}
			b.WriteByte('\n')
		}
	}
	n := "1 mistake"
	if len(list) != 1 {
		n = fmt.Sprintf("%d mistakes", len(list))
	}
	b.WriteString(n + ", nothing was run")
	return b.String()
}

// pad returns white space as wide as the first n characters of line; a wide (Chinese) character takes two cells on a terminal.
func pad(line string, n int) string {
	var b strings.Builder
	for i, r := range []rune(line) {
		if i >= n {
			break
		}
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60) {
			b.WriteByte(' ')
		}
		b.WriteByte(' ')
	}
	return b.String()
}
