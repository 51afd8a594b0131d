package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"winnow/internal/catalogue"
)

func newList(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:       "list [KIND]",
		Short:     "List steps, formats, architectures and measures",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: catalogue.Kinds,
		RunE: func(cmd *cobra.Command, args []string) error {
			w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
			for _, e := range catalogue.All() {
				if len(args) == 1 && e.Kind != args[0] && e.Kind != args[0]+"s" {
					continue
				}
				if g.json {
					if err := printJSON(map[string]string{"kind": e.Kind, "group": e.Spec.Group, "name": e.Spec.Name, "summary": e.Spec.Summary}); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Kind, e.Spec.Group, e.Spec.Name, e.Spec.Summary)
			}
			return w.Flush()
		},
	}
}

func newExplain(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "explain NAME",
		Short: "Explain a step, format, architecture or measure, with an example that runs",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := catalogue.Find(args[0])
			if err != nil {
				return usageError{err}
			}
			if g.json {
				return printJSON(e.JSON())
			}
			fmt.Print(e.Markdown())
			return nil
		},
	}
}
