package mix

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "balance", Group: "mix", Short: "by", Example: "- balance: {by: [lang, source], target: {lang: {en: 0.5, zh: 0.5}}, method: rake}",
		Summary: "brings the shares of groups to where they should be",
		Doc: `A survey: it counts the rows of every group first. Groups are the values of one or more columns; ` + "`target`" + ` gives the wanted share of each value, equal shares where a
column has no target. Shares of several columns are reached together by raking (iterative proportional fitting, Deming and Stephan 1940), which leaves what the columns have to do with
each other as it is.

- ` + "`method: rake`" + ` keeps all rows and writes their importance into the column ` + "`weight`" + `, which training uses in the loss (Kamiran and Calders 2012). Weights are capped at ` + "`max_weight`" + `
  times the mean; a cap that bites is said, with the shares that are reached.
- ` + "`method: resample`" + ` drops rows of groups that are too large, drawn by hash.
- ` + "`quota`" + ` caps the rows of single values, before anything else: ` + "`quota: {source: {web: 1000}}`" + `.

The report shows the shares before and after and the effective sample share (Kish 1965): the part of the rows that equally weighted ones would have to be to tell as much.`,
		New: func() any { return new(Balance) },
	}, Unit: filters.Whole})
}

// Balance is the survey that counts groups.
type Balance struct {
	By        []string                      `param:"by" required:"true" doc:"columns whose values make the groups; source and label are allowed"`
	Target    map[string]map[string]float64 `param:"target" doc:"column to value to wanted share; values that are not named share the rest as they do now"`
	Method    string                        `param:"method" default:"rake" enum:"rake,resample" doc:"weigh the rows, or drop some"`
	MaxWeight float64                       `param:"max_weight" default:"5" min:"1" doc:"largest weight, as a multiple of the mean weight"`
	Quota     map[string]map[string]float64 `param:"quota" doc:"column to value to most rows"`

	seed uint64
}

// Prepare checks targets and quotas.
func (b *Balance) Prepare(_ context.Context, env filters.Env) error {
	b.seed = env.Seed()
	for _, column := range sortedNames(b.Target) {
		if !slices.Contains(b.By, column) {
			return fmt.Errorf("target names the column %q, which is not among by", column)
		}
		sum := 0.0
		for _, v := range sortedNames(b.Target[column]) {
			share := b.Target[column][v]
			if !(share >= 0 && share <= 1) {
				return fmt.Errorf("the target share of %s %q must lie in [0, 1]; got %g", column, v, share)
			}
			sum += share
		}
		if sum > 1+1e-9 {
			return fmt.Errorf("the target shares of %s add up to %.4g, more than 1", column, sum)
		}
	}
	for _, column := range sortedNames(b.Quota) {
		if !slices.Contains(b.By, column) {
			return fmt.Errorf("quota names the column %q, which is not among by", column)
		}
	}
	return nil
}

// UseColumns checks the columns.
func (b *Balance) UseColumns(columns []filters.Column) error {
	for _, c := range b.By {
		if err := checkColumn(c, columns, datasets.ColSource); err != nil {
			return err
		}
	}
	return nil
}

// Columns lists weight.
func (b *Balance) Columns() []filters.Column {
	return []filters.Column{{Name: datasets.ColWeight, Kind: filters.Float}}
}

// balanceTally counts rows by their values, joined by a zero byte.
type balanceTally struct{ Counts map[string]int64 }

// NewTally returns an empty tally.
func (b *Balance) NewTally() any { return &balanceTally{Counts: map[string]int64{}} }

// Observe counts a row.
func (b *Balance) Observe(row *filters.Row, tally any) {
	tally.(*balanceTally).Counts[cellKey(row, b.By)]++
}

func cellKey(row *filters.Row, by []string) string {
	values := make([]string, len(by))
	for i, c := range by {
		values[i] = row.String(c)
	}
	return strings.Join(values, "\x00")
}

// Merge adds counts.
func (b *Balance) Merge(into, from any) {
	for k, n := range from.(*balanceTally).Counts {
		into.(*balanceTally).Counts[k] += n
	}
}

// BalanceFindings is what the report shows.
type BalanceFindings struct {
	Method         string         `json:"method"`
	Columns        []ColumnShares `json:"columns"`
	EffectiveShare float64        `json:"effective_share"`
	Capped         int64          `json:"capped"` // rows whose weight the cap lowered
}

// ColumnShares are the shares of one column's values.
type ColumnShares struct {
	Column string       `json:"column"`
	Values []ValueShare `json:"values"`
}

// ValueShare is one value before, as wanted, and after.
type ValueShare struct {
	Value  string  `json:"value"`
	Rows   int64   `json:"rows"`
	Before float64 `json:"before"`
	Target float64 `json:"target"`
	After  float64 `json:"after"`
}

