package eval

import (
	"context"
	"fmt"
	"strings"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/train"
)

func init() {
	Register(Registration{Spec: spec.Spec{
		Name: "generate", Group: "measures", Short: "prompts", Example: "- generate: {prompts: prompts.txt, count: 6}",
		Summary: "texts written by the model, shown side by side before and after",
		Doc: `Lets the model answer questions and shows the answers of the model before and after training beside each other in the report. Prompts come from a text file, one a
line, or from the prompts of held-out rows, whose own answers are shown too. By default the likeliest token is taken at every place (greedy), so that the same model gives
the same text.

One figure is given: ` + "`generate.repetition`" + `, the share of the 4-grams of all answers that stood before in the same answer. A model that runs in circles has a high one.`,
		New: func() any { return new(Generate) },
	}})
}

// Generate shows what the model writes.
type Generate struct {
	Prompts     string  `param:"prompts" default:"validation" doc:"a text file with a prompt on each line, or a split of the run"`
	Count       int     `param:"count" default:"6" min:"1" max:"1000" doc:"prompts to use"`
	Tokens      int     `param:"tokens" default:"80" min:"1" unit:"tokens" doc:"longest answer"`
	Temperature float64 `param:"temperature" default:"0" min:"0" doc:"0 takes the likeliest token; higher is more varied"`
}

// Measure writes the answers.
func (g *Generate) Measure(ctx context.Context, m Model, env Env) (Result, error) {
	prompts, err := g.prompts(ctx, m, env)
	if err != nil {
		return Result{}, fmt.Errorf("generate: %w", err)
	}
	var out Result
	var items []Item
	for _, p := range prompts {
		answer, err := answer(ctx, m, p.tokens, train.Sampling{MaxTokens: g.Tokens, Temperature: g.Temperature, Seed: env.Seed()})
		if err != nil {
			return out, err
		}
		out.Samples = append(out.Samples, Sample{Prompt: p.shown, Output: m.Codec.Decode(answer), Truth: p.truth})
		repeated, total := repeats(answer)
		items = append(items, Item{repeated, total})
	}
	out.Figures = []Figure{figure(Figure{Name: "generate.repetition", Better: Lower, Unit: "share", Doc: "share of 4-grams of an answer that stood before in it", Items: items, Combine: shareOf}, env.Seed())}
	return out, nil
}

// shareOf is ratio, but 0 where there is nothing to divide by.
func shareOf(items []Item) float64 {
	var a, b float64
	for _, i := range items {
		a += i[0]
		b += i[1]
	}
	if b == 0 {
		return 0
	}
	return a / b
}

func repeats(tokens []int32) (repeated, total float64) {
	seen := map[[4]int32]bool{}
	for i := 0; i+4 <= len(tokens); i++ {
		key := [4]int32(tokens[i : i+4])
		if seen[key] {
			repeated++
		}
		seen[key] = true
		total++
	}
	return repeated, total
}

type prompt struct {
	shown, truth string
	tokens       []int32
}

func (g *Generate) prompts(ctx context.Context, m Model, env Env) ([]prompt, error) {
	var out []prompt
	if g.Prompts != "validation" && g.Prompts != "test" && g.Prompts != "train" {
		data, err := env.ReadFile(g.Prompts)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line == "" || len(out) == g.Count {
				continue
			}
			tokens, err := m.Codec.Ask(line)
			if err != nil {
				return nil, err
			}
			out = append(out, prompt{shown: line, tokens: clip(tokens, m.Length-g.Tokens)})
		}
		return out, nil
	}
	err := rowsOn(ctx, env, g.Prompts, nil, g.Count, func(row *filters.Row) error {
		tokens, truth, err := m.Codec.Prompt(row)
		if err != nil {
			return fmt.Errorf("row %s: %w", row.ID, err)
		}
		tokens = clip(tokens, m.Length-g.Tokens)
		out = append(out, prompt{shown: m.Codec.Decode(tokens), truth: truth, tokens: tokens})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("the split %s holds no rows", g.Prompts)
	}
	return out, err
}

// clip keeps the last n tokens of a prompt that is too long for the model.
func clip(tokens []int32, n int) []int32 {
	n = max(n, 1)
	if len(tokens) > n {
		return tokens[len(tokens)-n:]
	}
	return tokens
}

func answer(ctx context.Context, m Model, tokens []int32, s train.Sampling) ([]int32, error) {
	s.Stop = m.Codec.Stop()
	return train.Generate(ctx, m.Net, tokens, s, nil)
}
