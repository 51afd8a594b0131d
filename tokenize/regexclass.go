package tokenize

import (
	"slices"
	"strings"
	"unicode"
)

// escape reads a backslash sequence: one character, or a set of them.
func (p *regexParser) escape() (rune, *runeSet, error) {
	if p.at+1 >= len(p.src) {
		return 0, nil, p.fail("backslash at the end")
	}
	c := p.src[p.at+1]
	p.at += 2
	set := func(test func(rune) bool, negate bool) (rune, *runeSet, error) {
		return 0, newRuneSet(func(r rune) bool { return test(r) != negate }), nil
	}
	switch c {
	case 's', 'S':
		return set(isSpace, c == 'S')
	case 'd', 'D':
		return set(isDecimal, c == 'D')
	case 'w', 'W':
		return set(isRegexWord, c == 'W')
	case 'h', 'H':
		return set(func(r rune) bool { return r < 128 && unicode.Is(unicode.ASCII_Hex_Digit, r) }, c == 'H')
	case 'p', 'P':
		test, err := p.property(c == 'P')
		if err != nil {
			return 0, nil, err
		}
		return set(test, false)
	case 'n':
		return '\n', nil, nil
	case 'r':
		return '\r', nil, nil
	case 't':
		return '\t', nil, nil
	case 'f':
		return '\f', nil, nil
	case 'v':
		return '\v', nil, nil
	case 'a':
		return '\a', nil, nil
	case 'e':
		return 0x1B, nil, nil
	case 'x', 'u':
		r, err := p.hex(c)
		return r, nil, err
	}
	if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
		return 0, nil, p.fail(`\%c is not supported`, c)
	}
	return c, nil, nil
}

// hex reads \xHH, \x{H…} and \uHHHH.
func (p *regexParser) hex(kind rune) (rune, error) {
	digits, braces := 2, false
	if kind == 'u' {
		digits = 4
	} else if p.take("{") {
		digits, braces = 8, true
	}
	value, n := 0, 0
	for ; n < digits; n++ {
		d := strings.IndexRune("0123456789abcdef", unicode.ToLower(p.peek()))
		if d < 0 {
			break
		}
		value = value<<4 | d
		p.at++
	}
	if n == 0 || kind == 'u' && n < 4 || value > unicode.MaxRune || braces && !p.take("}") {
		return 0, p.fail("bad hexadecimal character")
	}
	return rune(value), nil
}

// property reads the name behind \p: {Name}, {^Name} or a single letter.
func (p *regexParser) property(negate bool) (func(rune) bool, error) {
	var name string
	if p.take("{") {
		start := p.at
		for p.at < len(p.src) && p.src[p.at] != '}' {
			p.at++
		}
		name = string(p.src[start:p.at])
		if !p.take("}") {
			return nil, p.fail(`\p{%s: missing }`, name)
		}
	} else if p.at < len(p.src) {
		name = string(p.src[p.at])
		p.at++
	}
	if rest, ok := strings.CutPrefix(name, "^"); ok {
		name, negate = rest, !negate
	}
	test := inCategory(name)
	if test == nil {
		return nil, p.fail(`\p{%s} is not a known category or script`, name)
	}
	if negate {
		return func(r rune) bool { return !test(r) }, nil
	}
	return test, nil
}

// inCategory returns the test for a general category, script or property of Unicode 16.0, or nil.
func inCategory(name string) func(rune) bool {
	if bit, ok := map[string]uint8{"L": clsLetter, "N": clsNumber, "M": clsMark, "P": clsPunct, "S": clsSymbol, "Letter": clsLetter,
		"White_Space": clsSpace, "Space": clsSpace}[name]; ok {
		return func(r rune) bool { return classes.of(r)&bit != 0 }
	}
	switch strings.ToLower(name) {
	case "any":
		return func(rune) bool { return true }
	case "ascii":
		return func(r rune) bool { return r < 128 }
	case "alpha", "alphabetic":
		return isAlphabetic
	case "alnum":
		return func(r rune) bool { return isAlphabetic(r) || isDecimal(r) }
	case "word":
		return isRegexWord
	}
	table := unicode.Categories[name]
	if table == nil {
		table = unicode.Scripts[name]
	}
	if table == nil {
		return nil
	}
	more := addedSinceUnicode15[name]
	if len(name) == 1 { // C and Z gained nothing that matters; the others are classes
		more = nil
	}
	return func(r rune) bool {
		if name == "Mn" && r == 0x1171E {
			return false
		}
		return unicode.Is(table, r) || inRanges(more, r)
	}
}

