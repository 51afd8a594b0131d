package quality

import (
	"bytes"
	"unicode/utf8"

	"winnow/internal/text"
)

// figures are the measures of one text that the rules hold against their limits. Shares lie in [0, 1]. A word is a run of letters or digits; in Chinese it
// is one character. Marks of punctuation are no words.
type figures struct {
	doc    *text.Doc
	counts text.Counts
	lang   string

	words        float64 // number of words
	tokens       float64 // number of words and marks of punctuation
	wordLength   float64 // mean characters of a word
	longestWord  float64 // characters
	letterWords  float64 // share of words that hold a letter
	letterTokens float64 // share of tokens that hold a letter
	stopWords    float64 // different stop words of the language, counted up to the limit that is asked for
	noisyWords   float64 // share of the letters of words that stands in words nobody can pronounce

	lines, lineLength             float64 // lines that hold something; mean characters of them
	bulletLines, ellipsisLines    float64 // shares of lines
	terminalLines, shortLines     float64
	duplicateLineCharacters       float64 // share of the characters without newlines
	rareHan, mojibake, oddSymbols float64
}

// measure fills f for a text. Figures that no rule asks for stay zero.
func (f *figures) measure(doc *text.Doc, lang string, want *limitSet, seen *hashSet) {
	*f = figures{doc: doc, counts: doc.Counts(), lang: lang}
	f.measureWords(want)
	if want.needsLines {
		f.measureLines(want, seen)
	}
	if want.on(maxRareHan) && f.counts.Han > 0 {
		f.rareHan = rareHan(doc.Text(), f.counts.Han)
	}
	if want.on(maxMojibake) {
		f.mojibake = mojibakeShare(doc.Text(), f.counts)
	}
	if want.on(maxGibberish) {
		f.oddSymbols = oddSymbols(doc.Text(), f.counts)
	}
}

func (f *figures) measureWords(want *limitSet) {
	words, raw := f.doc.Words(), f.doc.Text()
	ascii := f.counts.Runes == len(raw)
	var stops *stopList
	if want.on(minStopWords) {
		stops = stopWordsOf[f.lang]
	}
	var n, letters, chars, longest, punct, noisy, judged, address int
	var found uint32
	for i := range words {
		w := &words[i]
		length := int(w.End - w.Start)
		switch w.Kind {
		case text.Punct:
			punct++
			continue
		case text.Han:
			letters++
			length = 1
		case text.Letters:
			letters++
			if !ascii {
				length = utf8.RuneCount(raw[w.Start:w.End])
			}
			if end := addressEnd(raw, int(w.Start), int(w.End)); end > 0 {
				address = end
			}
			if length >= 4 && int(w.Start) >= address && (len(words) < 400 || i&3 == 0) { // of a long text every fourth word is sample enough
				judged += length
				if unpronounceable(raw[w.Start:w.End]) {
					noisy += length
				}
			}
		}
		n++
		chars += length
		longest = max(longest, length)
		if stops != nil {
			if j := stops.find(w.Hash); j >= 0 {
				found |= 1 << j
				if found&(found-1) != 0 && want.limit[minStopWords] <= 2 {
					stops = nil // two different ones are enough: look no further
				}
			}
		}
	}
	f.words, f.tokens, f.longestWord = float64(n), float64(n+punct), float64(longest)
	for ; found != 0; found &= found - 1 {
		f.stopWords++
	}
	if n > 0 {
		f.wordLength = float64(chars) / float64(n)
		f.letterWords = float64(letters) / float64(n)
		f.letterTokens = float64(letters) / float64(n+punct)
	}
	if judged >= 40 {
		f.noisyWords = float64(noisy) / float64(judged)
	}
}

func (f *figures) measureLines(want *limitSet, seen *hashSet) {
	lines, raw := f.doc.Lines(), f.doc.Text()
	if len(lines) == 0 {
		return
	}
	duplicates := want.on(maxDuplicateLineCharacters)
	if duplicates {
		seen.reset(len(lines))
	}
	ascii := f.counts.Runes == len(raw)
	var chars, bullets, ellipses, terminal, short, dup int
	for _, l := range lines {
		line := raw[l.Start:l.End]
		n := len(line)
		if !ascii {
			n = utf8.RuneCount(line)
		}
		chars += n
		if n <= 30 {
			short++
		}
		if line[0] == '-' || line[0] == '*' || bytes.HasPrefix(line, []byte("•")) {
			bullets++
		}
		if bytes.HasSuffix(line, []byte("...")) || bytes.HasSuffix(line, []byte("…")) {
			ellipses++
		}
		if last, _ := utf8.DecodeLastRune(line); endsSentence(last) {
			terminal++
		}
		if duplicates && seen.add(l.Hash) {
			dup += n
		}
	}
	n := float64(len(lines))
	f.lines, f.lineLength = n, float64(chars)/n
	f.bulletLines, f.ellipsisLines = float64(bullets)/n, float64(ellipses)/n
	f.terminalLines, f.shortLines = float64(terminal)/n, float64(short)/n
	f.duplicateLineCharacters = float64(dup) / float64(max(chars, 1))
}

// endsSentence reports whether r closes a sentence in one of the common scripts, or closes a quotation or bracket after one. FineWeb-2 counts some 150
// signs; these are the ones of the languages with a standard in winnow.
func endsSentence(r rune) bool {
	switch r {
	case '.', '?', '!', '"', '\'', '…', '”', '’', '。', '！', '？', '．', '｡', '」', '』', '）', ')', '؟', '۔', '।', '॥', '։', '።', '។', '⁇', '⁈', '⁉', '‼', '»':
		return true
	}
	return false
}

// symbolsPerWord is Gopher's ratio: the larger of `#` and of ellipses to all tokens.
func (f *figures) symbolsPerWord() float64 {
	if f.tokens == 0 {
		return 0
	}
	raw := f.doc.Text()
	hashes := bytes.Count(raw, []byte("#"))
	dots := bytes.Count(raw, []byte("…"))
	if bytes.IndexByte(raw, '.') >= 0 {
		dots += bytes.Count(raw, []byte("..."))
	}
	return float64(max(hashes, dots)) / f.tokens
}

// share returns part as a share of all characters but white space.
func (f *figures) share(part int) float64 {
	n := f.counts.Runes - f.counts.Spaces
	if n <= 0 {
		return 0
	}
	return float64(part) / float64(n)
}
