package report

import (
	"html/template"
	"math"
)

// groups is section 4: how the set is shared out, before, after and in the batches, and whether the steps dropped one group more than another.
type groups struct {
	Tables []groupTable
	Parity []parityTable
}

// groupTable compares the shares of one column's values.
type groupTable struct {
	ID, Title, Note string
	BeforeName      string
	Before          bool // the set before the steps is known
	After           bool // the set after the steps is known
	Batches         bool // the batches are known
	Rows            []groupRow
	Hidden          int           // values that are not listed
	Windows         template.HTML // share by training step
	Legend          []flowSource  // of Windows
	Steady          bool          // the shares were the same in every window
}

type groupRow struct {
	Name                        string
	Before, After               int64 // rows
	ShareBefore, ShareAfter     float64
	ShareBatches                float64
	WideBefore, WideAfter, Wide float64 // of the bars, in percent of the widest
}

// parityTable says what share of each group every step dropped.
type parityTable struct {
	Title  string
	Groups []string
	Hidden int
	Rows   []parityRow
}

type parityRow struct {
	Label, Anchor string
	Cells         []parityCell
	Difference    float64 // largest less smallest share that was kept
	Ratio         float64 // smallest over largest share that was kept
	Judged        bool    // two groups or more are large enough
	Uneven        bool    // the ratio is under four fifths
}

type parityCell struct {
	In, Dropped int64
	Share       float64
	Heat        float64 // 0 to 1, against the row's largest
}

// Limits on the tables. A column with more values is an identifier rather than a group.
const (
	maxGroups       = 24
	maxParityGroups = 8
	minParity       = 30  // rows of a group from which its share says something
	fourFifths      = 0.8 // the rule of thumb of the US Uniform Guidelines on Employee Selection Procedures (1978)
)

func newGroups(run *Run) groups {
	var g groups
	batches := batchShares(run)
	before, after := map[string]int64{}, map[string]int64{}
	for _, s := range run.Ledger.Sources {
		before[s.Name], after[s.Name] = s.Rows, s.Out
	}
	g.add(run, groupTable{ID: "source", Title: "By source", BeforeName: "read", Note: "Rows of each source: as they were read and in the finished set."}, before, after, batches["source"])
	langBefore, langAfter := languages(run)
	g.add(run, groupTable{ID: "lang", Title: "By language", BeforeName: "when known", Note: "Rows of each language: at the first step that knew it and in the finished set."}, langBefore, langAfter, batches["lang"])
	delete(batches, "source")
	delete(batches, "lang")
	measured := columnCounts(run)
	for _, column := range sortedKeys(measured) {
		if column == "source" || column == "lang" {
			continue
		}
		g.add(run, groupTable{ID: column, Title: "By " + column, BeforeName: "first measured", Note: "As measure_bias counted the column, the first and the last time."}, measured[column][0], measured[column][1], batches[column])
		delete(batches, column)
	}
	for _, column := range sortedKeys(batches) {
		t := groupTable{ID: column, Title: "By " + column, Note: "In the batches as trained."}
		before, after := spokenOf(run, batches[column])
		if before != nil {
			t.Note, t.BeforeName = "Of whom the rows speak, as measure_bias counted the first and the last time, and in the batches as trained.", "first measured"
		}
		g.add(run, t, before, after, batches[column])
	}
	g.Parity = append(g.Parity, newParity(run, "By source", func(s *Step) map[string]Parity { return s.BySource }))
	g.Parity = append(g.Parity, newParity(run, "By language", func(s *Step) map[string]Parity { return s.ByLang }))
	columns := map[string]bool{}
	for i := range run.Ledger.Steps {
		for column := range run.Ledger.Steps[i].ByGroup {
			columns[column] = true
		}
	}
	for _, column := range sortedKeys(columns) {
		g.Parity = append(g.Parity, newParity(run, "By "+column+", of whom the rows speak", func(s *Step) map[string]Parity { return s.ByGroup[column] }))
	}
	kept := g.Parity[:0]
	for _, p := range g.Parity {
		if len(p.Rows) > 0 && len(p.Groups) > 1 {
			kept = append(kept, p)
		}
	}
	g.Parity = kept
	return g
}

