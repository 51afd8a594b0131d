package quality

import (
	"fmt"
	"math"
	"strings"
)

// A rule holds one figure of a text against a limit. Its name is the parameter that overrides the limit.
type rule int

// The rules in the order in which they are tried; the first broken one is the reason of the drop.
const (
	minWords rule = iota
	maxWords
	minCharacters
	maxCharacters
	maxMojibake
	maxGibberish
	maxNoisyWords
	maxRareHan
	minMeanWordLength
	maxMeanWordLength
	maxWordLength
	maxSymbolsPerWord
	maxBulletLines
	maxEllipsisLines
	minLetterWords
	minLetterTokens
	minStopWords
	minAlphanumeric
	maxDigits
	maxUppercase
	maxWhitespace
	minHan
	minMeanLineLength
	maxMeanLineLength
	minTerminalLines
	maxShortLines
	maxDuplicateLineCharacters
	maxNewlinesPerWord
	numRules
)

type ruleInfo struct {
	name, reason string
	figure       func(*figures) float64
	lines        bool // the figure needs the lines
}

// atMost reports whether the limit is an upper one.
func (r rule) atMost() bool { return strings.HasPrefix(rules[r].name, "max") }

var rules = [numRules]ruleInfo{
	minWords:          {"min_words", "too few words", func(f *figures) float64 { return f.words }, false},
	maxWords:          {"max_words", "too many words", func(f *figures) float64 { return f.words }, false},
	minCharacters:     {"min_characters", "too few characters", func(f *figures) float64 { return float64(f.counts.Runes) }, false},
	maxCharacters:     {"max_characters", "too many characters", func(f *figures) float64 { return float64(f.counts.Runes) }, false},
	maxMojibake:       {"max_mojibake", "wrong encoding", func(f *figures) float64 { return f.mojibake }, false},
	maxGibberish:      {"max_gibberish", "gibberish", func(f *figures) float64 { return f.oddSymbols }, false},
	maxNoisyWords:     {"max_noisy_words", "gibberish words", func(f *figures) float64 { return f.noisyWords }, false},
	maxRareHan:        {"max_rare_han", "gibberish characters", func(f *figures) float64 { return f.rareHan }, false},
	minMeanWordLength: {"min_mean_word_length", "words too short", func(f *figures) float64 { return f.wordLength }, false},
	maxMeanWordLength: {"max_mean_word_length", "words too long", func(f *figures) float64 { return f.wordLength }, false},
	maxWordLength:     {"max_word_length", "a word is too long", func(f *figures) float64 { return f.longestWord }, false},
	maxSymbolsPerWord: {"max_symbols_per_word", "too many symbols", (*figures).symbolsPerWord, false},
	maxBulletLines:    {"max_bullet_lines", "mostly bullet points", func(f *figures) float64 { return f.bulletLines }, true},
	maxEllipsisLines:  {"max_ellipsis_lines", "too many lines end in an ellipsis", func(f *figures) float64 { return f.ellipsisLines }, true},
	minLetterWords:    {"min_letter_words", "too few words with letters", func(f *figures) float64 { return f.letterWords }, false},
	minLetterTokens:   {"min_letter_tokens", "too few words with letters", func(f *figures) float64 { return f.letterTokens }, false},
	minStopWords:      {"min_stop_words", "too few stop words", func(f *figures) float64 { return f.stopWords }, false},
	minAlphanumeric:   {"min_alphanumeric", "too few letters and digits", func(f *figures) float64 { return f.share(f.counts.Letters + f.counts.Digits) }, false},
	maxDigits:         {"max_digits", "too many digits", func(f *figures) float64 { return f.share(f.counts.Digits) }, false},
	maxUppercase:      {"max_uppercase", "too many capitals", func(f *figures) float64 { return float64(f.counts.Upper) / float64(max(f.counts.Letters, 1)) }, false},
	maxWhitespace:     {"max_whitespace", "too much white space", func(f *figures) float64 { return float64(f.counts.Spaces) / float64(max(f.counts.Runes, 1)) }, false},
	minHan:            {"min_han", "too few Chinese characters", func(f *figures) float64 { return float64(f.counts.Han) / float64(max(f.counts.Runes, 1)) }, false},
	minMeanLineLength: {"min_mean_line_length", "lines too short", func(f *figures) float64 { return f.lineLength }, true},
	maxMeanLineLength: {"max_mean_line_length", "lines too long", func(f *figures) float64 { return f.lineLength }, true},
	minTerminalLines:  {"min_terminal_lines", "too few lines end a sentence", func(f *figures) float64 { return f.terminalLines }, true},
	maxShortLines:     {"max_short_lines", "too many short lines", func(f *figures) float64 { return f.shortLines }, true},
	maxDuplicateLineCharacters: {"max_duplicate_line_characters", "repeated lines", func(f *figures) float64 { return f.duplicateLineCharacters },
		true},
	maxNewlinesPerWord: {"max_newlines_per_word", "too many line breaks", func(f *figures) float64 { return float64(f.counts.Newlines) / math.Max(f.words, 1) }, false},
}

