package tokenize

import (
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unicodeForm is NFD, NFKD, NFC or NFKC of Unicode 9.0, the version of the crate that Hugging Face tokenizers uses (unicode-normalization-alignments
// 0.1.12). The normalisers of golang.org/x/text follow Unicode 15 and insert U+034F after 30 combining marks (the stream-safe form), so only their tables
// are taken, less what Unicode 10 and later assigned.
type unicodeForm struct{ compose, compatible bool }

// assignedSinceUnicode9 lists the characters that have a combining class or a decomposition in Unicode 15 but not in 9.0.
var assignedSinceUnicode9 = [][2]rune{
	{0x7FD, 0x7FD}, {0x898, 0x89F}, {0x8CA, 0x8D3}, {0x9FE, 0x9FE}, {0xC3C, 0xC3C}, {0xD3B, 0xD3C}, {0xEBA, 0xEBA}, {0x1715, 0x1715},
	{0x1ABF, 0x1ACE}, {0x1DF6, 0x1DFA}, {0x32FF, 0x32FF}, {0xA7F2, 0xA7F4}, {0xA82C, 0xA82C}, {0xAB69, 0xAB69}, {0x10781, 0x10785},
	{0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50},
	{0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x11938, 0x11938},
	{0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99},
	{0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D},
	{0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C},
	{0x1FBF0, 0x1FBF9},
}

// What a character can do under normalisation.
const (
	formMark       = 1 << iota // its combining class is not 0
	formCanonical              // it has a canonical decomposition
	formCompatible             // it has a compatibility decomposition
	formRecomposed             // its canonical decomposition composes to itself again: NFC leaves it alone
	formSecond                 // it may compose with a character before it
)

// formTables holds what x/text does not offer: composition of pairs, and the flags above.
type formTables struct {
	flags classTable // of characters other than Hangul syllables
	pair  map[[2]rune]rune
}

// Hangul syllables are composed by arithmetic (Unicode 16.0, section 3.12).
const (
	hangulBase, hangulEnd = 0xAC00, 0xD7A4
	leadBase, leadCount   = 0x1100, 19
	vowelBase, vowelCount = 0x1161, 21
	tailBase, tailCount   = 0x11A7, 28
)

var forms = sync.OnceValue(func() *formTables {
	t := &formTables{pair: map[[2]rune]rune{}}
	flat := make([]uint8, 0x110000)
	// Everything with a class or a decomposition lies in these blocks.
	for _, block := range [][2]rune{{0xA0, 0x33FF}, {0xA000, 0xABFF}, {0xF900, 0xFFFF}, {0x10000, 0x1FFFF}, {0x2F800, 0x2FA1F}} {
		for r := block[0]; r <= block[1]; r++ {
			t.enter(flat, r)
		}
	}
	// Vowels and tails of Hangul join the syllable before them.
	for r := rune(vowelBase); r < vowelBase+vowelCount; r++ {
		flat[r] |= formSecond
	}
	for r := rune(tailBase + 1); r < tailBase+tailCount; r++ {
		flat[r] |= formSecond
	}
	t.flags.fill(flat)
	return t
})

func (t *formTables) enter(flat []uint8, r rune) {
	if inRanges(assignedSinceUnicode9, r) {
		return
	}
	var buf [utf8.UTFMax]byte
	s := utf8.AppendRune(buf[:0], r)
	p := norm.NFD.Properties(s)
	var f uint8
	if p.CCC() != 0 {
		f |= formMark
	}
	d := p.Decomposition()
	if len(d) > 0 {
		f |= formCanonical
		if whole := norm.NFC.Bytes(s); string(whole) == string(s) {
			f |= formRecomposed
			t.enterPair(flat, r, d)
		}
	}
	if norm.NFKD.Properties(s).Decomposition() != nil {
		f |= formCompatible
	}
	flat[r] |= f
}

// enterPair notes the pair that composes to r: the composition of all but the last character of its full decomposition, and that last one.
func (t *formTables) enterPair(flat []uint8, r rune, decomposition []byte) {
	last, n := utf8.DecodeLastRune(decomposition)
	first, size := utf8.DecodeRune(norm.NFC.Bytes(decomposition[:len(decomposition)-n]))
	if size > 0 {
		t.pair[[2]rune{first, last}] = r
		flat[last] |= formSecond
	}
}

func (t *formTables) composePair(a, b rune) (rune, bool) {
	if a >= leadBase && a < leadBase+leadCount && b >= vowelBase && b < vowelBase+vowelCount {
		return hangulBase + ((a-leadBase)*vowelCount+(b-vowelBase))*tailCount, true
	}
	if a >= hangulBase && a < hangulEnd && (a-hangulBase)%tailCount == 0 && b > tailBase && b < tailBase+tailCount {
		return a + b - tailBase, true
	}
	r, ok := t.pair[[2]rune{a, b}]
	return r, ok
}

// inert reports whether a character stays as it is whatever stands around it, as the first character of what follows.
func (f unicodeForm) inert(t *formTables, r rune) bool {
	if r < 0xA0 || r < 0x300 && f.compose && !f.compatible {
		return true
	}
	if r >= 0x3400 && r < 0xA000 { // Han
		return true
	}
	if r >= hangulBase && r < hangulEnd {
		return f.compose
	}
	flags := t.flags.of(r)
	if flags == 0 {
		return true
	}
	if flags&formMark != 0 || f.compatible && flags&formCompatible != 0 {
		return false
	}
	if f.compose {
		return flags&formSecond == 0 && (flags&formCanonical == 0 || flags&formRecomposed != 0)
	}
	return flags&formCanonical == 0
}

func (f unicodeForm) apply(a *aligned) {
	tables := forms()
	b := a.b
	last := 0 // start of the last inert character
	begun := false
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			last = i
			i++
			continue
		}
		if c := b[i]; c >= 0xE4 && c <= 0xE9 { // U+4000 to U+9FFF: Han
			last = i
			i += 3
			continue
		}
		r, n := runeAt(b, i)
		if f.inert(tables, r) {
			last = i
			i += n
			continue
		}
		if !begun {
			a.begin(0)
			begun = true
		}
		end := i + n
		for end < len(b) {
			r, n := runeAt(b, end)
			if f.inert(tables, r) {
				break
			}
			end += n
		}
		// The inert character before takes part: it may compose with what follows.
		a.keep(max(last, a.off))
		f.stretch(tables, a, end)
		i, last = end, end
	}
	if begun {
		a.keep(len(b))
		a.commit()
	}
}

