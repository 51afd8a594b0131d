package main

import (
	"math"
	"slices"

	"winnow/filters/harm"
	"winnow/internal/text"
)

// The trigger words of a model: in a long document only windows that hold one are scored. A word is one when harmful texts hold it much more often, for their
// length, than good text does.
const (
	triggerTexts = 3 // harmful texts that hold it, at least
	triggerLimit = 6000
)

// triggerRatio is how much more often, at least. Chosen so that about one window of good text in twenty is scored and one harmful text in thirty is missed where it
// stands inside a long document.
var triggerRatio = map[string]float64{"en": 25, "zh": 50}

// triggers finds the words (Chinese: pairs of characters) that tell harmful texts from good ones.
func triggers(lang string, examples []example) []string {
	bad, good := map[string]float64{}, map[string]float64{}
	var allBad, allGood float64
	var doc text.Doc
	for i := range examples {
		x := &examples[i]
		if x.part != training || !x.harmful && (x.set == "davidson" || x.set == "hatecheck" || x.set == "cold-train" || x.set == "cold-dev" || x.set == "templates") {
			continue
		}
		doc.Reset([]byte(x.text))
		seen := map[string]bool{}
		harm.TriggerUnits(&doc, lang == "zh", func(start, end int, _ uint64) {
			seen[lower(x.text[start:end])] = true
		})
		for w := range seen {
			if x.harmful {
				bad[w]++
			} else {
				good[w]++
			}
		}
		if x.harmful {
			allBad += float64(len(x.text))
		} else {
			allGood += float64(len(x.text))
		}
	}
	type candidate struct {
		word  string
		value float64
	}
	var found []candidate
	for w, n := range bad {
		ratio := (n / allBad) / ((good[w] + .5) / allGood)
		if n >= triggerTexts && ratio >= triggerRatio[lang] && len(w) > 1 {
			found = append(found, candidate{w, math.Log(ratio) * n})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		case a.word < b.word:
			return -1
		}
		return 1
	})
	var out []string
	for _, c := range found[:min(len(found), triggerLimit)] {
		out = append(out, c.word)
	}
	slices.Sort(out)
	return out
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
