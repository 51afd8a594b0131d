package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"math"

	"path/filepath"
	"strings"

	"winnow/internal/atomicfile"
)

// armsFile is what a recipe with arms writes: its arms' figures side by side.
const armsFile = "arms.json"

// Arms is what arms.json says.
type Arms struct {
	Name    string
	Version string
	Seeds   []uint64
	Arms    []struct {
		Name, From string
		Without    []string
		Dirs       []string
		Steps      int
		Tokens     int64
		Seconds    float64
	}
	Figures []struct {
		Name, Measure, Unit, Better, Doc string
		Values                           []armValue
	}
	Limits []struct {
		Figure, Arm, Of, Is, Why string
		Met                      bool
	}
}

type armValue struct {
	Arm             string
	Each            []float64
	Mean, Low, High float64
}

// armsPage is what the template draws.
type armsPage struct {
	Title   string
	Style   template.CSS
	Policy  string
	Version string
	Seeds   int
	Met     int
	Limits  []armLimit
	Arms    []armRow
	Data    []armData
	Groups  []string
	Model   []armFigure
	Utility []armFigure
}

type armLimit struct {
	Title, Arm, Of, Why string
	Met                 bool
}

type armRow struct {
	Name, How string
	Steps     int64
	Tokens    int64
	Seconds   float64
	Reports   []armLink
}

type armLink struct{ Text, Href string }

// armData is what the last measure_bias of an arm found in its text.
type armData struct {
	Arm       string
	Rows      int64
	Shares    []float64 // of the groups' mentions, as Groups lists them
	Languages []armLeaning
}

type armLeaning struct {
	Lang           string
	Judged, Skewed int
	Mean           float64
}

type armFigure struct {
	Title, Plain, Doc, Better, Unit string
	Picture                         template.HTML
	Rows                            []armFigureRow
}

type armFigureRow struct{ Arm, Mean, Range, Each string }

