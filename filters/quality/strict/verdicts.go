package strict

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Figures are what datatrove's GopherQualityFilter and FineWebQualityFilter compare with their limits.
type Figures struct {
	Words, Tokens                                       float64 // tokens that are not all punctuation; all tokens
	WordLength                                          float64 // mean characters of the first kind
	LetterTokens                                        float64 // share of tokens with a letter
	StopWords                                           float64 // different ones
	BulletLines, EllipsisLines                          float64 // shares of all lines
	TerminalLines, ShortLines, DuplicateLines, NewLines float64 // FineWeb's: shares of lines that hold something, of characters; line breaks a token
}

// punctuation is datatrove's PUNCTUATION (utils/text.py) without the control characters, which isPunct knows by their numbers.
var punctuation = setOf("!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»")

func isPunct(r rune) bool {
	return r < 32 && r != 9 && r != 10 || r >= 127 && r < 160 || punctuation[r]
}

var stopWords = words("the be to of and that have with")

// Measure returns the figures of an English text, whose tokens are given.
func Measure(text string, tokens []string) Figures {
	f := Figures{Tokens: float64(len(tokens))}
	chars, letters := 0, 0
	seen := map[string]bool{}
	for _, t := range tokens {
		if strings.ContainsFunc(t, func(r rune) bool { return !isPunct(r) }) {
			f.Words++
			chars += utf8.RuneCountInString(t)
		}
		if strings.ContainsFunc(t, unicode.IsLetter) {
			letters++
		}
		if stopWords[t] {
			seen[t] = true
		}
	}
	f.StopWords = float64(len(seen))
	f.WordLength = float64(chars) / max(f.Words, 1)
	f.LetterTokens = float64(letters) / max(f.Tokens, 1)
	f.lines(text)
	f.NewLines = float64(strings.Count(text, "\n")) / max(f.Tokens, 1)
	return f
}

func (f *Figures) lines(text string) {
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var filled, chars, terminal, short, dup float64
	seen := map[string]bool{}
	for _, line := range all {
		left, right := strings.TrimLeftFunc(line, unicode.IsSpace), strings.TrimRightFunc(line, unicode.IsSpace)
		if strings.HasPrefix(left, "•") || strings.HasPrefix(left, "-") {
			f.BulletLines++
		}
		if strings.HasSuffix(right, "...") || strings.HasSuffix(right, "…") {
			f.EllipsisLines++
		}
		n := float64(utf8.RuneCountInString(line))
		chars += n
		if right == "" {
			continue
		}
		filled++
		if last, _ := utf8.DecodeLastRuneInString(line); unicode.Is(unicode.STerm, last) {
			terminal++
		}
		if n <= 30 {
			short++
		}
		if seen[line] {
			dup += n
		}
		seen[line] = true
	}
	n := float64(len(all))
	f.BulletLines, f.EllipsisLines = f.BulletLines/n, f.EllipsisLines/n
	f.TerminalLines, f.ShortLines, f.DuplicateLines = terminal/max(filled, 1), short/max(filled, 1), dup/max(chars, 1)
}

var (
	paragraphBreak = regexp.MustCompile(`\n{2,}`)
	lineBreak      = regexp.MustCompile(`\n+`)
)

// Repeats returns the measures of datatrove's GopherRepetitionFilter: shares of lines, of paragraphs, of characters in such lines, in such paragraphs; of characters in
// the most frequent 2-, 3- and 4-gram; of characters in 5- to 10-grams that came before.
func Repeats(text string, tokens []string) (out [13]float64) {
	total := float64(utf8.RuneCountInString(text))
	if total == 0 {
		return out
	}
	paragraphs := paragraphBreak.Split(strings.TrimSpace(text), -1)
	lines := lineBreak.Split(text, -1)
	n, chars := duplicates(lines)
	out[0], out[2] = n/float64(len(lines)), chars/total
	n, chars = duplicates(paragraphs)
	out[1], out[3] = n/float64(len(paragraphs)), chars/total
	for k := 2; k <= 4; k++ {
		out[2+k] = top(tokens, k) / total
	}
	for k := 5; k <= 10; k++ {
		out[2+k] = repeated(tokens, k) / total
	}
	return out
}

func duplicates(parts []string) (n, chars float64) {
	seen := map[string]bool{}
	for _, p := range parts {
		if seen[p] {
			n++
			chars += float64(utf8.RuneCountInString(p))
		}
		seen[p] = true
	}
	return n, chars
}

// top is the length of the most frequent n-gram, its words joined by spaces, times its count; the first of equals, and one that occurs once counts.
func top(tokens []string, n int) float64 {
	counts := map[string]int{}
	var order []string
	for i := 0; i+n <= len(tokens); i++ {
		gram := strings.Join(tokens[i:i+n], " ")
		if counts[gram] == 0 {
			order = append(order, gram)
		}
		counts[gram]++
	}
	best := 0
	gram := ""
	for _, g := range order {
		if counts[g] > best {
			best, gram = counts[g], g
		}
	}
	return float64(best * utf8.RuneCountInString(gram))
}

func repeated(tokens []string, n int) (chars float64) {
	seen := map[string]bool{}
	for i := 0; i+n <= len(tokens); {
		gram := strings.Join(tokens[i:i+n], "")
		if seen[gram] {
			chars += float64(utf8.RuneCountInString(gram))
			i += n
			continue
		}
		seen[gram] = true
		i++
	}
	return chars
}

// Sentences counts the sentences of a text as spaCy's sentencizer does: one ends at a token that is a terminal mark, and at the marks and quotes after it.
func Sentences(tokens []string) int {
	n, ended := 0, true
	for _, t := range tokens {
		mark := false
		if r, size := utf8.DecodeRuneInString(t); size == len(t) {
			mark = unicode.Is(unicode.STerm, r)
		}
		if ended && (n == 0 || !mark && strings.ContainsFunc(t, func(r rune) bool { return !unicode.IsPunct(r) })) {
			n++
			ended = false
		}
		ended = ended || mark
	}
	return n
}