func isDecimal(r rune) bool {
	return unicode.Is(unicode.Nd, r) || inRanges(addedSinceUnicode15["Nd"], r)
}

func isAlphabetic(r rune) bool {
	return classes.of(r)&clsLetter != 0 || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_Alphabetic, r)
}

// isRegexWord is Oniguruma's \w: alphabetic characters, marks, decimal digits and connecting punctuation, and the superscripts and fractions of Latin-1.
func isRegexWord(r rune) bool {
	switch r {
	case 0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE:
		return true
	}
	return isAlphabetic(r) || classes.of(r)&clsMark != 0 || isDecimal(r) || unicode.Is(unicode.Pc, r)
}

// class reads what follows an opening bracket, up to and with the closing one.
func (p *regexParser) class() (*runeSet, error) {
	if p.depth++; p.depth > 200 {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	negate := p.take("^")
	var all []*runeSet // intersected
	var sets []*runeSet
	var singles [][2]rune
	close := func() {
		ranges := singles
		test := func(r rune) bool {
			return slices.ContainsFunc(ranges, func(x [2]rune) bool { return x[0] <= r && r <= x[1] })
		}
		if p.fold {
			test = folded(test)
		}
		all = append(all, newRuneSet(anyOf(append(sets, newRuneSet(test)))))
		sets, singles = nil, nil
	}
	for first := true; ; first = false {
		if p.at >= len(p.src) {
			return nil, p.fail("missing ]")
		}
		if p.peek() == ']' && !first {
			p.at++
			break
		}
		if p.take("&&") {
			close()
			continue
		}
		if p.take("[:") {
			test, err := p.posix()
			if err != nil {
				return nil, err
			}
			sets = append(sets, newRuneSet(test))
			continue
		}
		if p.take("[") {
			inner, err := p.class()
			if err != nil {
				return nil, err
			}
			sets = append(sets, inner)
			continue
		}
		low, set, err := p.classChar()
		if err != nil {
			return nil, err
		}
		if set != nil {
			sets = append(sets, set)
			continue
		}
		high := low
		if p.peek() == '-' && p.at+1 < len(p.src) && p.src[p.at+1] != ']' {
			p.at++
			if high, set, err = p.classChar(); err != nil {
				return nil, err
			}
			if set != nil {
				return nil, p.fail("a range that ends in a set")
			}
			if high < low {
				return nil, p.fail("range %q-%q is empty", low, high)
			}
		}
		singles = append(singles, [2]rune{low, high})
	}
	close()
	return newRuneSet(func(r rune) bool {
		for _, s := range all {
			if !s.has(r) {
				return negate
			}
		}
		return !negate
	}), nil
}

func (p *regexParser) classChar() (rune, *runeSet, error) {
	if p.peek() == '\\' {
		if p.at+1 < len(p.src) && p.src[p.at+1] == 'b' {
			p.at += 2
			return '\b', nil, nil
		}
		return p.escape()
	}
	c := p.src[p.at]
	p.at++
	return c, nil, nil
}

// posix reads the name of [[:name:]].
func (p *regexParser) posix() (func(rune) bool, error) {
	end := p.at
	for end < len(p.src) && p.src[end] != ':' {
		end++
	}
	name := string(p.src[p.at:end])
	p.at = end
	if !p.take(":]") {
		return nil, p.fail("[:%s: missing :]", name)
	}
	name, negate := strings.CutPrefix(name, "^")
	var test func(rune) bool
	switch name {
	case "space":
		test = isSpace
	case "digit":
		test = isDecimal
	case "upper":
		test = unicode.IsUpper
	case "lower":
		test = unicode.IsLower
	case "punct":
		test = func(r rune) bool { return classes.of(r)&(clsPunct|clsSymbol) != 0 }
	case "alpha", "alnum", "word", "ascii":
		test = inCategory(name)
	default:
		return nil, p.fail("[:%s:] is not supported", name)
	}
	return func(r rune) bool { return test(r) != negate }, nil
}
