package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"sort"
	"strings"
)

// bias is section 5: who is spoken of and with which words, before and after the steps; what the model makes of it, before and after training.
type bias struct {
	Data    []biasData
	Model   []figureRow
	Utility []figureRow // perplexity, shown beside: a correction that ruins the model is none
}

// representation is a Representation of measure_bias.
type representation struct {
	Counts            map[string]int64
	Share             map[string]float64
	NormalisedEntropy float64 `json:"normalised_entropy"`
	TotalVariation    float64 `json:"total_variation"`
}

// biasFindings are the findings of measure_bias.
type biasFindings struct {
	Groups         []string
	Rows, Mentions representation
	Columns        map[string]representation
	Languages      []biasLanguage
}

type biasLanguage struct {
	Lang           string
	Windows        int64
	Judged, Skewed int
	MeanAbsLogOdds float64 `json:"mean_abs_log_odds"`
	Attributes     []association
}

type association struct {
	Attribute, List string
	Windows         int64
	Together        map[string]int64
	NPMI            map[string]float64
	LeansTo         string  `json:"leans_to"`
	LogOdds         float64 `json:"log_odds"`
	Z               float64
	Examples        map[string][]struct{ ID, Text string }
}

// isBiasFinding says whether a step's findings have their place in section 5.
func isBiasFinding(s *Step) bool { return biasFinding(s) != nil }

// biasFinding reads the findings of a measure_bias step, or returns nil.
func biasFinding(s *Step) *biasFindings {
	if s.Name != "measure_bias" || len(s.Findings) == 0 {
		return nil
	}
	var f biasFindings
	if err := json.Unmarshal(s.Findings, &f); err != nil || len(f.Groups) == 0 {
		return nil
	}
	return &f
}

// biasData compares the first and the last measure of the same groups.
type biasData struct {
	ID, Before, After string // labels of the steps; After is empty when there was one measure
	Groups            []string
	Mentions, Rows    []groupRow
	Evenness          [2]float64 // normalised entropy of the groups' words
	Distance          [2]float64 // total variation from the target
	Languages         []biasLang
}

// biasLang is what one language's sentences say.
type biasLang struct {
	Lang           string
	Windows        int64
	Judged, Skewed [2]int
	Mean           [2]float64
	Picture        template.HTML
	Attributes     []attribute
	Two            bool // two groups: the drawing has two sides
}

// attribute is a word that stands with one group more than with the others.
type attribute struct {
	Word, List, LeansTo string
	Windows             int64
	NPMI                []float64 // by group
	LogOdds, Z          float64
	After               string // log odds after the steps, in words when it is no longer skewed
	Examples            []example
}

// maxAttributes is how many skewed words of a language are drawn and listed.
const maxAttributes = 16

func newBias(run *Run, d detail) bias {
	var b bias
	type pair struct{ first, last int }
	var order []string
	pairs := map[string]*pair{}
	found := make([]*biasFindings, len(run.Ledger.Steps))
	for i := range run.Ledger.Steps {
		if found[i] = biasFinding(&run.Ledger.Steps[i]); found[i] == nil {
			continue
		}
		key := strings.Join(found[i].Groups, "\x00")
		if pairs[key] == nil {
			pairs[key] = &pair{i, i}
			order = append(order, key)
		}
		pairs[key].last = i
	}
	for n, key := range order {
		p := pairs[key]
		v := biasData{ID: fmt.Sprintf("association-%d", n+1), Before: run.Ledger.Steps[p.first].Label, Groups: found[p.first].Groups}
		var after *biasFindings
		if p.last != p.first {
			v.After, after = run.Ledger.Steps[p.last].Label, found[p.last]
		}
		v.fill(found[p.first], after, d)
		b.Data = append(b.Data, v)
	}
	said := map[string]string{} // sentence → title of the figure that has it
	for i, f := range run.Results.Figures {
		switch {
		case isBiasMeasure(f.Measure):
			r := newFigureRow(fmt.Sprintf("bias-figure-%d", i+1), f)
			if first, ok := said[r.Plain]; ok && r.Plain != "" {
				r.Plain = "The same as " + first + ", in another language."
			} else {
				said[r.Plain] = r.Title
			}
			b.Model = append(b.Model, r)
		case f.Measure == "perplexity":
			b.Utility = append(b.Utility, newFigureRow(fmt.Sprintf("utility-figure-%d", i+1), f))
		}
	}
	return b
}

