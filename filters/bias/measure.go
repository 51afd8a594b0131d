package bias

import (
	"context"
	"fmt"
	"slices"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
	"winnow/internal/text"
)

const measureDoc = `Counts of whom the rows speak and with which words, and changes nothing. Put it into a recipe twice, before and after a correction, and the report shows both.

**Representation.** The share of rows that speak of each group, of several or of none, and the share of each group's words: entropy, and the distance from ` + "`target`" + ` (equal shares when none is
given) as Kullback-Leibler divergence and total variation. ` + "`columns`" + ` adds the same for the values of columns.

**Association.** Windows (sentences by default) are counted that hold a word of a group, an attribute, or both.

- NPMI, ln(p(g,a)/(p(g)·p(a))) / −ln p(g,a) (Bouma 2009): 1 when they only occur together, 0 when they are independent.
- Log odds with an informative Dirichlet prior and their z (Monroe, Colaresi and Quinn 2008): how much more often the attribute stands with one group than with the others, and how sure that is.

Attributes with |z| > 1.96 are listed, most skewed first, with three sentences each. An attribute that is itself a word of a group (waitress) is left out. Languages are counted apart.

Groups are lists of words, see ` + "`groups`" + ` for their form. Attributes are shipped (` + "`occupation`, `trait`" + `) or a file of your own:

    name: sport
    plurals: true      # find English plurals of single words
    words: {en: [boxing, ice skating], zh: [拳击, 花样滑冰]}

What this is not: a measure of fairness. A list finds the people whom it has words for; a skew may be in the world and not in the text; no skew says nothing of what the sentences say.`

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "measure_bias", Group: "bias", Short: "groups",
		Summary: "counts of whom rows speak and which words stand with which group",
		Doc:     measureDoc,
		Example: "measure_bias: {groups: gender, attributes: [occupation]}",
		New:     func() any { return new(MeasureBias) },
	}, Unit: filters.Whole})
}

// MeasureBias is a survey that leaves rows as they are.
type MeasureBias struct {
	Groups     string             `param:"groups" default:"gender" doc:"a shipped list (gender, age, disability, religion, region) or a file of your own"`
	Attributes []string           `param:"attributes" default:"occupation" doc:"lists of attributes: shipped (occupation, trait) or files of your own"`
	Window     string             `param:"window" default:"sentence" enum:"sentence,line,row" doc:"what a group and an attribute must share to be counted together"`
	Target     map[string]float64 `param:"target" doc:"wanted shares of the groups' words, such as {female: 0.5, male: 0.5}; equal shares by default"`
	Columns    []string           `param:"columns" doc:"columns whose values are counted, such as [lang, source]"`
	MinCount   int                `param:"min_count" default:"5" min:"1" doc:"attributes in fewer windows with a group are not judged"`
	Prior      float64            `param:"prior" default:"500" min:"1" unit:"windows" doc:"weight of the prior: how many windows the overall distribution counts for"`
	List       int                `param:"list" default:"30" min:"1" doc:"how many skewed attributes are listed for each language"`

	speaker    *speaker
	attributes []attribute
	match      *matcher
}

// attribute is one listed word.
type attribute struct{ list, name string }

// Prepare reads the lists.
func (m *MeasureBias) Prepare(_ context.Context, env filters.Env) error {
	f, err := readList(m.Groups, env)
	if err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	if m.speaker, err = newSpeaker(f); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	for _, g := range sortedKeys(m.Target) {
		if !slices.Contains(m.speaker.groups, g) {
			return fmt.Errorf("target: the list %s has no group %q; it has %v", f.Name, g, m.speaker.groups)
		}
	}
	m.match, m.attributes = newMatcher(), nil
	for _, name := range m.Attributes {
		a, err := readList(name, env)
		if err != nil {
			return fmt.Errorf("attributes: %w", err)
		}
		if len(a.Words) == 0 {
			return fmt.Errorf("attributes: the list %s has no `words`", name)
		}
		if err := m.addAttributes(a); err != nil {
			return fmt.Errorf("attributes: %w", err)
		}
	}
	return nil
}

func (m *MeasureBias) addAttributes(f *wordFile) error {
	var doc text.Doc
	for _, lang := range sortedKeys(f.Words) {
		for _, entry := range f.Words[lang] {
			name := firstForm(entry)
			doc.Reset([]byte(name))
			counts := make([]int64, len(m.speaker.groups))
			m.speaker.count(&doc, counts)
			if slices.Max(counts) > 0 {
				continue
			}
			if err := m.match.add(entry, int32(len(m.attributes)), f.Plurals); err != nil {
				return fmt.Errorf("the list %s: %w", f.Name, err)
			}
			m.attributes = append(m.attributes, attribute{f.Name, name})
		}
	}
	return m.match.addNot(f)
}