// Conclude finds the weights.
func (b *Balance) Conclude(tally any) (filters.Conclusion, error) {
	counts := tally.(*balanceTally).Counts
	var cells []Cell
	total := 0.0
	for _, key := range sortedNames(counts) {
		cells = append(cells, Cell{strings.Split(key, "\x00"), float64(counts[key])})
		total += float64(counts[key])
	}
	if total == 0 {
		return filters.Conclusion{}, nil
	}
	keep := b.quotas(cells)
	var c filters.Conclusion
	targets := make([]map[string]float64, len(b.By))
	limited := make([]Cell, len(cells))
	rows := 0.0
	for i, cell := range cells {
		limited[i] = Cell{cell.Values, cell.Count * keep[i]}
		rows += limited[i].Count
	}
	for d, column := range b.By {
		targets[d] = b.targets(column, d, limited, rows)
		for _, v := range sortedNames(targets[d]) {
			if targets[d][v] == 0 {
				c.Warnings = append(c.Warnings, fmt.Sprintf("no share is left for %s %q: its rows get weight 0", column, v))
			}
		}
	}
	weights, err := Rake(limited, targets)
	if err != nil {
		return c, err
	}
	finding := BalanceFindings{Method: b.Method}
	if b.Method == "rake" {
		finding.Capped = b.cap(limited, weights, &c)
	}
	finding.EffectiveShare = EffectiveShare(limited, weights)
	finding.Columns = shares(b.By, cells, limited, weights, targets, rows)
	c.Findings = finding
	c.Next = b.step(cells, keep, weights)
	return c, nil
}

// quotas returns the share of each cell's rows that stays so that no value has more rows than its quota.
func (b *Balance) quotas(cells []Cell) []float64 {
	keep := make([]float64, len(cells))
	for i := range keep {
		keep[i] = 1
	}
	for d, column := range b.By {
		for _, v := range sortedNames(b.Quota[column]) {
			sum := 0.0
			for i, c := range cells {
				if c.Values[d] == v {
					sum += c.Count * keep[i]
				}
			}
			for i, c := range cells {
				if c.Values[d] == v && sum > b.Quota[column][v] {
					keep[i] *= b.Quota[column][v] / sum
				}
			}
		}
	}
	return keep
}

// targets returns the wanted weighted counts of a column's values.
func (b *Balance) targets(column string, d int, cells []Cell, rows float64) map[string]float64 {
	have := map[string]float64{}
	for _, c := range cells {
		have[c.Values[d]] += c.Count
	}
	named := b.Target[column]
	out := map[string]float64{}
	if len(named) == 0 { // equal shares
		for v := range have {
			out[v] = rows / float64(len(have))
		}
		return out
	}
	left, others := 1.0, 0.0
	for _, v := range sortedNames(named) {
		out[v] = named[v] * rows
		left -= named[v]
	}
	for v, n := range have {
		if _, ok := named[v]; !ok {
			others += n
		}
	}
	for v, n := range have {
		if _, ok := named[v]; !ok && others > 0 {
			out[v] = math.Max(0, left) * rows * n / others
			if left < 1e-9 {
				out[v] = 0
			}
		}
	}
	return out
}

// cap lowers weights above the cap and says so.
func (b *Balance) cap(cells []Cell, weights []float64, c *filters.Conclusion) (capped int64) {
	for i := range weights {
		if weights[i] > b.MaxWeight {
			weights[i] = b.MaxWeight
			capped += int64(math.Round(cells[i].Count))
			c.Warnings = append(c.Warnings, fmt.Sprintf("the weight of %s is capped at %g: its share stays below the target; add such rows, raise max_weight, or ask for less", strings.Join(cells[i].Values, "/"), b.MaxWeight))
		}
	}
	return capped
}

func shares(by []string, all, limited []Cell, weights []float64, targets []map[string]float64, rows float64) []ColumnShares {
	total, after := 0.0, 0.0
	for i := range all {
		total += all[i].Count
		after += limited[i].Count * weights[i]
	}
	var out []ColumnShares
	for d, column := range by {
		values := map[string]*ValueShare{}
		for i, c := range all {
			v := values[c.Values[d]]
			if v == nil {
				v = &ValueShare{Value: c.Values[d], Target: targets[d][c.Values[d]] / rows}
				values[c.Values[d]] = v
			}
			v.Rows += int64(c.Count)
			v.Before += c.Count / total
			v.After += limited[i].Count * weights[i] / after
		}
		cs := ColumnShares{Column: column}
		for _, name := range sortedNames(values) {
			cs.Values = append(cs.Values, *values[name])
		}
		out = append(out, cs)
	}
	return out
}

// step returns the step that weighs or draws rows.
func (b *Balance) step(cells []Cell, keep, weights []float64) filters.Step {
	out := &weigher{by: b.By, seed: b.seed, resample: b.Method == "resample", keep: map[string]float64{}, weight: map[string]float64{}}
	most := slices.Max(weights)
	for i, c := range cells {
		key := strings.Join(c.Values, "\x00")
		out.keep[key], out.weight[key] = keep[i], weights[i]
		if out.resample {
			out.keep[key] = keep[i] * weights[i] / most
		}
	}
	return out
}

// weigher is the conclusion of balance.
type weigher struct {
	by           []string
	seed         uint64
	resample     bool
	keep, weight map[string]float64
}

// Apply weighs or drops one row.
func (w *weigher) Apply(row *filters.Row) error {
	key := cellKey(row, w.by)
	if row.Random(w.seed, "balance") >= w.keep[key] {
		row.Drop("more rows than the target")
		return nil
	}
	if !w.resample {
		row.SetFloat(datasets.ColWeight, w.weight[key])
	}
	return nil
}
