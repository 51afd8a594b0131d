package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"winnow/pipeline"
	"winnow/pipeline/recipe"
)

func newPlan(g *globals) *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:   "plan RECIPE",
		Short: "Show what a run would do: sources, stages, what is done already, what it will cost",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, sample, err := f.load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return armed(r, func(one *recipe.Recipe) error {
				p, err := pipeline.NewPlan(cmd.Context(), one, sample)
				if err != nil {
					return err
				}
				dir := f.folder(r)
				if one.ArmName != "" {
					dir = filepath.Join(dir, pipeline.ArmFolder(one.ArmName, one.Seed, len(r.SeedList())))
				}
				e, err := pipeline.EstimateRun(cmd.Context(), p, dir)
				if err != nil {
					return err
				}
				if g.json {
					return printJSON(e)
				}
				if one.ArmName != "" {
					fmt.Printf("\narm %s, %d times (seeds %v)\n", one.ArmName, len(r.SeedList()), r.SeedList())
				}
				printPlan(p, e)
				return nil
			})
		},
	}
	setFlag(c, &f.sets)
	c.Flags().StringVar(&f.sample, "sample", "100%", "share of the rows to read, such as 1%")
	c.Flags().StringVar(&f.dir, "run-folder", "", "where the run would be written")
	return c
}

func printPlan(p *pipeline.Plan, e *pipeline.Estimate) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tFILES\tSIZE\tSHARDS\tFORMAT\tSHAPE\tLICENCE")
	for _, s := range p.Sources {
		shape := ""
		if len(s.Layout.Shapes) > 0 {
			shape = string(s.Layout.Shapes[0])
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t%s\t%s\n", s.Source.Name, s.Files, bytesText(s.Bytes), len(s.Shards), s.Layout.Format, shape, s.Source.License)
	}
	_ = w.Flush()
	fmt.Println()
	for i, s := range p.Stages {
		state := "to do"
		if e.Done[i] {
			state = "done"
		}
		fmt.Printf("stage %d (%s)  %s\n", s.Index+1, state, s.Name())
	}
	fmt.Println()
	fmt.Printf("about %d rows, %s of text; on disk about %s; memory about %s; curation about %s\n", e.Rows, bytesText(e.TextBytes), bytesText(e.DiskBytes), bytesText(e.MemoryBytes), e.CurationTime())
	if e.Train != nil {
		cost := fmt.Sprintf("memory about %s, time about %s on this machine", bytesText(e.Train.MemoryBytes), e.Train.Time())
		if e.Train.Engine == "torch" {
			cost = "memory and time are PyTorch's, and show when it runs"
		}
		fmt.Printf("training: %s, %d steps of %d tokens, %d of %d parameters trained; %s\n", e.Train.Method, e.Train.Steps, e.Train.BatchTokens, e.Train.Trainable, e.Train.Parameters, cost)
	}
	for _, warning := range p.Warnings {
		fmt.Println("warning:", warning)
	}
	fmt.Println("run folder:", e.Dir)
}
