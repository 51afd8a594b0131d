package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// results is section 7.
type results struct {
	Figures []figureRow
	Samples []sample
	Hidden  int // samples that are not shown
	Trained bool
}

// figureRow is one figure of the model before and after, with what it means.
type figureRow struct {
	Name, Title, Doc, Unit, Better string
	Plain                          string // what the figure says, for someone who has read nothing else
	N                              int
	Trained                        bool
	Before, BeforeRange            string
	After, AfterRange              string
	Change, ChangeRange            string
	Relative                       string
	Clear                          bool   // the interval of the paired change leaves zero out
	Verdict, Class                 string // "better", "worse", "changed", "no clear change"
	Picture                        template.HTML
}

type sample struct{ Measure, Prompt, Truth, Before, After string }

// betterText says a direction in words.
var betterText = map[string]string{"lower": "lower is better", "higher": "higher is better", "zero": "closer to zero is better", "none": "neither way is better", "": "neither way is better"}

func newResults(run *Run, d detail) results {
	var r results
	for i, f := range run.Results.Figures {
		row := newFigureRow(fmt.Sprintf("figure-%d", i+1), f)
		r.Trained = r.Trained || f.Trained
		r.Figures = append(r.Figures, row)
	}
	n := 4 * d.examples
	for i, s := range run.Results.Samples {
		if i >= n {
			r.Hidden = len(run.Results.Samples) - n
			break
		}
		long := 3 * d.characters
		r.Samples = append(r.Samples, sample{s.Measure, excerpt(question(s.Prompt), long), excerpt(s.Truth, long), answer(s.Before, long), answer(s.After, long)})
	}
	return r
}

// question takes the names of the roles off a prompt of one turn: they belong to the chat template.
func question(prompt string) string {
	if q, ok := strings.CutPrefix(prompt, "user\n"); ok {
		if q, ok := strings.CutSuffix(strings.TrimSpace(q), "\nassistant"); ok {
			return q
		}
	}
	return prompt
}

func answer(s string, long int) string {
	if s != "" && strings.TrimSpace(s) == "" {
		return "(only spaces and line breaks)"
	}
	return excerpt(s, long)
}

func newFigureRow(id string, f Figure) figureRow {
	r := figureRow{Name: f.Name, Doc: f.Doc, Unit: f.Unit, Better: betterText[f.Better], N: f.N, Trained: f.Trained}
	r.Title, r.Plain = plain(f)
	r.Before, r.BeforeRange = figure(f.Value), figure(f.Low)+" to "+figure(f.High)
	if !f.Trained {
		r.Picture = drawInterval(id, f)
		return r
	}
	r.After, r.AfterRange = figure(f.After), figure(f.AfterLow)+" to "+figure(f.AfterHigh)
	r.Change = signed(f.Change)
	if f.Value != 0 && f.Change != 0 && f.Better != "zero" {
		r.Relative = signedPercent(f.Change / math.Abs(f.Value))
	}
	r.Verdict, r.Class = "not compared in pairs", "open"
	if f.Paired {
		r.ChangeRange = signed(f.ChangeLow) + " to " + signed(f.ChangeHigh)
		r.Clear = f.ChangeLow > 0 || f.ChangeHigh < 0
		r.Verdict, r.Class = verdict(f, r.Clear)
	}
	r.Picture = drawInterval(id, f)
	return r
}

func verdict(f Figure, certain bool) (text, class string) {
	if !certain {
		return "no clear change", "open"
	}
	gain := 0.0
	switch f.Better {
	case "lower":
		gain = -f.Change
	case "higher":
		gain = f.Change
	case "zero":
		gain = math.Abs(f.Value) - math.Abs(f.After)
	}
	switch {
	case gain > 0:
		return "better", "good"
	case gain < 0:
		return "worse", "bad"
	}
	return "changed", "open"
}

// Sizes of an interval drawing in pixels.
const (
	intervalWidth, intervalHeight = 168, 40
)

// drawInterval draws the 95 % intervals before and after on a scale of their own, with zero when it is near.
func drawInterval(id string, f Figure) template.HTML {
	low, high := math.Min(f.Low, f.Value), math.Max(f.High, f.Value)
	if f.Trained {
		low, high = math.Min(low, math.Min(f.AfterLow, f.After)), math.Max(high, math.Max(f.AfterHigh, f.After))
	}
	if f.Better == "zero" {
		low, high = math.Min(low, 0), math.Max(high, 0)
	}
	if !(high-low < math.MaxFloat64/4) {
		return ""
	}
	pad := (high - low) * 0.06
	if pad == 0 {
		pad = math.Max(math.Abs(low)*0.1, 1e-9)
	}
	x := scale{low - pad, high + pad, 4, intervalWidth - 4}
	description := fmt.Sprintf("Before: %s, 95%% interval %s to %s.", figure(f.Value), figure(f.Low), figure(f.High))
	if f.Trained {
		description += fmt.Sprintf(" After: %s, 95%% interval %s to %s.", figure(f.After), figure(f.AfterLow), figure(f.AfterHigh))
	}
	var m markup
	m.picture(id, f.Name, description, intervalWidth, intervalHeight)
	m.leaf("line", "", "class", "grid", "x1", 4, "x2", intervalWidth-4, "y1", 20.5, "y2", 20.5)
	if low-pad <= 0 && high+pad >= 0 {
		m.leaf("line", "", "class", "axis", "x1", x.at(0), "x2", x.at(0), "y1", 4, "y2", intervalHeight-4)
	}
	mark := func(class string, y, value, lo, hi float64) {
		m.leaf("line", "", "class", class, "x1", x.at(lo), "x2", x.at(hi), "y1", y, "y2", y)
		m.leaf("circle", "", "class", class, "cx", x.at(value), "cy", y, "r", 4)
	}
	y := 20.5
	if f.Trained {
		y = 12
		mark("after", 29, f.After, f.AfterLow, f.AfterHigh)
	}
	mark("before", y, f.Value, f.Low, f.High)
	m.close("svg")
	return m.html()
}