// isBiasMeasure says whether a measure is about groups of people or about harm.
func isBiasMeasure(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"stereo", "bias", "crows", "bbq", "pairs", "toxic", "harm", "parity"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func (v *biasData) fill(before, after *biasFindings, d detail) {
	v.Mentions = compareShares(before.Mentions, mentions(after))
	v.Rows = compareShares(before.Rows, rowsOf(after))
	v.Evenness[0], v.Distance[0] = before.Mentions.NormalisedEntropy, before.Mentions.TotalVariation
	if after != nil {
		v.Evenness[1], v.Distance[1] = after.Mentions.NormalisedEntropy, after.Mentions.TotalVariation
	}
	for n, l := range before.Languages {
		if l.Windows == 0 {
			continue
		}
		x := biasLang{Lang: l.Lang, Windows: l.Windows, Two: len(v.Groups) == 2}
		x.Judged[0], x.Skewed[0], x.Mean[0] = l.Judged, l.Skewed, l.MeanAbsLogOdds
		var later map[string]*association
		if after != nil {
			later = map[string]*association{}
			for _, m := range after.Languages {
				if m.Lang == l.Lang {
					x.Judged[1], x.Skewed[1], x.Mean[1] = m.Judged, m.Skewed, m.MeanAbsLogOdds
					for k := range m.Attributes {
						later[m.Attributes[k].Attribute] = &m.Attributes[k]
					}
				}
			}
		}
		list := l.Attributes[:min(len(l.Attributes), maxAttributes)]
		for _, a := range list {
			x.Attributes = append(x.Attributes, newAttribute(a, later, v.Groups, d))
		}
		if x.Two && len(list) > 0 {
			x.Picture = drawAssociations(fmt.Sprintf("%s-%d", v.ID, n+1), x.Lang, list, later, v.Groups)
		}
		v.Languages = append(v.Languages, x)
	}
}

func mentions(f *biasFindings) *representation {
	if f == nil {
		return nil
	}
	return &f.Mentions
}

func rowsOf(f *biasFindings) *representation {
	if f == nil {
		return nil
	}
	return &f.Rows
}

// compareShares lists the groups of a representation in order of name, with those of a later one beside.
func compareShares(before representation, after *representation) []groupRow {
	var out []groupRow
	widest := 0.0
	for _, g := range sortedKeys(before.Counts) {
		r := groupRow{Name: g, Before: before.Counts[g], ShareBefore: before.Share[g]}
		if after != nil {
			r.After, r.ShareAfter = after.Counts[g], after.Share[g]
		}
		widest = math.Max(widest, math.Max(r.ShareBefore, r.ShareAfter))
		out = append(out, r)
	}
	for i := range out {
		out[i].WideBefore, out[i].WideAfter = wide(out[i].ShareBefore, widest), wide(out[i].ShareAfter, widest)
	}
	return out
}

func newAttribute(a association, later map[string]*association, groups []string, d detail) attribute {
	v := attribute{Word: a.Attribute, List: a.List, LeansTo: a.LeansTo, Windows: a.Windows, LogOdds: a.LogOdds, Z: a.Z}
	for _, g := range groups {
		v.NPMI = append(v.NPMI, a.NPMI[g])
	}
	if later != nil {
		v.After = "not skewed any more"
		if b := later[a.Attribute]; b != nil {
			v.After = fmt.Sprintf("%s to %s, z %s", figure(b.LogOdds), b.LeansTo, figure(b.Z))
		}
	}
	if d.examples > 0 {
		for _, g := range groups {
			for _, e := range a.Examples[g] {
				if len(v.Examples) < 3*len(groups) {
					v.Examples = append(v.Examples, example{ID: shortID(e.ID), Value: g, Text: excerpt(e.Text, d.characters)})
				}
			}
		}
	}
	return v
}

// Sizes of the drawing of associations in pixels.
const (
	assocWidth, assocRow = 400, 22
	assocLabel, assocTop = 112, 34
)

// drawAssociations draws how far each word leans to one of two groups: the first to the left, the second to the right; a ring before, a dot after the steps.
func drawAssociations(id, lang string, list []association, later map[string]*association, groups []string) template.HTML {
	side := func(a *association) float64 {
		if a.LeansTo == groups[0] {
			return -math.Abs(a.LogOdds)
		}
		return math.Abs(a.LogOdds)
	}
	sorted := slices.Clone(list)
	sort.SliceStable(sorted, func(i, j int) bool { return side(&sorted[i]) < side(&sorted[j]) })
	widest := 0.5
	for i := range sorted {
		widest = math.Max(widest, math.Abs(side(&sorted[i])))
		if b := later[sorted[i].Attribute]; b != nil {
			widest = math.Max(widest, math.Abs(side(b)))
		}
	}
	height := assocTop + assocRow*len(sorted) + 24
	x := scale{-widest, widest, assocLabel + 12, assocWidth - 12}
	var m markup
	words := make([]string, len(sorted))
	for i, a := range sorted {
		words[i] = fmt.Sprintf("%s %s to %s", a.Attribute, figure(math.Abs(a.LogOdds)), a.LeansTo)
	}
	m.picture(id, fmt.Sprintf("Words that stand more with one group, %s", lang), "Log odds before the steps: "+strings.Join(words, "; ")+". The table below has all figures.", assocWidth, height)
	zero, bottom := x.at(0), float64(height-24)
	m.leaf("text", "← "+groups[0], "class", "side", "x", zero-8, "y", 16, "text-anchor", "end")
	m.leaf("text", groups[1]+" →", "class", "side", "x", zero+8, "y", 16, "text-anchor", "start")
	step := nice(2*widest, 4)
	for _, t := range ticks(-widest, widest, 4) {
		m.leaf("line", "", "class", "grid", "x1", x.at(t), "x2", x.at(t), "y1", 24, "y2", bottom)
		m.leaf("text", strings.TrimPrefix(tick(t, step), "−"), "class", "tick", "x", x.at(t), "y", bottom+16, "text-anchor", "middle")
	}
	m.leaf("line", "", "class", "axis", "x1", zero, "x2", zero, "y1", 24, "y2", bottom)
	for i := range sorted {
		a := &sorted[i]
		y := float64(assocTop + assocRow*i + 8)
		m.leaf("text", excerpt(a.Attribute, 18), "class", "label", "x", assocLabel, "y", y+4, "text-anchor", "end")
		was, now, class := x.at(side(a)), zero, "change"
		if b := later[a.Attribute]; b != nil {
			now = x.at(side(b))
		}
		if later != nil {
			m.leaf("line", "", "class", class, "x1", was, "x2", now, "y1", y, "y2", y)
			if later[a.Attribute] != nil {
				m.leaf("circle", "", "class", "after", "cx", now, "cy", y, "r", 4.5)
			} else {
				m.leaf("circle", "", "class", "after faded", "cx", now, "cy", y, "r", 3)
			}
		} else {
			m.leaf("line", "", "class", class, "x1", zero, "x2", was, "y1", y, "y2", y)
		}
		m.leaf("circle", "", "class", "before", "cx", was, "cy", y, "r", 4.5)
	}
	m.close("svg")
	return m.html()
}
