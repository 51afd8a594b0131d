package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"winnow/internal/progress"
	"winnow/pipeline"
	"winnow/pipeline/local"
	"winnow/pipeline/recipe"
	"winnow/report"
)

// armed calls do with the recipe of every arm; of a recipe without arms, with the recipe itself.
func armed(r *recipe.Recipe, do func(*recipe.Recipe) error) error {
	if len(r.Arms) == 0 {
		return do(r)
	}
	for _, a := range r.Arms {
		one, err := r.Arm(a.Name, r.SeedList()[0], "")
		if err != nil {
			return err
		}
		if err := do(one); err != nil {
			return fmt.Errorf("arm %s: %w", a.Name, err)
		}
	}
	return nil
}

// runArms runs all arms of a recipe and shows their figures side by side.
func runArms(ctx context.Context, g *globals, f *runFlags, r *recipe.Recipe, sample float64) error {
	dir := f.folder(r)
	var say pipeline.Progress = pipeline.Quiet{}
	bars := progress.New(os.Stderr)
	if !g.quiet {
		say = bars
	}
	debug.SetMemoryLimit(r.Memory + 2<<30)
	n, all := 0, len(r.Arms)*len(r.SeedList())
	begin := func(arm string, seed uint64) {
		n++
		if !g.quiet {
			fmt.Fprintf(os.Stderr, "\n%d/%d  arm %s, seed %d\n", n, all, arm, seed)
		}
	}
	done := func(dir string) error { return report.Write(dir, filepath.Join(dir, "report.html")) }
	a, err := pipeline.RunArms(ctx, r, sample, pipeline.Options{Dir: dir, Runner: local.Runner{Workers: f.workers, Budget: r.Memory}, Progress: say, To: f.to, BatchRows: f.rows, Threads: f.workers}, begin, done)
	bars.Close()
	if err != nil {
		return err
	}
	page := filepath.Join(dir, "report.html")
	if err := report.WriteArms(dir, page); err != nil {
		return err
	}
	switch {
	case g.json:
		if err := printJSON(a); err != nil {
			return err
		}
	case !g.quiet:
		printArms(a)
		fmt.Printf("report   %s\n", page)
	}
	var lines []string
	for _, v := range a.Missed() {
		lines = append(lines, fmt.Sprintf("limit missed: %s of %s: %s", v.Figure, v.Arm, v.Why))
	}
	if len(lines) > 0 {
		return gateError{fmt.Errorf("%s", strings.Join(lines, "\n        "))}
	}
	return nil
}

// printArms prints the table of figures: mean over seeds, and the interval where there are several.
func printArms(a *pipeline.Arms) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for i, f := range a.Figures {
		if i == 0 {
			fmt.Fprint(w, "FIGURE")
			for _, v := range f.Values {
				fmt.Fprintf(w, "\t%s", strings.ToUpper(v.Arm))
			}
			fmt.Fprintln(w)
		}
		fmt.Fprint(w, f.Name)
		for _, v := range f.Values {
			fmt.Fprintf(w, "\t%.4g", v.Mean)
			if len(v.Each) > 1 {
				fmt.Fprintf(w, " (%.4g … %.4g)", v.Low, v.High)
			}
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
	for _, v := range a.Limits {
		word := "met   "
		if !v.Met {
			word = "MISSED"
		}
		of := ""
		if v.Of != "" {
			of = " of " + v.Of
		}
		fmt.Printf("limit %s %s, %s%s %s: %s\n", word, v.Figure, v.Arm, of, v.Is, v.Why)
	}
}
