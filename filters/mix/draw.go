package mix

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "draw", Group: "mix", Short: "rows", Example: "draw: {rows: 10000, by: source}",
		Summary: "keeps exactly so many rows, drawn by hash and, if wanted, by weight",
		Doc: `Draws ` + "`rows`" + ` rows without replacement from the whole set, or with ` + "`by`" + ` from each value of a column. A set, or a value, with fewer rows stays whole, and a warning says so.

` + "`weight`" + ` names a column of numbers: a row with twice the weight is twice as likely to be drawn first (Efraimidis and Spirakis 2006); rows whose weight is 0, negative or absent are drawn
never. Which rows are drawn depends on the seed and the row's id alone, and a larger draw holds the smaller one.

Where a share will do, ` + "`sample`" + ` is cheaper: it need not see the whole set first.`,
		New: func() any { return new(Draw) },
	}, Unit: filters.Whole})
}

// Draw is the survey that finds the rows to be kept.
type Draw struct {
	Rows   int    `param:"rows" required:"true" min:"1" doc:"how many rows stay"`
	By     string `param:"by" doc:"column; so many rows of each of its values stay. source and label are allowed"`
	Weight string `param:"weight" doc:"column with the weight of a row; all weigh the same without it"`

	seed uint64
}

// Prepare takes the seed.
func (d *Draw) Prepare(_ context.Context, env filters.Env) error {
	d.seed = env.Seed()
	return nil
}

// UseColumns checks the columns.
func (d *Draw) UseColumns(columns []filters.Column) error {
	if d.By != "" {
		if err := checkColumn(d.By, columns, datasets.ColSource); err != nil {
			return fmt.Errorf("by: %w", err)
		}
	}
	if d.Weight == "" {
		return nil
	}
	if err := checkColumn(d.Weight, columns); err != nil {
		return fmt.Errorf("weight: %w", err)
	}
	for _, c := range columns {
		if c.Name == d.Weight && c.Kind == filters.String {
			return fmt.Errorf("weight: the column %q holds text, not numbers", d.Weight)
		}
	}
	return nil
}

// ticket is a row's place in the draw: the smallest are drawn.
type ticket struct {
	Key float64
	Row datasets.Ref
}

func compareTickets(a, b ticket) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Row, b.Row))
}

// drawTally holds the smallest tickets of each value.
type drawTally struct{ Best map[string]*pool }

type pool struct {
	Tickets []ticket
	Rows    int64 // that could be drawn
}

// add keeps a ticket when it is among the n smallest; the list is cut when it has doubled.
func (p *pool) add(t ticket, n int) {
	p.Tickets = append(p.Tickets, t)
	if len(p.Tickets) >= 2*n+64 {
		p.cut(n)
	}
}

func (p *pool) cut(n int) {
	slices.SortFunc(p.Tickets, compareTickets)
	p.Tickets = p.Tickets[:min(len(p.Tickets), n)]
}

// NewTally returns an empty tally.
func (d *Draw) NewTally() any { return &drawTally{Best: map[string]*pool{}} }

// Observe gives a row its ticket.
func (d *Draw) Observe(row *filters.Row, into any) {
	t, ok := d.ticket(row)
	if !ok {
		return
	}
	best := into.(*drawTally).Best
	value := d.value(row)
	p := best[value]
	if p == nil {
		p = &pool{}
		best[value] = p
	}
	p.Rows++
	p.add(t, d.Rows)
}

func (d *Draw) value(row *filters.Row) string {
	if d.By == "" {
		return ""
	}
	return row.String(d.By)
}

// ticket is an exponential variate with the row's weight as its rate.
func (d *Draw) ticket(row *filters.Row) (ticket, bool) {
	w := 1.0
	if d.Weight != "" {
		var ok bool
		if w, ok = row.Value(d.Weight).Float(); !ok || !(w > 0) || math.IsInf(w, 1) {
			return ticket{}, false
		}
	}
	return ticket{-math.Log1p(-row.Random(d.seed, "draw")) / w, row.Ref}, true
}

// Merge adds the tickets of a later shard.
func (d *Draw) Merge(into, from any) {
	a, b := into.(*drawTally).Best, from.(*drawTally).Best
	for value, p := range b {
		if a[value] == nil {
			a[value] = &pool{}
		}
		a[value].Rows += p.Rows
		a[value].Tickets = append(a[value].Tickets, p.Tickets...)
		a[value].cut(d.Rows)
	}
}

// DrawFindings is what the report shows.
type DrawFindings struct {
	Values []DrawnValue `json:"values"`
}

// DrawnValue is one value of the column, "" without one.
type DrawnValue struct {
	Value string `json:"value"`
	Rows  int64  `json:"rows"`  // that could be drawn
	Drawn int    `json:"drawn"` // that were
}

// Conclude finds the last ticket of each value that is drawn.
func (d *Draw) Conclude(tally any) (filters.Conclusion, error) {
	best := tally.(*drawTally).Best
	var c filters.Conclusion
	var f DrawFindings
	s := &drawn{d: d, last: map[string]ticket{}}
	for _, value := range sortedNames(best) {
		p := best[value]
		p.cut(d.Rows)
		s.last[value] = p.Tickets[len(p.Tickets)-1]
		f.Values = append(f.Values, DrawnValue{value, p.Rows, len(p.Tickets)})
		if len(p.Tickets) < d.Rows {
			what := "the set has"
			if d.By != "" {
				what = fmt.Sprintf("%s %q has", d.By, value)
			}
			c.Warnings = append(c.Warnings, fmt.Sprintf("draw: %s only %d rows that can be drawn, fewer than the %d asked for", what, p.Rows, d.Rows))
		}
	}
	c.Next, c.Findings = s, f
	return c, nil
}

// drawn is the conclusion of draw.
type drawn struct {
	d    *Draw
	last map[string]ticket
}

// Apply keeps or drops one row.
func (s *drawn) Apply(row *filters.Row) error {
	t, ok := s.d.ticket(row)
	last, any := s.last[s.d.value(row)]
	if !ok || !any || compareTickets(t, last) > 0 {
		row.Drop("not drawn")
	}
	return nil
}
