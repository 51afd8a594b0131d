package quality

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"winnow/internal/text"
)

// Text that nobody wrote shows in four ways, and each is measured so that formulas, tables, code and poems stay:
// signs that never stand side by side (oddSymbols), words without vowels (unpronounceable), Chinese characters that no one uses (rareHan) and
// letters that a wrong encoding leaves behind (mojibakeShare).

// signs are the ASCII characters that prose does not need.
const signs = "#@$%^&*~|<>{}[]\\`_+="

// class of a byte for oddSymbols: 0 letters, white space and prose punctuation; 1 digit; 2+k the sign k.
var signClass = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = 1
	}
	for k, c := range signs {
		t[c] = uint8(2 + k)
	}
	return t
}()

// customary are the pairs of signs that code, markup, formulas and tables are full of.
var customary = func() (t [256][256]bool) {
	for _, p := range []string{"{}", "[]", "<>", "&{", "}&", "*[", "[*", "]*", "*{", "[{", "}]", "{[", "]{", "][", "}{", "^{", "_{", "}^", "}_", "]^", "]_", "{^", "\\{", "\\}", "\\[", "\\]", "{\\", "}\\", "[\\", "]\\", "^\\", "_\\", "\\$", "$\\", "&\\", "\\&", "\\|", "|\\", "\\_", "\\%", "\\#", "$[", "]$", "{$", "}$", "$}", "${", "$|", "|$", "$^", "$_", "#[", "]#", "&[", "&*", "&#", "`[", "]`", "`{", "}`", "`<", ">`", "`&", "`#", "#{", "`@", "@`", "`$", "$`", "`|", "|`", "`*", "*`", "`_", "_`", "+=", "*=", "%=", "^=", "&=", "|=", "<=", ">=", "=>", "=<", "=[", "]=", "={", "}=", "=&", "=*", "=@", "=$", "$=", "=\\", "\\=", "=`", "`=", "=|", "|=", "|>", "<|", "|[", "]|", "|{", "}|", "|*", "*|", "_*", "*_", "_[", "]_", "__", "{%", "%}", "{#", "#}", "<%", "%>", "[^", "[$", "[@", "@[", "@{", "<@", "<$", "<#", "<&", "&<", "<[", "]>", "[<", "<{", "}>", "{<", ">{", ">[", ">&", "&>", "<*", "*>", ">*", "*<", "><", "<\\", ">\\", "\\<", "\\>", "$(", "+\\", "\\+", "+{", "}+", "]+", "+[", "+|", "|+", "~\\", "\\~", "`~", "~`", "^*", "*^", "_^", "%\\", "+`", "`+", "`%", "_<", ">_", "=_", "_=", "_$", "$_", "$&", "&$", "$+", "+$"} {
		t[p[0]][p[1]] = true
	}
	return t
}()

// oddSymbols returns how many of a text's neighbouring characters are pairs of different signs that no notation puts together, or a digit beside a sign that
// does not go with numbers, as a share of the characters that are not white space. Text drawn at random from signs and digits has .3, dense LaTeX and
// code under .03.
func oddSymbols(b []byte, c text.Counts) float64 {
	dense := c.Runes - c.Spaces
	if dense < 20 || (c.Punct)*10 < dense {
		return 0
	}
	odd := 0
	prev, prevClass := byte(0), uint8(0)
	for _, x := range b {
		class := signClass[x]
		switch {
		case class >= 2 && prevClass >= 2:
			if x != prev && !customary[prev][x] {
				odd++
			}
		case class >= 2 && prevClass == 1:
			if x == '#' || x == '@' || x == '$' || x == '&' || x == '~' || x == '{' {
				odd++
			}
		case class == 1 && prevClass >= 2:
			if prev == '@' || prev == '%' || prev == '&' {
				odd++
			}
		}
		prev, prevClass = x, class
	}
	return float64(odd) / float64(dense)
}

