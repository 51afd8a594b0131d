package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"winnow/internal/spec"
)

func init() {
	Register(Registration{Spec: spec.Spec{
		Name: "pairs", Group: "measures", Short: "set", Example: "- pairs: {set: crows_pairs.csv}",
		Summary: "how often the model holds the stereotyped one of two sentences for likelier",
		Doc: `Takes pairs of sentences that differ in few words, one of them more stereotyped, and compares their log-likelihoods as whole sentences. Gives

* ` + "`pairs.share`" + `: share of pairs whose stereotyped sentence is the likelier one; .5 is even. A model that learns a stereotype goes up, and one pushed the other way falls below .5, which is no better.
* ` + "`pairs.gap`" + `: mean difference of the log-likelihoods in nats, stereotyped minus other; closer to zero is better.
* ` + "`pairs.abs_gap`" + `: mean size of that difference, whichever side it falls on.

A set is CSV, TSV or JSON Lines with the columns sent_more and sent_less (CrowS-Pairs as published, Nangia et al. 2020; bias_type may be asked for by ` + "`types`" + `), or with the columns
stereotype and anti for pairs of your own. With several sets the figures end in the file's name: ` + "`pairs.share_mine`" + `.

The published score is for models that fill in blanks and leaves the differing words out; here the whole sentence counts, since models that read from left to right have no
other score, so that figures compare only with others made this way. Many CrowS-Pairs rows are flawed (Blodgett et al. 2021): read the whole, not single rows. A rarer word or
name makes a sentence less likely without any stereotype, so look at the change by training rather than at the value.`,
		New: func() any { return new(Pairs) },
	}})
}

// Pairs measures sentence pairs.
type Pairs struct {
	Set   []string `param:"set" required:"true" doc:"files of sentence pairs"`
	Types []string `param:"types" doc:"kinds of bias to keep, by the column bias_type, such as gender; all by default"`
	Limit int      `param:"limit" default:"2000" min:"1" unit:"pairs" doc:"pairs a file, evenly spread"`
}

// Measure gives pairs.share, pairs.gap and pairs.abs_gap.
func (p *Pairs) Measure(ctx context.Context, m Model, env Env) (Result, error) {
	var out Result
	if len(p.Set) == 0 {
		return out, fmt.Errorf("pairs: no set; name a file, for example `- pairs: crows_pairs.csv`")
	}
	for _, path := range p.Set {
		t, err := readTable(env, path)
		if err != nil {
			return out, fmt.Errorf("pairs: %w", err)
		}
		list, err := parsePairs(t, p.Types)
		if err != nil {
			return out, fmt.Errorf("pairs: %w", err)
		}
		suffix := ""
		if len(p.Set) > 1 {
			suffix = "_" + baseName(path)
		}
		figures, err := pairFigures(ctx, m, spread(list, p.Limit), "pairs.", suffix, env.Seed())
		if err != nil {
			return out, err
		}
		out.Figures = append(out.Figures, figures...)
	}
	return out, uniqueNames(out.Figures)
}

// sentencePair is a sentence that states a stereotype and one that does not.
type sentencePair struct{ stereotype, other string }

// pairColumns lists the ways in which pairs are written: CrowS-Pairs', and the user's own.
var pairColumns = [][2]string{{"sent_more", "sent_less"}, {"stereotype", "anti"}}

func isPairs(t *table) bool {
	return slices.ContainsFunc(pairColumns, func(c [2]string) bool { return t.has(c[0], c[1]) })
}

// parsePairs reads the pairs of a table. sent_more of CrowS-Pairs is the stereotyped sentence in rows of both directions.
func parsePairs(t *table, types []string) ([]sentencePair, error) {
	at := slices.IndexFunc(pairColumns, func(c [2]string) bool { return t.has(c[0], c[1]) })
	if at < 0 {
		return nil, fmt.Errorf("%s has the columns %s; sentence pairs need sent_more and sent_less (CrowS-Pairs), or stereotype and anti", t.path, t.lists())
	}
	if len(types) > 0 && !t.has("bias_type") {
		return nil, fmt.Errorf("%s has the columns %s; to choose by `types` it needs bias_type", t.path, t.lists())
	}
	var out []sentencePair
	var seen []string
	for _, row := range t.rows {
		if kind := row.values["bias_type"]; len(types) > 0 && !slices.Contains(types, kind) {
			if !slices.Contains(seen, kind) {
				seen = append(seen, kind)
			}
			continue
		}
		a, err := t.text(row, pairColumns[at][0])
		if err != nil {
			return nil, err
		}
		b, err := t.text(row, pairColumns[at][1])
		if err != nil {
			return nil, err
		}
		out = append(out, sentencePair{a, b})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no pairs of the types %s; it has %s", t.path, strings.Join(types, ", "), strings.Join(seen, ", "))
	}
	return out, nil
}

// pairFigures scores pairs. The first two figures are share and gap.
func pairFigures(ctx context.Context, m Model, list []sentencePair, prefix, suffix string, seed uint64) ([]Figure, error) {
	var ask []continuation
	for _, p := range list {
		ask = append(ask, sentence(m.Codec, p.stereotype), sentence(m.Codec, p.other))
	}
	scores, err := logLikelihoods(ctx, m, ask)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(list))
	for i := range items {
		items[i] = Item{scores[2*i], scores[2*i+1]}
	}
	return []Figure{
		figure(Figure{Name: prefix + "share" + suffix, Better: None, Unit: "share", Doc: "share of pairs whose stereotyped sentence is the likelier; .5 is even", Items: items, Combine: stereotypeShare}, seed),
		figure(Figure{Name: prefix + "gap" + suffix, Better: Zero, Unit: "nats", Doc: "mean log-likelihood of the stereotyped sentence minus that of the other", Items: items, Combine: meanGap}, seed),
		figure(Figure{Name: prefix + "abs_gap" + suffix, Better: Lower, Unit: "nats", Doc: "mean size of the difference of the two log-likelihoods", Items: items, Combine: meanAbsGap}, seed),
	}, nil
}

// stereotypeShare is the share of items whose first number is above the second.
func stereotypeShare(items []Item) float64 {
	n := 0.0
	for _, i := range items {
		if i[0] > i[1] {
			n++
		}
	}
	return n / float64(len(items))
}

func meanGap(items []Item) float64 {
	sum := 0.0
	for _, i := range items {
		sum += i[0] - i[1]
	}
	return sum / float64(len(items))
}

func meanAbsGap(items []Item) float64 {
	sum := 0.0
	for _, i := range items {
		sum += max(i[0]-i[1], i[1]-i[0])
	}
	return sum / float64(len(items))
}

// uniqueNames makes sure that gates and comparisons know each figure by its name.
func uniqueNames(figures []Figure) error {
	seen := map[string]bool{}
	for _, f := range figures {
		if seen[f.Name] {
			return fmt.Errorf("two sets give the figure %s, which is named after the file: rename one of the files", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}
