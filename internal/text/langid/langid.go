// Package langid tells the language of a text. The script settles most of it: Chinese, Japanese, Korean, Thai, Greek, Hebrew, the scripts of India and some
// more need no model. For Latin, Cyrillic and Arabic letters a linear model adds up weights of runs of characters and of words, one table look-up each
// (features.go). Its weights were trained on word lists (MODEL.md says on which, and what licence they have). Start with Detector.
package langid

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:generate go run winnow/internal/tools/langmodel ../../../../shared/data/language .

//go:embed model.zst
var packed []byte

// Languages of the tables, in the order of their columns. A row of the Latin table has 32 columns, one of the other table 8.
var (
	LatinLanguages = []string{"af", "cs", "da", "de", "en", "eo", "es", "et", "fi", "fr", "hr", "hu", "id", "is", "it", "lt", "lv", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sq",
		"sv", "sw", "tl", "tr", "vi"}
	OtherLanguages = []string{"bg", "ru", "sr", "uk", "ar", "fa"}
)

const (
	latinColumns = 32
	otherColumns = 8
	otherScript  = 4 // of OtherLanguages, the first that is written in Arabic letters
)

// model holds int8 weights, eight to a word of 64 bits, each plus 128 so that they add up as unsigned numbers.
type model struct {
	latin []uint64 // [rows, 4]
	other []uint64 // [rows, 1]
}

var loaded = sync.OnceValue(func() *model {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		panic(err)
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil || len(raw) != latinColumns<<LatinBits+otherColumns<<OtherBits {
		panic(fmt.Sprintf("the embedded language model is damaged: %d bytes, %v", len(raw), err))
	}
	return newModel(raw)
})

// newModel takes weights by column, as they are stored because they are packed better so, into rows.
func newModel(raw []byte) *model {
	m := &model{latin: make([]uint64, 4<<LatinBits), other: make([]uint64, 1<<OtherBits)}
	for c := range latinColumns {
		for r := range 1 << LatinBits {
			m.latin[r*4+c/8] |= uint64(raw[c<<LatinBits|r]+128) << (c % 8 * 8)
		}
	}
	raw = raw[latinColumns<<LatinBits:]
	for c := range otherColumns {
		for r := range 1 << OtherBits {
			m.other[r] |= uint64(raw[c<<OtherBits|r]+128) << (c * 8)
		}
	}
	return m
}

// Result is a guess: the language as ISO 639-1 code, "" when the text has no letters, and how sure it is, from 0 to 1: the model's probability, times the share of
// the letters that are of the language's script.
type Result struct {
	Lang    string
	Score   float64
	Letters int // letters that were looked at
}

// Detector keeps scratch memory; it belongs to one goroutine.
type Detector struct {
	rows    []uint32
	sample  []byte
	allowed map[string]bool
}

// NewDetector returns a detector that answers with one of the languages; none means all that are known.
func NewDetector(languages ...string) (*Detector, error) {
	d := &Detector{}
	known := Languages()
	for _, l := range languages {
		if !slices.Contains(known, l) {
			return nil, fmt.Errorf("the language %q is not known; known: %v", l, known)
		}
		if d.allowed == nil {
			d.allowed = map[string]bool{}
		}
		d.allowed[l] = true
	}
	return d, nil
}

// Fork returns a detector of the same languages for another goroutine.
func (d *Detector) Fork() *Detector { return &Detector{allowed: d.allowed} }

// SameScript reports whether two languages are written in the same letters, so that a few of them tell nothing.
func SameScript(a, b string) bool {
	return a == b || slices.Contains(LatinLanguages, a) && slices.Contains(LatinLanguages, b) ||
		slices.Contains(OtherLanguages[:otherScript], a) && slices.Contains(OtherLanguages[:otherScript], b) ||
		slices.Contains(OtherLanguages[otherScript:], a) && slices.Contains(OtherLanguages[otherScript:], b)
}

