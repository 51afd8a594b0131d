package report

import (
	"fmt"
	"html/template"
	"math"
	"sort"
)

// histogram is the distribution of one score over the rows of one language.
type histogram struct {
	Score, Lang string
	Caption     string
	Picture     template.HTML
}

// newHistograms draws every score of a step, a drawing for each of the most frequent languages, all languages of a score on the same axis so that they can
// be compared.
func newHistograms(s *Step, anchor string, d detail) []histogram {
	var out []histogram
	for k, score := range sortedKeys(s.Scores) {
		scores := s.Scores[score]
		if scores.N == 0 || len(scores.Values) == 0 {
			continue
		}
		all := make([]float64, len(scores.Values))
		byLang := map[string][]float64{}
		for i, v := range scores.Values {
			all[i] = v.Value
			byLang[v.Lang] = append(byLang[v.Lang], v.Value)
		}
		if scores.Min == scores.Max { // nothing to draw: one number says it
			out = append(out, histogram{Score: score, Caption: fmt.Sprintf("%s in all %s", limitNumber(scores.Min), plural(scores.N, "row", "rows"))})
			continue
		}
		var limits []Threshold
		for _, t := range s.Thresholds {
			if t.Score == score {
				limits = append(limits, t)
			}
		}
		axis := newBins(all, limits)
		counts := map[string]int64{}
		for l, v := range byLang {
			counts[l] = int64(len(v))
		}
		for n, l := range byCount(counts) {
			if n == d.languages {
				break
			}
			limit := limitFor(limits, l.Name)
			h := histogram{Score: score, Lang: l.Name}
			h.Picture, h.Caption = drawHistogram(fmt.Sprintf("%s-score-%d-%d", anchor, k+1, n+1), h, byLang[l.Name], axis, limit, scores.N, int64(len(scores.Values)))
			out = append(out, h)
		}
	}
	return out
}

// limitFor returns the threshold that holds for a language: its own, else the one for all.
func limitFor(limits []Threshold, lang string) *Threshold {
	var found *Threshold
	for i, t := range limits {
		if t.Lang == lang {
			return &limits[i]
		}
		if t.Lang == "" {
			found = &limits[i]
		}
	}
	return found
}

// bins are equal spans from start on. Values outside fall into the first or the last, which then say so.
type bins struct {
	start, width float64
	n            int
	under, over  bool // the outer bins hold values from outside
	whole        bool // the values are whole numbers and every one has a bin
}

// newBins covers the middle 99 % of the values and every threshold near them. A threshold that holds for all languages lies on a border of two bins, so no
// bar is half kept and half dropped.
func newBins(values []float64, limits []Threshold) bins {
	v := append([]float64(nil), values...)
	sort.Float64s(v)
	low, high := v[int(0.005*float64(len(v)-1))], v[int(math.Ceil(0.995*float64(len(v)-1)))]
	whole := v[len(v)-1]-v[0] <= 40
	for _, x := range v {
		whole = whole && x == math.Trunc(x)
	}
	if whole && v[len(v)-1] > v[0] && len(limits) == 0 {
		return bins{start: v[0] - 0.5, width: 1, n: int(v[len(v)-1]-v[0]) + 1, whole: true}
	}
	anchor := 0.0
	for _, t := range limits {
		span := math.Max(high-low, math.Abs(t.Limit)/2)
		if t.Limit > low-2*span && t.Limit < high+2*span {
			low, high = math.Min(low, t.Limit), math.Max(high, t.Limit)
		}
		if t.Lang == "" {
			anchor = t.Limit
		}
	}
	if high == low {
		half := math.Max(math.Abs(low)/2, 0.5)
		low, high = low-half, high+half
	}
	b := bins{width: nice(high-low, 36)}
	first := math.Floor((low-anchor)/b.width + 1e-6)
	last := math.Ceil((high-anchor)/b.width + 1e-6)
	b.start, b.n = anchor+first*b.width, int(max(1, last-first))
	end := b.start + float64(b.n)*b.width
	if !(last-first < 4*36) || !(b.width < math.MaxFloat64/100) { // values so far apart that no round width fits
		return bins{start: low, width: math.Max(high/36-low/36, math.SmallestNonzeroFloat64), n: 36}
	}
	b.under, b.over = v[0] < b.start-b.width*1e-6, v[len(v)-1] > end+b.width*1e-6
	return b
}

func (b bins) end() float64 { return b.start + float64(b.n)*b.width }

func (b bins) count(values []float64) []int {
	out := make([]int, b.n)
	for _, x := range values {
		out[min(b.n-1, max(0, int(math.Floor((x-b.start)/b.width+1e-6))))]++
	}
	return out
}

// Sizes of a histogram in pixels: bars between the top and the base line, the axis below.
const (
	histWidth, histHeight = 320, 138
	histTop, histBase     = 30, 112
	histLeft, histRight   = 6, 314
)

