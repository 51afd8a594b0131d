// Package quality holds the steps that ask whether a text is worth training on: `quality` holds figures of a row against limits, `repetition` finds text that
// says the same again and again. Presets are tables (presets.go), one a language; rules.go lists the rules. Start with this file.
package quality

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

var nan = math.NaN()

// Quality drops or scores rows by rules about words, characters and lines.
type Quality struct {
	Preset     string                        `param:"preset" default:"domain" enum:"domain,gopher,c4,fineweb,fineweb2-zh,dclm,zh,statutes,dialogue,books,instructions" doc:"table of limits to start from"`
	Strict     string                        `param:"strict" default:"" enum:",datatrove" doc:"datatrove: judge English as datatrove does, word for word; for the presets gopher, fineweb and c4"`
	Action     string                        `param:"action" default:"drop" enum:"drop,score" doc:"drop rows that break a rule, or only write the score"`
	ByLanguage map[string]map[string]float64 `param:"by_language" doc:"limits of single languages, such as {zh: {min_words: 10}}; they win over all others"`
	Limits

	sets    map[string]*limitSet
	general *limitSet
	figures figures
	seen    hashSet
	cut     cutter
	tokens  []string // of strict
}

// Prepare merges the preset, the limits and the limits by language.
func (q *Quality) Prepare(context.Context, filters.Env) error {
	if presets[q.Preset] == nil {
		return fmt.Errorf("quality.preset: there is no preset %q", q.Preset)
	}
	if q.Strict != "" && q.Preset != "gopher" && q.Preset != "fineweb" && q.Preset != "c4" {
		return fmt.Errorf("quality.strict: datatrove has no preset %q; write gopher, fineweb or c4, or leave strict out", q.Preset)
	}
	values := q.values()
	merge := func(lang string) (*limitSet, error) {
		set, err := limitsOf(q.Preset, lang)
		if err != nil {
			return nil, err
		}
		for r, v := range values {
			if v >= 0 {
				set.limit[r] = v
			}
		}
		for name, v := range q.ByLanguage[lang] {
			if err := set.set(name, v); err != nil {
				return nil, fmt.Errorf("quality.by_language.%s: %w", lang, err)
			}
		}
		return set.seal(), nil
	}
	var err error
	if q.general, err = merge(""); err != nil {
		return err
	}
	q.sets = map[string]*limitSet{}
	for _, lang := range append([]string{"en", "zh", "ja"}, keys(q.ByLanguage)...) {
		if q.sets[lang], err = merge(lang); err != nil {
			return err
		}
	}
	return nil
}

func keys(m map[string]map[string]float64) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Fork gives a worker its own scratch memory.
func (q *Quality) Fork() filters.Step {
	c := *q
	c.figures, c.seen, c.cut, c.tokens = figures{}, hashSet{}, cutter{}, nil
	return &c
}

// Columns names the score.
func (q *Quality) Columns() []filters.Column {
	return []filters.Column{{Name: "quality", Kind: filters.Float}}
}

// Thresholds says that a row with a score under one half breaks a rule.
func (q *Quality) Thresholds() []filters.Threshold {
	return []filters.Threshold{{Score: "quality", Limit: .5, Keep: "above"}}
}

// Apply judges one row.
func (q *Quality) Apply(row *filters.Row) error {
	lang := row.Lang()
	if i := strings.IndexAny(lang, "-_"); i > 0 {
		lang = lang[:i]
	}
	if q.Strict != "" && lang == "en" {
		q.applyStrict(row)
		return nil
	}
	if q.Preset == "dclm" {
		if reason := q.cut.dclm(row, q.Action == "drop"); reason != "" {
			row.Score("quality", 0)
			q.drop(row, reason)
			return nil
		}
	}
	if q.Preset == "c4" {
		if reason := q.cut.apply(row, q.Action == "drop"); reason != "" {
			row.Score("quality", 0)
			q.drop(row, reason)
			return nil
		}
	}
	set := q.sets[lang]
	if set == nil {
		set = q.general
	}
	f := &q.figures
	f.measure(row.Doc(), lang, set, &q.seen)
	score, reason := q.judge(f, set, row.Shape)
	if q.Preset == "instructions" {
		if why := answerFault(row); why != "" {
			score = 0
			if reason == "" {
				reason = why
			}
		}
	}
	row.Score("quality", score)
	if reason != "" {
		q.drop(row, reason)
	}
	return nil
}

// judge returns the smallest margin of all rules and the reason of the first broken one, "" when none is.
func (q *Quality) judge(f *figures, set *limitSet, shape datasets.Shape) (score float64, reason string) {
	score = 1
	for _, r := range set.active {
		limit := set.limit[r]
		if r == minWords && q.MinWords < 0 {
			limit = min(limit, shortest(shape))
		}
		figure := rules[r].figure(f)
		if reason == "" && r.broken(figure, limit) {
			reason = rules[r].reason
		}
		score = min(score, r.margin(figure, limit))
	}
	return score, reason
}

// shortest caps the least number of words of a shape whose rows are short by nature: the text of a class and the two sides of a translation may be one word,
// a question with its answer ten. A limit written in the recipe holds for every shape.
func shortest(s datasets.Shape) float64 {
	switch s {
	case datasets.Labelled, datasets.Pair:
		return 1
	case datasets.Messages, datasets.Preference:
		return 10
	}
	return math.Inf(1)
}

func (q *Quality) drop(row *filters.Row, reason string) {
	if q.Action == "drop" {
		row.Drop(reason)
	}
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "quality", Group: "quality", Short: "preset",
			Summary: "drops rows that are too short, garbled or otherwise not worth training on",
			Doc:     qualityDoc,
			Example: "quality: {preset: domain, min_words: 10}",
			New:     func() any { return &Quality{} },
			Cases:   qualityCases,
		},
		Unit: filters.Whole,
	})
}