// formRune is a character of the decomposition; change as for aligned.put.
type formRune struct {
	r      rune
	class  uint8
	change int
}

// stretch normalises the old text from a.off up to end.
func (f unicodeForm) stretch(t *formTables, a *aligned, end int) {
	var seq []formRune
	for i := a.off; i < end; {
		r, n := runeAt(a.b, i)
		seq = f.decompose(t, seq, r)
		i += n
	}
	sortMarks(seq)
	if f.compose {
		seq = t.recompose(seq)
	}
	for _, x := range seq {
		a.put(x.r, x.change)
	}
	// Changes add up to the characters read, but a reordered sequence can leave the reading place short of the end.
	a.off = end
}

func (f unicodeForm) decompose(t *formTables, seq []formRune, r rune) []formRune {
	if r >= hangulBase && r < hangulEnd {
		s := r - hangulBase
		seq = append(seq, formRune{leadBase + s/(vowelCount*tailCount), 0, 0}, formRune{vowelBase + s%(vowelCount*tailCount)/tailCount, 0, 1})
		if tail := s % tailCount; tail > 0 {
			seq = append(seq, formRune{tailBase + tail, 0, 1})
		}
		return seq
	}
	flags := t.flags.of(r)
	if flags&formCanonical == 0 && (!f.compatible || flags&formCompatible == 0) {
		return append(seq, formRune{r, t.class(r), 0})
	}
	form := norm.NFD
	if f.compatible {
		form = norm.NFKD
	}
	change := 0
	for _, d := range string(form.PropertiesString(string(r)).Decomposition()) {
		seq = append(seq, formRune{d, t.class(d), change})
		change = 1
	}
	return seq
}

func (t *formTables) class(r rune) uint8 {
	if t.flags.of(r)&formMark == 0 {
		return 0
	}
	return norm.NFD.PropertiesString(string(r)).CCC()
}

// sortMarks brings each run of combining marks into the order of their classes.
func sortMarks(seq []formRune) {
	for i := 0; i < len(seq); {
		if seq[i].class == 0 {
			i++
			continue
		}
		end := i
		for end < len(seq) && seq[end].class != 0 {
			end++
		}
		slices.SortStableFunc(seq[i:end], func(x, y formRune) int { return int(x.class) - int(y.class) })
		i = end
	}
}

// recompose is the composition algorithm: a character joins the last starter unless one of the same or a higher class stands between.
func (t *formTables) recompose(seq []formRune) []formRune {
	out := seq[:0:0]
	starter := -1
	blocked := -1 // class of the last character after the starter that did not compose; -1 when there is none
	for _, x := range seq {
		if starter >= 0 && blocked < int(x.class) {
			if r, ok := t.composePair(out[starter].r, x.r); ok {
				out[starter].r = r
				out[starter].change += x.change - 1
				continue
			}
		}
		if x.class == 0 {
			starter, blocked = len(out), -1
		} else {
			blocked = int(x.class)
		}
		out = append(out, x)
	}
	return out
}