// Limits are the rules' limits as a recipe writes them: each replaces the preset's in every language; -1 leaves the preset's. A share lies in [0, 1].
// 0 turns a lower limit off, 1 the upper limit of a share, a large number any other.
type Limits struct {
	MinWords                   float64 `param:"min_words" default:"-1" min:"-1" unit:"words; Chinese characters" doc:"least number of words; punctuation does not count" source:"domain 20: measured; gopher 50: Rae et al. 2021"`
	MaxWords                   float64 `param:"max_words" default:"-1" min:"-1" unit:"words; Chinese characters" doc:"greatest number of words" source:"Rae et al. 2021"`
	MinCharacters              float64 `param:"min_characters" default:"-1" min:"-1" unit:"characters" doc:"least number of characters" source:"data-juicer alpaca-cot recipes: 10 to 30"`
	MaxCharacters              float64 `param:"max_characters" default:"-1" min:"-1" unit:"characters" doc:"greatest number of characters"`
	MaxMojibake                float64 `param:"max_mojibake" default:"-1" min:"-1" unit:"share of characters" doc:"greatest share of characters that a wrong decoding left, such as â€™ or 锟斤拷"`
	MaxGibberish               float64 `param:"max_gibberish" default:"-1" min:"-1" unit:"share of characters" doc:"greatest share of neighbouring signs that no notation puts together"`
	MaxNoisyWords              float64 `param:"max_noisy_words" default:"-1" min:"-1" unit:"share of letters" doc:"greatest share of letters in words without vowels, with five consonants in a row or with digits strewn in"`
	MaxRareHan                 float64 `param:"max_rare_han" default:"-1" min:"-1" unit:"share of Chinese characters" doc:"greatest share of Chinese characters outside everyday use (level 1 of GB 2312 and of Big5)"`
	MinMeanWordLength          float64 `param:"min_mean_word_length" default:"-1" min:"-1" unit:"characters" doc:"least mean length of a word; not for Chinese" source:"Rae et al. 2021"`
	MaxMeanWordLength          float64 `param:"max_mean_word_length" default:"-1" min:"-1" unit:"characters" doc:"greatest mean length of a word" source:"Rae et al. 2021"`
	MaxWordLength              float64 `param:"max_word_length" default:"-1" min:"-1" unit:"characters" doc:"greatest length of a single word" source:"C4: 1,000"`
	MaxSymbolsPerWord          float64 `param:"max_symbols_per_word" default:"-1" min:"-1" doc:"greatest number of # or of ellipses, whichever is more, to a word" source:"Rae et al. 2021"`
	MaxBulletLines             float64 `param:"max_bullet_lines" default:"-1" min:"-1" max:"1" unit:"share of lines" doc:"greatest share of lines that begin with a bullet, - or *" source:"Rae et al. 2021"`
	MaxEllipsisLines           float64 `param:"max_ellipsis_lines" default:"-1" min:"-1" max:"1" unit:"share of lines" doc:"greatest share of lines that end in ... or …" source:"Rae et al. 2021"`
	MinLetterWords             float64 `param:"min_letter_words" default:"-1" min:"-1" max:"1" unit:"share of words" doc:"least share of words that hold a letter; numbers count as words, punctuation does not"`
	MinLetterTokens            float64 `param:"min_letter_tokens" default:"-1" min:"-1" max:"1" unit:"share of words and marks" doc:"the same with punctuation among the words, as datatrove divides" source:"Rae et al. 2021; datatrove gopher_quality_filter.py"`
	MinStopWords               float64 `param:"min_stop_words" default:"-1" min:"-1" doc:"least number of different stop words of the language" source:"Rae et al. 2021; FineWeb-2 for Chinese"`
	MinAlphanumeric            float64 `param:"min_alphanumeric" default:"-1" min:"-1" max:"1" unit:"share of characters but white space" doc:"least share of letters and digits" source:"data-juicer alphanumeric_filter"`
	MaxDigits                  float64 `param:"max_digits" default:"-1" min:"-1" max:"1" unit:"share of characters but white space" doc:"greatest share of digits" source:"NeMo Curator: .15"`
	MaxUppercase               float64 `param:"max_uppercase" default:"-1" min:"-1" max:"1" unit:"share of letters" doc:"greatest share of capitals"`
	MaxWhitespace              float64 `param:"max_whitespace" default:"-1" min:"-1" max:"1" unit:"share of characters" doc:"greatest share of white space" source:"NeMo Curator: .25"`
	MinHan                     float64 `param:"min_han" default:"-1" min:"-1" max:"1" unit:"share of characters" doc:"least share of Chinese characters, in Chinese rows only" source:"ChineseWebText: .30"`
	MinMeanLineLength          float64 `param:"min_mean_line_length" default:"-1" min:"-1" unit:"characters" doc:"least mean length of a line" source:"ChineseWebText, data-juicer: 10"`
	MaxMeanLineLength          float64 `param:"max_mean_line_length" default:"-1" min:"-1" unit:"characters" doc:"greatest mean length of a line" source:"data-juicer recipes"`
	MinTerminalLines           float64 `param:"min_terminal_lines" default:"-1" min:"-1" max:"1" unit:"share of lines" doc:"least share of lines that end a sentence" source:"FineWeb: .12; FineWeb-2 zh: .106"`
	MaxShortLines              float64 `param:"max_short_lines" default:"-1" min:"-1" max:"1" unit:"share of lines" doc:"greatest share of lines of 30 characters or fewer" source:"FineWeb: .67"`
	MaxDuplicateLineCharacters float64 `param:"max_duplicate_line_characters" default:"-1" min:"-1" max:"1" unit:"share of characters" doc:"greatest share of characters in lines that came before" source:"FineWeb: .01; FineWeb-2: .10"`
	MaxNewlinesPerWord         float64 `param:"max_newlines_per_word" default:"-1" min:"-1" doc:"greatest number of line breaks to a word" source:"FineWeb: .30; FineWeb-2 zh: .178"`
}

