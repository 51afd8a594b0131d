package datasets

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// jsonScanner says whether bytes are one strict JSON value. Its names slice is kept between values, so that checking allocates nothing.
type jsonScanner struct {
	names [][]byte // of the objects that are open, one after another
	arena []byte
}

// maxDepth bounds nesting, as the decoder does (10,000); a deeper value is no row.
const maxDepth = 10000

// valid reports whether b is one value. It may say false for a value that is valid, never true for one that is not.
func (s *jsonScanner) valid(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	s.names, s.arena = s.names[:0], s.arena[:0]
	i, ok := s.value(b, skipSpace(b, 0), 0)
	return ok && skipSpace(b, i) == len(b)
}

func (s *jsonScanner) value(b []byte, i, depth int) (int, bool) {
	if i >= len(b) || depth > maxDepth {
		return i, false
	}
	switch c := b[i]; {
	case c == '"':
		return scanString(b, i)
	case c == '{':
		return s.object(b, i, depth)
	case c == '[':
		return s.array(b, i, depth)
	case c == 't':
		return literal(b, i, "true")
	case c == 'f':
		return literal(b, i, "false")
	case c == 'n':
		return literal(b, i, "null")
	}
	return scanNumber(b, i)
}

func literal(b []byte, i int, word string) (int, bool) {
	return i + len(word), hasPrefix(b[i:], word)
}

func (s *jsonScanner) array(b []byte, i, depth int) (int, bool) {
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, true
	}
	for {
		var ok bool
		if i, ok = s.value(b, i, depth+1); !ok {
			return i, false
		}
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, false
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			return i + 1, true
		default:
			return i, false
		}
	}
}

func (s *jsonScanner) object(b []byte, i, depth int) (int, bool) {
	first := len(s.names)
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, true
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return i, false
		}
		end, ok := scanString(b, i)
		if !ok {
			return end, false
		}
		if !s.newName(unescape(b[i+1:end-1], &s.arena), first) {
			return i, false
		}
		i = skipSpace(b, end)
		if i >= len(b) || b[i] != ':' {
			return i, false
		}
		if i, ok = s.value(b, skipSpace(b, i+1), depth+1); !ok {
			return i, false
		}
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, false
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case '}':
			s.names = s.names[:first]
			return i + 1, true
		default:
			return i, false
		}
	}
}

// newName adds a name to the innermost object; false when it is there already. Objects of very many names are left to the decoder, which hashes.
func (s *jsonScanner) newName(name []byte, first int) bool {
	if len(s.names)-first > 64 {
		return false
	}
	for _, other := range s.names[first:] {
		if len(other) == len(name) && bytes.Equal(other, name) {
			return false
		}
	}
	s.names = append(s.names, name)
	return true
}

// plainInString marks the bytes that need no look inside a string.
var plainInString = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return t
}()

// allPlain is plainInString for eight bytes at once: no byte below 0x20, no quote, no backslash (Hacker's Delight, section 6-1; it may err towards false).
func allPlain(x uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	found := (x - ones*0x20) & ^x
	found |= (quote - ones) & ^quote
	found |= (slash - ones) & ^slash
	return found&highs == 0
}

// scanString returns the index after the string whose opening quote is at i.
func scanString(b []byte, i int) (int, bool) {
	i++
	for {
		for i+8 <= len(b) && allPlain(binary.LittleEndian.Uint64(b[i:])) {
			i += 8
		}
		for i < len(b) && plainInString[b[i]] {
			i++
		}
		if i >= len(b) || b[i] < 0x20 {
			return i, false
		}
		if b[i] == '"' {
			return i + 1, true
		}
		if i+1 >= len(b) {
			return i, false
		}
		switch b[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i += 2
		case 'u':
			n, ok := scanUnicode(b, i)
			if !ok {
				return i, false
			}
			i += n
		default:
			return i, false
		}
	}
}

// scanUnicode checks \uXXXX at i, with its second half when it is the first of a surrogate pair, and returns its length.
func scanUnicode(b []byte, i int) (int, bool) {
	r, ok := hexAt(b, i+2)
	if !ok || r >= 0xDC00 && r < 0xE000 {
		return 0, false
	}
	if r < 0xD800 || r >= 0xE000 {
		return 6, true
	}
	if i+8 > len(b) || b[i+6] != '\\' || b[i+7] != 'u' {
		return 0, false
	}
	low, ok := hexAt(b, i+8)
	return 12, ok && low >= 0xDC00 && low < 0xE000
}

func hexAt(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	r := hex4(b, i)
	if r != utf8.RuneError {
		return r, true
	}
	return r, bytes.EqualFold(b[i:i+4], []byte("fffd"))
}

// scanNumber returns the index after the number at i.
func scanNumber(b []byte, i int) (int, bool) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	start := i
	i = skipDigits(b, i)
	if i == start || b[start] == '0' && i > start+1 {
		return i, false
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = skipDigits(b, start); i == start {
			return i, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start = i
		if i = skipDigits(b, start); i == start {
			return i, false
		}
	}
	return i, true
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}