// Languages lists the codes of all languages that can be told.
func Languages() []string {
	out := append(slices.Clone(LatinLanguages), OtherLanguages...)
	for _, s := range blocks {
		if s.lang != "" && !slices.Contains(out, s.lang) {
			out = append(out, s.lang)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Of a text longer than sampleWhole bytes the beginning and two places inside are looked at.
const (
	sampleWhole = 768
	samplePart  = 256
)

// Detect tells the language of a text.
func (d *Detector) Detect(text []byte) Result {
	if len(text) > sampleWhole {
		d.sample = append(append(d.sample[:0], cut(text, 0)...), ' ')
		d.sample = append(append(d.sample, cut(text, len(text)/2)...), ' ')
		d.sample = append(d.sample, cut(text, len(text)*4/5)...)
		text = d.sample
	}
	counts := countScripts(text)
	script, share := counts.main()
	if script == noScript {
		return Result{}
	}
	out := Result{Letters: counts.letters}
	switch script {
	case latinScript:
		out.Lang, out.Score = d.latin(text)
	case cyrillicScript:
		out.Lang, out.Score = d.other(text, Cyrillic, 0, otherScript)
	case arabicScript:
		out.Lang, out.Score = d.other(text, Arabic, otherScript, len(OtherLanguages))
		if counts.urdu {
			out.Lang = "ur"
		}
	default:
		out.Lang, out.Score = blocks[script].lang, 1
	}
	out.Score *= share
	return out
}

// cut returns samplePart bytes of a text from about a place on, between characters.
func cut(text []byte, at int) []byte {
	end := min(at+samplePart, len(text))
	for at < end && text[at]&0xC0 == 0x80 {
		at++
	}
	for end > at && end < len(text) && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[at:end]
}

// rowsAtOnce is how many rows of 8-bit weights add up in 16 bits.
const rowsAtOnce = 256

// latin adds up the rows of the Latin table.
func (d *Detector) latin(text []byte) (string, float64) {
	m := loaded()
	d.rows = Features(d.rows[:0], text, Latin, LatinBits)
	var sums [latinColumns]int32
	var part [latinColumns]uint16
	for rows := d.rows; len(rows) > 0; {
		n := min(len(rows), rowsAtOnce)
		sumRows(&part, m.latin, rows[:n])
		for k, v := range part {
			sums[k%(latinColumns/2)*2+k/(latinColumns/2)] += int32(v) - int32(128*n)
		}
		rows = rows[n:]
	}
	return d.choose(LatinLanguages, sums[:len(LatinLanguages)])
}

// sumRowsGeneric is sumRows for any machine: eight weights are added at a time, in two halves of four sums of 16 bits.
func sumRowsGeneric(sums *[latinColumns]uint16, table []uint64, rows []uint32) {
	const low = 0x00FF00FF00FF00FF
	var even, odd [latinColumns / 8]uint64
	for _, r := range rows {
		for k, w := range table[r*4 : r*4+4 : r*4+4] {
			even[k] += w & low
			odd[k] += w >> 8 & low
		}
	}
	for k := range even {
		for j := range 4 {
			sums[k*4+j] = uint16(even[k] >> (16 * j))
			sums[latinColumns/2+k*4+j] = uint16(odd[k] >> (16 * j))
		}
	}
}

func (d *Detector) other(text []byte, script func(rune) bool, from, to int) (string, float64) {
	m := loaded()
	d.rows = Features(d.rows[:0], text, script, OtherBits)
	var sums [otherColumns]int32
	for _, r := range d.rows {
		w := m.other[r]
		for j := range otherColumns {
			sums[j] += int32(w>>(8*j)&0xFF) - 128
		}
	}
	return d.choose(OtherLanguages[from:to], sums[from:to])
}

// sharpness turns the sum of the weights of a text into a probability: the more features, the surer. At this value the mean probability of the development
// sentences (.993) is the share of them that is right (.993).
const sharpness = .09

// choose returns the language with the largest sum and its probability among the allowed ones.
func (d *Detector) choose(languages []string, sums []int32) (string, float64) {
	best, top := -1, int32(math.MinInt32)
	for i, s := range sums {
		if (d.allowed == nil || d.allowed[languages[i]]) && s > top {
			best, top = i, s
		}
	}
	if best < 0 { // none of the allowed languages has this script: say what it is
		for i, s := range sums {
			if s > top {
				best, top = i, s
			}
		}
	}
	scale := sharpness / math.Sqrt(float64(max(len(d.rows), 1)))
	total := 0.0
	for i, s := range sums {
		if d.allowed == nil || d.allowed[languages[i]] || !d.allowed[languages[best]] {
			total += math.Exp(float64(s-top) * scale)
		}
	}
	return languages[best], 1 / total
}
