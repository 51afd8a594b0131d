package datasets

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file walk JSON that has been checked (checkJSON): they trust its grammar and only look for where values end.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string whose opening quote is at i.
func skipString(b []byte, i int) int {
	i++
	for i < len(b) {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return len(b)
		}
		end := i + k
		back := 0
		for end-1-back >= i && b[end-1-back] == '\\' {
			back++
		}
		if back%2 == 0 {
			return end + 1
		}
		i = end + 1
	}
	return len(b)
}

// skipValue returns the index after the value that begins at i.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return i
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] != ' ' && b[i] != '\t' && b[i] != '\n' && b[i] != '\r' {
		i++
	}
	return i
}

// eachMember calls f with the name (as written, without quotes) and value of every member of an object, until f returns false.
func eachMember(object []byte, f func(name, value []byte) bool) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return
	}
	i = skipSpace(object, i+1)
	for i < len(object) && object[i] == '"' {
		nameEnd := skipString(object, i)
		name := object[i+1 : nameEnd-1]
		i = skipSpace(object, nameEnd)
		i = skipSpace(object, i+1) // the colon
		end := skipValue(object, i)
		if !f(name, object[i:end]) {
			return
		}
		i = skipSpace(object, end)
		if i < len(object) && object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
}

// eachElement calls f with every element of an array, until f returns false.
func eachElement(array []byte, f func(value []byte) bool) {
	i := skipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return
	}
	i = skipSpace(array, i+1)
	for i < len(array) && array[i] != ']' {
		end := skipValue(array, i)
		if !f(array[i:end]) {
			return
		}
		i = skipSpace(array, end)
		if i < len(array) && array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
}

// unescape returns the text of a string's inside (without its quotes). It is the inside itself when nothing is escaped, else it is appended to arena.
func unescape(inside []byte, arena *[]byte) []byte {
	k := bytes.IndexByte(inside, '\\')
	if k < 0 {
		return inside
	}
	start := len(*arena)
	out := append(*arena, inside[:k]...)
	for i := k; i < len(inside); {
		c := inside[i]
		if c != '\\' {
			next := bytes.IndexByte(inside[i:], '\\')
			if next < 0 {
				next = len(inside) - i
			}
			out = append(out, inside[i:i+next]...)
			i += next
			continue
		}
		if i+1 >= len(inside) {
			break
		}
		i += 2
		switch inside[i-1] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(inside, i)
			i += 4
			if utf16.IsSurrogate(r) && i+1 < len(inside) && inside[i] == '\\' && inside[i+1] == 'u' {
				r = utf16.DecodeRune(r, hex4(inside, i+2))
				i += 6
			}
			out = utf8.AppendRune(out, r)
		default: // quote, backslash, slash
			out = append(out, inside[i-1])
		}
	}
	*arena = out
	return out[start:len(out):len(out)]
}

func hex4(b []byte, i int) rune {
	if i+4 > len(b) {
		return utf8.RuneError
	}
	r := rune(0)
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return utf8.RuneError
		}
	}
	return r
}

// cellOfJSON makes a cell of a checked value. Texts that need no unescaping are parts of value.
func cellOfJSON(value []byte, arena *[]byte) cell {
	if len(value) == 0 {
		return cell{}
	}
	switch value[0] {
	case '"':
		return cell{kind: stringCell, text: unescape(value[1:len(value)-1], arena)}
	case '{', '[':
		return cell{kind: nestedCell, text: value}
	case 't':
		return cell{kind: boolCell, whole: 1, text: value}
	case 'f':
		return cell{kind: boolCell, text: value}
	case 'n':
		return cell{}
	}
	return numberCell(value)
}

// numberCell makes a cell of a number's spelling. Whole numbers beyond 64 bits are kept as floats with their spelling.
func numberCell(value []byte) cell {
	whole := true
	for _, c := range value {
		if c == '.' || c == 'e' || c == 'E' {
			whole = false
			break
		}
	}
	if whole {
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return cell{kind: intCell, whole: n, text: value}
		}
	}
	x, _ := strconv.ParseFloat(string(value), 64)
	return cell{kind: floatCell, number: x, text: value}
}

// lookup follows names into a nested value; the zero cell when there is nothing.
func lookup(value []byte, names []string, arena *[]byte) cell {
	for _, name := range names {
		var next []byte
		eachMember(value, func(n, v []byte) bool {
			if string(unescape(n, arena)) == name {
				next = v
				return false
			}
			return true
		})
		if next == nil {
			return cell{}
		}
		value = next
	}
	return cellOfJSON(value, arena)
}
