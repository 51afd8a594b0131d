package recipe_test

import (
	"errors"
	"strings"
	"testing"

	_ "winnow/filters/all"
	"winnow/pipeline/recipe"
)

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		limit string
		x     float64
		met   bool
	}{{"<= -10%", -10, true}, {"<= -10 %", -9.9, false}, {">= 0.8", 0.8, true}, {"< 3", 3, false}, {"> +1", 1.5, true}} {
		l, err := recipe.ParseLimit(c.limit)
		if err != nil {
			t.Fatal(err)
		}
		if l.Met(c.x) != c.met {
			t.Errorf("%s of %g: got %v", c.limit, c.x, !c.met)
		}
	}
	for _, bad := range []string{"", "10", "<= ten", "=< 3", "<="} {
		if _, err := recipe.ParseLimit(bad); err == nil {
			t.Errorf("%q was taken for a limit", bad)
		}
	}
}

func TestOverrides(t *testing.T) {
	src := "sources: {a: {path: x.jsonl}}\nsteps:\n  - pii\n  - dedup: {similarity: 0.9}\ntrain: {steps: 10}\n"
	r, err := recipe.Parse([]byte(src), "r.yaml", []string{"train.steps=50", "steps.dedup.survivor=longest", "steps.0.action=drop", "seed=9", "sources.a.limit=3"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Train.Steps != 50 || r.Seed != 9 || r.Sources[0].Limit != 3 {
		t.Errorf("overrides were not taken: %+v", r)
	}
}

// TestMistakes: each of these is one mistake with a message that says what is wrong.
func TestMistakes(t *testing.T) {
	head := "sources: {a: x.jsonl}\n"
	for _, c := range []struct{ src, want string }{
		{"", "the recipe is empty"},
		{"- a\n- b\n", "a recipe is a map"},
		{"name: x\n", "names no sources"},
		{head + "seed: -1\n", "must not be negative"},
		{head + "seed: seven\n", "must be a whole number"},
		{head + "steps: pii\n", "steps must be a list"},
		{head + "steps:\n  - pii\n    action: drop\n", "YAML syntax"},
		{head + "steps:\n  - {pii: {}, dedup: {}}\n", "has one name"},
		{head + "steps:\n  - pii: {action: redcat}\n", "cannot be \"redcat\""},
		{head + "steps:\n  - pii: {only: [b]}\n", "unknown source \"b\""},
		{head + "gates: {perplexity.x: {change: down}}\n", "a limit begins with"},
		{head + "gates: {perplexity.x: {}}\n", "holds no limit"},
		{head + "seed: 1\nseed: 2\n", "already defined"},
		{head + "a: &x 1\nb: *y\n", "anchor"},
	} {
		_, err := recipe.Parse([]byte(c.src), "r.yaml", nil)
		var m *recipe.Mistakes
		if !errors.As(err, &m) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.src, err, c.want)
		}
	}
}

// FuzzParse: whatever stands in a recipe, reading it ends with a recipe or with mistakes.
func FuzzParse(f *testing.F) {
	f.Add("sources: {a: x.jsonl}\nsteps:\n  - dedup: {similarity: 0.9}\n", "train.steps=3")
	f.Add("a: &x [*x]\n", "a.0.b=[")
	f.Add("tests:\n  - {step: pii, in: \"日本\"}\n", "")
	f.Fuzz(func(t *testing.T, src, set string) {
		var sets []string
		if set != "" {
			sets = []string{set}
		}
		r, err := recipe.Parse([]byte(src), "r.yaml", sets)
		if err != nil && err.Error() == "" || err == nil && len(r.Sources) == 0 {
			t.Fatalf("neither a recipe nor a mistake: %v", err)
		}
	})
}
