package pipeline

import (
	"strings"
	"testing"

	"winnow/datasets"
	"winnow/pipeline/recipe"
	"winnow/train"
)

// What a recipe calls a method is what package train calls it, and a new model is trained whole whatever the method says.
func TestMethodOf(t *testing.T) {
	for _, c := range []struct {
		train recipe.Train
		want  string
	}{
		{recipe.Train{Model: "base", Method: "lora"}, "lora"},
		{recipe.Train{Model: "base", Method: "full"}, "full"},
		{recipe.Train{Model: "base", Method: "embeddings"}, "embeddings"},
		{recipe.Train{Model: "base", Method: "last", Layers: 3}, "last:3"},
		{recipe.Train{Model: modelNew, Method: "lora"}, "full"},
	} {
		if got := methodOf(&c.train); got != c.want {
			t.Errorf("%s of %s became %s, want %s", c.train.Method, c.train.Model, got, c.want)
		}
	}
}

// Every objective that a recipe can name is one of package train, and those on pairs ask for pairs.
func TestObjectivesOnPairsAskForPairs(t *testing.T) {
	for _, objective := range train.Objectives {
		_, err := objectiveOf(objective, []datasets.Shape{datasets.Messages})
		if pairs := objective == "dpo" || objective == "orpo"; (err != nil) != pairs || pairs && !strings.Contains(err.Error(), objective+" needs rows") {
			t.Errorf("%s on messages: %v", objective, err)
		}
		if got, err := objectiveOf(objective, []datasets.Shape{datasets.Preference}); err != nil || got != objective {
			t.Errorf("%s on pairs became %s, %v", objective, got, err)
		}
	}
}
