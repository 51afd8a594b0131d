package pipeline

import (
	"fmt"
	"strings"

	"winnow/datasets"
	"winnow/internal/version"
)

// card fills the data set's card from the ledger.
func (r *run) card(splits map[string]int64) datasets.Card {
	p := r.plan
	c := datasets.Card{Name: p.Recipe.Name, Languages: p.Recipe.Languages}
	var in, out int64
	for i, s := range p.Sources {
		a := r.ledger.Sources[i]
		in += a.Rows
		out += a.Out
		c.Sources = append(c.Sources, datasets.CardSource{Name: s.Source.Name, License: s.Source.License, Location: strings.Join(s.Source.Path, ", "), RowsIn: a.Rows, RowsOut: a.Out})
		if s.Source.License != "" {
			c.Licenses = append(c.Licenses, s.Source.License)
		}
	}
	c.Summary = fmt.Sprintf("%d rows curated from %d rows of %d sources by winnow %s, seed %d.", out, in, len(p.Sources), version.String(), p.Recipe.Seed)
	c.Sections = append(c.Sections, datasets.CardSection{Heading: datasets.CardPreprocessing, Body: r.stepsTable()})
	c.Sections = append(c.Sections, datasets.CardSection{Heading: datasets.CardMaintenance, Body: "The recipe stands in `recipe.yaml` of the run folder; the same recipe and the same inputs give the same bytes."})
	c.Notes = append(c.Notes, p.Warnings...)
	return c
}

// stepsTable lists what every step did.
func (r *run) stepsTable() string {
	var b strings.Builder
	b.WriteString("| step | rows in | dropped | added | edited | reasons |\n|---|---|---|---|---|---|\n")
	for i := range r.ledger.Steps {
		s := &r.ledger.Steps[i]
		var reasons []string
		for _, reason := range sortedKeys(s.Dropped) {
			reasons = append(reasons, fmt.Sprintf("%s: %d", reason, s.Dropped[reason]))
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %s |\n", s.Label, s.In, s.DroppedTotal(), s.Added, s.Edited, strings.Join(reasons, ", "))
	}
	return b.String()
}
