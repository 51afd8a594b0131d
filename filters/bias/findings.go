package bias

import (
	"cmp"
	"math"
	"slices"

	"winnow/filters"
)

// Findings are the figures of measure_bias.
type Findings struct {
	Groups    []string                  `json:"groups"`
	Rows      Representation            `json:"rows"`     // rows by the group that they speak of
	Mentions  Representation            `json:"mentions"` // words of each group
	Columns   map[string]Representation `json:"columns,omitempty"`
	Languages []LanguageFindings        `json:"languages"`
}

// LanguageFindings are the associations in the rows of one language.
type LanguageFindings struct {
	Lang        string           `json:"lang"`
	Windows     int64            `json:"windows"`
	Group       map[string]int64 `json:"group_windows"`
	Judged      int              `json:"judged"`            // attributes in enough windows
	Skewed      int              `json:"skewed"`            // of them with |z| > 1.96
	MeanLogOdds float64          `json:"mean_abs_log_odds"` // over judged attributes, weighted by their windows
	Attributes  []Association    `json:"attributes"`        // the skewed ones, most skewed first
}

// Association is an attribute and how it stands with the groups.
type Association struct {
	Attribute string               `json:"attribute"`
	List      string               `json:"list"`
	Windows   int64                `json:"windows"`
	Together  map[string]int64     `json:"together"`
	NPMI      map[string]float64   `json:"npmi"`
	LeansTo   string               `json:"leans_to"`
	LogOdds   float64              `json:"log_odds"` // of the group that it leans to, against all others
	Z         float64              `json:"z"`
	Examples  map[string][]Example `json:"examples"`
}

// significant is the |z| from which a skew is listed: 5 % for a single attribute that was chosen before.
const significant = 1.96

// Conclude computes the figures.
func (m *MeasureBias) Conclude(of any) (filters.Conclusion, error) {
	t := of.(*tally)
	f := Findings{Groups: m.speaker.groups}
	for _, v := range m.speaker.values() {
		t.Rows[v] += 0
	}
	f.Rows = Represent(t.Rows, nil)
	mentions, target := map[string]int64{}, m.Target
	if target == nil {
		target = map[string]float64{}
		for _, g := range m.speaker.groups {
			target[g] = 1
		}
	}
	for i, g := range m.speaker.groups {
		mentions[g] = t.Mentions[i]
	}
	f.Mentions = Represent(mentions, target)
	for i, name := range m.Columns {
		if f.Columns == nil {
			f.Columns = map[string]Representation{}
		}
		f.Columns[name] = Represent(t.Columns[i], nil)
	}
	for _, lang := range sortedKeys(t.Langs) {
		f.Languages = append(f.Languages, m.language(lang, t.Langs[lang]))
	}
	return filters.Conclusion{Findings: f}, nil
}

func (m *MeasureBias) language(lang string, l *langTally) LanguageFindings {
	out := LanguageFindings{Lang: lang, Windows: l.Windows, Group: map[string]int64{}, Attributes: []Association{}}
	total := 0.0
	for i, g := range m.speaker.groups {
		out.Group[g] = l.Group[i]
		total += float64(l.Group[i])
	}
	weight := 0.0
	for id, a := range m.attributes {
		k := len(m.speaker.groups)
		cells := l.Together[id*k : (id+1)*k]
		sum := int64(0)
		for _, n := range cells {
			sum += n
		}
		if sum < int64(m.MinCount) {
			continue
		}
		x := Association{Attribute: a.name, List: a.list, Windows: l.Attr[id], Together: map[string]int64{}, NPMI: map[string]float64{}, Examples: map[string][]Example{}, Z: math.Inf(-1)}
		for i, g := range m.speaker.groups {
			x.Together[g] = cells[i]
			x.NPMI[g] = NPMI(float64(cells[i]), float64(l.Group[i]), float64(l.Attr[id]), float64(l.Windows))
			odds, z := LogOdds(float64(cells[i]), float64(sum-cells[i]), float64(l.Group[i]), total-float64(l.Group[i]), m.Prior)
			if z > x.Z {
				x.LeansTo, x.LogOdds, x.Z = g, odds, z
			}
			if ex := l.Examples[int32(id*k+i)]; ex != nil {
				x.Examples[g] = ex
			}
		}
		out.Judged++
		out.MeanLogOdds += float64(sum) * math.Abs(x.LogOdds)
		weight += float64(sum)
		if math.Abs(x.Z) > significant {
			out.Skewed++
			out.Attributes = append(out.Attributes, x)
		}
	}
	if weight > 0 {
		out.MeanLogOdds /= weight
	}
	slices.SortStableFunc(out.Attributes, func(a, b Association) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Z), math.Abs(a.Z)), cmp.Compare(a.Attribute, b.Attribute))
	})
	out.Attributes = out.Attributes[:min(len(out.Attributes), m.List)]
	return out
}
