package eval

import (
	"context"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/train/nn"
)

func init() {
	Register(Registration{Spec: spec.Spec{
		Name: "perplexity", Group: "measures", Short: "on", Example: "- perplexity: {on: [validation, general.jsonl]}",
		Summary: "how well the model foresees held-out text, per token and per byte",
		Doc: `Gives two figures for each text. *Perplexity* is the exponential of the mean negative log-likelihood of a token; it can be compared only between models
with the same tokenizer. *Bits per byte* divides the same sum by the bytes of the text and can be compared between any models. Of rows with messages only the
assistant's words count, as in training. Longer rows are cut into windows of the model's length; the first token of a window is not foreseen.

` + "`on`" + ` names splits of the run (validation, test, train) and files. A file's figure is called after the file, without its folder and endings.`,
		New: func() any { return new(Perplexity) },
	}, Figures: []string{"bits_per_byte"}})
}

// Perplexity measures the likelihood of held-out text.
type Perplexity struct {
	On     []string `param:"on" default:"validation" doc:"splits of the run and files to measure on"`
	By     string   `param:"by" doc:"column whose values get figures of their own, called NAME.VALUE: lang, source, or any other"`
	Except string   `param:"except" doc:"file with ids or documents, one a line, whose rows are not measured on: for example what the model was trained on"`
	Limit  int      `param:"limit" default:"400" min:"1" unit:"rows" doc:"rows to measure on, evenly spread over each text"`
}

// Measure gives perplexity.NAME and bits_per_byte.NAME for every text.
func (p *Perplexity) Measure(ctx context.Context, m Model, env Env) (Result, error) {
	var out Result
	var except filters.IDs
	if p.Except != "" {
		var err error
		if except, err = filters.ReadIDs(env, p.Except); err != nil {
			return out, err
		}
	}
	for _, on := range p.On {
		items, groups, err := p.items(ctx, m, env, on, except)
		if err != nil {
			return out, err
		}
		name := baseName(on)
		out.Figures = append(out.Figures, textFigures(name, on, items, env.Seed())...)
		for _, g := range sortedKeys(groups) {
			out.Figures = append(out.Figures, textFigures(name+"."+g, p.By+" "+g+" of "+on, groups[g], env.Seed())...)
		}
	}
	return out, uniqueNames(out.Figures)
}

// textFigures are the two figures of one text.
func textFigures(name, what string, items []Item, seed uint64) []Figure {
	return []Figure{
		figure(Figure{Name: "perplexity." + name, Better: Lower, Doc: "exp of the mean negative log-likelihood of a token of " + what, Items: items,
			Combine: func(x []Item) float64 { return math.Exp(ratio(x)) }}, seed),
		figure(Figure{Name: "bits_per_byte." + name, Better: Lower, Unit: "bits per byte", Doc: "bits that the model needs for a byte of " + what, Items: items,
			Combine: bitsPerByte}, seed),
	}
}

func sortedKeys(m map[string][]Item) []string { return slices.Sorted(maps.Keys(m)) }

func bitsPerByte(items []Item) float64 {
	var nats, bytes float64
	for _, i := range items {
		nats += i[0]
		bytes += i[2]
	}
	return nats / math.Ln2 / bytes
}

// items holds for every row: the sum of negative log-likelihoods in nats, the tokens foreseen, the bytes behind them; groups holds the same by the values of the column By.
func (p *Perplexity) items(ctx context.Context, m Model, env Env, on string, except filters.IDs) (items []Item, groups map[string][]Item, err error) {
	groups = map[string][]Item{}
	err = rowsOn(ctx, env, on, except, p.Limit, func(row *filters.Row) error {
		tokens, labels, bytes, err := m.Codec.Row(row)
		if err != nil {
			return fmt.Errorf("row %s: %w", row.ID, err)
		}
		nats, n := nll(m, tokens, labels)
		if n > 0 {
			items = append(items, Item{nats, n, float64(bytes)})
			if p.By != "" {
				if g := row.String(p.By); g != "" {
					groups[g] = append(groups[g], items[len(items)-1])
				}
			}
		}
		return nil
	})
	if err == nil && len(items) == 0 {
		err = fmt.Errorf("%s holds no row to measure on: keep some rows apart with the step split, or name a file", on)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("perplexity on %s: %w", on, err)
	}
	return items, groups, nil
}

// nll returns the sum of negative log-likelihoods of the labelled tokens, window by window, and their number.
func nll(m Model, tokens []int32, labels []bool) (nats, n float64) {
	for start := 0; start < len(tokens); start += m.Length {
		end := min(start+m.Length, len(tokens))
		b := nn.Batch{Tokens: tokens[start:end], Targets: make([]int32, end-start), Starts: []int32{0}}
		any := false
		for i := range b.Targets {
			b.Targets[i] = -100
			if start+i+1 < end && labels[start+i+1] {
				b.Targets[i] = tokens[start+i+1]
				any = true
			}
		}
		if any {
			sum, count := m.Net.Loss(b)
			nats += sum
			n += count
		}
	}
	return nats, n
}

// rowsOn calls see for up to limit rows of a split or of files that except does not name, evenly spread: of n rows every n/limit-th.
func rowsOn(ctx context.Context, env Env, on string, except filters.IDs, limit int, see func(*filters.Row) error) error {
	each := func(visit func(*filters.Row) bool) error {
		if slices.Contains([]string{"train", "validation", "test"}, on) {
			return env.Split(ctx, on, visit)
		}
		for row, err := range env.Rows(ctx, on) {
			if err != nil {
				return err
			}
			if !visit(row) {
				return nil
			}
		}
		return nil
	}
	total := 0
	count := func(row *filters.Row) bool {
		if !except.Has(row) {
			total++
		}
		return true
	}
	if err := each(count); err != nil {
		return err
	}
	var failed error
	i, taken := 0, 0
	err := each(func(row *filters.Row) bool {
		if except.Has(row) {
			return true
		}
		if total <= limit || i*limit/total >= taken {
			taken++
			failed = see(row)
			if failed == nil {
				failed = ctx.Err()
			}
		}
		i++
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// baseName is a file's name without folder and endings; a split's name is itself.
func baseName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}
