package eval

import (
	"context"
	"fmt"
	"sort"

	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	Register(Registration{Spec: spec.Spec{
		Name: "classify", Group: "measures", Short: "on", Example: "- classify: {on: validation}",
		Summary: "accuracy and macro-F1 of labels chosen by likelihood",
		Doc: `Takes labelled rows, lets the model rate every label of the set as the answer, and counts the label with the highest likelihood per token as the model's choice. Gives
` + "`classify.accuracy`" + ` (share of rows with the right label) and ` + "`classify.macro_f1`" + ` (mean of the labels' F1, so that rare labels count as much as frequent ones).

The labels are those that occur in the rows measured; rows are those of shape labelled, or chat rows whose last answer is the label.`,
		New: func() any { return new(Classify) },
	}})
}

// Classify measures a model that answers with a label.
type Classify struct {
	On    string `param:"on" default:"validation" doc:"split of the run or file"`
	Limit int    `param:"limit" default:"300" min:"1" unit:"rows" doc:"rows to measure on, evenly spread"`
	Max   int    `param:"max_labels" default:"64" min:"2" doc:"most different labels; more than that is no classification"`
}

// Measure rates every label of every row.
func (c *Classify) Measure(ctx context.Context, m Model, env Env) (Result, error) {
	var questions []question
	var truth []string
	index := map[string]int{}
	err := rowsOn(ctx, env, c.On, nil, c.Limit, func(row *filters.Row) error {
		prompt, label, err := m.Codec.Prompt(row)
		if err != nil {
			return fmt.Errorf("row %s: %w", row.ID, err)
		}
		if label == "" {
			return nil
		}
		index[label] = 0
		questions, truth = append(questions, question{prompt: append([]int32(nil), prompt...)}), append(truth, label)
		return nil
	})
	if err != nil {
		return Result{}, fmt.Errorf("classify: %w", err)
	}
	labels := make([]string, 0, len(index))
	for l := range index {
		labels = append(labels, l)
	}
	sort.Strings(labels)
	if len(labels) < 2 || len(labels) > c.Max {
		return Result{}, fmt.Errorf("classify on %s: %d different labels in %d rows; from 2 to %d are needed", c.On, len(labels), len(questions), c.Max)
	}
	tokens := make([][]int32, len(labels))
	for i, l := range labels {
		index[l] = i
		tokens[i] = m.Codec.Text(l)
	}
	for i := range questions {
		questions[i].answers = tokens
	}
	chosen, err := choose(ctx, m, questions)
	if err != nil {
		return Result{}, err
	}
	items := make([]Item, len(questions))
	for i, c := range chosen {
		items[i] = Item{float64(index[truth[i]]), float64(c)}
	}
	return Result{Figures: []Figure{
		figure(Figure{Name: "classify.accuracy", Better: Higher, Unit: "share", Doc: "share of rows whose right label is the likeliest", Items: items, Combine: accuracy}, env.Seed()),
		figure(Figure{Name: "classify.macro_f1", Better: Higher, Doc: "mean of the labels' F1", Items: items, Combine: macroF1}, env.Seed()),
	}}, nil
}

func accuracy(items []Item) float64 {
	right := 0.0
	for _, i := range items {
		if i[0] == i[1] {
			right++
		}
	}
	return right / float64(len(items))
}

// macroF1 is the mean F1 over the labels that occur as truth.
func macroF1(items []Item) float64 {
	type counts struct{ hit, truth, said float64 }
	by := map[float64]*counts{}
	at := func(k float64) *counts {
		if by[k] == nil {
			by[k] = &counts{}
		}
		return by[k]
	}
	for _, i := range items {
		at(i[0]).truth++
		at(i[1]).said++
		if i[0] == i[1] {
			at(i[0]).hit++
		}
	}
	keys := make([]float64, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	sort.Float64s(keys)
	sum, n := 0.0, 0.0
	for _, k := range keys {
		if c := by[k]; c.truth > 0 {
			n++
			sum += 2 * c.hit / (c.truth + c.said)
		}
	}
	return sum / n
}
