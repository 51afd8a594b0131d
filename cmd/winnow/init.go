package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winnow/internal/catalogue"
	"winnow/internal/spec"
)

//go:embed starters/*.yaml
var starters embed.FS

// purposes lists the starter recipes in the order in which help shows them.
var purposes = []string{"domain", "sft", "debias", "style", "classify", "etl"}

func newInit(g *globals) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "init [PURPOSE]",
		Short: "Write a commented starter recipe: " + strings.Join(purposes, ", "),
		Long: `Write a commented starter recipe and the JSON schema that lets editors complete and check it.

  domain    texts of a domain into a data set and a model at home in it (the default)
  sft       questions and answers into an assistant
  debias    measure bias, correct the text, train, measure again
  style     a model that writes like given texts
  classify  text and label into a classifier
  etl       files into a clean Parquet data set, nothing trained`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: purposes,
		RunE: func(cmd *cobra.Command, args []string) error {
			purpose := "domain"
			if len(args) == 1 {
				purpose = args[0]
			}
			text, err := starters.ReadFile("starters/" + purpose + ".yaml")
			if err != nil {
				hint := "there are " + strings.Join(purposes, ", ")
				if near := spec.Nearest(purpose, purposes); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				return usageError{fmt.Errorf("no starter is called %q: %s", purpose, hint)}
			}
			schema, err := catalogue.Schema()
			if err != nil {
				return err
			}
			if err := writeNew(out, text); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(filepath.Dir(out), "winnow.schema.json"), schema, 0o644); err != nil {
				return err
			}
			if !g.quiet {
				fmt.Printf("wrote %s; set its sources, then: winnow check %s\n", out, out)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "recipe.yaml", "file to write")
	return c
}

// writeNew writes a file that is not there yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file with -o", path)
	} else if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
