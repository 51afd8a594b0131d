package report

import (
	"html/template"
	"math"
	"sort"
	"strconv"
	"strings"
)

// step is one card of section 3.
type step struct {
	Number, Anchor, Label, Name string
	In, Out, Dropped, Added     int64
	Edited                      int64
	Histograms                  []histogram
	Near                        []near
	Reasons                     []reason
	MoreReasons                 int // that are not listed
	MoreRows                    int64
	Flags                       []tallied
	Edits                       []edit
	Findings                    template.HTML
	Bias                        bool // its findings are in section 5
	Audit                       []auditRow
}

// near are the rows next to a threshold of one score.
type near struct {
	Score         string
	Limit         string
	Above         string // what it means to be above
	Kept, Dropped []example
}

// example is one row as the page shows it.
type example struct {
	ID, Lang, Value, Text string
}

// reason is why rows were dropped, with some of them.
type reason struct {
	Anchor, Name string
	N            int64
	Share        float64 // of the rows that reached the step
	Examples     []example
}

// edit is an example of a change.
type edit struct {
	ID            string
	Before, After []piece
}

// auditRow says what the step did to rows of one mark.
type auditRow struct {
	Kind                        string
	In, Dropped, Edited, Copied int64
	Wanted                      bool // the recipe expects this step to find them
}

func newSteps(run *Run, d detail) []step {
	var out []step
	for i := range run.Ledger.Steps {
		s := &run.Ledger.Steps[i]
		v := step{Number: strconv.Itoa(i + 1), Anchor: stepAnchor(i), Label: s.Label, Name: s.Name, In: s.In, Out: s.out(), Dropped: s.droppedTotal(), Added: s.Added, Edited: s.Edited, Flags: byCount(s.Flags)}
		v.Histograms = newHistograms(s, v.Anchor, d)
		v.Near = newNear(s, d)
		v.Reasons, v.MoreReasons, v.MoreRows = newReasons(s, i, d)
		if d.examples > 0 {
			for _, e := range s.Edits {
				v.Edits = append(v.Edits, newEdit(e, d))
			}
		}
		var known bool
		v.Bias = isBiasFinding(s)
		if v.Findings, known = drawBalance(s); !known && !v.Bias {
			v.Findings = drawFinding(s.Name, s.Findings)
		}
		v.Audit = newAudit(run, s)
		out = append(out, v)
	}
	return out
}

func newReasons(s *Step, i int, d detail) (out []reason, more int, moreRows int64) {
	for k, r := range byCount(s.Dropped) {
		if k >= d.reasons {
			more++
			moreRows += r.N
			continue
		}
		v := reason{Anchor: reasonAnchor(i, k), Name: r.Name, N: r.N, Share: share(r.N, s.In)}
		for _, e := range s.Drops {
			if e.Reason == r.Name && len(v.Examples) < d.examples {
				v.Examples = append(v.Examples, newExample(e, d))
			}
		}
		out = append(out, v)
	}
	return out, more, moreRows
}

func newExample(e Excerpt, d detail) example {
	v := example{ID: shortID(e.ID), Lang: e.Lang, Text: excerpt(e.Text, d.characters)}
	if e.Score != "" {
		v.Value = figure(e.Value)
	}
	return v
}

// shortID keeps the end of a row's name: folders of the machine that the run took place on say little.
func shortID(id string) string {
	const most = 48
	r := []rune(excerpt(id, 4096))
	if len(r) <= most {
		return string(r)
	}
	return "…" + string(r[len(r)-most+1:])
}

// newNear sorts the rows beside each threshold into kept and dropped, the closest first.
func newNear(s *Step, d detail) []near {
	if d.examples == 0 {
		return nil
	}
	var out []near
	done := map[string]bool{}
	for _, t := range s.Thresholds {
		if done[t.Score] {
			continue
		}
		done[t.Score] = true
		limits := map[string]float64{}
		for _, u := range s.Thresholds {
			if u.Score == t.Score {
				limits[u.Lang] = u.Limit
			}
		}
		limit := func(e Excerpt) float64 {
			if l, ok := limits[e.Lang]; ok {
				return l
			}
			if l, ok := limits[""]; ok {
				return l
			}
			return t.Limit
		}
		var rows []Excerpt
		for _, e := range s.Near {
			if e.Score == t.Score {
				rows = append(rows, e)
			}
		}
		if len(rows) == 0 {
			continue
		}
		sort.SliceStable(rows, func(i, j int) bool {
			return math.Abs(rows[i].Value-limit(rows[i])) < math.Abs(rows[j].Value-limit(rows[j]))
		})
		n := near{Score: t.Score, Limit: limitText(s, t.Score)}
		for _, e := range rows {
			if e.Kept {
				n.Kept = append(n.Kept, newExample(e, d))
			} else {
				n.Dropped = append(n.Dropped, newExample(e, d))
			}
		}
		out = append(out, n)
	}
	return out
}

// limitText says a score's thresholds in words: one number, or one a language.
func limitText(s *Step, score string) string {
	var parts []string
	for _, t := range s.Thresholds {
		if t.Score != score {
			continue
		}
		side := "at most "
		if t.Keep == "above" {
			side = "at least "
		}
		text := side + limitNumber(t.Limit)
		if t.Lang != "" {
			text += " for " + t.Lang
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func newAudit(run *Run, s *Step) []auditRow {
	wanted := map[string]bool{}
	for _, a := range run.Manifest.Audit {
		if a.Step == s.Label {
			wanted[a.Kind] = true
		}
	}
	var out []auditRow
	for _, kind := range sortedKeys(s.ByAudit) {
		c := s.ByAudit[kind]
		if wanted[kind] || c.Dropped+c.Edited+c.Copied > 0 {
			out = append(out, auditRow{kind, c.In, c.Dropped, c.Edited, c.Copied, wanted[kind]})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Wanted && !out[j].Wanted })
	return out
}
