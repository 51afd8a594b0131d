// Package eval measures a model: one file a measure. A measure is asked twice, on the model before and after training, and gives figures with an interval.
// Start with Measure.
package eval

import (
	"context"
	"fmt"
	"sort"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/train/nn"
)

// Model is a model to be measured, with what turns text into its tokens.
type Model struct {
	Net    *nn.Model
	Codec  Codec
	Length int // tokens that the model sees at once
}

// Codec turns texts and rows into the tokens that the model was trained on, and back.
type Codec interface {
	// Text returns the tokens of plain text, without special ones.
	Text(s string) []int32
	// Row returns a row's tokens as in training, whether each carries loss, and the bytes of text behind those that do.
	Row(row *filters.Row) (tokens []int32, labels []bool, bytes int, err error)
	// Prompt returns the tokens that ask for the row's last answer, and the answer as it stands in the row.
	Prompt(row *filters.Row) (tokens []int32, answer string, err error)
	// Ask returns the tokens that put a question to the model: in chat form when it has one, else the text itself.
	Ask(question string) ([]int32, error)
	// Decode returns the text of tokens, special ones left out.
	Decode(tokens []int32) string
	// Begin is the token that stands before plain text; it is -1 when there is none.
	Begin() int32
	// Stop lists the tokens that end an answer.
	Stop() []int32
}

// Env is what a measure may know of the run: files named in the recipe, and the run's own held-out rows.
type Env interface {
	filters.Env
	// Split calls each with every row of a split of the run's data set (validation, test, train), in order, until each returns false.
	Split(ctx context.Context, split string, each func(row *filters.Row) bool) error
	// Splits lists the splits that hold rows.
	Splits() []string
}

// Direction says which way a figure gets better.
type Direction string

// The directions of a figure.
const (
	Lower  Direction = "lower"
	Higher Direction = "higher"
	Zero   Direction = "zero" // the closer to zero, the better
	None   Direction = "none" // neither way is better
)

// Figure is one number about a model, with what its parts were, so that before and after can be compared in pairs.
type Figure struct {
	Name   string    `json:"name"` // measure.part, for example perplexity.validation; unique in a run
	Value  float64   `json:"value"`
	Low    float64   `json:"low"` // of the 95 % bootstrap interval over items
	High   float64   `json:"high"`
	N      int       `json:"n"`              // items
	Unit   string    `json:"unit,omitempty"` // bits per byte, share, nats; empty for a pure number
	Better Direction `json:"better"`
	Doc    string    `json:"doc"` // one sentence: what it is
	// Items holds what each item contributed, in the same order before and after, for paired tests; Combine turns them into the value.
	Items []Item `json:"-"`
	// Combine computes the figure from items; the bootstrap calls it on samples of them.
	Combine func([]Item) float64 `json:"-"`
}

// Item is what one item (a row, a sentence pair, an occupation) adds to a figure: up to four numbers whose meaning is the measure's own.
type Item [4]float64

// Sample is one text that the model wrote, shown side by side in the report.
type Sample struct {
	Prompt string `json:"prompt"`
	Output string `json:"output"`
	Truth  string `json:"truth,omitempty"`
}

// Result is all that one measure says about one model.
type Result struct {
	Figures []Figure `json:"figures"`
	Samples []Sample `json:"samples,omitempty"`
}

// Measure is implemented by pointers to a measure's parameters.
type Measure interface {
	Measure(ctx context.Context, m Model, env Env) (Result, error)
}

// Registration is a measure as a recipe can name it.
type Registration struct {
	spec.Spec
	Figures []string // first parts of its figures' names besides the measure's own name
}

var registry = map[string]*Registration{}

// Register makes a measure known to recipes; it panics on a name that is taken and on a type that does not measure.
func Register(r Registration) {
	if registry[r.Name] != nil {
		panic(fmt.Sprintf("measure %q is registered twice", r.Name))
	}
	if _, ok := r.New().(Measure); !ok {
		panic(fmt.Sprintf("measure %q: %T does not measure", r.Name, r.New()))
	}
	registry[r.Name] = &r
}

// Lookup returns a measure by name, or nil.
func Lookup(name string) *Registration { return registry[name] }

// All lists the registered measures by name.
func All() []*Registration {
	out := make([]*Registration, 0, len(registry))
	for _, r := range registry {
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
