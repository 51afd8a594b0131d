// Package harm holds the step `harm`, which scores how likely a text is to hate, insult or threaten, and drops such rows or takes the sentences out. The
// classifier is linear (classifier.go) on hashed runs of characters and words (features.go); models.go holds the trained ones. Long texts are scored
// by windows (windows.go), of which most are passed over (prefilter.go). Start with this file.
package harm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"winnow/filters"
	"winnow/internal/spec"
)

// Harm scores, drops or redacts harmful texts.
type Harm struct {
	Action      string             `param:"action" default:"drop" enum:"drop,score,redact" doc:"drop the row, only write the score, or replace the sentences that are harmful"`
	MaxScore    float64            `param:"max_score" default:"0.5" min:"0" max:"1" doc:"greatest probability of harm that stays; higher keeps more" source:"0.5 is the calibrated even chance: harm.card.md"`
	BySource    map[string]float64 `param:"max_score_by_source" doc:"other limits for single sources, such as {forum: 0.3, statutes: 0.9}"`
	Words       []string           `param:"words" doc:"words and phrases that count as harmful wherever they stand, whole words, without regard to case"`
	WordFiles   []string           `param:"word_files" doc:"files with one such word or phrase a line; lines that begin with # are comments"`
	Replacement string             `param:"replacement" default:"[removed]" doc:"what stands for a sentence that action: redact takes out; may be empty"`
	Model       string             `param:"model" doc:"a model file of your own in place of the built-in models, for all languages"`

	lists  *wordLists
	models map[string]*model
	own    *model

	scorers map[*model]*Scorer
	spans   [][2]int
	out     []byte
}

// Prepare reads word lists and a model of the user's.
func (h *Harm) Prepare(_ context.Context, env filters.Env) error {
	words := slices.Clone(h.Words)
	for _, path := range h.WordFiles {
		data, err := env.ReadFile(env.Resolve(path))
		if err != nil {
			return fmt.Errorf("harm.word_files: %w", err)
		}
		n := len(words)
		for line := range strings.SplitSeq(string(data), "\n") {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				words = append(words, line)
			}
		}
		if len(words) == n {
			return fmt.Errorf("harm.word_files: %s holds no words: one word or phrase a line", path)
		}
	}
	h.lists = newWordLists(words)
	if h.Model != "" {
		data, err := env.ReadFile(env.Resolve(h.Model))
		if err != nil {
			return fmt.Errorf("harm.model: %w", err)
		}
		l, err := ReadLinear(data)
		if err != nil {
			return fmt.Errorf("harm.model: %s: %w", h.Model, err)
		}
		h.own = &model{l, newTriggerSet(l.Triggers, l.Lang == "zh")}
	}
	h.models = map[string]*model{"en": english(), "zh": chinese()}
	return nil
}

// Fork gives a worker its own scratch memory.
func (h *Harm) Fork() filters.Step {
	c := *h
	c.scorers, c.spans, c.out = nil, nil, nil
	return &c
}

// Columns names the score.
func (h *Harm) Columns() []filters.Column {
	return []filters.Column{{Name: "harm", Kind: filters.Float}}
}

// Thresholds says up to which score rows stay.
func (h *Harm) Thresholds() []filters.Threshold {
	return []filters.Threshold{{Score: "harm", Limit: h.MaxScore, Keep: "below"}}
}

// Apply scores one text of a row.
func (h *Harm) Apply(row *filters.Row) error {
	text := row.Text()
	if row.Role() == "label" || len(text) == 0 {
		return nil
	}
	limit := h.MaxScore
	if x, ok := h.BySource[row.Source]; ok {
		limit = x
	}
	m := h.modelFor(row)
	score := 0.0
	bad := h.spans[:0] // windows and words over the limit
	if m != nil {
		score, bad = h.scan(m, row, limit, bad)
	}
	if h.lists != nil {
		n := len(bad)
		if bad = h.lists.find(row.Doc(), bad); len(bad) > n {
			score = 1
		}
	}
	h.spans = bad
	if m == nil && score == 0 {
		return nil // a language without a model has no score
	}
	row.Score("harm", score)
	if score <= limit {
		return nil
	}
	for _, s := range bad {
		row.Flag(s[0], s[1], "harm")
	}
	switch h.Action {
	case "drop":
		row.Drop("harmful")
	case "redact":
		row.SetText(h.redact(m, text, bad, limit))
	}
	return nil
}

// modelFor returns the model for a row's language, nil when there is none. Rows that no step has named a language for are English or Chinese by their script.
func (h *Harm) modelFor(row *filters.Row) *model {
	if h.own != nil {
		return h.own
	}
	lang := row.Lang()
	if i := strings.IndexAny(lang, "-_"); i > 0 {
		lang = lang[:i]
	}
	return h.models[lang]
}

func (h *Harm) scorer(m *model) *Scorer {
	s := h.scorers[m]
	if s == nil {
		s = m.NewScorer()
		if h.scorers == nil {
			h.scorers = map[*model]*Scorer{}
		}
		h.scorers[m] = s
	}
	return s
}

// scan returns the largest score of the text's windows, and appends to bad those over the limit. A short text is one window; of a long one the windows
// with a trigger word are scored.
func (h *Harm) scan(m *model, row *filters.Row, limit float64, bad [][2]int) (float64, [][2]int) {
	text := row.Text()
	s := h.scorer(m)
	if len(text) <= wholeBytes {
		x := s.Score(text)
		if x > limit {
			bad = append(bad, [2]int{0, len(text)})
		}
		return x, bad
	}
	n := len(bad)
	bad = m.triggers.windows(row.Doc(), bad)
	top, kept := 0.0, n
	for _, w := range bad[n:] {
		x := s.Score(text[w[0]:w[1]])
		top = max(top, x)
		if x > limit {
			bad[kept] = w
			kept++
		}
	}
	return top, bad[:kept]
}

// redact replaces the sentences of the bad windows that are over the limit by themselves, or the whole window when none is.
func (h *Harm) redact(m *model, text []byte, bad [][2]int, limit float64) []byte {
	slices.SortFunc(bad, func(a, b [2]int) int { return a[0] - b[0] })
	h.out = h.out[:0]
	at := 0
	for _, w := range bad {
		if w[0] < at {
			continue
		}
		cut := false
		for _, s := range sentencesOf(text, w) {
			if m != nil && s[1]-s[0] < w[1]-w[0] && h.scorer(m).Score(text[s[0]:s[1]]) > limit {
				at = h.replace(text, at, s)
				cut = true
			}
		}
		if !cut {
			at = h.replace(text, at, w)
		}
	}
	h.out = append(h.out, text[at:]...)
	return h.out
}

// replace copies the text up to a span and writes the replacement for it; white space at the span's ends stays.
func (h *Harm) replace(text []byte, at int, s [2]int) int {
	for s[0] < s[1] && text[s[0]] <= ' ' {
		s[0]++
	}
	for s[1] > s[0] && text[s[1]-1] <= ' ' {
		s[1]--
	}
	h.out = append(append(h.out, text[at:s[0]]...), h.Replacement...)
	return s[1]
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "harm", Group: "harm", Short: "max_score",
			Summary: "scores hate, insults and threats, and drops or redacts them",
			Doc:     harmDoc,
			Example: "harm: {max_score: 0.5, action: drop}",
			New:     func() any { return &Harm{} },
			Cases:   harmCases,
		},
		Unit: filters.Each,
	})
}
