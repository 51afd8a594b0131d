package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// series is one line of a chart.
type series struct {
	Name string
	Ink  int // number of its colour; 0 for the quiet colour of what is measured often and noisily
	X, Y []float64
	Dots bool // measured rarely: each value is drawn
}

// chart is a line chart as the page shows it.
type chart struct {
	Title, Unit, Note string
	Picture           template.HTML
	Legend            []flowSource
}

// Sizes of a line chart in pixels.
const (
	lineWidth, lineHeight = 340, 176
	lineLeft, lineRight   = 54, 330
	lineTop, lineBase     = 14, 142
	linePoints            = 220 // of one line; more are averaged, as more cannot be told apart
)

// lineStyle says how an axis is written and where it begins.
type lineStyle struct {
	fromZero bool
	format   func(x, step float64) string
}

// drawLines draws lines over training steps.
func drawLines(id, title string, list []series, style lineStyle) template.HTML {
	low, high := math.Inf(1), math.Inf(-1)
	from, to := math.Inf(1), math.Inf(-1)
	var said []string
	thinned := make([]series, len(list))
	for i, s := range list {
		thinned[i] = thin(s)
		t := thinned[i]
		least := math.Inf(1)
		for k := range t.Y {
			low, high = math.Min(low, t.Y[k]), math.Max(high, t.Y[k])
			from, to = math.Min(from, t.X[k]), math.Max(to, t.X[k])
			least = math.Min(least, t.Y[k])
		}
		if n := len(s.Y); n > 0 {
			said = append(said, fmt.Sprintf("%s: first %s, lowest %s, last %s at step %s", s.Name, style.format(s.Y[0], math.Abs(s.Y[0])/1000), style.format(least, math.Abs(least)/1000), style.format(s.Y[n-1], math.Abs(s.Y[n-1])/1000), count(int64(s.X[n-1]))))
		}
	}
	if style.fromZero {
		low = math.Min(0, low)
	}
	if high <= low {
		high = low + math.Max(math.Abs(low)*0.1, 1e-9)
	}
	step := nice(high-low, 4)
	low, high = math.Floor(low/step+1e-9)*step, math.Ceil(high/step-1e-9)*step
	x, y := scale{from, to, lineLeft, lineRight}, scale{low, high, lineBase, lineTop}
	var m markup
	m.picture(id, title+" by training step", strings.Join(said, ". ")+".", lineWidth, lineHeight)
	for _, t := range ticks(low, high, 4) {
		m.leaf("line", "", "class", "grid", "x1", lineLeft, "x2", lineRight, "y1", y.at(t), "y2", y.at(t))
		m.leaf("text", style.format(t, step), "class", "tick", "x", lineLeft-6, "y", y.at(t)+4, "text-anchor", "end")
	}
	m.leaf("line", "", "class", "axis", "x1", lineLeft, "x2", lineRight, "y1", lineBase+0.5, "y2", lineBase+0.5)
	for _, t := range ticks(from, to, 5) {
		if t != math.Trunc(t) {
			continue
		}
		anchor := "middle"
		if x.at(t) > lineRight-14 {
			anchor = "end"
		}
		m.leaf("text", count(int64(t)), "class", "tick", "x", x.at(t), "y", lineBase+17, "text-anchor", anchor)
	}
	m.leaf("text", "step", "class", "tick", "x", lineLeft-12, "y", lineBase+17, "text-anchor", "end")
	for _, s := range thinned {
		var p path
		for k := range s.Y {
			command := "L"
			if k == 0 {
				command = "M"
			}
			p.add(command, x.at(s.X[k]), y.at(s.Y[k]))
		}
		m.leaf("path", "", "class", fmt.Sprintf("line ink%d", s.Ink), "d", p.String())
		if s.Dots {
			for k := range s.Y {
				m.leaf("circle", "", "class", fmt.Sprintf("dot ink%d", s.Ink), "cx", x.at(s.X[k]), "cy", y.at(s.Y[k]), "r", 2.6)
			}
		}
	}
	m.close("svg")
	return m.html()
}

// thin averages neighbouring points until no more than linePoints are left.
func thin(s series) series {
	if len(s.Y) <= linePoints {
		return s
	}
	out := s
	out.X, out.Y = nil, nil
	for i := range linePoints {
		a, b := i*len(s.Y)/linePoints, (i+1)*len(s.Y)/linePoints
		var x, y float64
		for k := a; k < b; k++ {
			x += s.X[k]
			y += s.Y[k]
		}
		out.X, out.Y = append(out.X, x/float64(b-a)), append(out.Y, y/float64(b-a))
	}
	return out
}

// drawWindows draws the shares of a column's values in the batches, window by window. Shares that never move are not drawn.
func drawWindows(run *Run, t groupTable) (picture template.HTML, legend []flowSource, steady bool) {
	var list []series
	steady = true
	for k, r := range t.Rows {
		if k == maxStrands {
			break
		}
		s := series{Name: r.Name, Ink: k + 1}
		for _, m := range run.Metrics {
			if g := m.Groups[t.ID]; g != nil {
				s.X, s.Y = append(s.X, float64(m.Step)), append(s.Y, g[r.Name])
				steady = steady && math.Abs(g[r.Name]-r.ShareBatches) < 0.01
			}
		}
		s.Dots = len(s.Y) <= 30
		list, legend = append(list, s), append(legend, flowSource{Name: r.Name, Ink: k + 1})
	}
	if steady {
		return "", nil, true
	}
	return drawLines("windows-"+slug(t.ID), "Share of the rows in the batches, by "+t.ID, list, percentStyle), legend, false
}

// percentStyle writes an axis of shares.
var percentStyle = lineStyle{fromZero: true, format: func(x, step float64) string { return tick(100*x, 100*step) + "%" }}

// slug makes an id of a column's name.
func slug(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "-%x", r)
		}
	}
	return b.String()
}
