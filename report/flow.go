package report

import (
	"fmt"
	"html/template"
	"math"
)

// The flow is drawn down the page: a river whose strands are the sources, as wide as the rows that are left. What a step drops leaves on the right, one
// branch for each reason, and ends at the line that names it. The names are text beside the drawing, so they can be read aloud, clicked and wrapped.

// flow is section 2.
type flow struct {
	Sources []flowSource
	Bad     int64 // rows that could not be read
	Head    template.HTML
	Steps   []flowStep
	Splits  []tallied
	In, Out int64
}

// flowSource names a strand of the river.
type flowSource struct {
	Name string
	Rows int64
	Ink  int // number of the strand's colour
}

// flowStep is one step's part of the river.
type flowStep struct {
	Label, Anchor                   string
	In, Dropped, Added, Edited, Out int64
	Lines                           []flowLine
	Picture                         template.HTML
}

// flowLine is a branch: rows dropped for one reason, or copies that a step added.
type flowLine struct {
	Text   string
	N      int64
	Href   string
	Added  bool
	Height int // pixels
}

// Sizes of the drawing in pixels.
const (
	riverWidth  = 176 // of the largest number of rows
	flowWidth   = 240 // river and branches
	flowHead    = 46  // height of a step's name
	flowLineMin = 26
	flowReasons = 5 // branches of a step; further reasons share one
	maxStrands  = 6
)

func newFlow(run *Run, d detail) flow {
	f := flow{}
	f.In, f.Out = run.rows()
	strands := newStrands(run)
	for _, s := range run.Ledger.Sources {
		f.Bad += s.Bad
	}
	for k, name := range strands.names {
		f.Sources = append(f.Sources, flowSource{name, strands.first[k], k + 1})
	}
	most := f.In
	for i := range run.Ledger.Steps {
		most = max(most, run.Ledger.Steps[i].In, run.Ledger.Steps[i].out())
	}
	perRow := riverWidth / math.Max(1, float64(most))
	f.Head = drawRiver(strands.first, strands.first, perRow, nil, 34)
	for i := range run.Ledger.Steps {
		s := &run.Ledger.Steps[i]
		step := flowStep{Label: s.Label, Anchor: stepAnchor(i), In: s.In, Dropped: s.droppedTotal(), Added: s.Added, Edited: s.Edited, Out: s.out()}
		var rest int64
		for k, r := range byCount(s.Dropped) {
			if k >= flowReasons && len(s.Dropped) > flowReasons+1 {
				rest += r.N
				continue
			}
			href := stepAnchor(i)
			if k < d.reasons {
				href = reasonAnchor(i, k)
			}
			step.Lines = append(step.Lines, flowLine{Text: r.Name, N: r.N, Href: href})
		}
		if rest > 0 {
			step.Lines = append(step.Lines, flowLine{Text: fmt.Sprintf("%d other reasons", len(s.Dropped)-flowReasons), N: rest, Href: stepAnchor(i)})
		}
		if s.Added > 0 {
			step.Lines = append(step.Lines, flowLine{Text: "copies added", N: s.Added, Href: stepAnchor(i), Added: true})
		}
		height := flowHead
		for k := range step.Lines {
			step.Lines[k].Height = max(flowLineMin, int(math.Ceil(float64(step.Lines[k].N)*perRow))+8)
			height += step.Lines[k].Height
		}
		step.Picture = drawRiver(strands.before(run, i), strands.before(run, i+1), perRow, step.Lines, height)
		f.Steps = append(f.Steps, step)
	}
	for _, name := range []string{"train", "validation", "test"} {
		if n := run.Ledger.Written[name]; n > 0 {
			f.Splits = append(f.Splits, tallied{name, n})
		}
	}
	for _, t := range byCount(run.Ledger.Written) {
		if t.Name != "train" && t.Name != "validation" && t.Name != "test" {
			f.Splits = append(f.Splits, t)
		}
	}
	return f
}

// strands are the sources as the river shows them: the first ones apart, the others as one.
type strands struct {
	names []string
	of    map[string]int
	first []int64
}

func newStrands(run *Run) strands {
	s := strands{of: map[string]int{}}
	for i, source := range run.Ledger.Sources {
		k := i
		if len(run.Ledger.Sources) > maxStrands && i >= maxStrands-1 {
			k = maxStrands - 1
		}
		if k == len(s.names) {
			s.names, s.first = append(s.names, source.Name), append(s.first, 0)
		}
		s.of[source.Name] = k
		s.first[k] += source.Rows
	}
	if n := len(run.Ledger.Sources); n > maxStrands {
		s.names[maxStrands-1] = fmt.Sprintf("%d other sources", n-maxStrands+1)
	}
	return s
}

