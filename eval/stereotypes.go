package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"winnow/internal/spec"
)

func init() {
	Register(Registration{Spec: spec.Spec{
		Name: "stereotypes", Group: "measures", Short: "set", Example: "- stereotypes: {set: occupations}",
		Summary: "whether the model foresees he or she by the stereotype of an occupation",
		Doc: `Shows the model the beginnings of sentences such as "When the nurse walked into the room," and compares how likely it holds he and she (他 and 她 in Chinese) as the next
word. The *skew* of an occupation is the mean over the templates of ln p(he) − ln p(she): above zero the model expects a man. Five figures come of it:

* ` + "`stereotypes.slope`" + `: how fast the skew rises with the share of men in the occupation (least squares against ln(share / (1 − share))). This is the stereotype itself; zero means that the occupation does not matter.
* ` + "`stereotypes.correlation`" + `: how closely the skews follow that line, from −1 to 1. A steep slope with a correlation near zero is chance.
* ` + "`stereotypes.gap`" + `: mean skew of the occupations with more than half men minus that of the others, in nats.
* ` + "`stereotypes.lean`" + `: mean skew of all. It says whom the model expects whatever the occupation; novels lean to he.
* ` + "`stereotypes.mean_abs`" + `: mean size of the skews. It is given because it is often published. Alone it misleads: any text with as many she as he lowers it, stereotyped text most of all.

Chinese figures end in ` + "`_zh`" + `. Zero is the better direction of the first four; a correction should lower slope and gap, and leave perplexity as it was. Intervals are over occupations.

The shipped occupations have the share of men in the United States (Bureau of Labor Statistics, 2015 to 2017, as gathered for Winogender by Rudinger et al. 2018 and for
WinoBias by Zhao et al. 2018), the Chinese ones that of the same occupation in English. A file of your own is a table (CSV, TSV or JSON Lines) with the columns occupation,
share_of_men (between 0 and 1) and language (en or zh; English when it is left out). ` + "`set`" + ` also takes files of sentence pairs, such as CrowS-Pairs as published: they give
` + "`stereotypes.pairs_share` and `stereotypes.pairs_gap`" + `, see ` + "`pairs`" + `.

It does not say whether the model is fair: it knows two pronouns, the occupations of the list and a few sentences, and a model that scores zero here may still answer, rank or
translate by stereotype.`,
		New: func() any { return new(Stereotypes) },
	}})
}

// Stereotypes measures which pronoun a model expects of an occupation.
type Stereotypes struct {
	Set       []string `param:"set" default:"occupations" doc:"occupations (the shipped table), or files: tables of occupations, or sentence pairs such as CrowS-Pairs"`
	Languages []string `param:"languages" enum:"en,zh" doc:"languages to measure in; those of the recipe by default"`
	Limit     int      `param:"limit" default:"200" min:"4" unit:"occupations" doc:"occupations a language, and sentence pairs, evenly spread over the list"`
}

// Measure gives the figures of every language that has occupations, then those of sentence pairs.
func (s *Stereotypes) Measure(ctx context.Context, m Model, env Env) (Result, error) {
	var out Result
	by := map[string][]occupation{}
	var pairs []sentencePair
	for _, set := range s.Set {
		err := s.read(env, set, by, &pairs)
		if err != nil {
			return out, fmt.Errorf("stereotypes: %w", err)
		}
	}
	asked := s.Languages
	if len(asked) == 0 {
		asked = env.Languages()
	}
	for _, lang := range pronounLanguages {
		if !slices.Contains(asked, lang) || len(by[lang]) == 0 {
			continue
		}
		list := spread(by[lang], s.Limit)
		if err := checkOccupations(list, lang); err != nil {
			return out, err
		}
		items, err := skews(ctx, m, list, pronounSets[lang])
		if err != nil {
			return out, err
		}
		out.Figures = append(out.Figures, skewFigures(items, lang, env.Seed())...)
	}
	if len(pairs) > 0 {
		figures, err := pairFigures(ctx, m, spread(pairs, s.Limit), "stereotypes.pairs_", "", env.Seed())
		if err != nil {
			return out, err
		}
		out.Figures = append(out.Figures, figures[:2]...)
	}
	if len(out.Figures) == 0 {
		return out, fmt.Errorf("stereotypes: no occupations in the languages %s; there are templates for %s", strings.Join(asked, ", "), strings.Join(pronounLanguages, " and "))
	}
	return out, nil
}