// values lists the limits in the order of the rules.
func (l *Limits) values() [numRules]float64 {
	return [numRules]float64{l.MinWords, l.MaxWords, l.MinCharacters, l.MaxCharacters, l.MaxMojibake, l.MaxGibberish, l.MaxNoisyWords, l.MaxRareHan,
		l.MinMeanWordLength, l.MaxMeanWordLength, l.MaxWordLength, l.MaxSymbolsPerWord, l.MaxBulletLines, l.MaxEllipsisLines, l.MinLetterWords,
		l.MinLetterTokens, l.MinStopWords, l.MinAlphanumeric, l.MaxDigits, l.MaxUppercase, l.MaxWhitespace, l.MinHan, l.MinMeanLineLength,
		l.MaxMeanLineLength, l.MinTerminalLines, l.MaxShortLines, l.MaxDuplicateLineCharacters, l.MaxNewlinesPerWord}
}

// limitSet is what the rows of one language are held against. A NaN limit is off.
type limitSet struct {
	limit      [numRules]float64
	active     []rule
	needsLines bool
}

func newLimitSet() *limitSet {
	s := &limitSet{}
	for i := range s.limit {
		s.limit[i] = math.NaN()
	}
	return s
}

// on reports whether a rule applies.
func (s *limitSet) on(r rule) bool { return s.limit[r] == s.limit[r] }

func (s *limitSet) set(name string, limit float64) error {
	for r := range rules {
		if rules[r].name == name {
			s.limit[r] = limit
			return nil
		}
	}
	names := make([]string, len(rules))
	for r := range rules {
		names[r] = rules[r].name
	}
	return fmt.Errorf("there is no limit %q; the limits are %s", name, strings.Join(names, ", "))
}

// seal lists the rules that are on; limits that nothing can break are left out.
func (s *limitSet) seal() *limitSet {
	s.active, s.needsLines = s.active[:0], false
	for r := range numRules {
		if !s.on(r) || !r.atMost() && s.limit[r] == 0 {
			s.limit[r] = math.NaN()
			continue
		}
		s.active = append(s.active, r)
		s.needsLines = s.needsLines || rules[r].lines
	}
	return s
}

// margin says how well a figure keeps a limit: above one half it keeps it, below it breaks it. 1 is as far inside as can be; a figure twice as far from zero as
// a lower limit, or half an upper one, has .75.
func (r rule) margin(figure, limit float64) float64 {
	a, b := figure, limit // of an upper limit
	if !r.atMost() {
		a, b = limit, figure
	}
	switch {
	case a <= b && b <= 0:
		return .5
	case a <= b:
		return 1 - a/b/2
	}
	return max(b, 0) / a / 2
}

// broken reports whether a figure breaks a limit.
func (r rule) broken(figure, limit float64) bool {
	if r.atMost() {
		return figure > limit
	}
	return figure < limit
}
