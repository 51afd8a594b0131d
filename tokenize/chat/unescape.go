package chat

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// unescape resolves the escapes of a string literal as Python does. An unknown escape keeps its backslash.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		c := s[i]
		if at := strings.IndexByte(`abfnrtv\'"`, c); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\\'\""[at])
			continue
		}
		switch c {
		case '\n': // a line break after a backslash is no part of the string
		case 'x', 'u', 'U':
			width := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			if i+width >= len(s) {
				return "", fmt.Errorf(`the escape \%c needs %d hexadecimal digits`, c, width)
			}
			n, err := strconv.ParseUint(s[i+1:i+1+width], 16, 32)
			if err != nil || n > 0x10ffff || n >= 0xd800 && n < 0xe000 {
				return "", fmt.Errorf(`\%s is no character`, s[i:i+1+width])
			}
			b.WriteRune(rune(n))
			i += width
		case 'N':
			return "", errors.New(`the escape \N{name} is not supported; write the character itself`)
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := 0
			end := i
			for end < len(s) && end < i+3 && s[end] >= '0' && s[end] <= '7' {
				n = n*8 + int(s[end]-'0')
				end++
			}
			b.WriteRune(rune(n))
			i = end - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}
