package clean

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// mender undoes wrong decodings: UTF-8 that was read as a code page. The ideas are ftfy's (Robyn Speer, https://ftfy.readthedocs.io): mojibake is told by
// characters that stand side by side in no language, and one sure place allows doubtful places of the same text to be decoded, too.
type mender struct {
	seqs []sequence
}

// layers bounds how often a text was wrongly decoded.
const layers = 5

// mend returns the text as it was meant, and whether anything was wrong with it.
func (m *mender) mend(b []byte) ([]byte, bool) {
	changed := false
	for range layers {
		pages := pageCodes().suspects(b)
		if pages == 0 {
			return b, changed
		}
		out, ok := m.layer(b, pages)
		if !ok {
			if pages&leftControls == 0 {
				return b, changed
			}
			break
		}
		b, changed = out, true
	}
	out, ok := readControls(b)
	return out, changed || ok
}

// strength says how sure it is that characters are a wrongly read one.
type strength uint8

const (
	natural strength = iota // could be meant: decoded only where the whole line decodes
	weak                    // hardly meant: decoded where a strong one stands in the text
	strong                  // in no language
)

// sequence is a place of the text that is one character of UTF-8 in a code page.
type sequence struct {
	start, end int // bytes of the text
	decoded    rune
	strength   strength
	lost       bool // a byte is missing and was filled in
	keepSpace  bool // the space that was taken for a lost byte stays
}

// layer undoes one wrong decoding by the page that explains most.
func (m *mender) layer(b []byte, pages uint16) ([]byte, bool) {
	best, bestScore := -1, 0
	for p := range numPages {
		if pages&(1<<p) == 0 {
			continue
		}
		m.find(b, p)
		score, places, sure := 0, 0, false
		for _, s := range m.seqs {
			score += int(s.strength) * utf8.RuneCount(b[s.start:s.end])
			if s.strength != natural {
				places++
			}
			sure = sure || s.strength == strong
		}
		if rare := p == turkish || p == greek || p == baltic || p == latin2; rare && places < 2 { // one place of a rare page is more likely a coincidence
			continue
		}
		if sure && score > bestScore {
			best, bestScore = p, score
		}
	}
	if best < 0 {
		return b, false
	}
	m.find(b, best)
	out := make([]byte, 0, len(b))
	next := 0
	for start := 0; start < len(b); {
		end := start + bytes.IndexByte(b[start:], '\n') + 1
		if end == start {
			end = len(b)
		}
		first := next
		for next < len(m.seqs) && m.seqs[next].start < end {
			next++
		}
		out = rewrite(out, b, start, end, m.seqs[first:next], best)
		start = end
	}
	return out, !bytes.Equal(out, b)
}

// rewrite appends a line with its sequences decoded: all of them when nothing else in the line is of the page, else those that are not natural.
func rewrite(out, b []byte, start, end int, seqs []sequence, page int) []byte {
	all := len(seqs) > 0 && wholly(b[start:end], start, seqs, page)
	for _, s := range seqs {
		if s.strength == natural && (!all || s.lost) {
			continue
		}
		out = append(out, b[start:s.start]...)
		out = utf8.AppendRune(out, s.decoded)
		if s.keepSpace {
			out = append(out, ' ')
		}
		start = s.end
	}
	return append(out, b[start:end]...)
}

// wholly reports whether every character of the line that is above ASCII in the page belongs to a sequence.
func wholly(line []byte, offset int, seqs []sequence, page int) bool {
	c := pageCodes()
	k := 0
	for i := 0; i < len(line); {
		if k < len(seqs) && offset+i == seqs[k].start {
			i = seqs[k].end - offset
			k++
			continue
		}
		r, n := utf8.DecodeRune(line[i:])
		if x := pageIndex(r); x >= 0x80 && c.of[x][page] != 0 {
			return false
		}
		i += n
	}
	return true
}

