package datasets

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// asciiCost is what an ASCII character costs in every model, in bits.
func asciiCost(r rune) float64 {
	switch {
	case r == ' ':
		return 2.7
	case r >= 'a' && r <= 'z':
		return 4.5
	case r >= 'A' && r <= 'Z':
		return 7
	case r >= '0' && r <= '9':
		return 7
	case r == '\n', r == '\r', r == '\t', r == ',', r == '.':
		return 6
	case r < 0x20, r == 0x7f:
		return 30
	}
	return 9
}

// invalidCost is the price of bytes that an encoding does not have. It is high, but not so that one broken byte decides against an encoding.
const invalidCost = 40

// besideLatin is the price of an East Asian character that touches a small Latin letter: rare in text, the rule where the bytes are accented letters.
const besideLatin = 5

// costOf sums the costs of characters that do not depend on their neighbours.
func costOf(cost func(r rune) float64) func([]rune) float64 {
	return func(text []rune) float64 {
		sum := 0.0
		for i, r := range text {
			switch {
			case r < utf8.RuneSelf:
				sum += asciiCost(r)
				if r >= 'a' && r <= 'z' && i > 0 && text[i-1] >= utf8.RuneSelf {
					sum += besideLatin
				}
			case r == utf8.RuneError:
				if i < len(text)-1 { // the last character may have been cut off
					sum += invalidCost
				}
			default:
				sum += cost(r)
				if i > 0 && text[i-1] >= 'a' && text[i-1] <= 'z' {
					sum += besideLatin
				}
			}
		}
		return sum
	}
}

// characterTable looks up the bits of characters up to U+FFFF; 0 for those that are not frequent.
type characterTable [1 << 16]uint8

func newCharacterTable(byBits map[uint8]string) func() *characterTable {
	return sync.OnceValue(func() *characterTable {
		t := new(characterTable)
		for bits, chars := range byBits {
			for _, r := range chars {
				t[r] = bits
			}
		}
		return t
	})
}

func (t *characterTable) bits(r rune) float64 {
	if r > 0xFFFF {
		return 0
	}
	return float64(t[r])
}

var (
	simplifiedTable  = newCharacterTable(simplifiedCosts)
	traditionalTable = newCharacterTable(traditionalCosts)
	japaneseTable    = newCharacterTable(japaneseCosts)
	koreanTable      = newCharacterTable(koreanCosts)
)

// eastAsianCost is the cost of characters that no table of an East Asian language holds.
func eastAsianCost(r rune) float64 {
	switch {
	case r == '，' || r == '。' || r == '、':
		return 5.5
	case r >= 0x3000 && r <= 0x301F, r == '！', r == '？', r == '：', r == '；', r == '（', r == '）', r == '“', r == '”', r == '‘', r == '’', r == '…', r == '—', r == '·', r == '・', r == '～':
		return 8
	case r >= 0xFF01 && r <= 0xFF5E:
		return 12
	case r >= 0x4E00 && r <= 0x9FA5:
		return 18
	case r >= 0x2010 && r <= 0x26FF, r == '°', r == '×', r == '±', r == '§':
		return 15
	case r >= 0x3041 && r <= 0x30FF:
		return 17
	case r >= 0xAC00 && r <= 0xD7A3:
		return 19
	case r >= 0x0391 && r <= 0x0451, r >= 0x00C0 && r <= 0x0233:
		return 19
	case r >= 0x3220 && r <= 0x33FF, r >= 0x2460 && r <= 0x24FF, r >= 0x3100 && r <= 0x318F:
		return 20
	}
	return 26
}

func chineseCost(r rune) float64 {
	if v := simplifiedTable().bits(r); v > 0 {
		return v + 0.2
	}
	if v := traditionalTable().bits(r); v > 0 {
		return v + 4
	}
	return eastAsianCost(r)
}

func taiwaneseCost(r rune) float64 {
	if v := traditionalTable().bits(r); v > 0 {
		return v
	}
	return eastAsianCost(r)
}