// before returns the rows of each strand that reach step i, or that left the last one.
func (s strands) before(run *Run, i int) []int64 {
	out := make([]int64, max(1, len(s.names)))
	var known, all int64
	if i < len(run.Ledger.Steps) {
		step := &run.Ledger.Steps[i]
		all = step.In
		for _, name := range sortedKeys(step.BySource) {
			if k, ok := s.of[name]; ok {
				out[k] += step.BySource[name].In
				known += step.BySource[name].In
			}
		}
	} else {
		_, all = run.rows()
		for _, source := range run.Ledger.Sources {
			out[s.of[source.Name]] += source.Out
			known += source.Out
		}
	}
	if known != all { // a ledger without sources, or one that another tool wrote: one strand
		clear(out)
		out[0] = all
	}
	return out
}

// drawRiver draws one step's part of the river: strands from their widths above to those below, branches to the middle of their lines.
func drawRiver(above, below []int64, perRow float64, lines []flowLine, height int) template.HTML {
	var m markup
	h := float64(height)
	m.open("svg", "viewBox", fmt.Sprintf("0 0 %d %d", flowWidth, height), "height", height, "preserveAspectRatio", "none", "aria-hidden", "true", "focusable", "false")
	var in, out int64
	for k := range above {
		in += above[k]
		out += below[k]
	}
	right := float64(in) * perRow // where the next branch leaves, from the right inwards
	y := float64(flowHead)
	adds := false
	for _, l := range lines {
		middle := y + float64(l.Height)/2
		y += float64(l.Height)
		thick := math.Max(1.5, float64(l.N)*perRow)
		if l.Added {
			adds = true
			m.leaf("path", "", "class", "added", "d", inflow(float64(out)*perRow, thick, middle, h))
			continue
		}
		m.leaf("path", "", "class", "dropped", "d", outflow(right, thick, middle))
		right -= float64(l.N) * perRow
	}
	from, to := 0.0, float64(flowHead)*0.85
	if adds {
		from, to = h-float64(flowHead)*0.85, h
	}
	a, b := 0.0, 0.0
	for k := range above {
		wa, wb := float64(above[k])*perRow, float64(below[k])*perRow
		if above[k]+below[k] > 0 {
			m.leaf("path", "", "class", fmt.Sprintf("strand ink%d", k+1), "d", strand(a, a+wa, b, b+wb, from, math.Min(to, h), h))
		}
		a, b = a+wa, b+wb
	}
	m.close("svg")
	return m.html()
}

// strand runs from the span a0-a1 at the top to b0-b1 at the bottom and bends between the heights from and to.
func strand(a0, a1, b0, b1, from, to, h float64) string {
	mid := (from + to) / 2
	var p path
	p.add("M", a0, 0).add("L", a1, 0).add("L", a1, from).add("C", a1, mid, b1, mid, b1, to).add("L", b1, h)
	p.add("L", b0, h).add("L", b0, to).add("C", b0, mid, a0, mid, a0, from).add("Z")
	return p.String()
}

// outflow leaves the river's right edge at the top and ends at the right side of the drawing.
func outflow(right, thick, middle float64) string {
	top, bottom := middle-thick/2, middle+thick/2
	left := right - thick
	var p path
	p.add("M", left, 0).add("L", right, 0).add("C", right, top*0.7, right+(flowWidth-right)*0.3, top, flowWidth, top)
	p.add("L", flowWidth, bottom).add("C", left+(flowWidth-left)*0.3, bottom, left, bottom*0.7, left, 0).add("Z")
	return p.String()
}

// inflow comes from the right side and joins the river's right edge at the bottom.
func inflow(right, thick, middle, h float64) string {
	top, bottom := middle-thick/2, middle+thick/2
	left := right - thick
	var p path
	p.add("M", flowWidth, top).add("C", left+(flowWidth-left)*0.3, top, left, top+(h-top)*0.3, left, h).add("L", right, h)
	p.add("C", right, bottom+(h-bottom)*0.3, right+(flowWidth-right)*0.3, bottom, flowWidth, bottom).add("Z")
	return p.String()
}
