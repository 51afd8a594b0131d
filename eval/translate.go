package eval

import (
	"context"
	"fmt"
	"unicode"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/train"
)

func init() {
	Register(Registration{Spec: spec.Spec{
		Name: "translate", Group: "measures", Short: "on", Example: "- translate: {on: validation, limit: 100}",
		Summary: "chrF of generated answers against the rows' own",
		Doc: `Lets the model answer the prompts of held-out rows and compares each answer with the row's by chrF (Popović 2015): the F2 of character 1- to 6-grams, white space left
out, in percent as sacrebleu gives it for a sentence, averaged over the rows. It suits translation, and any task whose answers are short and nearly fixed.`,
		New: func() any { return new(Translate) },
	}})
}

// Translate measures generated answers against references.
type Translate struct {
	On     string `param:"on" default:"validation" doc:"split of the run or file"`
	Limit  int    `param:"limit" default:"100" min:"1" unit:"rows" doc:"rows to measure on, evenly spread"`
	Tokens int    `param:"tokens" default:"64" min:"1" unit:"tokens" doc:"longest answer"`
}

// Measure gives translate.chrf.
func (t *Translate) Measure(ctx context.Context, m Model, env Env) (Result, error) {
	var out Result
	var items []Item
	err := rowsOn(ctx, env, t.On, nil, t.Limit, func(row *filters.Row) error {
		prompt, truth, err := m.Codec.Prompt(row)
		if err != nil {
			return fmt.Errorf("row %s: %w", row.ID, err)
		}
		prompt = clip(prompt, m.Length-t.Tokens)
		tokens, err := answer(ctx, m, prompt, train.Sampling{MaxTokens: t.Tokens, Seed: env.Seed()})
		if err != nil {
			return err
		}
		text := m.Codec.Decode(tokens)
		items = append(items, Item{countChrF(text, truth).score()})
		if len(out.Samples) < 8 {
			out.Samples = append(out.Samples, Sample{Prompt: m.Codec.Decode(prompt), Output: text, Truth: truth})
		}
		return nil
	})
	if err == nil && len(items) == 0 {
		err = fmt.Errorf("%s holds no rows", t.On)
	}
	if err != nil {
		return out, fmt.Errorf("translate: %w", err)
	}
	out.Figures = []Figure{figure(Figure{Name: "translate.chrf", Better: Higher, Unit: "chrF", Doc: "mean character F-score of the answers, 0 to 100", Items: items, Combine: mean}, env.Seed())}
	return out, nil
}

func mean(items []Item) float64 {
	sum := 0.0
	for _, i := range items {
		sum += i[0]
	}
	return sum / float64(len(items))
}

const chrfOrder = 6

// chrfCounts holds, for n-grams of each order, those in both texts, in the answer, in the reference.
type chrfCounts [chrfOrder][3]float64

// countChrF counts the character n-grams of an answer against a reference.
func countChrF(answer, reference string) chrfCounts {
	var c chrfCounts
	a, r := solid(answer), solid(reference)
	for n := 1; n <= chrfOrder; n++ {
		left := map[string]int{}
		for i := 0; i+n <= len(r); i++ {
			left[string(r[i:i+n])]++
			c[n-1][2]++
		}
		for i := 0; i+n <= len(a); i++ {
			c[n-1][1]++
			if g := string(a[i : i+n]); left[g] > 0 {
				left[g]--
				c[n-1][0]++
			}
		}
	}
	return c
}

func solid(s string) []rune {
	var out []rune
	for _, r := range s {
		if !unicode.IsSpace(r) {
			out = append(out, r)
		}
	}
	return out
}

// score is the sentence's chrF: recall counts twice as much as precision (β = 2); orders for which one of the texts is too short are left out, as sacrebleu does.
func (c chrfCounts) score() float64 {
	const beta2 = 4
	var precision, recall, orders float64
	for _, k := range c {
		if k[1] > 0 && k[2] > 0 {
			orders++
			precision += k[0] / k[1]
			recall += k[0] / k[2]
		}
	}
	if precision == 0 {
		return 0
	}
	precision, recall = precision/orders, recall/orders
	return 100 * (1 + beta2) * precision * recall / (beta2*precision + recall)
}
