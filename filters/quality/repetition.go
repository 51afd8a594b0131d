package quality

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"winnow/filters"
	"winnow/filters/quality/strict"
	"winnow/internal/spec"
	"winnow/internal/text"
)

// Repetition drops texts that say the same again and again, by the measures of Gopher (Rae et al. 2021, table A1).
type Repetition struct {
	Preset string `param:"preset" default:"domain" enum:"domain,gopher" doc:"limits to start from: domain is fitted on domain text, gopher has the published limits (Chinese: FineWeb-2)"`
	Strict string `param:"strict" default:"" enum:",datatrove" doc:"datatrove: count as datatrove does, the most frequent n-gram even when it occurs once, and punctuation as words"`
	Action string `param:"action" default:"drop" enum:"drop,score" doc:"drop rows that break a limit, or only write the score"`
	RepetitionLimits

	limits map[string]*[numRepeats]float64
	from   uint32 // occurrences from which the most frequent n-gram counts
	memory repeats
	tokens []string            // of strict
	exact  [numRepeats]float64 // of strict
}

// RepetitionLimits replace single limits of the preset in every language.
type RepetitionLimits struct {
	DuplicateLines               float64   `param:"duplicate_lines" default:"-1" min:"-1" max:"1" unit:"share of lines" doc:"greatest share of lines that came before; -1 leaves the preset's"`
	DuplicateParagraphs          float64   `param:"duplicate_paragraphs" default:"-1" min:"-1" max:"1" unit:"share of paragraphs" doc:"greatest share of paragraphs that came before; -1 leaves the preset's"`
	DuplicateLineCharacters      float64   `param:"duplicate_line_characters" default:"-1" min:"-1" max:"1" unit:"share of characters" doc:"greatest share of characters in such lines; -1 leaves the preset's"`
	DuplicateParagraphCharacters float64   `param:"duplicate_paragraph_characters" default:"-1" min:"-1" max:"1" unit:"share of characters" doc:"greatest share of characters in such paragraphs; -1 leaves the preset's"`
	Top                          []float64 `param:"top" doc:"greatest shares of characters in the most frequent 2-, 3- and 4-gram; empty leaves the preset's"`
	Duplicate                    []float64 `param:"duplicate" doc:"greatest shares of characters in 5-, 6-, 7-, 8-, 9- and 10-grams that came before; empty leaves the preset's"`
}

// The measures in the order in which they are tried.
const (
	duplicateLines = iota
	duplicateParagraphs
	duplicateLineCharacters
	duplicateParagraphCharacters
	top2
	top3
	top4
	duplicate5
	duplicate6
	duplicate7
	duplicate8
	duplicate9
	duplicate10
	numRepeats
)

var repeatReasons = [numRepeats]string{"repeated lines", "repeated paragraphs", "repeated lines", "repeated paragraphs",
	"one phrase over and over", "one phrase over and over", "one phrase over and over",
	"repeated phrases", "repeated phrases", "repeated phrases", "repeated phrases", "repeated phrases", "repeated phrases"}

// repeatPresets: gopher has the published limits; domain is fitted so that clean rows of the development corpus stay while every planted repetition goes.
var repeatPresets = map[string]map[string][numRepeats]float64{
	"gopher": {
		"":   {.30, .30, .20, .20, .20, .18, .16, .15, .14, .13, .12, .11, .10},
		"zh": {.287, .30, .20, .20, .256, .201, .171, .198, .182, .167, .154, .140, .127},
	},
	"domain": {
		"":   {.50, .50, .40, .40, .40, .40, .40, .40, .38, .36, .34, .32, .30},
		"zh": {.50, .50, .40, .40, .40, .40, .40, .55, .50, .45, .42, .38, .35},
	},
}

// topFrom is how often an n-gram must occur to be the one that is said over and over. In a short answer the name of a disease stands two or three times.
var topFrom = map[string]uint32{"gopher": 2, "domain": 4}

