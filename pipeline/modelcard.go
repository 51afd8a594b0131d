package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"winnow/eval"
	"winnow/internal/atomicfile"
	"winnow/internal/version"
)

// modelCard writes README.md beside the tuned model: the headings of Model Cards for Model Reporting (Mitchell et al. 2019) under the front matter of the Hugging Face hub, filled from the
// ledger and the figures. What a run cannot know it asks the user to add.
func (r *run) modelCard() error {
	t := r.manifest.Training
	dir := filepath.Join(r.opt.Dir, "model", "merged")
	if _, err := os.Stat(dir); t == nil || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return atomicfile.Write(filepath.Join(dir, "README.md"), []byte(r.modelCardText(t)))
}

func (r *run) modelCardText(t *TrainSummary) string {
	rec := r.plan.Recipe
	var b strings.Builder
	b.WriteString("---\nlibrary_name: transformers\npipeline_tag: text-generation\n")
	if m := rec.Train.Model; strings.Count(m, "/") == 1 && !strings.ContainsAny(m, ".\\") { // org/name of a hub
		fmt.Fprintf(&b, "base_model: %q\n", rec.Train.Model)
	}
	if len(rec.Languages) > 0 {
		fmt.Fprintf(&b, "language: [%s]\n", strings.Join(rec.Languages, ", "))
	}
	b.WriteString("tags: [winnow]\n---\n\n")
	fmt.Fprintf(&b, "# %s\n\n", rec.Name)
	section := func(title, text string) { fmt.Fprintf(&b, "## %s\n\n%s\n\n", title, strings.TrimSpace(text)) }
	section("Model details", fmt.Sprintf("Tuned by winnow %s from %s: method %s, objective %s, %d steps, %d tokens, %d of %d parameters trained, seed %d. Loss %.3f at the first step, %.3f at the last.",
		version.String(), nameOfModel(rec.Train.Model), t.Method, t.Objective, t.Steps, t.Tokens, t.Trainable, t.Parameters, rec.Seed, t.FirstLoss, t.LastLoss))
	section("Intended use", "For text of the kind listed under training data. Say here for whom and for what the model is meant, and for what it is not: the run cannot know.")
	section("Factors", r.modelFactors())
	section("Metrics", modelMetrics(r.manifest.Results))
	section("Evaluation data", modelEvaluation(r.manifest.Results))
	section("Training data", r.modelData())
	section("Quantitative analyses", modelFigures(r.manifest.Results))
	section("Ethical considerations", r.modelEthics())
	section("Caveats and recommendations", r.modelCaveats())
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func nameOfModel(name string) string {
	switch {
	case name == modelNew:
		return "random weights"
	case filepath.IsAbs(name):
		return "the model in a folder of its own (`" + filepath.Base(name) + "`)"
	}
	return "`" + name + "`"
}

func (r *run) modelFactors() string {
	var parts []string
	if len(r.plan.Recipe.Languages) > 0 {
		parts = append(parts, "Languages: "+strings.Join(r.plan.Recipe.Languages, ", ")+".")
	}
	if columns := groupColumns(r.plan.Recipe); len(columns) > 0 {
		parts = append(parts, "Rows were told apart by the columns "+strings.Join(columns, ", ")+"; the run's report shows what share of each group every step dropped.")
	} else {
		parts = append(parts, "Groups of people were not told apart in the data.")
	}
	return strings.Join(parts, " ")
}

// modelMetrics lists each figure's one sentence.
func modelMetrics(res *Results) string {
	if res == nil || len(res.Figures) == 0 {
		return "None were taken: the recipe has no section `eval`."
	}
	var b strings.Builder
	for _, f := range res.Figures {
		fmt.Fprintf(&b, "- `%s`: %s; %s.\n", f.Name, strings.TrimSuffix(f.Doc, "."), betterWay(f.Better))
	}
	return b.String()
}

func betterWay(d eval.Direction) string {
	switch d {
	case eval.Lower:
		return "lower is better"
	case eval.Higher:
		return "higher is better"
	case eval.Zero:
		return "closer to zero is better"
	}
	return "neither way is better"
}

func modelEvaluation(res *Results) string {
	if res == nil || len(res.Figures) == 0 {
		return "None."
	}
	var names []string
	for _, f := range res.Figures {
		if !slices.Contains(names, f.Measure) {
			names = append(names, f.Measure)
		}
	}
	return "The measures " + strings.Join(names, ", ") + " as `recipe.yaml` of the run sets them; held-out rows are those of the splits validation and test."
}

func (r *run) modelData() string {
	var b strings.Builder
	b.WriteString("| source | rows read | rows kept | licence |\n|---|--:|--:|---|\n")
	for i, s := range r.plan.Sources {
		a := r.ledger.Sources[i]
		license := s.Source.License
		if license == "" {
			license = "not stated"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", s.Source.Name, a.Rows, a.Out, license)
	}
	if d := r.manifest.Data; d != nil {
		fmt.Fprintf(&b, "\n%d rows for training, %d held out. What each step did stands in the card of the data set (`data/README.md` of the run).\n", d.Rows["train"], d.Rows["validation"]+d.Rows["test"])
	}
	return b.String()
}

func modelFigures(res *Results) string {
	if res == nil || len(res.Figures) == 0 {
		return "None."
	}
	var b strings.Builder
	b.WriteString("| figure | before | after | 95 % interval after | items |\n|---|--:|--:|---|--:|\n")
	for _, f := range res.Figures {
		before := "–"
		if f.Trained {
			before = fmt.Sprintf("%.4g", f.Value)
		}
		fmt.Fprintf(&b, "| %s | %s | %.4g | %.4g … %.4g | %d |\n", f.Name, before, f.After, f.AfterLow, f.AfterHigh, f.N)
	}
	for _, g := range res.Gates {
		word := "met"
		if !g.Met {
			word = "missed"
		}
		fmt.Fprintf(&b, "\nGate %s (%s): %s.\n", g.Figure, g.Limit, word)
	}
	return b.String()
}

// modelEthics says which protections the data passed, by the names of its steps, and which it did not.
func (r *run) modelEthics() string {
	var done, not []string
	for _, k := range []struct{ step, what string }{{"pii", "personal data"}, {"harm", "harmful text"}, {"measure_bias", "the association of groups and words"}, {"counterfactual", "the balance of gendered words"}} {
		has := false
		for i := range r.plan.Recipe.Steps {
			has = has || r.plan.Recipe.Steps[i].Name == k.step
		}
		if has {
			done = append(done, k.what+" (`"+k.step+"`)")
		} else {
			not = append(not, k.what+" (`"+k.step+"`)")
		}
	}
	var parts []string
	if len(done) > 0 {
		parts = append(parts, "Looked after in the data: "+strings.Join(done, ", ")+".")
	}
	if len(not) > 0 {
		parts = append(parts, "Not looked after: "+strings.Join(not, ", ")+".")
	}
	return strings.Join(append(parts, "A figure of zero of a bias measure says that this measure finds nothing; it does not say that the model is fair."), " ")
}

func (r *run) modelCaveats() string {
	lines := []string{"- What general knowledge the tuning cost is shown by perplexity on text outside the domain, where the recipe measures it.", "- Intervals are over items and not over seeds: run other seeds before a small difference is believed."}
	for _, w := range append(slices.Clone(r.plan.Warnings), r.plan.env.warnings...) {
		lines = append(lines, "- "+w)
	}
	return strings.Join(lines, "\n")
}
