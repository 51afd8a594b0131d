package bias

import (
	"context"

	"winnow/filters"
	"winnow/internal/spec"
)

const groupsDoc = `Writes into a column of whom a row speaks, so that later steps, batches and the report can tell the groups apart: ` + "`balance: {by: [gender]}`, `batches: {balance: [gender]}`" + `,
the audit of what other steps drop.

The column has the list's name (` + "`gender`" + `) and holds the name of the group (` + "`female`, `male`" + `), ` + "`both`" + ` for a row that speaks of several, or ` + "`none`" + `. With ` + "`majority: true`" + ` a group
with at least twice as many words as any other has the row.

A list is a YAML file:

    name: gender
    groups:
      female: {en: [she, her, woman | women], zh: [她, 女士]}
      male:   {en: [he, him, man | men],      zh: [他, 先生]}
    not:                        # words that only look as if they held one
      en: [mother tongue]
      zh: [其他, 吉他]

` + "`|`" + ` stands between forms of one word. A word is found as a whole word in any case; several words in a row are one entry; of entries that begin at the same place the longest counts.
Chinese is read from left to right by the longest entry, ` + "`not`" + ` included. Shipped are gender and, as templates to be filled, age, disability, religion, region.`

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "groups", Group: "bias", Short: "groups",
		Summary: "writes into a column which group of people a row speaks of",
		Doc:     groupsDoc,
		Example: "groups: {groups: gender}",
		New:     func() any { return new(Groups) },
	}, Unit: filters.Whole})
}

// Groups labels rows with the group that they speak of.
type Groups struct {
	Groups   string `param:"groups" default:"gender" doc:"a shipped list (gender, age, disability, religion, region) or a file of your own"`
	Column   string `param:"column" doc:"name of the column; that of the list or file by default"`
	Majority bool   `param:"majority" default:"false" doc:"give a row to a group with at least twice as many words as any other, rather than to both"`

	speaker *speaker
	counts  []int64
}

// Prepare reads the list.
func (g *Groups) Prepare(_ context.Context, env filters.Env) error {
	f, err := readList(g.Groups, env)
	if err != nil {
		return err
	}
	g.speaker, err = newSpeaker(f)
	return err
}

// Columns names the column.
func (g *Groups) Columns() []filters.Column {
	return []filters.Column{{Name: columnName(g.Column, g.Groups), Kind: filters.String}}
}

// GroupColumn is the column by whose groups the drops of later steps are counted.
func (g *Groups) GroupColumn() string { return columnName(g.Column, g.Groups) }

// Fork gives a worker its own counts.
func (g *Groups) Fork() filters.Step {
	c := *g
	c.counts = make([]int64, len(g.speaker.groups))
	return &c
}

// Apply labels one row.
func (g *Groups) Apply(row *filters.Row) error {
	counts := g.counts
	if counts == nil {
		counts = make([]int64, len(g.speaker.groups))
	}
	clear(counts)
	g.speaker.count(row.Doc(), counts)
	row.SetString(columnName(g.Column, g.Groups), g.speaker.of(counts, g.Majority))
	return nil
}
