package chat

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	tokEOF      kind = iota
	tokData          // text between tags
	tokVarOpen       // {{
	tokVarClose      // }}
	tokOpen          // {%
	tokClose         // %}
	tokName
	tokInt
	tokFloat
	tokString
	tokOp
)

type token struct {
	kind kind
	text string
	line int
}

// lexer cuts a template into tokens with the two settings that Hugging Face renders chat templates with: trim_blocks (a line break right after
// a block tag or a comment goes) and lstrip_blocks (blanks between the start of a line and a block tag or a comment go). A "-" in a tag strips
// all whitespace on its side, a "+" switches the setting off there.
type lexer struct {
	src       string
	pos       int
	toks      []token
	lineStart bool // what was consumed last ended in a line break, or nothing was
	line      int
	counted   int // bytes of src whose line breaks are in line
}

// lex returns the tokens of a template. Line breaks of all kinds become "\n" and one at the very end is dropped, as in Jinja.
func lex(src string) ([]token, error) {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	lx := &lexer{src: strings.TrimSuffix(src, "\n"), lineStart: true, line: 1}
	for lx.pos < len(lx.src) {
		if err := lx.next(); err != nil {
			return nil, err
		}
	}
	lx.emit(tokEOF, "")
	return lx.toks, nil
}

func (lx *lexer) emit(k kind, text string) {
	lx.line += strings.Count(lx.src[lx.counted:lx.pos], "\n")
	lx.counted = lx.pos
	lx.toks = append(lx.toks, token{k, text, lx.line})
}

func (lx *lexer) errorf(format string, args ...any) error {
	line := 1 + strings.Count(lx.src[:min(lx.pos, len(lx.src))], "\n")
	return fmt.Errorf("template line %d: %s", line, fmt.Sprintf(format, args...))
}

// next consumes text up to a tag, and that tag.
func (lx *lexer) next() error {
	rest := lx.src[lx.pos:]
	open := nextTag(rest)
	if open < 0 {
		lx.emit(tokData, rest)
		lx.pos = len(lx.src)
		return nil
	}
	text, tag := rest[:open], rest[open:open+2]
	sign := byte(0)
	if open+2 < len(rest) && (rest[open+2] == '-' || rest[open+2] == '+') {
		sign = rest[open+2]
	}
	switch {
	case sign == '-':
		text = strings.TrimRightFunc(text, isSpace)
	case sign == 0 && tag != "{{":
		if at := strings.LastIndexByte(text, '\n') + 1; (at > 0 || lx.lineStart) && strings.TrimLeftFunc(text[at:], isSpace) == "" {
			text = text[:at]
		}
	}
	if text != "" {
		lx.emit(tokData, text)
	}
	lx.pos += open + 2
	if sign != 0 {
		lx.pos++
	}
	lx.lineStart = false
	switch tag {
	case "{#":
		end := strings.Index(lx.src[lx.pos:], "#}")
		if end < 0 {
			return lx.errorf("the comment is never closed by #}")
		}
		mark := byte(0)
		if end > 0 {
			mark = lx.src[lx.pos+end-1]
		}
		lx.pos += end + 2
		lx.after(mark, true)
		return nil
	case "{{":
		lx.emit(tokVarOpen, tag)
		return lx.inside("}}", tokVarClose)
	}
	if end, ok := lx.rawTag("raw"); ok {
		return lx.raw(end)
	}
	lx.emit(tokOpen, tag)
	return lx.inside("%}", tokClose)
}

// nextTag finds the first "{{", "{%" or "{#".
func nextTag(s string) int {
	for i := 0; ; {
		at := strings.IndexByte(s[i:], '{')
		if at < 0 || i+at+1 >= len(s) {
			return -1
		}
		i += at
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
		i++
	}
}

// after drops what follows a tag: all whitespace after a "-", one line break after a block tag or comment without sign.
func (lx *lexer) after(mark byte, block bool) {
	rest := lx.src[lx.pos:]
	switch {
	case mark == '-':
		trimmed := strings.TrimLeftFunc(rest, isSpace)
		gone := rest[:len(rest)-len(trimmed)]
		lx.pos += len(gone)
		lx.lineStart = strings.HasSuffix(gone, "\n")
	case mark != '+' && block && strings.HasPrefix(rest, "\n"):
		lx.pos++
		lx.lineStart = true
	}
}

// rawTag says whether the tag that opens here is `{% name %}`, and where it ends.
func (lx *lexer) rawTag(name string) (end int, ok bool) {
	rest := lx.src[lx.pos:]
	s := strings.TrimLeftFunc(rest, isSpace)
	if !strings.HasPrefix(s, name) {
		return 0, false
	}
	s = strings.TrimLeftFunc(s[len(name):], isSpace)
	if strings.HasPrefix(s, "-%}") {
		s = s[1:]
	}
	if !strings.HasPrefix(s, "%}") {
		return 0, false
	}
	return lx.pos + len(rest) - len(s) + 2, true
}

