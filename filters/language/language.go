// Package language holds the step that finds out in which language a row is written: by its script where that settles it, else by the n-grams of its words (detect.go, with weights made
// by internal/tools/langmodel; their card lies in model/).
package language

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "language", Group: "language", Short: "keep", Example: "- language: {keep: [en, zh], min_score: 0.5}",
		Summary: "finds a row's language and keeps the wanted ones",
		Doc: `Writes the language into the column ` + "`lang`" + ` (ISO 639-1) and the certainty, from 0 to 1, into ` + "`lang_score`" + `. The script comes first: it settles Chinese, Japanese, Korean, Thai, Greek,
Hebrew and Hindi. Languages in Latin, Cyrillic and Arabic letters are told by the n-grams of their words. Chinese text with Latin names and terms in it is Chinese as long as a
third of it is. Of long rows the beginning, a part of the middle and the end are looked at.

A row is dropped when its language is not among ` + "`keep`" + `, or when the certainty is below ` + "`min_score`" + `. Rows with fewer than ` + "`min_letters`" + ` letters cannot be told for sure: they are kept
unless their script rules ` + "`keep`" + ` out. Danish and Norwegian, Indonesian and Malay, Serbian and Croatian, Dutch and Afrikaans are mixed up now and then, by every tool.`,
		New: func() any { return new(Language) },
		Cases: []spec.Case{
			{In: "The patient should take this medicine twice a day with a glass of water.", Out: "="},
			{In: "患者应当每天服药两次，并多喝水。", Out: "="},
			{In: "Der Patient sollte dieses Medikament zweimal täglich mit einem Glas Wasser einnehmen.", Reason: "other language"},
		},
	}, Unit: filters.Whole})
}

// Language keeps rows by their language.
type Language struct {
	Keep       []string `param:"keep" default:"en,zh" doc:"languages that stay, as ISO 639-1 codes; empty keeps all"`
	Among      []string `param:"among" doc:"languages that are thought possible at all; a short list makes short rows more certain; default: all 44"`
	MinScore   float64  `param:"min_score" default:"0.5" min:"0" max:"1" doc:"least certainty"`
	MinLetters int      `param:"min_letters" default:"12" min:"0" unit:"characters" doc:"rows with fewer letters are kept unless their script rules the wanted languages out"`
	Action     string   `param:"action" default:"drop" enum:"drop,score" doc:"drop rows in other languages, or only write the columns"`

	detector *Detector
}

// Prepare checks the languages.
func (l *Language) Prepare(context.Context, filters.Env) error {
	known, err := Languages()
	if err != nil {
		return err
	}
	for _, code := range append(slices.Clone(l.Keep), l.Among...) {
		if !slices.Contains(known, code) {
			slices.Sort(known)
			return fmt.Errorf("the language %q is not known; there are %s", code, strings.Join(known, " "))
		}
	}
	l.detector, err = NewDetector(l.Among)
	return err
}

// Fork gives a worker its own detector.
func (l *Language) Fork() filters.Step {
	out := *l
	if l.detector != nil {
		d := *l.detector
		d.cache, d.word = make([]cached, cacheSize), nil
		out.detector = &d
	}
	return &out
}

// Columns lists lang and lang_score.
func (l *Language) Columns() []filters.Column {
	return []filters.Column{{Name: datasets.ColLang, Kind: filters.String}, {Name: "lang_score", Kind: filters.Float}}
}

// Thresholds is the least certainty.
func (l *Language) Thresholds() []filters.Threshold {
	if l.Action != "drop" {
		return nil
	}
	return []filters.Threshold{{Score: "lang_score", Limit: l.MinScore, Keep: "above"}}
}

// Apply judges one row.
func (l *Language) Apply(row *filters.Row) error {
	lang, score := l.detector.Detect(row.Text())
	if lang == "" {
		return nil
	}
	row.SetString(datasets.ColLang, lang)
	row.Score("lang_score", score)
	if l.Action != "drop" || len(l.Keep) == 0 {
		return nil
	}
	wanted := slices.Contains(l.Keep, lang)
	if row.Doc().Counts().Letters < l.MinLetters {
		if !wanted && !l.sameScript(lang) {
			row.Drop("other language")
		} else if !wanted { // the script fits and nothing else is known: the first wanted language of that script
			row.SetString(datasets.ColLang, l.likely())
		}
		return nil
	}
	switch {
	case !wanted:
		row.Drop("other language")
	case score < l.MinScore:
		row.Drop("language uncertain")
	}
	return nil
}

// sameScript reports whether a wanted language is written in the same letters as lang.
func (l *Language) sameScript(lang string) bool {
	for _, m := range l.detector.models {
		if !slices.Contains(m.Languages, lang) {
			continue
		}
		for _, k := range l.Keep {
			if slices.Contains(m.Languages, k) {
				return true
			}
		}
	}
	return false
}

// likely is the first wanted language that is told by its words, not its script.
func (l *Language) likely() string {
	for _, k := range l.Keep {
		for _, m := range l.detector.models {
			if slices.Contains(m.Languages, k) {
				return k
			}
		}
	}
	return l.Keep[0]
}
