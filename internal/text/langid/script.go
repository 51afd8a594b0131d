package langid

import "unicode/utf8"

// Scripts by number; blocks says what each is.
const (
	noScript = iota
	latinScript
	cyrillicScript
	arabicScript
	hanScript
	kanaScript
	hangulScript
	devanagariScript
)

// block is a script: its language when there is one alone, its ranges of characters, and how much a character of it counts against Latin letters.
type block struct {
	lang   string
	weight int
	ranges [][2]rune
}

var blocks = []block{
	latinScript:      {"", 2, [][2]rune{{'A', 'Z'}, {'a', 'z'}, {0xAA, 0xAA}, {0xBA, 0xBA}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x24F}, {0x1E00, 0x1EFF}}},
	cyrillicScript:   {"", 2, [][2]rune{{0x400, 0x481}, {0x48A, 0x52F}}},
	arabicScript:     {"", 2, [][2]rune{{0x620, 0x63F}, {0x641, 0x64A}, {0x66E, 0x6D3}, {0x750, 0x77F}}},
	hanScript:        {"zh", 8, [][2]rune{{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}}},
	kanaScript:       {"ja", 6, [][2]rune{{0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x31F0, 0x31FF}, {0xFF66, 0xFF9D}}},
	hangulScript:     {"ko", 6, [][2]rune{{0x1100, 0x11FF}, {0x3131, 0x318E}, {0xAC00, 0xD7A3}}},
	devanagariScript: {"hi", 2, [][2]rune{{0x904, 0x939}, {0x958, 0x961}, {0x971, 0x97F}}},
	{"el", 2, [][2]rune{{0x370, 0x373}, {0x376, 0x377}, {0x37F, 0x37F}, {0x386, 0x386}, {0x388, 0x3FF}, {0x1F00, 0x1FFF}}},
	{"he", 2, [][2]rune{{0x5D0, 0x5EA}}},
	{"th", 2, [][2]rune{{0xE01, 0xE30}, {0xE40, 0xE46}}},
	{"bn", 2, [][2]rune{{0x985, 0x9B9}, {0x9CE, 0x9E1}}},
	{"pa", 2, [][2]rune{{0xA05, 0xA39}, {0xA59, 0xA74}}},
	{"gu", 2, [][2]rune{{0xA85, 0xAB9}}},
	{"or", 2, [][2]rune{{0xB05, 0xB39}}},
	{"ta", 2, [][2]rune{{0xB83, 0xBB9}}},
	{"te", 2, [][2]rune{{0xC05, 0xC39}}},
	{"kn", 2, [][2]rune{{0xC85, 0xCB9}}},
	{"ml", 2, [][2]rune{{0xD05, 0xD3A}}},
	{"si", 2, [][2]rune{{0xD85, 0xDC6}}},
	{"lo", 2, [][2]rune{{0xE81, 0xEB0}, {0xEC0, 0xEC6}}},
	{"my", 2, [][2]rune{{0x1000, 0x102A}}},
	{"km", 2, [][2]rune{{0x1780, 0x17B3}}},
	{"ka", 2, [][2]rune{{0x10A0, 0x10FF}, {0x1C90, 0x1CBF}}},
	{"hy", 2, [][2]rune{{0x531, 0x556}, {0x561, 0x587}}},
	{"am", 3, [][2]rune{{0x1200, 0x135A}}},
	{"ur", 0, nil}, // Arabic letters that Urdu alone has: see countScripts
}

// scriptTable has the script of every character under U+2000; above it there are few ranges.
var scriptTable = func() (t [0x2000]uint8) {
	for s, b := range blocks {
		for _, r := range b.ranges {
			for c := r[0]; c <= r[1] && c < 0x2000; c++ {
				t[c] = uint8(s)
			}
		}
	}
	return t
}()

func scriptOf(r rune) int {
	switch {
	case r < 0x2000:
		return int(scriptTable[r])
	case r >= 0x3041 && r <= 0x30FA && r != 0x3097 && r != 0x3098 && r != 0x3099 && r != 0x309A && r != 0x30A0, r >= 0x31F0 && r <= 0x31FF, r >= 0xFF66 && r <= 0xFF9D:
		return kanaScript
	case r >= 0x3131 && r <= 0x318E, r >= 0xAC00 && r <= 0xD7A3:
		return hangulScript
	case r >= 0x3400 && r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, r >= 0xF900 && r <= 0xFAFF, r >= 0x20000 && r <= 0x323AF:
		return hanScript
	}
	return noScript
}

// scriptCounts is how many letters of each script a text has.
type scriptCounts struct {
	of      [32]int
	letters int
	urdu    bool // it has a letter that Arabic and Persian lack
}

func countScripts(text []byte) scriptCounts {
	var c scriptCounts
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			c.of[scriptTable[b]]++
			i++
			continue
		}
		if b >= 0xE5 && b <= 0xE9 && i+3 <= len(text) { // most of Chinese
			c.of[hanScript]++
			i += 3
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		c.of[scriptOf(r)]++
		if r == 'ٹ' || r == 'ڈ' || r == 'ڑ' || r == 'ے' || r == 'ں' {
			c.urdu = true
		}
	}
	c.of[noScript] = 0
	for _, n := range c.of {
		c.letters += n
	}
	return c
}

// kanaShare is the share of kana among kana and Chinese characters from which on a text is Japanese.
const kanaShare = .05

// main returns the script that most of the text is written in, by weight, and its share.
func (c *scriptCounts) main() (script int, share float64) {
	of := c.of
	if kana, han := of[kanaScript], of[hanScript]; kana > 0 && float64(kana) >= kanaShare*float64(kana+han) {
		of[kanaScript], of[hanScript] = kana+han, 0
	} else {
		of[hanScript] += kana
		of[kanaScript] = 0
	}
	if of[hangulScript] > 0 && of[hangulScript]*2 > of[hanScript] { // Chinese characters inside Korean
		of[hangulScript] += of[hanScript]
		of[hanScript] = 0
	}
	total, best := 0, 0
	for s, n := range of[:len(blocks)] {
		w := n * blocks[s].weight
		total += w
		if w > best {
			best, script = w, s
		}
	}
	if total == 0 {
		return noScript, 0
	}
	return script, float64(best) / float64(total)
}