// find lists the sequences of a text in a page, judged.
func (m *mender) find(b []byte, page int) {
	c := pageCodes()
	bit := uint16(1) << page
	m.seqs = m.seqs[:0]
	prev := rune(' ')
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			prev = rune(b[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if k := pageIndex(r); k >= 0 && c.lead[k]&bit != 0 {
			if s, ok := c.sequence(b, i, page, prev); ok {
				m.seqs = append(m.seqs, s)
				prev, _ = utf8.DecodeLastRune(b[:s.end])
				i = s.end
				continue
			}
		}
		prev = r
		i += n
	}
	m.chains(page)
}

// sequence reads the character of UTF-8 that begins at b[i] in the page.
func (c *codes) sequence(b []byte, i, page int, prev rune) (sequence, bool) {
	var raw [6]byte
	var runes [6]rune
	r, n := utf8.DecodeRune(b[i:])
	raw[0], runes[0] = c.of[pageIndex(r)][page], r
	want := 2
	switch {
	case raw[0] >= 0xF0:
		want = 4
	case raw[0] >= 0xE0:
		want = 3
	}
	s := sequence{start: i}
	spaces, gone := 0, 0
	at := i + n
	take := func(k int) bool {
		if at >= len(b) {
			return false
		}
		r, n := utf8.DecodeRune(b[at:])
		runes[k] = r
		x := pageIndex(r)
		switch {
		case x >= 0x80 && c.cont[x]&(1<<page) != 0:
			raw[k] = c.of[x][page]
		case r == ' ' && page != mac && page != dos:
			raw[k] = 0xA0
			spaces++
		case r == utf8.RuneError, r == '?' && k == 2 && raw[0] == 0xE2 && raw[1] == 0x80:
			raw[k] = 0xBF
			gone++
		default:
			return false
		}
		at += n
		return true
	}
	for k := 1; k < want; k++ {
		if !take(k) {
			return s, false
		}
	}
	if want == 3 && raw[0] == 0xED && raw[1] >= 0xA0 && gone == 0 { // half of a pair as CESU-8 writes it
		x := pageIndexAt(b, at)
		if raw[1] >= 0xB0 || x < 0 || c.of[x][page] != 0xED {
			return s, false
		}
		_, n := utf8.DecodeRune(b[at:])
		at += n
		raw[3] = 0xED
		if !take(4) || !take(5) || raw[4] < 0xB0 || gone+spaces > 0 {
			return s, false
		}
		s.decoded = 0x10000 + (rune(raw[1]&0x0F)<<16 | rune(raw[2]&0x3F)<<10 | rune(raw[4]&0x0F)<<6 | rune(raw[5]&0x3F))
		s.end, s.strength = at, strong
		return s, true
	}
	d, size := utf8.DecodeRune(raw[:want])
	if size != want || spaces > 1 || gone == 0 && !plausible(d, page) {
		return s, false
	}
	s.end, s.decoded = at, d
	next, _ := utf8.DecodeRune(b[at:])
	if at >= len(b) {
		next = ' '
	}
	switch {
	case gone > 0:
		s.decoded, s.lost = utf8.RuneError, true
		s.strength = weak
		if isLower(prev) && isUpper(runes[0]) || want > 2 && gone < want-1 && spaces == 0 && !closes(runes[1], next) {
			s.strength = strong
		}
	case spaces > 0:
		s.lost = true
		return s, c.spaced(&s, runes[:want], prev, next, b[at:], page)
	default:
		s.strength = judge(page, prev, runes[:want], next)
	}
	return s, true
}

func pageIndexAt(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	r, _ := utf8.DecodeRune(b[i:])
	return pageIndex(r)
}

// spaced judges a sequence in which a space stands for a no-break space that was tidied away. "Ã " is "à" in most languages, where the space after it was lost
// as often as not; Portuguese joins it with what follows.
func (c *codes) spaced(s *sequence, runes []rune, prev, next rune, rest []byte, page int) bool {
	lower := isLower(next)
	leads := false
	if x := pageIndex(next); x >= 0 {
		leads = c.lead[x]&(1<<page) != 0
	}
	s.strength = weak
	switch {
	case s.decoded == 'à':
		if !lower && !leads && next != ' ' || isUpper(prev) {
			return false
		}
		if isLower(prev) && page == western {
			s.strength = strong
		}
		s.keepSpace = next != ' '
		for _, w := range []string{"s ", "quele", "quela", "quilo"} {
			if bytes.HasPrefix(rest, []byte(w)) {
				s.keepSpace = false
			}
		}
		return true
	case s.decoded == 0xA0:
		return !isUpper(prev)
	case len(runes) > 2:
		return true
	}
	return (lower || leads) && unicode.IsLetter(s.decoded) && !isLetter(prev)
}

// chains makes sequences strong that stand side by side and spell letters of one script other than Latin: "×‘×”×•" is Hebrew.
func (m *mender) chains(page int) {
	for i := 0; i < len(m.seqs); {
		j := i + 1
		script := scriptOf(m.seqs[i].decoded)
		for j < len(m.seqs) && m.seqs[j].start == m.seqs[j-1].end && scriptOf(m.seqs[j].decoded) == script {
			j++
		}
		least := 2
		if page == dos || page == mac {
			least = 3
		}
		if script != nil && j-i >= least {
			for k := i; k < j; k++ {
				if !m.seqs[k].lost {
					m.seqs[k].strength = strong
				}
			}
		}
		i = j
	}
}

// scripts that mojibake of two bytes a letter is made of; those of three bytes are strong without a chain.
var scripts = []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic, unicode.Armenian}

func scriptOf(r rune) *unicode.RangeTable {
	if !unicode.IsLetter(r) {
		return nil
	}
	for _, s := range scripts {
		if unicode.Is(s, r) {
			return s
		}
	}
	return nil
}

// plausible reports whether anyone would have written the character.
func plausible(r rune, page int) bool {
	switch {
	case r < 0x80:
		return false
	case r < 0xA0:
		return page == western
	case unicode.Is(unicode.Co, r):
		return false
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf)
}

// readControls reads what is left of U+0080-009F as Windows-1252, which it nearly always was.
func readControls(b []byte) ([]byte, bool) {
	at := -1
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0xC2 && b[i+1] >= 0x80 && b[i+1] < 0xA0 && charmaps[western].DecodeByte(b[i+1]) != rune(b[i+1]) && charmaps[western].DecodeByte(b[i+1]) != utf8.RuneError {
			at = i
			break
		}
	}
	if at < 0 {
		return b, false
	}
	out := append(make([]byte, 0, len(b)+8), b[:at]...)
	for i := at; i < len(b); i++ {
		if b[i] == 0xC2 && i+1 < len(b) && b[i+1] >= 0x80 && b[i+1] < 0xA0 {
			if r := charmaps[western].DecodeByte(b[i+1]); r != utf8.RuneError {
				out = utf8.AppendRune(out, r)
				i++
				continue
			}
		}
		out = append(out, b[i])
	}
	return out, true
}