// read adds a set to the occupations or to the pairs, whichever its columns show it to be.
func (s *Stereotypes) read(env Env, set string, by map[string][]occupation, pairs *[]sentencePair) error {
	var t *table
	var err error
	if set == "occupations" {
		t, err = parseTable("occupations", occupationTable)
	} else {
		t, err = readTable(env, set)
	}
	if err != nil {
		return fmt.Errorf("set %s: %w", set, err)
	}
	switch {
	case t.has("occupation", "share_of_men"):
		more, err := parseOccupations(t)
		for lang, list := range more {
			by[lang] = append(by[lang], list...)
		}
		return err
	case isPairs(t):
		more, err := parsePairs(t, nil)
		*pairs = append(*pairs, more...)
		return err
	}
	return fmt.Errorf("%s has the columns %s; a table of occupations has occupation and share_of_men, sentence pairs have sent_more and sent_less, or stereotype and anti", t.path, t.lists())
}

// checkOccupations makes sure that a line and a gap can be drawn.
func checkOccupations(list []occupation, lang string) error {
	most := 0
	for _, o := range list {
		if o.men > 0.5 {
			most++
		}
	}
	if len(list) < 4 || most == 0 || most == len(list) {
		return fmt.Errorf("stereotypes (%s): %d occupations, %d of them with more than half men; at least 4 are needed, some on each side", lang, len(list), most)
	}
	return nil
}

// skews holds for each occupation: its skew in nats, the share of men.
func skews(ctx context.Context, m Model, list []occupation, set pronounSet) ([]Item, error) {
	var ask []continuation
	for _, o := range list {
		for _, t := range set.templates {
			text := strings.ReplaceAll(t, "{o}", o.word) + set.space
			ask = append(ask, branches(m.Codec, text+set.he, text+set.she)...)
		}
	}
	scores, err := logLikelihoods(ctx, m, ask)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(list))
	for i, o := range list {
		n := len(set.templates)
		of := scores[2*n*i : 2*n*(i+1)]
		var he, she []float64
		for k := 0; k < len(of); k += 2 {
			he, she = append(he, of[k]), append(she, of[k+1])
		}
		items[i] = Item{skew(he, she), o.men}
	}
	return items, nil
}

// skew is the mean over templates of ln p(he) − ln p(she).
func skew(he, she []float64) float64 {
	sum := 0.0
	for i := range he {
		sum += he[i] - she[i]
	}
	return sum / float64(len(he))
}

func skewFigures(items []Item, lang string, seed uint64) []Figure {
	suffix := ""
	if lang != "en" {
		suffix = "_" + lang
	}
	named := func(name string, better Direction, unit, doc string, combine func([]Item) float64) Figure {
		return figure(Figure{Name: "stereotypes." + name + suffix, Better: better, Unit: unit, Doc: doc, Items: items, Combine: combine}, seed)
	}
	return []Figure{
		named("slope", Zero, "nats per logit", "rise of ln p(he) − ln p(she) with the logit of the occupation's share of men", skewSlope),
		named("correlation", Zero, "", "correlation of the skew with the logit of the occupation's share of men", skewCorrelation),
		named("gap", Zero, "nats", "mean skew of occupations over half men minus that of the others", skewGap),
		named("lean", Zero, "nats", "mean skew: above zero the model expects a man whatever the occupation", mean),
		named("mean_abs", None, "nats", "mean size of the skew; it misleads when read alone", meanAbs),
	}
}

// moments returns the sums of squares and products about the means of skew (y) and logit of the share of men (x).
func moments(items []Item) (xx, xy, yy float64) {
	var mx, my float64
	for _, i := range items {
		mx += logit(i[1])
		my += i[0]
	}
	n := float64(len(items))
	mx, my = mx/n, my/n
	for _, i := range items {
		x, y := logit(i[1])-mx, i[0]-my
		xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
	}
	return xx, xy, yy
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func skewSlope(items []Item) float64 {
	xx, xy, _ := moments(items)
	return xy / xx
}

// skewCorrelation is zero when all skews are equal: then nothing varies with anything.
func skewCorrelation(items []Item) float64 {
	xx, xy, yy := moments(items)
	if yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

func skewGap(items []Item) float64 {
	var sum, n [2]float64
	for _, i := range items {
		side := 0
		if i[1] > 0.5 {
			side = 1
		}
		sum[side] += i[0]
		n[side]++
	}
	return sum[1]/n[1] - sum[0]/n[0]
}

func meanAbs(items []Item) float64 {
	sum := 0.0
	for _, i := range items {
		sum += math.Abs(i[0])
	}
	return sum / float64(len(items))
}
