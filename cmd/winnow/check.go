package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"winnow/pipeline"
	"winnow/pipeline/recipe"
)

func newCheck(g *globals) *cobra.Command {
	var sets []string
	c := &cobra.Command{
		Use:   "check RECIPE",
		Short: "Find all mistakes of a recipe and run its tests; touches no data",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := recipe.Load(args[0], sets)
			if err != nil {
				return err
			}
			passed, warnings := 0, []string{}
			err = armed(r, func(one *recipe.Recipe) error {
				if passed, err = pipeline.Check(cmd.Context(), one); err != nil {
					return err
				}
				more, err := pipeline.CheckEngine(cmd.Context(), one)
				warnings = append(warnings, more...)
				return err
			})
			if err != nil {
				return err
			}
			if g.json {
				return printJSON(map[string]any{"recipe": r.Path, "sources": len(r.Sources), "steps": len(r.Steps), "tests_passed": passed, "warnings": warnings})
			}
			if !g.quiet {
				for _, w := range warnings {
					fmt.Println("warning:", w)
				}
				fmt.Printf("%s: no mistakes; %d sources, %d steps, %d tests passed\n", r.Path, len(r.Sources), len(r.Steps), passed)
			}
			return nil
		},
	}
	setFlag(c, &sets)
	return c
}

func setFlag(c *cobra.Command, sets *[]string) {
	c.Flags().StringArrayVar(sets, "set", nil, "override a value of the recipe, for example --set train.steps=50 or --set steps.dedup.similarity=0.7")
}
