package bias

import (
	"context"
	"fmt"
	"slices"

	"winnow/filters"
	"winnow/internal/spec"
)

// ColPair is the column that a row and its counterfactual copy share: the id of the row.
const ColPair = "pair"

// CopySuffix stands at the end of the id of a counterfactual copy.
const CopySuffix = "#cf"

// Counterfactual swaps the words of two groups.
type Counterfactual struct {
	Groups string   `param:"groups" default:"gender" doc:"the shipped list of swaps (gender), or a file of your own"`
	Mode   string   `param:"mode" default:"both" enum:"both,replace" doc:"both: a swapped copy stands beside the row; replace: the row itself is swapped"`
	Share  float64  `param:"share" default:"1" min:"0" max:"1" doc:"share of the rows that are treated, drawn by hash; with mode: replace 0.5 is usual"`
	Names  string   `param:"names" default:"all" enum:"all,lone,none" doc:"first names: swap all in the table, only those that nowhere in the row stand with a family name, or none"`
	Keep   []string `param:"keep" doc:"words and phrases that stay, such as [Mother Teresa, 王先生]"`

	table   *swapTable
	speaker *speaker
	seed    uint64
	swapper *swapper
	counts  []int64
}

// Prepare reads the list.
func (c *Counterfactual) Prepare(_ context.Context, env filters.Env) error {
	var err error
	if c.table, err = readSwaps(c.Groups, c.Keep, env); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	c.speaker = nil
	if c.Groups == "gender" {
		f, err := readList(c.Groups, env)
		if err != nil {
			return err
		}
		if c.speaker, err = newSpeaker(f); err != nil {
			return err
		}
	}
	c.seed = env.Seed()
	return nil
}

// Columns lists the column of the pair and that of the group.
func (c *Counterfactual) Columns() []filters.Column {
	return []filters.Column{{Name: ColPair, Kind: filters.String}, {Name: columnName("", c.Groups), Kind: filters.String}}
}

// Fork gives a worker its own memory.
func (c *Counterfactual) Fork() filters.Step {
	out := *c
	out.swapper = &swapper{table: c.table, names: c.Names}
	out.counts = make([]int64, 32)
	return &out
}

// Apply swaps one row or makes its copy.
func (c *Counterfactual) Apply(row *filters.Row) error {
	if c.swapper == nil {
		c = c.Fork().(*Counterfactual)
	}
	column := columnName("", c.Groups)
	group := c.group(row)
	if group != "" {
		row.SetString(column, group)
	}
	if c.Share < 1 && row.Random(c.seed, "counterfactual") >= c.Share {
		return nil
	}
	pieces := slices.Clone(row.Pieces())
	c.swapper.begin(func(yield func([]byte) bool) {
		for _, p := range pieces {
			if !yield(p.Text) {
				return
			}
		}
	})
	target := row
	swapped := 0
	for i, p := range pieces {
		if p.Role == "label" {
			continue
		}
		out, n := c.swapper.swap(p.Text)
		if n == 0 {
			continue
		}
		if swapped == 0 && c.Mode == "both" {
			target = row.Copy(CopySuffix)
		}
		target.SetPiece(i, out)
		swapped += n
	}
	if swapped == 0 {
		return nil
	}
	if c.Mode == "both" {
		row.SetString(ColPair, row.ID)
		target.SetString(ColPair, row.ID)
	}
	if group != "" {
		filters.Look(target)
		target.SetString(column, c.group(target))
	}
	return nil
}

// group says of whom a row speaks; "" for lists of one's own, whose words are known only in pairs.
func (c *Counterfactual) group(row *filters.Row) string {
	if c.speaker == nil {
		return ""
	}
	counts := c.counts[:len(c.speaker.groups)]
	clear(counts)
	c.speaker.count(row.Doc(), counts)
	return c.speaker.of(counts, false)
}

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "counterfactual", Group: "bias", Short: "mode",
		Summary: "swaps the words of two groups, so that both are spoken of alike",
		Doc:     counterfactualDoc,
		Example: "counterfactual: {groups: gender, mode: both}",
		New:     func() any { return new(Counterfactual) },
		Cases:   counterfactualCases,
	}, Unit: filters.Whole})
}
