package tokenize

import "unicode/utf8"

// bertNormalizer is BERT's basic clean-up (google-research/bert, tokenization.py), as Hugging Face tokenizers has it.
type bertNormalizer struct {
	CleanText     bool  `json:"clean_text"`
	HandleChinese bool  `json:"handle_chinese_chars"`
	StripAccents  *bool `json:"strip_accents"` // null: as Lowercase
	Lowercase     bool  `json:"lowercase"`
}

func (n *bertNormalizer) apply(t *aligned) {
	if n.CleanText {
		t.filter(func(r rune) bool {
			if r < utf8.RuneSelf {
				return r >= ' ' && r != 0x7F || r == '\t' || r == '\n' || r == '\r'
			}
			return r != utf8.RuneError && !bertControl(r)
		})
		t.mapRunes(func(r rune) rune {
			if isSpace(r) {
				return ' '
			}
			return r
		})
	}
	if n.HandleChinese {
		spaceIdeographs(t)
	}
	strip := n.Lowercase
	if n.StripAccents != nil {
		strip = *n.StripAccents
	}
	if strip {
		unicodeForm{}.apply(t)
		t.filter(func(r rune) bool { return r < 0x300 || !bertNonspacing(r) })
	}
	if n.Lowercase {
		lowercase{}.apply(t)
	}
}

// spaceIdeographs puts a space on both sides of every CJK ideograph; the first takes the ideograph's place in the reading.
func spaceIdeographs(t *aligned) {
	i := 0
	for i < len(t.b) && t.b[i] < 0xE3 { // ideographs start with E3 or above in UTF-8
		i++
	}
	if i == len(t.b) {
		return
	}
	t.begin(0)
	for t.off < len(t.b) {
		r, n := runeAt(t.b, t.off)
		if isIdeograph(r) {
			t.put(' ', 0)
			t.put(r, 1)
			t.put(' ', 1)
		} else {
			t.keep(t.off + n)
		}
	}
	t.commit()
}

// isIdeograph has BERT's blocks, with the gap that Hugging Face tokenizers leaves at U+2B820.
func isIdeograph(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F ||
		r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}
