package quality

import (
	"context"
	"fmt"

	"winnow/filters"
	"winnow/filters/harm"
	"winnow/internal/spec"
)

// Classifier drops or scores rows by a linear classifier of the user's.
type Classifier struct {
	Model  string  `param:"model" required:"true" doc:"model file that winnow train-filter made of two files of rows"`
	Min    float64 `param:"min" default:"0.5" min:"0" max:"1" doc:"least probability of being like the first file that stays" source:"0.5 is the calibrated even chance; DCLM keeps about the best tenth"`
	Action string  `param:"action" default:"drop" enum:"drop,score" doc:"drop rows under the limit, or only write the score"`
	Column string  `param:"column" default:"classifier" doc:"column for the score; name it when several classifiers run"`

	model  *harm.Linear
	scorer *harm.Scorer
}

// classifierBytes is how much of a long text is scored: training looks at beginnings, too.
const classifierBytes = 8 << 10

// Prepare reads the model.
func (c *Classifier) Prepare(_ context.Context, env filters.Env) error {
	data, err := env.ReadFile(c.Model)
	if err != nil {
		return fmt.Errorf("classifier.model: %w", err)
	}
	if c.model, err = harm.ReadLinear(data); err != nil {
		return fmt.Errorf("classifier.model: %s: %w; make one with `winnow train-filter`", c.Model, err)
	}
	return nil
}

// Fork gives a worker its own scratch memory.
func (c *Classifier) Fork() filters.Step {
	f := *c
	f.scorer = c.model.NewScorer()
	return &f
}

// Columns names the score.
func (c *Classifier) Columns() []filters.Column {
	return []filters.Column{{Name: c.Column, Kind: filters.Float}}
}

// Thresholds says from which score rows stay.
func (c *Classifier) Thresholds() []filters.Threshold {
	return []filters.Threshold{{Score: c.Column, Limit: c.Min, Keep: "above"}}
}

// Apply scores one row.
func (c *Classifier) Apply(row *filters.Row) error {
	text := row.Text()
	if len(text) > classifierBytes {
		n := classifierBytes
		for n > 0 && text[n]&0xC0 == 0x80 {
			n--
		}
		text = text[:n]
	}
	x := c.scorer.Score(text)
	row.Score(c.Column, x)
	if x < c.Min && c.Action == "drop" {
		row.Drop("classifier")
	}
	return nil
}

const classifierDoc = `Scores rows with a linear classifier on hashed runs of characters and words that you train from two files of rows, good ones and others:

    winnow train-filter good.jsonl web.jsonl -o good.filter

The score is the probability of being like the first file, calibrated on a tenth of the rows that is held out; the command prints accuracy and AUC on them. A few hundred rows on each side are enough to
begin with. It learns topic as readily as quality: give it bad rows of the same topics, or it will keep what speaks of the right things. DCLM and FineWeb-Edu trained such classifiers on
instruction data and on ratings by a large model, and kept the best tenth: write the score (` + "`action: score`" + `), look at its histogram in the report, and choose ` + "`min`" + ` there.

The same file serves the step ` + "`harm`" + ` (` + "`model:`" + `), with harmful rows as the first file.`

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "classifier", Group: "quality", Short: "model",
		Summary: "drops rows by a linear classifier that you train from two files of rows",
		Doc:     classifierDoc,
		Example: "classifier: {model: good.filter, min: 0.5}",
		New:     func() any { return new(Classifier) },
	}, Unit: filters.Whole})
}