// unpronounceable reports whether a word of small Latin letters has no vowel, five consonants in a row, or digits among its letters. Words with capitals
// (acronyms, names) and words of other scripts are never judged.
func unpronounceable(w []byte) bool {
	vowels, run, longest, switches := 0, 0, 0, 0
	prevDigit := false
	for i, c := range w {
		digit := c >= '0' && c <= '9'
		if i > 0 && digit != prevDigit {
			switches++
		}
		prevDigit = digit
		switch {
		case c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y':
			vowels++
			run = 0
		case c >= 'a' && c <= 'z':
			run++
			longest = max(longest, run)
		case digit || c == '-' || c == '\'':
			run = 0
		default:
			return false
		}
	}
	return vowels == 0 || longest >= 5 || switches >= 3
}

// common says which Han characters (U+4E00..U+9FFF) are in everyday use: the first level of GB 2312 (3,755, simplified) or of Big5 (5,401, traditional).
var common = sync.OnceValue(func() *[0x5200]bool {
	t := new([0x5200]bool)
	mark := func(s []byte) {
		if r, _ := utf8.DecodeRune(s); r >= 0x4E00 && r < 0x4E00+0x5200 {
			t[r-0x4E00] = true
		}
	}
	gb, big5 := simplifiedchinese.GBK.NewDecoder(), traditionalchinese.Big5.NewDecoder()
	for hi := 0xB0; hi <= 0xD7; hi++ {
		for lo := 0xA1; lo <= 0xFE; lo++ {
			if s, err := gb.Bytes([]byte{byte(hi), byte(lo)}); err == nil {
				mark(s)
			}
		}
	}
	for hi := 0xA4; hi <= 0xC6; hi++ {
		for lo := 0x40; lo <= 0xFE; lo++ {
			if lo > 0x7E && lo < 0xA1 {
				continue
			}
			if s, err := big5.Bytes([]byte{byte(hi), byte(lo)}); err == nil {
				mark(s)
			}
		}
	}
	return t
})

// rareHan returns the share of the Han characters that is not in everyday use. UTF-8 that was read as GBK turns into such characters; a poem has some.
// Short texts are not judged: one rare name would decide.
func rareHan(b []byte, han int) float64 {
	if han < 20 {
		return 0
	}
	table := common()
	rare, seen := 0, 0
	for i := 0; i+2 < len(b); {
		c := b[i]
		if c < 0xE3 || c > 0xE9 {
			i++
			continue
		}
		r := rune(c&0x0F)<<12 | rune(b[i+1]&0x3F)<<6 | rune(b[i+2]&0x3F)
		i += 3
		if r < 0x4E00 || r > 0x9FFF {
			continue
		}
		seen++
		if !table[r-0x4E00] {
			rare++
		}
		if seen == 4096 { // a book's first pages speak for it
			break
		}
	}
	return float64(rare) / float64(max(seen, 1))
}

// mojibakeShare returns the share of the characters that a wrong decoding left: U+FFFD, C1 controls, and Ã, Â, â, ä, å, æ, ç, è, é, ï followed by a character of
// U+0080..U+00BF or by one that Windows-1252 puts there.
func mojibakeShare(b []byte, c text.Counts) float64 {
	bad := c.Replacement
	for i := 0; i+3 < len(b); i++ {
		if b[i] != 0xC2 && b[i] != 0xC3 {
			continue
		}
		if b[i] == 0xC2 && b[i+1] < 0xA0 {
			bad++
		}
		if b[i] == 0xC3 && (b[i+1] >= 0x82 && b[i+1] <= 0x83 || b[i+1] >= 0xA2 && b[i+1] <= 0xAF) {
			if b[i+2] == 0xC2 || b[i+2] == 0xE2 && (b[i+3] == 0x80 || b[i+3] == 0x82 || b[i+3] == 0x84) || b[i+2] == 0xC5 || b[i+2] == 0xC6 {
				bad += 2
			}
		}
	}
	return float64(min(bad, c.Runes)) / float64(max(c.Runes, 1))
}