func japaneseCost(r rune) float64 {
	if v := japaneseTable().bits(r); v > 0 {
		return v
	}
	switch {
	case r >= 0xFF61 && r <= 0xFF9F: // half-width katakana
		return 16
	case r >= 0x4E00 && r <= 0x9FA5:
		return 16
	case r >= 0x3041 && r <= 0x30FF:
		return 11
	}
	return eastAsianCost(r)
}

func koreanCost(r rune) float64 {
	if v := koreanTable().bits(r); v > 0 {
		return v
	}
	if r >= 0xAC00 && r <= 0xD7A3 {
		return 16
	}
	return eastAsianCost(r)
}

// anyCost is the cost in whatever language is cheapest, for UTF-16, which all of them use.
func anyCost(r rune) float64 {
	c := min(chineseCost(r), taiwaneseCost(r), japaneseCost(r), koreanCost(r)) + 1
	switch {
	case unicode.Is(unicode.Cyrillic, r), unicode.Is(unicode.Greek, r), unicode.Is(unicode.Arabic, r), unicode.Is(unicode.Hebrew, r), unicode.Is(unicode.Thai, r), unicode.Is(unicode.Devanagari, r):
		c = min(c, 6.5)
	case unicode.Is(unicode.Latin, r):
		c = min(c, 9)
	}
	return c
}

// pairModel gives the cost of a letter after a letter.
type pairModel struct {
	index map[rune]int // of a lower-case letter; 0 is everything that is no letter
	pairs []string
	latin bool                 // the alphabet has ASCII letters; a letter of another beside one of those is a misreading
	other func(r rune) float64 // of characters beyond ASCII that are no letters of the alphabet
}

func newPairModel(letters string, pairs []string, other func(r rune) float64) *pairModel {
	m := &pairModel{index: map[rune]int{}, pairs: pairs, other: other, latin: strings.ContainsRune(letters, 'a')}
	for i, r := range []rune(letters) {
		if i > 0 {
			m.index[r] = i
		}
	}
	return m
}

var (
	latinModel    = newPairModel(latinLetters, latinPairs[:], signCost)
	cyrillicModel = newPairModel(cyrillicLetters, cyrillicPairs[:], signCost)
)

// signCost is the cost of the signs of single-byte encodings.
func signCost(r rune) float64 {
	switch r {
	case '’', '“', '”', '–', '—', '…', '«', '»', '‘', '„', '\u00a0', '№':
		return 9
	case '€', '°', '§', '·', '•', '£', '©', '®', '¿', '¡', '´', '½', '²', 'º', 'ª', '‚', '™':
		return 12
	}
	if r < 0xA0 { // the control characters of ISO 8859, and what windows-1252 leaves undefined
		return 30
	}
	return 17
}

// pairCost sums the costs of letters after letters. A capital inside a word is rare; that tells KOI8-R from windows-1251, where the cases are swapped.
func pairCost(m *pairModel) func([]rune) float64 {
	return func(text []rune) float64 {
		sum := 0.0
		prev, prevLower, prevASCII, prevLatin := 0, false, true, false
		lastLatin, lastOther := false, false // of the last letter, spaces and signs between
		for i, r := range text {
			if r == utf8.RuneError {
				if i < len(text)-1 {
					sum += invalidCost
				}
				prev, prevLower, prevLatin = 0, false, false
				continue
			}
			lower := unicode.ToLower(r)
			k := m.index[lower]
			ascii := r < utf8.RuneSelf
			switch {
			case ascii && (prevASCII || k == 0 && r != ' '):
				sum += asciiCost(r)
			case !ascii && k == 0:
				sum += m.other(r)
			default:
				sum += float64(m.pairs[prev][k]-'0') / 2
				if lower != r {
					sum += 3
					if prevLower {
						sum += 7
					}
				}
			}
			letter := lower >= 'a' && lower <= 'z'
			if !m.latin && (k > 0 && prevLatin || letter && prev > 0) {
				sum += 12
			}
			if !m.latin && (k > 0 && lastLatin || letter && lastOther) {
				sum += 4
			}
			if k > 0 || letter {
				lastLatin, lastOther = letter, !letter
			}
			prev, prevLower, prevASCII, prevLatin = k, k > 0 && lower == r, ascii, letter
		}
		return sum
	}
}
