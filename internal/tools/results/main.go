// Command results writes docs/results.md from the finished runs of the examples: what went in, what came out, each figure before and after.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"winnow/internal/atomicfile"
	"winnow/pipeline"
)

func main() {
	root := flag.String("examples", "examples", "folder of the examples")
	out := flag.String("out", "docs/results.md", "file to write")
	flag.Parse()
	if err := write(*root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

func write(root, out string) error {
	runs, err := filepath.Glob(filepath.Join(root, "*", "runs", "*", pipeline.ManifestFile))
	if err != nil {
		return err
	}
	sort.Strings(runs)
	if len(runs) == 0 {
		return fmt.Errorf("no finished run under %s: run `make examples` first", root)
	}
	var b strings.Builder
	b.WriteString("# Results of the examples\n\nWritten by `make examples` (`go run ./internal/tools/results`) from the runs' own files; `examples/NAME` holds each recipe. Figures are before and after tuning, with the 95 %\n" +
		"interval of the paired change. Nothing that is measured on was tuned on, nor read by the base: it has seen no medical or financial text, no inaugural speech, the other half of the statutes and of\n" +
		"Tatoeba, other articles of Wikipedia. inaugural-en and wikipedia-zh are general text: their rise shows what tuning forgets. Types of MedQuAD's questions stand in their wording (\"What are\n" +
		"the symptoms of …\"), so classify is easy once the model answers with labels.\n")
	for _, path := range runs {
		if err := section(&b, filepath.Dir(path)); err != nil {
			return err
		}
	}
	compared, err := filepath.Glob(filepath.Join(root, "*", "runs", "*", pipeline.ArmsFile))
	if err != nil {
		return err
	}
	sort.Strings(compared)
	for _, path := range compared {
		if err := arms(&b, path); err != nil {
			return err
		}
	}
	return atomicfile.Write(out, []byte(b.String()))
}

// arms writes the figures of a recipe with arms side by side, and its limits.
func arms(b *strings.Builder, path string) error {
	var a pipeline.Arms
	if err := atomicfile.ReadJSON(path, &a); err != nil {
		return err
	}
	example := filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(path))))
	fmt.Fprintf(b, "\n## %s\n\n`bin/winnow run examples/%s/recipe.yaml`\n\n", a.Name, example)
	for _, x := range a.Arms {
		fmt.Fprintf(b, "%s: %d steps, %d tokens, %.0f s a seed. ", x.Name, x.Steps, x.Tokens, x.Seconds)
	}
	if len(a.Seeds) == 1 {
		fmt.Fprintf(b, "One seed (`--set 'seeds=%v'`), and 95 %% bootstrap interval over items.\n\n", a.Seeds)
	} else {
		fmt.Fprintf(b, "Seeds %v: mean, and 95 %% interval over seeds (Student's t).\n\n", a.Seeds)
	}
	for i, f := range a.Figures {
		if i == 0 {
			b.WriteString("| figure |")
			for _, v := range f.Values {
				fmt.Fprintf(b, " %s |", v.Arm)
			}
			b.WriteString("\n|---|" + strings.Repeat("---|", len(f.Values)) + "\n")
		}
		fmt.Fprintf(b, "| %s |", f.Name)
		for _, v := range f.Values {
			fmt.Fprintf(b, " %.4g (%.4g … %.4g) |", v.Mean, v.Low, v.High)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	for _, v := range a.Limits {
		word := "met"
		if !v.Met {
			word = "**missed**"
		}
		fmt.Fprintf(b, "Limit on %s of %s: %s; %s.\n\n", v.Figure, v.Arm, word, v.Why)
	}
	return nil
}

func section(b *strings.Builder, dir string) error {
	var m pipeline.Manifest
	var l pipeline.Ledger
	if err := atomicfile.ReadJSON(filepath.Join(dir, pipeline.ManifestFile), &m); err != nil {
		return err
	}
	if err := atomicfile.ReadJSON(filepath.Join(dir, pipeline.LedgerFile), &l); err != nil {
		return err
	}
	var in int64
	for _, s := range l.Sources {
		in += s.Rows
	}
	example := filepath.Base(filepath.Dir(filepath.Dir(dir)))
	recipe := "recipe.yaml"
	fmt.Fprintf(b, "\n## %s\n\n`bin/winnow run examples/%s/%s` · %.0f s on %d cores\n\n", m.Name, example, recipe, total(m), m.Machine.Cores)
	if m.Data != nil {
		fmt.Fprintf(b, "%d rows in, %d for training, %d held out.", in, m.Data.Rows["train"], m.Data.Rows["validation"])
	}
	if t := m.Training; t != nil {
		fmt.Fprintf(b, " %s, %s: %d steps, %d tokens, %.0f s (%.0f tokens/s), %d of %d parameters; loss %.3f → %.3f.", t.Method, t.Objective, t.Steps, t.Tokens, t.Seconds, t.TokensPerSecond, t.Trainable, t.Parameters, t.FirstLoss, t.LastLoss)
	}
	b.WriteString("\n\n")
	drops(b, l)
	var r pipeline.Results
	if err := atomicfile.ReadJSON(filepath.Join(dir, pipeline.ResultsFile), &r); err != nil {
		return err
	}
	b.WriteString("| figure | before | after | change | 95 % interval | items |\n|---|--:|--:|--:|---|--:|\n")
	for _, f := range r.Figures {
		fmt.Fprintf(b, "| %s | %.4g | %.4g | %+.4g (%+.1f %%) | %+.4g … %+.4g | %d |\n", f.Name, f.Value, f.After, f.Change, 100*f.Change/f.Value, f.ChangeLow, f.ChangeHigh, f.N)
	}
	for _, g := range r.Gates {
		word := "met"
		if !g.Met {
			word = "**missed**"
		}
		fmt.Fprintf(b, "\nGate %s (%s): %s; %s.", g.Figure, g.Limit, word, g.Why)
	}
	b.WriteString("\n")
	return nil
}

// total is the time of all stages, over every start.
func total(m pipeline.Manifest) float64 {
	var s float64
	for _, x := range m.Stages {
		s += x.Seconds
	}
	return s
}

func drops(b *strings.Builder, l pipeline.Ledger) {
	var parts []string
	for i := range l.Steps {
		s := &l.Steps[i]
		if n := s.DroppedTotal(); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", s.Label, n))
		}
		if s.Added > 0 {
			parts = append(parts, fmt.Sprintf("%s +%d", s.Label, s.Added))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "Dropped or added: %s.\n\n", strings.Join(parts, ", "))
	}
}
