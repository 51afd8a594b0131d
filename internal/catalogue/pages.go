package catalogue

import (
	"fmt"
	"strings"

	"winnow/datasets"
	"winnow/internal/spec"
	"winnow/pipeline/recipe"
)

// PageFolders are the folders that hold nothing but pages made from specs.
var PageFolders = []string{"docs/steps", "docs/formats", "docs/measures"}

// Pages returns every file that is made from the specs, by its path from the repository's root.
func Pages() (map[string][]byte, error) {
	pages := map[string][]byte{}
	folders := map[string]string{"step": "steps", "format": "formats", "measure": "measures"}
	var index strings.Builder
	index.WriteString("# What a recipe can name\n\nMade from the specs by `make docs`; `winnow list` and `winnow explain NAME` show the same.\n")
	last := ""
	for _, e := range All() {
		title := e.Kind + "s"
		if e.Kind == "step" {
			title = "steps: " + e.Spec.Group
		}
		if title != last {
			fmt.Fprintf(&index, "\n## %s\n\n", strings.ToUpper(title[:1])+title[1:])
			last = title
		}
		folder, has := folders[e.Kind]
		if !has {
			fmt.Fprintf(&index, "- **%s** – %s\n", e.Spec.Name, e.Spec.Summary)
			continue
		}
		pages["docs/"+folder+"/"+e.Spec.Name+".md"] = []byte(e.Markdown())
		fmt.Fprintf(&index, "- [%s](%s/%s.md) – %s\n", e.Spec.Name, folder, e.Spec.Name, e.Spec.Summary)
	}
	pages["docs/reference.md"] = []byte(index.String())
	pages["docs/recipe.md"] = []byte(recipePage())
	schema, err := Schema()
	pages["docs/winnow.schema.json"] = schema
	return pages, err
}

// recipePage documents the sections of a recipe.
func recipePage() string {
	var b strings.Builder
	b.WriteString("# The recipe\n\nOne YAML file says all of a run. Unknown keys are mistakes; `winnow check` shows all of them at once. Paths are relative to the recipe's folder. " +
		"A value can be overridden on the command line: `--set train.steps=50`, `--set steps.dedup.similarity=0.7`.\n\n")
	section := func(title, text string, params []spec.Param) {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", title, text)
		if len(params) > 0 {
			writeParams(&b, params, "")
			b.WriteByte('\n')
		}
	}
	section("Top level", "", spec.ParamsOf(&recipe.Head{}))
	section("sources", datasets.SourceSpec.Doc, datasets.SourceSpec.Params())
	section("steps", "A list, in the order in which rows meet them: `- NAME` or `- NAME: {parameter: value}`. [What there is](reference.md). Every step has these parameters besides its own:", spec.ParamsOf(&recipe.Common{}))
	section("audit", "For data with known defects: counts how many rows of each kind the step that should find them found.", spec.ParamsOf(&recipe.Audit{}))
	section("output", "", spec.ParamsOf(&recipe.Output{}))
	section("tokenize", "", spec.ParamsOf(&recipe.Tokenize{}))
	section("train", "", spec.ParamsOf(&recipe.Train{}))
	section("eval", "A list of measures, taken on the model before and after training: `- perplexity`, `- classify: {on: test}`. [What there is](reference.md).", nil)
	section("gates", "Limits on figures of eval, by the figure's name: `perplexity.validation: {change: \"<= -10%\"}`. A run that misses one ends with exit code 3.", spec.ParamsOf(&recipe.Gate{}))
	section("tests", "Small tests inside the recipe; `winnow check` runs them.", spec.ParamsOf(&recipe.Test{}))
	section("arms", "Several ways of doing the recipe, compared: a map from names to what each does differently. An arm may leave steps out (`without`), have its own `sources` or `steps`, and change "+
		"keys of `tokenize` and `train`. Every arm is a run of its own in `RUN/arms`; `RUN/report.html` shows data and models of all side by side, the untrained model among them. `seeds: [7, 8, 9]` runs each "+
		"arm once a seed. [An example](../examples/debias/recipe.yaml).", spec.ParamsOf(&recipe.Arm{}))
	section("compare", "A list of limits across arms, by the figure's name: `- stereotypes.slope: {arm: corrected, of: plain, is: \"<= 20%\"}`. It takes the place of gates in a recipe with arms.", spec.ParamsOf(&recipe.Comparison{}))
	return b.String()
}
