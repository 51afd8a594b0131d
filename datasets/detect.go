package datasets

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	unicodeenc "golang.org/x/text/encoding/unicode"
)

//go:generate go run ./internal/encodingtables

// The detector asks how many bits the bytes would cost as text of each encoding's languages, and takes the cheapest. Each model gives every character a
// probability: frequent characters from tables (detecttables.go), everything else by class. Plain ASCII costs the same in all models, so that it
// says nothing; only what is not ASCII decides, together with the ASCII bytes that a double-byte encoding would take for second halves.

// detectSample is how many bytes around characters beyond ASCII are weighed.
const detectSample = 16 << 10

// candidateEncodings are the encodings that are told apart where bytes are neither UTF-8 nor marked.
var candidateEncodings = []struct {
	name string
	enc  encoding.Encoding
	cost func([]rune) float64
}{
	{"gb18030", simplifiedchinese.GB18030, costOf(chineseCost)},
	{"big5", traditionalchinese.Big5, costOf(taiwaneseCost)},
	{"shift_jis", japanese.ShiftJIS, costOf(japaneseCost)},
	{"euc-jp", japanese.EUCJP, costOf(japaneseCost)},
	{"euc-kr", korean.EUCKR, costOf(koreanCost)},
	{"windows-1252", charmap.Windows1252, pairCost(latinModel)},
	{"windows-1251", charmap.Windows1251, pairCost(cyrillicModel)},
	{"koi8-r", charmap.KOI8R, pairCost(cyrillicModel)},
}

// wideEncoding recognises UTF-16 and UTF-32, by byte order mark or by their zero bytes, and UTF-8's mark; "" for everything else.
func wideEncoding(b []byte) string {
	switch {
	case bytes.HasPrefix(b, utf8Mark):
		return "utf-8"
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return "utf-32le"
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return "utf-32be"
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "utf-16be"
	}
	head := b[:min(len(b), 4096)&^1]
	var even, odd int
	for i := 0; i < len(head); i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	switch pairs := len(head) / 2; {
	case pairs < 2:
		return ""
	case odd > pairs/4 && even <= pairs/50:
		return "utf-16le"
	case even > pairs/4 && odd <= pairs/50:
		return "utf-16be"
	}
	return ""
}

// DetectEncoding names the encoding that the bytes are most likely in: UTF-8, UTF-16 and UTF-32, GB18030, Big5, Shift_JIS, EUC-JP, EUC-KR, windows-1252,
// windows-1251 or KOI8-R. Plain ASCII is UTF-8. The bytes may end in the middle of a character.
func DetectEncoding(b []byte) string {
	if name := wideEncoding(b); name != "" {
		return name
	}
	controls := countControls(b)
	if controls <= len(b)/controlShare {
		if valid, invalid := countUTF8(trimPartial(b)); invalid == 0 || valid >= 4 && valid >= 8*invalid {
			return "utf-8"
		}
	}
	// A short stretch settles most files; only close calls are weighed on more.
	best := "utf-8"
	for _, size := range []int{512, 4 << 10, detectSample} {
		var margin float64
		best, margin = cheapest(b, size, controls > len(b)/controlShare)
		if margin > 150 || size >= len(b) {
			break
		}
	}
	return best
}

// controlShare: where more than one byte in 20 is a control character, the bytes are halves of UTF-16 (04 of Cyrillic, 06 of Arabic, 00 of ASCII).
const controlShare = 20

func countControls(b []byte) int {
	n := 0
	for _, c := range b {
		if c < 0x09 || c > 0x0d && c < 0x20 && c != 0x1b {
			n++
		}
	}
	return n
}

// cheapest weighs up to size bytes and returns the cheapest encoding and by how many bits it is ahead of the next.
func cheapest(b []byte, size int, onlyWide bool) (best string, margin float64) {
	best = "utf-8"
	var first, second float64
	n := 0
	consider := func(name string, cost float64) {
		switch n++; {
		case n == 1:
			best, first, second = name, cost, cost+1e9
		case cost < first:
			best, first, second = name, cost, first
		case cost < second:
			second = cost
		}
	}
	sample := beyondASCII(b, size)
	if !onlyWide {
		for _, c := range candidateEncodings {
			if text, err := c.enc.NewDecoder().Bytes(sample); err == nil {
				consider(c.name, c.cost([]rune(string(text))))
			}
		}
	}
	// UTF-16 of scripts without zero bytes: its lines cannot be told by their bytes, so it is weighed on a sample of its own, in proportion.
	if wide := b[:min(len(b), size)&^1]; len(wide) > 0 {
		share := float64(len(sample)) / float64(len(wide))
		if onlyWide {
			share = 1
		}
		for _, order := range []struct {
			name   string
			endian unicodeenc.Endianness
		}{{"utf-16le", unicodeenc.LittleEndian}, {"utf-16be", unicodeenc.BigEndian}} {
			if text, err := unicodeenc.UTF16(order.endian, unicodeenc.IgnoreBOM).NewDecoder().Bytes(wide); err == nil {
				consider(order.name, share*costOf(anyCost)([]rune(string(text))))
			}
		}
	}
	return best, second - first
}

// countUTF8 counts the characters beyond ASCII that are well-formed UTF-8, and the bytes that are not.
func countUTF8(b []byte) (valid, invalid int) {
	if utf8.Valid(b) {
		for i := 0; i < len(b); i++ {
			if b[i] >= 0xC0 {
				valid++
			}
		}
		return valid, 0
	}
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			invalid++
		} else {
			valid++
		}
		i += n
	}
	return valid, invalid
}

// trimPartial takes a multi-byte character that is cut off by the end of b away.
func trimPartial(b []byte) []byte {
	for k := 1; k <= 3 && k <= len(b); k++ {
		c := b[len(b)-k]
		if c >= 0xC0 {
			if !utf8.FullRune(b[len(b)-k:]) {
				return b[:len(b)-k]
			}
			break
		}
		if c < 0x80 {
			break
		}
	}
	return b
}

// beyondASCII returns the first lines that hold bytes beyond ASCII, up to size bytes.
func beyondASCII(b []byte, size int) []byte {
	var out []byte
	for line := range bytes.Lines(b) {
		if len(out) >= size {
			break
		}
		for i, c := range line {
			if c >= utf8.RuneSelf {
				from := max(0, i-64)
				out = append(out, line[from:min(len(line), from+size)]...)
				break
			}
		}
	}
	return out
}

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
