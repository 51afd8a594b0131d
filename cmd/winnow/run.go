package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"winnow/internal/progress"
	"winnow/internal/spec"
	"winnow/pipeline"
	"winnow/pipeline/local"
	"winnow/pipeline/recipe"
	"winnow/report"
)

// runFlags are the flags of `run` and `plan`.
type runFlags struct {
	sets    []string
	workers int
	runner  string
	to      string
	sample  string
	dir     string
	rows    int
}

func newRun(g *globals) *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:   "run RECIPE",
		Short: "Do everything a recipe says; started again, it goes on where it stopped",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return runRecipe(cmd.Context(), g, f, args[0]) },
	}
	setFlag(c, &f.sets)
	c.Flags().IntVar(&f.workers, "workers", 0, "shards worked on at once; 0: one a core (the output is the same for any number)")
	c.Flags().StringVar(&f.runner, "runner", "local", "what carries out the plan: local")
	c.Flags().StringVar(&f.to, "to", "", "stop after this part: "+strings.Join(pipeline.Parts, ", "))
	c.Flags().StringVar(&f.sample, "sample", "100%", "share of the rows to read, such as 1%")
	c.Flags().StringVar(&f.dir, "run-folder", "", "where the run is written; default: the recipe's run_folder, else runs/NAME beside the recipe")
	c.Flags().IntVar(&f.rows, "batch-rows", 0, "most rows in a batch in memory; 0: as many as fit in 4 MiB (the output is the same for any number)")
	return c
}

// load reads a recipe and finds what is wrong with it and its arms.
func (f *runFlags) load(ctx context.Context, path string) (*recipe.Recipe, float64, error) {
	sample, err := parseShare(f.sample)
	if err != nil {
		return nil, 0, usageError{fmt.Errorf("--sample: %w", err)}
	}
	r, err := recipe.Load(path, f.sets)
	if err != nil {
		return nil, 0, err
	}
	err = armed(r, func(one *recipe.Recipe) error {
		_, err := pipeline.Check(ctx, one)
		return err
	})
	return r, sample, err
}

func (f *runFlags) folder(r *recipe.Recipe) string {
	switch {
	case f.dir != "":
		return f.dir
	case r.RunFolder != "" && filepath.IsAbs(r.RunFolder):
		return r.RunFolder
	case r.RunFolder != "":
		return filepath.Join(r.Dir, r.RunFolder)
	}
	return filepath.Join(r.Dir, "runs", r.Name)
}

func runRecipe(ctx context.Context, g *globals, f *runFlags, path string) error {
	if f.runner != "local" {
		return usageError{fmt.Errorf("--runner %s is not known; there is: local", f.runner)}
	}
	if f.to != "" && !slices.Contains(pipeline.Parts, f.to) {
		hint := "one of " + strings.Join(pipeline.Parts, ", ")
		if near := spec.Nearest(f.to, pipeline.Parts); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return usageError{fmt.Errorf("--to %s is not a part of a run: %s", f.to, hint)}
	}
	r, sample, err := f.load(ctx, path)
	if err != nil {
		return err
	}
	if len(r.Arms) > 0 {
		return runArms(ctx, g, f, r, sample)
	}
	p, err := pipeline.NewPlan(ctx, r, sample)
	if err != nil {
		return err
	}
	dir := f.folder(p.Recipe)
	var say pipeline.Progress = pipeline.Quiet{}
	bars := progress.New(os.Stderr)
	if !g.quiet {
		say = bars
	}
	debug.SetMemoryLimit(p.Recipe.Memory + 2<<30)
	m, err := pipeline.Run(ctx, p, pipeline.Options{Dir: dir, Runner: local.Runner{Workers: f.workers, Budget: p.Recipe.Memory}, Progress: say, To: f.to, BatchRows: f.rows, Threads: f.workers})
	bars.Close()
	if err != nil {
		return err
	}
	page := filepath.Join(dir, "report.html")
	if err := report.Write(dir, page); err != nil {
		return err
	}
	if g.json {
		if err := printJSON(m); err != nil {
			return err
		}
	} else if !g.quiet {
		printSummary(m, dir, page)
	}
	if missed := m.MissedGates(); len(missed) > 0 {
		var lines []string
		for _, x := range missed {
			lines = append(lines, fmt.Sprintf("gate missed: %s: %s", x.Figure, x.Why))
		}
		return gateError{fmt.Errorf("%s", strings.Join(lines, "\n        "))}
	}
	return nil
}

func printSummary(m *pipeline.Manifest, dir, page string) {
	for _, w := range m.Warnings {
		fmt.Println("warning:", w)
	}
	var in int64
	for _, s := range m.Ledger.Sources {
		in += s.Rows
	}
	if m.Data != nil {
		var parts []string
		for _, split := range []string{"train", "validation", "test"} {
			if n := m.Data.Rows[split]; n > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", split, n))
			}
		}
		fmt.Printf("rows     %d in → %s\n", in, strings.Join(parts, ", "))
	}
	if t := m.Training; t != nil {
		fmt.Printf("training %d steps, %d tokens, loss %.3f → %.3f\n", t.Steps, t.Tokens, t.FirstLoss, t.LastLoss)
	}
	if m.Results != nil {
		for _, f := range m.Results.Figures {
			if f.Trained {
				fmt.Printf("%-32s %10.4g → %.4g  %s\n", f.Name, f.Value, f.After, f.Unit)
			} else {
				fmt.Printf("%-32s %10.4g  %s\n", f.Name, f.Value, f.Unit)
			}
		}
		for _, x := range m.Results.Gates {
			word := "met   "
			if !x.Met {
				word = "MISSED"
			}
			fmt.Printf("gate %s %s (%s)\n", word, x.Figure, x.Limit)
		}
	}
	fmt.Printf("data     %s\n", filepath.Join(dir, "data"))
	fmt.Printf("report   %s\n", page)
}

// parseShare reads "1%" or "0.01".
func parseShare(s string) (float64, error) {
	t, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	x, err := strconv.ParseFloat(t, 64)
	if percent {
		x /= 100
	}
	if err != nil || !(x > 0 && x <= 1) {
		return 0, fmt.Errorf("%q is not a share between 0 and 100%%", s)
	}
	return x, nil
}
