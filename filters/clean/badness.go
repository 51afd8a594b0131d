package clean

import (
	"strings"
	"unicode"
)

// What stands beside a letter in a text that was meant, by class. A sequence whose characters may stand so is natural.
const (
	openers    = "“‘„‚«‹¡¿"
	closers    = "’”…»›™®©°ºª–—•·´¨"
	currencies = "¢£¥€"
	letterish  = "ƒ" // a letter by Unicode, a currency by use
)

// judge says how sure it is that runes, read one after the other in a text between prev and next, are mojibake of the page.
func judge(page int, prev rune, runes []rune, next rune) strength {
	if len(runes) == 4 {
		return strong
	}
	switch page {
	case mac:
		return judgeMac(prev, runes, next)
	case dos:
		return judgeDOS(prev, runes, next)
	}
	lead, rest := runes[0], runes[1:]
	if lead == '×' || lead == '÷' {
		if strings.ContainsRune("…”’", rest[0]) {
			return natural
		}
		return weak
	}
	odd := isLower(prev) && isUpper(lead) // a capital inside a word
	if len(rest) == 2 {
		return judgeThree(lead, rest, next)
	}
	c := rest[0]
	switch {
	case c >= 0x80 && c < 0xA0: // a control: quotes, dash and dots of Windows-1252 left undecoded may follow capitals
		if isUpper(prev) && (c == 0x85 || c >= 0x91 && c <= 0x97) {
			return natural
		}
		return strong
	case strings.ContainsRune(currencies, c):
		if lead == 'Â' && !isUpper(prev) {
			return strong
		}
		return weak
	case isUpper(prev) && isUpper(lead) && isLower(c) && isUpper(next) && c != 'ƒ': // a small letter inside a word in capitals
		return strong
	case isLetter(c) && !strings.ContainsRune(letterish+"ºª", c):
		switch {
		case odd:
			return strong
		case page == western || page == turkish || isUpper(c) && (isLower(lead) || isLower(next)):
			return weak
		}
		return natural
	case odd:
		return strong
	case c == 0xA0 || c == 0xAD:
		if (lead == 'Ã' || lead == 'Â') && !isUpper(prev) || lead == 'Ã' && isLower(next) {
			return strong
		}
		return natural
	case closes(c, next):
		switch {
		case lead == 'Ã' && c == '’' && next == 's':
			return natural
		case lead == 'Ã', lead == 'Â' && !isUpper(prev):
			return strong
		}
		return natural
	}
	return strong
}

// judgeThree: "é…”" and "á´´" end a quotation.
func judgeThree(lead rune, rest []rune, next rune) strength {
	for _, r := range rest {
		if r >= 0x80 && r < 0xA0 {
			return strong
		}
	}
	if closes(rest[0], rest[1]) && closes(rest[1], next) && !strings.ContainsRune("«‹¡¿", rest[1]) {
		return natural
	}
	if isLetter(rest[0]) && isLetter(rest[1]) && unicode.Is(unicode.Cyrillic, lead) && isLower(rest[0]) == isLower(lead) && isLower(rest[1]) == isLower(lead) {
		return natural
	}
	if unicode.Is(unicode.Latin, lead) && isLetter(rest[0]) && isLetter(rest[1]) {
		return weak
	}
	return strong
}

// closes reports whether a sign may follow a letter when next follows it.
func closes(c, next rune) bool {
	if isLetter(next) || isDigit(next) {
		return strings.ContainsRune("’…–—•·", c) && !isDigit(next)
	}
	return strings.ContainsRune(closers, c) || strings.ContainsRune("“‘«‹¡¿†", c)
}

// judgeMac: in Mac Roman the leads of accented Latin letters are signs of mathematics, which stand in no word.
func judgeMac(prev rune, runes []rune, next rune) strength {
	lead, c := runes[0], runes[1]
	switch {
	case strings.ContainsRune("√ƒ≈∆¬◊‡", lead):
		switch {
		case isLetter(prev) && (c != '°' || isLetter(next)):
			return strong
		case c == 'π' || c == '°' || c == '´' || c == 'ô':
			return weak
		case lead == '√' || lead == 'ƒ':
			if isLetter(c) || isLower(next) {
				return strong
			}
		}
		return weak
	case len(runes) == 3:
		signs := 0
		for _, r := range runes[1:] {
			if !isLetter(r) && !closes(r, next) {
				signs++
			}
		}
		if signs > 0 && (isLetter(lead) || isLetter(c)) {
			return strong
		}
		if isLetter(lead) && !isLetter(prev) && isLower(c) || !isLetter(c) {
			return natural
		}
		if lead == '‚' && c == 'Ä' {
			return weak
		}
		return natural
	case isLetter(lead) && !isLetter(c) && !closes(c, next) && !strings.ContainsRune(currencies, c):
		if isLower(prev) || isLower(next) {
			return strong
		}
		return weak
	}
	return natural
}

// judgeDOS: in code page 437 the leads are lines of boxes, which touch each other but no letters.
func judgeDOS(prev rune, runes []rune, next rune) strength {
	lead, c := runes[0], runes[1]
	if len(runes) == 3 {
		for _, r := range runes[1:] {
			if r >= 0x2500 && r < 0x25A0 {
				if isLetter(prev) || isLetter(next) || unicode.Is(unicode.Latin, lead) {
					return strong
				}
				return weak
			}
		}
		if unicode.Is(unicode.Greek, lead) && unicode.Is(unicode.Latin, c) {
			return strong
		}
		return natural
	}
	if lead >= 0x2500 && isLetter(c) && unicode.Is(unicode.Latin, c) {
		if isLetter(prev) && unicode.Is(unicode.Latin, prev) {
			return strong
		}
		return weak
	}
	return natural
}

func isLetter(r rune) bool {
	if r < 0x80 {
		return r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return r != 'º' && r != 'ª' && unicode.IsLetter(r)
}

func isLower(r rune) bool {
	if r < 0x80 {
		return r >= 'a' && r <= 'z'
	}
	return unicode.IsLower(r)
}

func isUpper(r rune) bool {
	if r < 0x80 {
		return r >= 'A' && r <= 'Z'
	}
	return unicode.IsUpper(r)
}
