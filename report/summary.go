package report

import (
	"fmt"
	"html/template"
	"strings"
)

// summary is section 1: one sentence, four figures, the gates.
type summary struct {
	Sentence string
	Tiles    []tile
	Gates    []gate
	Missed   int
	Defects  []Audit
	Found    int64 // of the defects
	Planted  int64
}

// tile is one figure that is read at a glance.
type tile struct {
	Name          string
	Before, Value string // Before is empty when there is only one value
	Note          string
	Picture       template.HTML
}

type gate struct {
	Gate
	Text string // what was reached
}

func newSummary(run *Run) summary {
	s := summary{Defects: run.Manifest.Audit}
	for _, a := range s.Defects {
		s.Planted += a.Rows
		s.Found += a.Found
	}
	for _, g := range run.Results.Gates {
		if !g.Met {
			s.Missed++
		}
		s.Gates = append(s.Gates, gate{g, strings.NewReplacer("<=", "≤", ">=", "≥").Replace(g.Why)})
	}
	s.Sentence = sentence(run, s)
	s.Tiles = tiles(run, s)
	return s
}

// sentence says the run in one sentence.
func sentence(run *Run, s summary) string {
	in, out := run.rows()
	var b strings.Builder
	fmt.Fprintf(&b, "Of %s read from %s, %s remained", plural(in, "row", "rows"), plural(int64(len(run.Ledger.Sources)), "source", "sources"), count(out))
	if added := addedRows(run); added > 0 {
		fmt.Fprintf(&b, " with %s that the recipe made of them", plural(added, "copy", "copies"))
	} else {
		fmt.Fprintf(&b, " (%s)", percent(share(out, in)))
	}
	if t := run.Manifest.Training; t != nil {
		fmt.Fprintf(&b, "; a model was trained on them for %s (%s tokens)", plural(int64(t.Steps), "step", "steps"), short(float64(t.Tokens)))
		if f := heldOut(run); f != nil && f.Trained && f.Value != 0 {
			change, word := f.Change/f.Value, "changed by"
			if change < 0 {
				change, word = -change, "fell by"
			} else if change > 0 {
				word = "rose by"
			}
			fmt.Fprintf(&b, ", and its perplexity on held-out text %s %s", word, percent(change))
		}
	}
	if n := len(s.Gates); n > 0 {
		switch {
		case s.Missed == 0:
			fmt.Fprintf(&b, "; %s met", pluralOf(n, "the gate was", "all %d gates were"))
		case s.Missed == n:
			fmt.Fprintf(&b, "; %s", pluralOf(n, "the gate was missed", "none of the %d gates was met"))
		default:
			fmt.Fprintf(&b, "; %d of %d gates %s missed", s.Missed, n, pluralOf(s.Missed, "was", "were"))
		}
	}
	return b.String() + "."
}

func pluralOf(n int, one, many string) string {
	if n == 1 {
		return one
	}
	if !strings.Contains(many, "%") {
		return many
	}
	return fmt.Sprintf(many, n)
}

// heldOut finds the perplexity on the run's own held-out rows, or the first perplexity there is.
func heldOut(run *Run) *Figure {
	var found *Figure
	for i, f := range run.Results.Figures {
		if f.Name == "perplexity.validation" {
			return &run.Results.Figures[i]
		}
		if found == nil && strings.HasPrefix(f.Name, "perplexity.") {
			found = &run.Results.Figures[i]
		}
	}
	return found
}

// slope finds the stereotype slope.
func slope(run *Run) *Figure {
	for i, f := range run.Results.Figures {
		if strings.HasPrefix(f.Name, "stereotypes.") && strings.Contains(f.Name, "slope") {
			return &run.Results.Figures[i]
		}
	}
	return nil
}

// tiles lists the four figures. What a run did not measure makes room for the next best it has.
func tiles(run *Run, s summary) []tile {
	in, out := run.rows()
	var bytes int64
	for _, x := range run.Ledger.Sources {
		bytes += x.Bytes
	}
	list := []tile{{Name: "Rows", Before: count(in), Value: count(out), Note: "read → kept, " + percent(share(out, in))}}
	if addedRows(run) > 0 {
		list[0].Note = "read → in the set, copies included"
	}
	if t, ok := run.Manifest.Tokens["train"]; ok && t.Tokens > 0 {
		list = append(list, tile{Name: "Tokens to train on", Value: short(float64(t.Tokens)), Note: fmt.Sprintf("%s of the places in %s filled", percent(t.Filled), plural(t.Rows, "row of tokens", "rows of tokens"))})
	}
	if f := heldOut(run); f != nil {
		list = append(list, figureTile("Perplexity, held out", f, "lower is better"))
	}
	if f := slope(run); f != nil {
		list = append(list, figureTile("Stereotype slope", f, "zero is best"))
	}
	if s.Planted > 0 {
		list = append(list, tile{Name: "Defects found", Value: count(s.Found), Note: fmt.Sprintf("of %s marked in the data, %s", count(s.Planted), percent(share(s.Found, s.Planted)))})
	}
	list = append(list, tile{Name: "Text read", Value: bytesText(float64(bytes)), Note: "from " + plural(int64(len(run.Ledger.Sources)), "source", "sources")})
	if run.Manifest.Seconds > 0 {
		list = append(list, tile{Name: "Time", Value: duration(run.Manifest.Seconds), Note: "the whole run on " + plural(int64(run.Manifest.Machine.Cores), "core", "cores")})
	}
	list = append(list, tile{Name: "Rows dropped", Value: count(droppedRows(run)), Note: "each with a step and a reason"})
	return list[:min(4, len(list))]
}

func figureTile(name string, f *Figure, better string) tile {
	t := tile{Name: name, Value: glance(f.Value), Note: better}
	if f.Trained {
		t.Before, t.Value = t.Value, glance(f.After)
		t.Note = fmt.Sprintf("before → after training; %s", better)
	}
	return t
}

func addedRows(run *Run) int64 {
	var n int64
	for i := range run.Ledger.Steps {
		n += run.Ledger.Steps[i].Added
	}
	return n
}

func droppedRows(run *Run) int64 {
	var n int64
	for i := range run.Ledger.Steps {
		n += run.Ledger.Steps[i].droppedTotal()
	}
	return n
}