// UseColumns checks that the columns are there.
func (m *MeasureBias) UseColumns(columns []filters.Column) error {
	known := []string{datasets.ColSource}
	for _, c := range columns {
		known = append(known, c.Name)
	}
	for _, name := range m.Columns {
		if !slices.Contains(known, name) {
			if near := spec.Nearest(name, known); near != "" {
				return fmt.Errorf("columns: rows have no column %q; did you mean %q?", name, near)
			}
			return fmt.Errorf("columns: rows have no column %q", name)
		}
	}
	return nil
}

// tally is what is counted of a shard.
type tally struct {
	Rows     map[string]int64 // by the group that a row speaks of
	Mentions []int64          // words by group
	Langs    map[string]*langTally
	Columns  []map[string]int64

	counts []int64
	spans  []span
	found  []int32
}

type langTally struct {
	Windows  int64
	Group    []int64 // windows with each group
	Attr     []int64 // windows with each attribute
	Together []int64 // [attribute × groups]: windows with both
	Examples map[int32][]Example
}

// Example is a window with a word of a group and an attribute.
type Example struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// maxValues bounds how many values of a column are told apart.
const maxValues = 1000

// NewTally returns an empty tally.
func (m *MeasureBias) NewTally() any {
	t := &tally{Rows: map[string]int64{}, Mentions: make([]int64, len(m.speaker.groups)), Langs: map[string]*langTally{}, counts: make([]int64, len(m.speaker.groups))}
	for range m.Columns {
		t.Columns = append(t.Columns, map[string]int64{})
	}
	return t
}

// Observe counts one row.
func (m *MeasureBias) Observe(row *filters.Row, into any) {
	t := into.(*tally)
	doc := row.Doc()
	lang := row.Lang()
	l := t.Langs[lang]
	if l == nil {
		g, a := len(m.speaker.groups), len(m.attributes)
		l = &langTally{Group: make([]int64, g), Attr: make([]int64, a), Together: make([]int64, g*a), Examples: map[int32][]Example{}}
		t.Langs[lang] = l
	}
	clear(t.counts)
	t.spans = cutWindows(t.spans, doc, m.Window)
	for _, s := range t.spans {
		m.window(row, doc, s, t, l)
	}
	for i, n := range t.counts {
		t.Mentions[i] += n
	}
	t.Rows[m.speaker.of(t.counts, false)]++
	for i, name := range m.Columns {
		v := row.String(name)
		if c := t.Columns[i]; len(c) < maxValues || c[v] > 0 {
			c[v]++
		}
	}
}

func (m *MeasureBias) window(row *filters.Row, doc *text.Doc, s span, t *tally, l *langTally) {
	words := doc.Words()[:s.last]
	groups := uint32(0)
	for i := s.first; i < s.last; {
		id, n := m.speaker.match.at(doc, words, i)
		if n > 0 && id >= 0 {
			groups |= 1 << id
			t.counts[id]++
		}
		i += max(n, 1)
	}
	t.found = t.found[:0]
	for i := s.first; i < s.last; {
		id, n := m.match.at(doc, words, i)
		if n > 0 && id >= 0 && !slices.Contains(t.found, id) {
			t.found = append(t.found, id)
		}
		i += max(n, 1)
	}
	l.Windows++
	for g := range m.speaker.groups {
		if groups&(1<<g) == 0 {
			continue
		}
		l.Group[g]++
		for _, a := range t.found {
			cell := a*int32(len(m.speaker.groups)) + int32(g)
			l.Together[cell]++
			if ex := l.Examples[cell]; len(ex) < maxRows {
				l.Examples[cell] = append(ex, Example{row.ID, excerpt(doc, words, s)})
			}
		}
	}
	for _, a := range t.found {
		l.Attr[a]++
	}
}

// excerpt returns a window's text, at most 240 characters of it.
func excerpt(doc *text.Doc, words []text.Word, s span) string {
	b := doc.Text()[words[s.first].Start:words[s.last-1].End]
	out := []rune(string(b[:min(len(b), 960)]))
	if len(out) > 240 {
		return string(out[:240]) + "…"
	}
	return string(out)
}

// Merge adds the tally of a later shard.
func (m *MeasureBias) Merge(into, from any) {
	a, b := into.(*tally), from.(*tally)
	addAll(a.Rows, b.Rows)
	add(a.Mentions, b.Mentions)
	for i := range b.Columns {
		addAll(a.Columns[i], b.Columns[i])
	}
	for lang, l := range b.Langs {
		have := a.Langs[lang]
		if have == nil {
			a.Langs[lang] = l
			continue
		}
		have.Windows += l.Windows
		add(have.Group, l.Group)
		add(have.Attr, l.Attr)
		add(have.Together, l.Together)
		for cell, ex := range l.Examples {
			all := append(have.Examples[cell], ex...)
			have.Examples[cell] = all[:min(len(all), maxRows)]
		}
	}
}

func add(a, b []int64) {
	for i := range b {
		a[i] += b[i]
	}
}

func addAll(a, b map[string]int64) {
	for k, n := range b {
		a[k] += n
	}
}