// raw consumes `{% raw %} … {% endraw %}`, whose open tag ends at end.
func (lx *lexer) raw(end int) error {
	mark := lx.src[end-3]
	lx.pos = end
	lx.after(mark, false) // the line break after {% raw %} belongs to its text
	from := lx.pos
	for {
		at := strings.Index(lx.src[lx.pos:], "{%")
		if at < 0 {
			return lx.errorf("{%% raw %%} is never closed by {%% endraw %%}")
		}
		stop := lx.pos + at
		lx.pos = stop + 2
		sign := byte(0)
		if lx.pos < len(lx.src) && (lx.src[lx.pos] == '-' || lx.src[lx.pos] == '+') {
			sign = lx.src[lx.pos]
			lx.pos++
		}
		end, ok := lx.rawTag("endraw")
		if !ok {
			continue
		}
		text := lx.src[from:stop]
		switch sign {
		case '-':
			text = strings.TrimRightFunc(text, isSpace)
		case 0:
			if nl := strings.LastIndexByte(text, '\n') + 1; nl > 0 && strings.TrimLeftFunc(text[nl:], isSpace) == "" {
				text = text[:nl]
			}
		}
		lx.emit(tokData, text)
		lx.pos = end
		lx.lineStart = false
		lx.after(lx.src[end-3], true)
		return nil
	}
}

// inside cuts the expression part of a tag up to its closing mark, which counts only where all brackets are closed.
func (lx *lexer) inside(shut string, shutKind kind) error {
	var brackets []byte
	for {
		lx.pos += len(lx.src[lx.pos:]) - len(strings.TrimLeftFunc(lx.src[lx.pos:], isSpace))
		rest := lx.src[lx.pos:]
		if rest == "" {
			return lx.errorf("the tag is never closed by %s", shut)
		}
		if len(brackets) == 0 {
			mark, body := byte(0), rest
			if (rest[0] == '-' || rest[0] == '+') && len(rest) > 1 {
				mark, body = rest[0], rest[1:]
			}
			if strings.HasPrefix(body, shut) && (mark != '+' || shut == "%}") {
				lx.emit(shutKind, shut)
				lx.pos += len(rest) - len(body) + 2
				lx.after(mark, shut == "%}")
				return nil
			}
		}
		c := rest[0]
		switch {
		case c == '"' || c == '\'':
			n := 1
			for n < len(rest) && rest[n] != c {
				if rest[n] == '\\' {
					n++
				}
				n++
			}
			if n >= len(rest) {
				return lx.errorf("a string that starts with %c is never closed", c)
			}
			text, err := unescape(rest[1:n])
			if err != nil {
				return lx.errorf("%v", err)
			}
			lx.emit(tokString, text)
			lx.pos += n + 1
		case c >= '0' && c <= '9':
			text, k := lx.number(rest)
			lx.emit(k, text)
			lx.pos += len(text)
		default:
			if n := nameLen(rest); n > 0 {
				lx.emit(tokName, rest[:n])
				lx.pos += n
				continue
			}
			op := operator(rest)
			if op == "" {
				return lx.errorf("unexpected character %q", firstRune(rest))
			}
			switch c {
			case '(', '[', '{':
				brackets = append(brackets, c)
			case ')', ']', '}':
				if len(brackets) == 0 || !closes(brackets[len(brackets)-1], c) {
					return lx.errorf("unexpected %q", string(c))
				}
				brackets = brackets[:len(brackets)-1]
			}
			lx.emit(tokOp, op)
			lx.pos += len(op)
		}
	}
}

func firstRune(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	return string(r)
}

func closes(open, shut byte) bool {
	return open == '(' && shut == ')' || open == '[' && shut == ']' || open == '{' && shut == '}'
}

func nameLen(s string) int {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return i
		}
	}
	return len(s)
}

func operator(s string) string {
	if len(s) >= 2 {
		switch s[:2] {
		case "==", "!=", "<=", ">=", "//", "**":
			return s[:2]
		}
	}
	if strings.IndexByte("+-*/%~<>=.,:|()[]{}", s[0]) >= 0 {
		return s[:1]
	}
	return ""
}

// number consumes digits with single underscores between them, and a fraction or exponent unless the number follows a "." (as in list.0).
func (lx *lexer) number(s string) (string, kind) {
	digits := func(i int) int {
		for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '_' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9') {
			i++
		}
		return i
	}
	n, k := digits(0), tokInt
	if last := lx.toks[len(lx.toks)-1]; last.kind == tokOp && last.text == "." {
		return s[:n], k
	}
	if n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		n, k = digits(n+1), tokFloat
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		at := n + 1
		if at < len(s) && (s[at] == '+' || s[at] == '-') {
			at++
		}
		if end := digits(at); end > at {
			n, k = end, tokFloat
		}
	}
	return s[:n], k
}
