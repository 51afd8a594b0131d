package recipe_test

import (
	"strings"
	"testing"

	"winnow/pipeline/recipe"
)

const armsRecipe = `name: x
seeds: [7, 8]
sources: {a: x.jsonl}
steps:
  - counterfactual
  - measure_bias: {as: after}
train: {model: base, steps: 10, batches: {tokens: 512}}
eval:
  - stereotypes
arms:
  plain: {without: [counterfactual, after]}
  corrected: {}
  preferred:
    from: plain
    sources: {pairs: {path: p.csv}}
    steps: []
    train: {objective: dpo, steps: 5}
compare:
  - stereotypes.slope: {arm: corrected, of: plain, is: "<= 20%"}
  - stereotypes.correlation: {arm: plain, is: ">= 0.5"}
`

func TestArms(t *testing.T) {
	r, err := recipe.Parse([]byte(armsRecipe), "r.yaml", []string{"train.steps=20"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Arms) != 3 || len(r.Compare) != 2 || len(r.SeedList()) != 2 {
		t.Fatalf("%d arms, %d limits, seeds %v", len(r.Arms), len(r.Compare), r.SeedList())
	}
	plain, err := r.Arm("plain", 8, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(plain.Steps) != 0 || plain.Seed != 8 || plain.Name != "x-plain" || plain.Train.Steps != 20 || len(plain.Arms) != 0 {
		t.Errorf("plain: %d steps, seed %d, name %s, %d training steps, %d arms", len(plain.Steps), plain.Seed, plain.Name, plain.Train.Steps, len(plain.Arms))
	}
	corrected, err := r.Arm("corrected", 7, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(corrected.Steps) != 2 || len(corrected.Sources) != 1 || corrected.Sources[0].Name != "a" {
		t.Errorf("corrected: %d steps, %d sources", len(corrected.Steps), len(corrected.Sources))
	}
	preferred, err := r.Arm("preferred", 7, "/runs/plain-7")
	if err != nil {
		t.Fatal(err)
	}
	p := preferred.Train
	if p.Model != "/runs/plain-7" || p.Objective != "dpo" || p.Steps != 5 || p.Batches.Tokens != 512 || preferred.Sources[0].Name != "pairs" {
		t.Errorf("preferred: %+v, source %s", p, preferred.Sources[0].Name)
	}
}

func TestArmMistakes(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"without: [counterfactual, after]", "without: [counterfactul]", `unknown step label "counterfactul"`},
		{"from: plain", "from: plan", `goes on from "plan", which is not an arm above it`},
		{"  corrected: {}", "  untrained: {}", `"untrained" cannot name an arm`},
		{"  corrected: {}", "  corrected: {gates: {}}", `arm corrected has no parameter "gates"`},
		{"objective: dpo", "objective: dp", `arm preferred: train.objective cannot be "dp"`},
		{"arm: plain, is", "arm: plane, is", `unknown arm "plane"`},
		{`">= 0.5"`, `">= 50%"`, "write a limit in percent together with `of: ARM`"},
		{"stereotypes.correlation:", "pairs.gap:", `eval does not measure "pairs"`},
		{"eval:", "gates: {stereotypes.slope: {after: \"<= 1\"}}\neval:", "gates are for recipes without arms"},
	} {
		src := strings.Replace(armsRecipe, c.old, c.new, 1)
		if src == armsRecipe {
			t.Fatalf("%q is not in the recipe", c.old)
		}
		_, err := recipe.Parse([]byte(src), "r.yaml", nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.new, err, c.want)
		}
	}
	_, err := recipe.Parse([]byte("sources: {a: x.jsonl}\ncompare: []\n"), "r.yaml", nil)
	if err == nil || !strings.Contains(err.Error(), "compare needs arms") {
		t.Errorf("compare without arms: got %v", err)
	}
}