// WriteArms draws the comparison in dir, the folder of a recipe with arms, as the page at path.
func WriteArms(dir, file string) error {
	var a Arms
	if err := atomicfile.ReadJSON(filepath.Join(dir, armsFile), &a); err != nil {
		return err
	}
	p := &armsPage{Title: a.Name, Style: template.CSS(style), Version: a.Version, Seeds: len(a.Seeds), Policy: "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"} // #nosec G203 -- the project's own file
	for _, x := range a.Arms {
		row := armRow{Name: x.Name, How: howDone(x.From, x.Without), Steps: int64(x.Steps), Tokens: x.Tokens, Seconds: x.Seconds}
		for i, d := range x.Dirs {
			text := "report"
			if len(a.Seeds) > 1 {
				text = fmt.Sprintf("seed %d", a.Seeds[i])
			}
			row.Reports = append(row.Reports, armLink{text, d + "/report.html"})
		}
		p.Arms = append(p.Arms, row)
		if len(x.Dirs) == 0 {
			continue
		}
		run, err := Load(filepath.Join(dir, filepath.FromSlash(x.Dirs[0])))
		if err != nil {
			return err
		}
		p.measured(x.Name, run)
	}
	titles := map[string]string{}
	for i, f := range a.Figures {
		row := armFigure{Doc: f.Doc, Better: betterText[f.Better], Unit: f.Unit}
		row.Title, row.Plain = plain(Figure{Name: f.Name})
		titles[f.Name] = row.Title
		for _, v := range f.Values {
			r := armFigureRow{Arm: v.Arm, Mean: figure(v.Mean), Range: figure(v.Low) + " to " + figure(v.High)}
			var each []string
			for _, x := range v.Each {
				each = append(each, figure(x))
			}
			r.Each = strings.Join(each, ", ")
			row.Rows = append(row.Rows, r)
		}
		row.Picture = drawArms(fmt.Sprintf("arms-%d", i+1), row.Title, f.Values, f.Better == "zero")
		if isBiasMeasure(f.Measure) {
			p.Model = append(p.Model, row)
		} else {
			p.Utility = append(p.Utility, row)
		}
	}
	for _, l := range a.Limits {
		title := titles[l.Figure]
		if title == "" {
			title = l.Figure
		}
		p.Limits = append(p.Limits, armLimit{title, l.Arm, l.Of, l.Why, l.Met})
		if l.Met {
			p.Met++
		}
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "arms", p); err != nil {
		return fmt.Errorf("report: %w; this is a fault in winnow, please report it", err)
	}
	return atomicfile.Stream(file, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

func howDone(from string, without []string) string {
	var parts []string
	if len(without) > 0 {
		parts = append(parts, "without "+strings.Join(without, ", "))
	}
	if from != "" {
		parts = append(parts, "goes on from the model of "+from)
	}
	if len(parts) == 0 {
		return "the recipe as it stands"
	}
	return strings.Join(parts, "; ")
}

// measured adds what the last measure_bias of a run says of its text, if there is one.
func (p *armsPage) measured(arm string, run *Run) {
	var f *biasFindings
	for i := range run.Ledger.Steps {
		if x := biasFinding(&run.Ledger.Steps[i]); x != nil {
			f = x
		}
	}
	if f == nil {
		return
	}
	if p.Groups == nil {
		p.Groups = f.Groups
	}
	_, out := run.rows()
	d := armData{Arm: arm, Rows: out}
	for _, g := range p.Groups {
		d.Shares = append(d.Shares, f.Mentions.Share[g])
	}
	for _, l := range f.Languages {
		if l.Windows > 0 {
			d.Languages = append(d.Languages, armLeaning{l.Lang, l.Judged, l.Skewed, l.MeanAbsLogOdds})
		}
	}
	p.Data = append(p.Data, d)
}

// Sizes of the drawing of arms in pixels.
const (
	armsWidth, armsLabel, armsLine, armsTop = 560, 96, 24, 8
)

// drawArms draws a figure of every arm: one dot a seed, a line for the interval, zero when it is the aim or near.
func drawArms(id, title string, values []armValue, zero bool) template.HTML {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		for _, x := range v.Each {
			low, high = math.Min(low, x), math.Max(high, x)
		}
		if len(v.Each) == 1 {
			low, high = math.Min(low, v.Low), math.Max(high, v.High)
		}
	}
	if zero {
		low, high = math.Min(low, 0), math.Max(high, 0)
	}
	if !(high-low < math.MaxFloat64/4) {
		return ""
	}
	pad := (high - low) * 0.06
	if pad == 0 {
		pad = math.Max(math.Abs(low)*0.1, 1e-9)
	}
	x := scale{low - pad, high + pad, armsLabel + 12, armsWidth - 12}
	inside := func(v float64) float64 { return x.at(math.Max(x.low, math.Min(x.high, v))) }
	height := armsTop + armsLine*len(values) + 24
	var words []string
	for _, v := range values {
		words = append(words, v.Arm+" "+figure(v.Mean))
	}
	var m markup
	m.picture(id, title, strings.Join(words, "; ")+". The table below has all figures.", armsWidth, height)
	bottom := float64(height - 24)
	step := nice(x.high-x.low, 5)
	for _, t := range ticks(x.low, x.high, 5) {
		m.leaf("line", "", "class", "grid", "x1", x.at(t), "x2", x.at(t), "y1", armsTop, "y2", bottom)
		m.leaf("text", tick(t, step), "class", "tick", "x", x.at(t), "y", bottom+16, "text-anchor", "middle")
	}
	if zero {
		m.leaf("line", "", "class", "axis", "x1", x.at(0), "x2", x.at(0), "y1", armsTop, "y2", bottom)
	}
	for i, v := range values {
		y := float64(armsTop + armsLine*i + armsLine/2)
		class := "after"
		if v.Arm == "untrained" {
			class = "before"
		}
		m.leaf("text", excerpt(v.Arm, 14), "class", "label", "x", armsLabel, "y", y+4, "text-anchor", "end")
		m.leaf("line", "", "class", class, "x1", inside(v.Low), "x2", inside(v.High), "y1", y, "y2", y)
		for _, e := range v.Each {
			m.leaf("circle", "", "class", class, "cx", x.at(e), "cy", y, "r", 4)
		}
	}
	m.close("svg")
	return m.html()
}
