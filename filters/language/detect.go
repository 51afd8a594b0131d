package language

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// Detector tells languages. It keeps the scores of words that it met, and belongs to one goroutine.
type Detector struct {
	models  []*Model
	allowed [scripts][maxLanguages]bool
	cache   []cached
	word    []rune
}

// cached is the summed weights of one word.
type cached struct {
	key    uint64
	script uint8
	sum    [maxLanguages]int16
}

const cacheSize = 1 << 12 // entries; a power of two. 300 kB a worker

// NewDetector returns a detector for the given languages, nil for all that the models know.
func NewDetector(languages []string) (*Detector, error) {
	m, err := models()
	if err != nil {
		return nil, err
	}
	d := &Detector{models: m, cache: make([]cached, cacheSize)}
	want := map[string]bool{}
	for _, l := range languages {
		want[l] = true
	}
	for s, model := range m {
		any := false
		for i, l := range model.Languages {
			d.allowed[s][i] = want[l]
			any = any || want[l]
		}
		if !any { // a script none of whose languages is wanted is still told apart, so that such rows can be dropped by name
			for i := range model.Languages {
				d.allowed[s][i] = true
			}
		}
	}
	return d, nil
}

// Languages lists the languages that can be told, as ISO 639-1 codes.
func Languages() ([]string, error) {
	m, err := models()
	if err != nil {
		return nil, err
	}
	out := []string{"zh", "ja", "ko", "th", "el", "he", "hi"}
	for _, x := range m {
		out = append(out, x.Languages...)
	}
	return out, nil
}

// scriptRanges settles the language of characters by their script alone. Han is counted apart: it is Japanese beside kana, Chinese elsewhere.
var scriptRanges = []struct {
	lang  string
	table *unicode.RangeTable
}{{"ko", unicode.Hangul}, {"th", unicode.Thai}, {"el", unicode.Greek}, {"he", unicode.Hebrew}, {"hi", unicode.Devanagari}}

// tallies are what one text holds of each script, in units that weigh about one word: a word of letters, or the characters that make a word on the average.
type tallies struct {
	words  [scripts]float64
	sums   [scripts][maxLanguages]int32
	other  [5]float64
	han    float64
	kana   float64
	latin  int
	letter int
}

// sampleBytes bounds what is looked at of a long text: its beginning and two parts further on.
const sampleBytes = 320

// Detect returns the most likely language of a text and how certain that is, from 0 to 1; "" when the text holds no letters. Of a long text the first 320 bytes and as
// many from the middle and from the end are looked at.
func (d *Detector) Detect(text []byte) (lang string, certainty float64) {
	var t tallies
	if len(text) <= 4*sampleBytes {
		d.count(&t, text)
	} else {
		d.count(&t, text[:sampleBytes])
		d.count(&t, text[len(text)/2:len(text)/2+sampleBytes])
		d.count(&t, text[len(text)-sampleBytes:])
	}
	return d.decide(&t)
}

// count adds a piece of text to the tallies.
func (d *Detector) count(t *tallies, s []byte) {
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s[i:])
		}
		if r < utf8.RuneSelf && (r|0x20 < 'a' || r|0x20 > 'z') || !unicode.IsLetter(r) {
			i += n
			continue
		}
		switch {
		case r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF:
			t.han++
			i += n
		case r >= 0x3040 && r <= 0x30FF:
			t.kana++
			i += n
		default:
			i = d.run(t, s, i)
		}
	}
}

// run scans a word from i and returns where it ends.
func (d *Detector) run(t *tallies, s []byte, i int) int {
	d.word = d.word[:0]
	h := uint64(0xCBF29CE484222325)
	first := rune(0)
	for i < len(s) {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s[i:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) || r >= 0x3040 && r <= 0x30FF || r >= 0x3400 && r <= 0x9FFF {
				break
			}
			r = unicode.ToLower(r)
		} else {
			r |= 0x20
			if (r < 'a' || r > 'z') && s[i] != '\'' {
				break
			}
			if s[i] == '\'' {
				r = '\''
			}
		}
		if first == 0 {
			first = r
		}
		if len(d.word) < maxWord {
			d.word = append(d.word, r)
		}
		h = (h ^ uint64(r)) * 0x9E3779B97F4A7C15
		i += n
	}
	switch {
	case first < 0x250 || first >= 0x1E00 && first < 0x1F00:
		d.add(t, latin, h)
	case unicode.Is(unicode.Cyrillic, first):
		d.add(t, cyrillic, h)
	case unicode.Is(unicode.Arabic, first):
		d.add(t, arabic, h)
	default:
		for k, s := range scriptRanges {
			if unicode.Is(s.table, first) {
				t.other[k] += max(1, float64(len(d.word))/6)
				break
			}
		}
	}
	return i
}

// add adds the weights of the word in d.word.
func (d *Detector) add(t *tallies, script int, h uint64) {
	t.words[script]++
	c := &d.cache[h>>(64-12)]
	if c.key != h || int(c.script) != script {
		c.key, c.script = h, uint8(script)
		d.models[script].sum(d.word, &c.sum)
	}
	sums := &t.sums[script]
	for i, w := range c.sum {
		sums[i] += int32(w)
	}
}

// charsPerWord is how many Han characters or kana weigh as much as a word of letters.
const charsPerWord = 1.6

// temper makes a sum of n-gram weights a fair log-likelihood: n-grams of a word overlap, so their sum says more than it knows.
const temper = 0.12

// decide weighs scripts against each other, then the languages of the one that holds most.
func (d *Detector) decide(t *tallies) (string, float64) {
	east := (t.han + t.kana) / charsPerWord
	total := east
	best, lang, script := east, "zh", -1
	if t.kana*8 > t.han+t.kana {
		lang = "ja"
	}
	for k, s := range scriptRanges {
		total += t.other[k]
		if t.other[k] > best {
			best, lang = t.other[k], s.lang
		}
	}
	for s := range scripts {
		total += t.words[s]
		if t.words[s] > best {
			best, script = t.words[s], s
		}
	}
	if total == 0 {
		return "", 0
	}
	share := best / total
	if script < 0 {
		return lang, share
	}
	// Chinese text is full of Latin names and terms; a third of it in Han settles the matter.
	if script == latin && t.han/charsPerWord*2 > t.words[latin] && t.kana == 0 {
		return "zh", (total - t.words[latin]/2) / total
	}
	return d.rank(t, script, share)
}

// rank returns the likeliest language of a script.
func (d *Detector) rank(t *tallies, script int, share float64) (string, float64) {
	m := d.models[script]
	at, top := -1, int32(math.MinInt32)
	for i := range m.Languages {
		if d.allowed[script][i] && t.sums[script][i] > top {
			at, top = i, t.sums[script][i]
		}
	}
	sum := 0.0
	for i := range m.Languages {
		if d.allowed[script][i] {
			sum += math.Exp(float64(t.sums[script][i]-top) / Scale * temper)
		}
	}
	return m.Languages[at], share / sum
}
