package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"winnow/pipeline"
)

func newDiff(g *globals) *cobra.Command {
	examples := 3
	c := &cobra.Command{
		Use:   "diff RUN RUN",
		Short: "Compare two runs: recipe, rows gained and lost by step, make-up of the data set, measures of the model",
		Long: `Compare two run folders: the lines of their recipes and their inputs, what became of each row (matched by source and id) and by which step,
shares by source, language and split, and the measures and gates of the two models.

  winnow diff runs/v1 runs/v2
  winnow diff runs/v1 runs/v2 --examples 20
  winnow diff runs/v1 runs/v2 --json | jq .rows.moves`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if examples < 0 {
				return usageError{fmt.Errorf("--examples must not be negative; got %d", examples)}
			}
			d, err := pipeline.DiffRuns(cmd.Context(), args[0], args[1], examples)
			if err != nil {
				return err
			}
			if g.json {
				return printJSON(d)
			}
			printDiff(os.Stdout, d, g.color())
			return nil
		},
	}
	c.Flags().IntVar(&examples, "examples", examples, "rows to show of each kind of change")
	return c
}

func printDiff(out io.Writer, d *pipeline.Diff, color bool) {
	minus, plus, plain := "", "", ""
	if color {
		minus, plus, plain = "\x1b[31m", "\x1b[32m", "\x1b[0m"
	}
	fmt.Fprintf(out, "%s- %s%s\n%s+ %s%s\n", minus, d.Runs[0], plain, plus, d.Runs[1], plain)
	if d.Same() {
		fmt.Fprintln(out, "\nno difference in recipe, inputs, rows or measures")
		return
	}
	lines := func(title string, changes []pipeline.LineChange) {
		if len(changes) == 0 {
			return
		}
		fmt.Fprintf(out, "\n%s\n", title)
		for _, c := range changes {
			fmt.Fprintf(out, "  %s%s %s%s\n", [2]string{minus, plus}[c.In], [2]string{"-", "+"}[c.In], c.Text, plain)
		}
	}
	lines("RECIPE", d.Recipe)
	lines("INPUTS", d.Inputs)
	printRowsDiff(out, d.Rows)
	printTables(out, d)
	if d.Rows == nil {
		return
	}
	for _, e := range d.Rows.Examples {
		fmt.Fprintf(out, "\n── %s · %s · %s → %s\n", e.Kind, strings.TrimPrefix(e.Source+" "+e.ID, " "), e.Before, e.After)
		for i, text := range e.Text {
			if text != "" {
				fmt.Fprintf(out, "%s%s %s%s\n", [2]string{minus, plus}[i], [2]string{"-", "+"}[i], text, plain)
			}
		}
	}
}

func printRowsDiff(out io.Writer, r *pipeline.RowsDiff) {
	if r == nil {
		fmt.Fprintln(out, "\none of the runs has written no data set, so rows are not compared")
		return
	}
	fmt.Fprintf(out, "\nROWS  %d kept, %d dropped → %d kept, %d dropped\n", r.Kept[0], r.Dropped[0], r.Kept[1], r.Dropped[1])
	fmt.Fprintf(out, "  %d in both with the same text, %d with other text, %d lost, %d gained, %d in another split\n", r.Same, r.Changed, r.Lost, r.Gained, r.Split)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range r.Moves {
		fmt.Fprintf(w, "  %d\t%s\t→ %s\n", m.Rows, m.Before, m.After)
	}
	_ = w.Flush()
}

func printTables(out io.Writer, d *pipeline.Diff) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(d.Steps) > 0 {
		fmt.Fprintln(w, "\nSTEP\tIN\t\tDROPPED\t\tEDITED\t\tADDED\t")
		for _, s := range d.Steps {
			fmt.Fprintf(w, "%s", s.Label)
			for _, n := range [][2]int64{s.In, s.Dropped, s.Edited, s.Added} {
				fmt.Fprintf(w, "\t%d\t%s", n[0], changeText(n))
			}
			fmt.Fprintln(w)
		}
		_ = w.Flush()
	}
	if len(d.Shares) > 0 {
		fmt.Fprintln(w, "\nSHARE\tOF\tROWS\t\t%\t")
		for _, s := range d.Shares {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%.1f\t→ %.1f\n", s.Column, s.Value, s.Rows[0], changeText(s.Rows), 100*s.Share[0], 100*s.Share[1])
		}
		_ = w.Flush()
	}
	if len(d.Figures) > 0 {
		fmt.Fprintln(w, "\nMEASURE (95 % INTERVAL)\tFIRST\tSECOND\tBETTER")
		for _, f := range d.Figures {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Name, figureText(f, 0), figureText(f, 1), f.Better)
		}
		_ = w.Flush()
	}
	for _, g := range d.Gates {
		fmt.Fprintf(out, "gate %s %s: %s → %s\n", g.Figure, g.Limit, g.Met[0], g.Met[1])
	}
	if a, b := d.Trained[0], d.Trained[1]; a != nil && b != nil {
		fmt.Fprintf(out, "\ntraining: %s, %d steps, loss %.4f → %s, %d steps, loss %.4f\n", a.Method, a.Steps, a.LastLoss, b.Method, b.Steps, b.LastLoss)
	}
}

// changeText says what became of a count; nothing when it is the same.
func changeText(n [2]int64) string {
	if n[0] == n[1] {
		return ""
	}
	return fmt.Sprintf("→ %d", n[1])
}

func figureText(f pipeline.FigureDiff, i int) string {
	if f.Value[i] == nil {
		return "–"
	}
	return fmt.Sprintf("%.4g (%.4g to %.4g)", *f.Value[i], f.Low[i], f.High[i])
}
