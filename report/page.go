package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"sort"
	"strconv"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed style.css
var style string

//go:embed script.js
var script string

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"count": count, "percent": percent, "figure": figure, "signed": signed, "bytes": func(n int64) string { return bytesText(float64(n)) },
	"duration": duration, "share": share, "int64": func(n int) int64 { return int64(n) }, "capital": capital, "plural": plural, "len64": func(s []string) int64 { return int64(len(s)) },
	"dict2": func(rows []groupRow, after string) map[string]any {
		return map[string]any{"Rows": rows, "After": after}
	},
}).ParseFS(templates, "templates/*.html"))

// page is what the templates draw.
type page struct {
	Title  string
	Style  template.CSS
	Script template.JS
	Policy string // Content-Security-Policy: nothing is loaded, no script but the page's own runs
	*Run
	Sections   []section
	Summary    summary
	Flow       flow
	Steps      []step
	Groups     groups
	Bias       bias
	Training   *training
	Results    results
	Provenance provenance
}

// section is a part of the page with its place in the contents.
type section struct{ ID, Title string }

func newPage(run *Run, d detail) *page {
	p := &page{Title: run.Manifest.Name, Style: template.CSS(style), Script: template.JS(script), Run: run} // #nosec G203 -- both are the project's own files
	if p.Title == "" {
		p.Title = "unnamed run"
	}
	sum := sha256.Sum256([]byte(script))
	p.Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	p.Flow = newFlow(run, d)
	p.Steps = newSteps(run, d)
	p.Groups = newGroups(run)
	p.Bias = newBias(run, d)
	p.Training = newTraining(run)
	p.Results = newResults(run, d)
	p.Provenance = newProvenance(run)
	p.Summary = newSummary(run)
	p.Sections = []section{{"summary", "In short"}, {"flow", "Flow"}, {"steps", "Steps"}, {"groups", "Groups"}, {"bias", "Bias"}, {"training", "Training"}, {"results", "Results"}, {"provenance", "Provenance"}}
	return p
}

// stepAnchor is the id of a step's part of the page; reasonAnchor that of the examples of one reason.
func stepAnchor(i int) string { return "step-" + strconv.Itoa(i+1) }

func reasonAnchor(step, reason int) string {
	return stepAnchor(step) + "-reason-" + strconv.Itoa(reason+1)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// tallied is a name with a number of rows.
type tallied struct {
	Name string
	N    int64
}

// byCount lists a count's names, the largest number first, names in order where numbers are equal.
func byCount(m map[string]int64) []tallied {
	out := make([]tallied, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, tallied{k, m[k]})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].N > out[j].N })
	return out
}

func total(m map[string]int64) int64 {
	var n int64
	for _, v := range m {
		n += v
	}
	return n
}

func (s *Step) droppedTotal() int64 { return total(s.Dropped) }

// out returns the rows that left the step.
func (s *Step) out() int64 { return s.In - s.droppedTotal() + s.Added }

// rows returns what came in and what remained of a run.
func (r *Run) rows() (in, out int64) {
	for _, s := range r.Ledger.Sources {
		in += s.Rows
	}
	if len(r.Ledger.Steps) > 0 {
		return in, r.Ledger.Steps[len(r.Ledger.Steps)-1].out()
	}
	if w := total(r.Ledger.Written); w > 0 {
		return in, w
	}
	return in, in
}