// Prepare merges the preset and the limits of the recipe.
func (p *Repetition) Prepare(context.Context, filters.Env) error {
	tables := repeatPresets[p.Preset]
	if tables == nil {
		return fmt.Errorf("repetition.preset: there is no preset %q", p.Preset)
	}
	if len(p.Top) != 0 && len(p.Top) != 3 {
		return fmt.Errorf("repetition.top must list three shares, for 2-, 3- and 4-grams; got %d", len(p.Top))
	}
	if len(p.Duplicate) != 0 && len(p.Duplicate) != 6 {
		return fmt.Errorf("repetition.duplicate must list six shares, for 5- to 10-grams; got %d", len(p.Duplicate))
	}
	if p.from = topFrom[p.Preset]; p.Strict == "datatrove" {
		p.from = 1
	}
	p.limits = map[string]*[numRepeats]float64{}
	for lang, table := range tables {
		for i, v := range []float64{p.DuplicateLines, p.DuplicateParagraphs, p.DuplicateLineCharacters, p.DuplicateParagraphCharacters} {
			if v >= 0 {
				table[i] = v
			}
		}
		copy(table[top2:], p.Top)
		copy(table[duplicate5:], p.Duplicate)
		p.limits[lang] = &table
	}
	return nil
}

// Fork gives a worker its own tables.
func (p *Repetition) Fork() filters.Step {
	c := *p
	c.memory, c.tokens = repeats{}, nil
	return &c
}

// Columns names the score.
func (p *Repetition) Columns() []filters.Column {
	return []filters.Column{{Name: "repetition", Kind: filters.Float}}
}

// Thresholds says that a measure over its limit drops the row.
func (p *Repetition) Thresholds() []filters.Threshold {
	return []filters.Threshold{{Score: "repetition", Limit: 1, Keep: "below"}}
}

// Apply judges one row.
func (p *Repetition) Apply(row *filters.Row) error {
	lang := row.Lang()
	limits := p.limits[""]
	if strings.HasPrefix(lang, "zh") || lang == "ja" {
		limits = p.limits["zh"]
	}
	found := p.measure(row, lang)
	score, reason := 0.0, ""
	for i, x := range found {
		if reason == "" && x > limits[i] {
			reason = repeatReasons[i]
		}
		if x > 0 {
			score = max(score, min(x/limits[i], 100))
		}
	}
	row.Score("repetition", score)
	if reason != "" && p.Action == "drop" {
		row.Drop(reason)
	}
	return nil
}

// measure measures one row, English ones word for word as datatrove does when that is wanted.
func (p *Repetition) measure(row *filters.Row, lang string) *[numRepeats]float64 {
	if p.Strict == "datatrove" && strings.HasPrefix(lang, "en") {
		text := string(row.Text())
		p.tokens = strict.Tokens(p.tokens[:0], text)
		p.exact = strict.Repeats(text, p.tokens)
		return &p.exact
	}
	return p.memory.measure(row.Doc(), p.from, p.Strict == "datatrove")
}

// repeats measures repetition and keeps its memory from text to text.
type repeats struct {
	table  hashSet
	kept   []text.Word // the words that n-grams are made of
	prefix []uint64    // hash of the first i words
	chars  []int32     // characters of the first i words
	place  []uint32    // slot of the n-gram that begins at word i
	run    []int32     // how many repeated n-grams begin one after the other from word i on
	share  [numRepeats]float64
}

// base of the polynomial hash of n-grams: odd, so that no word's bits are lost.
const base = 0x9E3779B97F4A7C15

// measure returns the shares of all measures; the most frequent n-grams count from so many occurrences on.
func (m *repeats) measure(doc *text.Doc, from uint32, strict bool) *[numRepeats]float64 {
	m.share = [numRepeats]float64{}
	total := float64(doc.Counts().Runes)
	if total == 0 {
		return &m.share
	}
	m.lines(doc, total)
	m.words(doc, strict)
	m.top(total, from, strict)
	for n := 5; n <= 10; n++ {
		dup := m.duplicates(n)
		if dup == 0 { // where no n-gram repeats, no longer one does
			break
		}
		m.share[duplicate5+n-5] = float64(dup) / total
	}
	return &m.share
}

func (m *repeats) lines(doc *text.Doc, total float64) {
	lines, raw := doc.Lines(), doc.Text()
	if len(lines) < 2 {
		return
	}
	m.table.reset(len(lines))
	dup, dupChars := 0, 0
	for _, l := range lines {
		if m.table.add(l.Hash) {
			dup++
			dupChars += utf8.RuneCount(raw[l.Start:l.End])
		}
	}
	m.share[duplicateLines] = float64(dup) / float64(len(lines))
	m.share[duplicateLineCharacters] = float64(dupChars) / total

	m.table.reset(len(lines))
	paragraphs, dup, dupChars := 0, 0, 0
	for i := 0; i < len(lines); {
		start := i
		hash := lines[i].Hash
		for i++; i < len(lines) && !blankBetween(raw[lines[i-1].End:lines[i].Start]); i++ {
			hash = hash*base + lines[i].Hash
		}
		paragraphs++
		if m.table.add(hash) {
			dup++
			dupChars += utf8.RuneCount(raw[lines[start].Start:lines[i-1].End])
		}
	}
	m.share[duplicateParagraphs] = float64(dup) / float64(paragraphs)
	m.share[duplicateParagraphCharacters] = float64(dupChars) / total
}

