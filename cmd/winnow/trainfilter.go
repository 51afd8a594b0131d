package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winnow/datasets"
	"winnow/filters"
	"winnow/filters/quality/linear"
	"winnow/filters/quality/ngram"
	"winnow/internal/atomicfile"
	"winnow/internal/text"
)

func newTrainFilter(g *globals) *cobra.Command {
	var out, column string
	var perplexity bool
	var most int
	c := &cobra.Command{
		Use:   "train-filter GOOD [OTHER]",
		Short: "Train a filter from your own rows: a classifier from two files, or a language model from one",
		Long: `Trains a filter from rows in any readable format; patterns are allowed, in quotes.

  winnow train-filter good.jsonl web.jsonl -o good.filter      a classifier for the step classifier: the score is the probability of being like GOOD
  winnow train-filter harmful.csv fine.csv -o own.filter       the same for the step harm (model: own.filter)
  winnow train-filter --perplexity good.jsonl -o good.ngram    a language model of characters for the step perplexity

A tenth of the rows is held out, and what is printed was measured on it.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if perplexity == (len(args) == 2) {
				return usageError{fmt.Errorf("give two files for a classifier, or one with --perplexity for a language model")}
			}
			if out == "" {
				return usageError{fmt.Errorf("say where the filter goes with -o FILE")}
			}
			var lists [][]string
			for _, pattern := range args {
				texts, err := textsOf(cmd.Context(), pattern, column, most)
				if err != nil {
					return err
				}
				lists = append(lists, texts)
			}
			name := strings.TrimSuffix(filepath.Base(out), filepath.Ext(out))
			if perplexity {
				return trainPerplexity(g, name, out, lists[0])
			}
			return trainClassifier(g, name, out, lists)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write")
	c.Flags().StringVar(&column, "column", "", "column with the text; default: the content of the rows")
	c.Flags().BoolVar(&perplexity, "perplexity", false, "make a language model of one file")
	c.Flags().IntVar(&most, "max-rows", 20000, "rows that are read of each file, at most")
	return c
}

func trainClassifier(g *globals, name, out string, lists [][]string) error {
	m, rep, err := linear.Train(name, lists[0], lists[1])
	if err != nil {
		return err
	}
	data, err := m.Bytes()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(out, data); err != nil {
		return err
	}
	if g.json {
		return printJSON(map[string]any{"file": out, "rows": []int{rep.Positive, rep.Negative}, "held_out": rep.HeldOut, "accuracy": rep.Accuracy, "auc": rep.AUC})
	}
	if !g.quiet {
		fmt.Printf("wrote %s from %d and %d rows; on %d rows held out: accuracy %.3f, AUC %.3f\n", out, rep.Positive, rep.Negative, rep.HeldOut, rep.Accuracy, rep.AUC)
	}
	return nil
}

func trainPerplexity(g *globals, name, out string, texts []string) error {
	var doc text.Doc
	m, err := ngram.Train(name, texts, func(s string) bool {
		doc.Reset([]byte(s))
		return doc.Chinese()
	})
	if err != nil {
		return err
	}
	data, err := m.Bytes()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(out, data); err != nil {
		return err
	}
	if g.json {
		return printJSON(map[string]any{"file": out, "rows": len(texts), "grams": m.Grams, "bits_per_character": m.Quantiles})
	}
	if g.quiet {
		return nil
	}
	fmt.Printf("wrote %s from %d rows: %d n-grams\n", out, len(texts), m.Grams)
	for _, script := range []string{"latin", "han"} {
		if q := m.Quantiles[script]; q != nil {
			fmt.Printf("bits a character on rows held out, %s: median %.2f, 95 %% %.2f, 99 %% %.2f\n", script, q[50], q[95], q[99])
		}
	}
	return nil
}

// textsOf reads the texts of the rows that match a pattern.
func textsOf(ctx context.Context, pattern, column string, most int) ([]string, error) {
	opened, err := datasets.OpenSource(ctx, datasets.NewSource(pattern, pattern), ".")
	if err != nil {
		return nil, err
	}
	rows := filters.NewRows(opened.Schema)
	var out []string
	for b, err := range opened.Read(ctx, datasets.ReadOptions{}) {
		if err != nil {
			return nil, err
		}
		rows.Load(b)
		for i := range b.Refs {
			row := rows.At(b, i)
			filters.Look(row)
			s := string(row.Text())
			if column != "" {
				s = row.String(column)
			}
			if strings.TrimSpace(s) != "" {
				out = append(out, s)
			}
		}
		b.Release()
		if len(out) >= most {
			return out[:most], nil
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no row has a text%s", pattern, map[bool]string{true: " in column " + column}[column != ""])
	}
	return out, nil
}
