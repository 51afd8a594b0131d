package quality

import (
	"context"
	"fmt"
	"math"

	"winnow/filters"
	"winnow/filters/quality/ngram"
	"winnow/internal/spec"
)

// Perplexity drops or scores rows by how surprising they are to a language model of good text.
type Perplexity struct {
	Model  string  `param:"model" required:"true" doc:"model file that winnow train-filter --perplexity made of your good text"`
	Keep   float64 `param:"keep" default:"0.99" min:"0" max:"1" doc:"share of good text that must stay: the limit is this quantile of the texts that were held out in training, for Chinese and other text apart"`
	Max    float64 `param:"max" default:"0" min:"0" doc:"greatest perplexity a character, in place of keep; 0 goes by keep"`
	Action string  `param:"action" default:"drop" enum:"drop,score" doc:"drop rows above the limit, or only write the score"`

	model *ngram.Model
}

// Prepare reads the model.
func (p *Perplexity) Prepare(_ context.Context, env filters.Env) error {
	data, err := env.ReadFile(p.Model)
	if err != nil {
		return fmt.Errorf("perplexity.model: %w", err)
	}
	if p.model, err = ngram.Read(data); err != nil {
		return fmt.Errorf("perplexity.model: %s: %w", p.Model, err)
	}
	if p.Max == 0 && p.Action == "drop" && len(p.model.Quantiles) == 0 {
		return fmt.Errorf("perplexity.max: the model was made of too few texts to know a limit by keep: write max")
	}
	return nil
}

// Columns names the score.
func (p *Perplexity) Columns() []filters.Column {
	return []filters.Column{{Name: "perplexity", Kind: filters.Float}}
}

// Thresholds says up to which perplexity rows stay. Where it goes by script it is not known before the model is read.
func (p *Perplexity) Thresholds() []filters.Threshold {
	if p.Max == 0 {
		return nil
	}
	return []filters.Threshold{{Score: "perplexity", Limit: p.Max, Keep: "below"}}
}

// Apply scores one row.
func (p *Perplexity) Apply(row *filters.Row) error {
	bits, n := p.model.Surprise(row.Text())
	if n == 0 {
		return nil
	}
	x := math.Exp2(bits)
	row.Score("perplexity", x)
	limit := p.Max
	if limit == 0 {
		b, ok := p.model.Limit(p.Keep, row.Doc().Chinese())
		if !ok {
			return nil // a script that the good text does not have is not judged
		}
		limit = math.Exp2(b)
	}
	if x > limit && p.Action == "drop" {
		row.Drop("unlike the good text")
	}
	return nil
}

const perplexityDoc = `Asks a language model of characters (5-grams, Witten-Bell) how surprising a row is, and drops the rows that surprise it more than nearly all good text does. The model is made of
your own good text, a few hundred kilobytes or more:

    winnow train-filter --perplexity good.jsonl -o good.ngram

The limit is a quantile of the good texts that were held out in training (` + "`keep: 0.99`" + ` lets 99 % of such text through), one for Chinese and one for other text; a script that the
good text does not have is not judged. Perplexity goes by the character, so that its figures are not those of models of words: 5 to 8 in English, 40 to 90 in Chinese. Case, digits and white
space do not count; of a long text the first 4,096 characters are looked at.

It finds keyboard noise, shuffled words, texts of another language or trade, and lists of names. It knows nothing of truth or use.`

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "perplexity", Group: "quality", Short: "model",
		Summary: "drops rows that are unlike your good text, by an n-gram model of it",
		Doc:     perplexityDoc,
		Example: "perplexity: {model: good.ngram, keep: 0.99}",
		New:     func() any { return new(Perplexity) },
	}, Unit: filters.Whole})
}