// blankBetween reports whether the white space between two lines holds two line breaks: a paragraph ends there.
func blankBetween(space []byte) bool {
	n := 0
	for _, c := range space {
		if c == '\n' {
			n++
		}
	}
	return n >= 2
}

func (m *repeats) words(doc *text.Doc, strict bool) {
	words, raw := doc.Words(), doc.Text()
	ascii := doc.Counts().Runes == len(raw)
	m.kept, m.prefix, m.chars = m.kept[:0], append(m.prefix[:0], 0), append(m.chars[:0], 0)
	var hash uint64
	var chars, address int32
	for _, w := range words {
		if w.Start < address || w.Kind == text.Punct && !strict {
			continue
		}
		if w.Kind == text.Letters && !strict {
			if end := addressEnd(raw, int(w.Start), int(w.End)); end > 0 { // an address is one word
				address = int32(end)
				w.End, w.Hash = address, xxh3.Hash(raw[w.Start:end])
			}
		}
		n := w.End - w.Start
		switch {
		case w.Kind == text.Han:
			n = 1
		case !ascii:
			n = int32(utf8.RuneCount(raw[w.Start:w.End]))
		}
		hash = hash*base + w.Hash
		chars += n
		m.prefix = append(m.prefix, hash)
		m.chars = append(m.chars, chars)
		m.kept = append(m.kept, w)
	}
}

// top finds the most frequent 2-, 3- and 4-gram and the share of their characters, joined by one space between words (none between Chinese characters).
// An n-gram can repeat only where the (n−1)-grams at its two ends do, so that after the 2-grams few words are looked at again.
func (m *repeats) top(total float64, from uint32, strict bool) {
	m.run = m.run[:0]
	for range m.kept {
		m.run = append(m.run, 2)
	}
	for n := 2; n <= 4; n++ {
		grams := len(m.kept) - n + 1
		if grams < 1 {
			m.run = m.run[:0]
			return
		}
		m.table.reset(grams)
		m.place = m.place[:0]
		power := powerOf(n)
		best, at := uint32(1), 0
		for i := range grams {
			if m.run[i] < 2 {
				m.place = append(m.place, noPlace)
				continue
			}
			k, c := m.table.count((m.prefix[i+n] - m.prefix[i]*power) * base)
			if m.place = append(m.place, k); c > best {
				best, at = c, i
			}
		}
		m.run = m.run[:grams]
		next := int32(0)
		for i := grams - 1; i >= 0; i-- {
			if k := m.place[i]; k != noPlace && m.table.slots[k].count > 1 {
				next++
			} else {
				next = 0
			}
			m.run[i] = next
		}
		if best < 2 && from >= 2 {
			return
		}
		if best < from {
			continue
		}
		length := float64(m.chars[at+n] - m.chars[at])
		for i := at + 1; i < at+n; i++ {
			if strict || m.kept[i].Kind != text.Han || m.kept[i-1].Kind != text.Han {
				length++
			}
		}
		m.share[top2+n-2] = math.Min(1, length*float64(best)/total)
	}
}

const noPlace = math.MaxUint32

// duplicates walks the words: an n-gram that was seen before adds its characters and the walk jumps over it, any other is remembered and the walk goes on by one.
// Words where no long enough run of repeated 4-grams begins (run, from top) cannot be part of one and are passed over.
func (m *repeats) duplicates(n int) (chars int) {
	grams := min(len(m.kept)-n+1, len(m.run))
	if grams < 2 {
		return 0
	}
	m.table.reset(grams)
	power := powerOf(n)
	for i := 0; i < grams; {
		if m.run[i] >= int32(n-3) && m.table.add((m.prefix[i+n]-m.prefix[i]*power)*base) {
			chars += int(m.chars[i+n] - m.chars[i])
			i += n
		} else {
			i++
		}
	}
	return chars
}

func powerOf(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= base
	}
	return p
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "repetition", Group: "quality", Short: "preset",
			Summary: "drops rows that say the same again and again",
			Doc:     repetitionDoc,
			Example: "repetition: {preset: gopher}",
			New:     func() any { return &Repetition{} },
			Cases:   repetitionCases,
		},
		Unit: filters.Whole,
	})
}