// add puts a table together; one without any value is left out.
func (g *groups) add(run *Run, t groupTable, before, after map[string]int64, batches map[string]float64) {
	weight := map[string]int64{}
	for _, m := range []map[string]int64{before, after} {
		for k, n := range m {
			weight[k] += n
		}
	}
	for k, x := range batches {
		weight[k] += int64(1e6 * x)
	}
	if len(weight) == 0 {
		return
	}
	sumBefore, sumAfter := total(before), total(after)
	t.Before, t.After, t.Batches = sumBefore > 0, sumAfter > 0, len(batches) > 0
	widest := 0.0
	for i, v := range byCount(weight) {
		if i == maxGroups && len(weight) > maxGroups+1 {
			t.Hidden = len(weight) - maxGroups
			break
		}
		r := groupRow{Name: v.Name, Before: before[v.Name], After: after[v.Name], ShareBefore: share(before[v.Name], sumBefore), ShareAfter: share(after[v.Name], sumAfter), ShareBatches: batches[v.Name]}
		widest = math.Max(widest, math.Max(r.ShareBefore, math.Max(r.ShareAfter, r.ShareBatches)))
		t.Rows = append(t.Rows, r)
	}
	for i := range t.Rows {
		r := &t.Rows[i]
		r.WideBefore, r.WideAfter, r.Wide = wide(r.ShareBefore, widest), wide(r.ShareAfter, widest), wide(r.ShareBatches, widest)
	}
	if t.Batches {
		t.Windows, t.Legend, t.Steady = drawWindows(run, t)
	}
	g.Tables = append(g.Tables, t)
}

func wide(x, widest float64) float64 {
	if widest == 0 {
		return 0
	}
	return math.Round(1000*x/widest) / 10
}

// languages counts rows by language where it is first known, and in the finished set.
func languages(run *Run) (before, after map[string]int64) {
	before, after = map[string]int64{}, map[string]int64{}
	for i := range run.Ledger.Steps {
		if l := run.Ledger.Steps[i].ByLang; len(l) > 0 {
			for name, p := range l {
				before[name] = p.In
			}
			break
		}
	}
	for _, s := range run.Ledger.Sources {
		for name, n := range s.Langs {
			after[name] += n
		}
	}
	return before, after
}

// batchShares returns column → value → share of the rows in all batches, windows weighted by their steps.
func batchShares(run *Run) map[string]map[string]float64 {
	sums, weights := map[string]map[string]float64{}, map[string]float64{}
	for _, m := range run.Metrics {
		for _, column := range sortedKeys(m.Groups) {
			if sums[column] == nil {
				sums[column] = map[string]float64{}
			}
			w := float64(max(1, m.Window))
			weights[column] += w
			for _, v := range sortedKeys(m.Groups[column]) {
				sums[column][v] += w * m.Groups[column][v]
			}
		}
	}
	for column, of := range sums {
		for v := range of {
			of[v] /= weights[column]
		}
	}
	return sums
}

// columnCounts returns, for the columns that measure_bias counted, the first and the last counts.
func columnCounts(run *Run) map[string][2]map[string]int64 {
	out := map[string][2]map[string]int64{}
	for i := range run.Ledger.Steps {
		f := biasFinding(&run.Ledger.Steps[i])
		if f == nil {
			continue
		}
		for column, r := range f.Columns {
			pair, seen := out[column]
			if !seen {
				pair[0] = r.Counts
			}
			pair[1] = r.Counts
			out[column] = pair
		}
	}
	return out
}

// spokenOf returns the rows by the group that they speak of, as first and last measured, when the groups are the values of a column of the batches.
func spokenOf(run *Run, values map[string]float64) (before, after map[string]int64) {
	for i := range run.Ledger.Steps {
		f := biasFinding(&run.Ledger.Steps[i])
		if f == nil {
			continue
		}
		all := true
		for v := range values {
			_, ok := f.Rows.Counts[v]
			all = all && ok
		}
		if all {
			if before == nil {
				before = f.Rows.Counts
			}
			after = f.Rows.Counts
		}
	}
	return before, after
}

// newParity compares, for every step that drops rows, the shares that the groups lost.
func newParity(run *Run, title string, by func(*Step) map[string]Parity) parityTable {
	t := parityTable{Title: title}
	size := map[string]int64{}
	for i := range run.Ledger.Steps {
		for name, p := range by(&run.Ledger.Steps[i]) {
			size[name] = max(size[name], p.In)
		}
	}
	for _, v := range byCount(size) {
		if len(t.Groups) == maxParityGroups {
			t.Hidden++
			continue
		}
		t.Groups = append(t.Groups, v.Name)
	}
	for i := range run.Ledger.Steps {
		s := &run.Ledger.Steps[i]
		if s.droppedTotal() == 0 || len(by(s)) == 0 {
			continue
		}
		r := parityRow{Label: s.Label, Anchor: stepAnchor(i)}
		most, low, high, large := 0.0, math.Inf(1), math.Inf(-1), 0
		for _, name := range t.Groups {
			p := by(s)[name]
			c := parityCell{In: p.In, Dropped: p.Dropped, Share: share(p.Dropped, p.In)}
			most = math.Max(most, c.Share)
			if p.In >= minParity {
				large++
				low, high = math.Min(low, 1-c.Share), math.Max(high, 1-c.Share)
			}
			r.Cells = append(r.Cells, c)
		}
		for k := range r.Cells {
			if most > 0 {
				r.Cells[k].Heat = math.Round(100*r.Cells[k].Share/most*math.Min(1, 0.25+3*most)) / 100
			}
		}
		if large > 1 && high > 0 {
			r.Judged, r.Difference, r.Ratio = true, high-low, low/high
			r.Uneven = r.Ratio < fourFifths
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}