// drawHistogram draws one language's values: bars on the kept side of the threshold in one colour, on the dropped side in the other.
func drawHistogram(id string, h histogram, values []float64, axis bins, limit *Threshold, scored, sampled int64) (template.HTML, string) {
	counts := axis.count(values)
	x := scale{axis.start, axis.end(), histLeft, histRight}
	kept := func(v float64) bool {
		return limit == nil || (v >= limit.Limit) == (limit.Keep == "above") || v == limit.Limit
	}
	beyond := 0
	for _, v := range values {
		if !kept(v) {
			beyond++
		}
	}
	who := "all rows"
	if h.Lang != "" {
		who = h.Lang
	}
	caption := fmt.Sprintf("%s values", count(int64(len(values))))
	if scored > sampled {
		caption = fmt.Sprintf("%s values, drawn from %s rows", count(int64(len(values))), count(scored))
	}
	sort.Float64s(values)
	description := fmt.Sprintf("%s. Lowest %s, median %s, highest %s.", caption, figure(values[0]), figure(values[len(values)/2]), figure(values[len(values)-1]))
	if limit != nil {
		side := "below"
		if limit.Keep == "below" {
			side = "above"
		}
		caption += fmt.Sprintf("; %s %s the limit", percent(float64(beyond)/float64(len(values))), side)
		description += fmt.Sprintf(" %d lie %s the limit of %s and were dropped.", beyond, side, limitNumber(limit.Limit))
	}
	var m markup
	m.picture(id, fmt.Sprintf("Distribution of %s, %s", h.Score, who), description, histWidth, histHeight)
	top, cut := ceiling(counts)
	y := scale{0, top, histBase, histTop}
	w := (histRight - histLeft) / float64(axis.n)
	var standing, dropped path
	var tall markup
	for i, n := range counts {
		if n == 0 {
			continue
		}
		left := histLeft + float64(i)*w
		bars := &standing
		if !kept(axis.start + (float64(i)+0.5)*axis.width) {
			bars = &dropped
		}
		yTop := math.Min(y.at(math.Min(float64(n), top)), histBase-1)
		bars.add("M", left+0.5, histBase).add("V", yTop).add("h", math.Max(0.8, w-1)).add("V", histBase)
		if cut && float64(n) > top { // a bar too tall for the drawing: a gap in it, and its count
			tall.leaf("rect", "", "class", "gap", "x", left-1, "y", yTop+8, "width", w+2, "height", 2.5)
			anchor, at := "start", left+w+4
			if at > histWidth*0.8 {
				anchor, at = "end", left-4
			}
			tall.leaf("text", count(int64(n)), "class", "note", "x", at, "y", yTop+10, "text-anchor", anchor)
		}
	}
	for _, bars := range []struct {
		class string
		path  *path
	}{{"kept", &standing}, {"drop", &dropped}} {
		if d := bars.path.String(); d != "" {
			m.leaf("path", "", "class", bars.class, "d", d)
		}
	}
	m.b.WriteString(tall.b.String())
	m.leaf("line", "", "class", "axis", "x1", histLeft, "x2", histRight, "y1", histBase+0.5, "y2", histBase+0.5)
	drawTicks(&m, x, axis)
	if limit != nil && limit.Limit >= axis.start && limit.Limit <= axis.end() {
		at := x.at(limit.Limit)
		m.leaf("line", "", "class", "limit", "x1", at, "x2", at, "y1", 18, "y2", histBase+5)
		anchor := "middle"
		if at < 50 {
			anchor, at = "start", math.Max(2, at-4)
		} else if at > histWidth-50 {
			anchor, at = "end", math.Min(histWidth-2, at+4)
		}
		m.leaf("text", "limit "+limitNumber(limit.Limit), "class", "limit-text", "x", at, "y", 13, "text-anchor", anchor)
	}
	m.close("svg")
	return m.html(), caption
}

// ceiling returns the count that the drawing's top stands for. One bar that dwarfs the others, such as all the rows without a finding, is cut.
func ceiling(counts []int) (top float64, cut bool) {
	most, second := 1, 0
	for _, n := range counts {
		if n > most {
			most, second = n, most
		} else if n > second {
			second = n
		}
	}
	if second > 1 && most > 5*second {
		return 1.6 * float64(second), true
	}
	return float64(most), false
}

func drawTicks(m *markup, x scale, axis bins) {
	step := nice(axis.end()-axis.start, 5)
	if axis.whole {
		step = math.Max(1, step)
	}
	for _, t := range ticks(axis.start, axis.end(), 5) {
		if axis.whole && t != math.Trunc(t) {
			continue
		}
		at, anchor := x.at(t), "middle"
		if at < histLeft+10 {
			anchor = "start"
		} else if at > histRight-10 {
			anchor = "end"
		}
		m.leaf("line", "", "class", "axis", "x1", at, "x2", at, "y1", histBase+1.0, "y2", histBase+4.0)
		label := tick(t, step)
		if axis.over && t+step > axis.end() {
			label = "≥ " + label
		}
		m.leaf("text", label, "class", "tick", "x", at, "y", histBase+17.0, "text-anchor", anchor)
	}
}
