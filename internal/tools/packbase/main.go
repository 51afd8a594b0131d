// Command packbase turns a finished run of train/base/recipe.yaml into the files that the binary embeds: weights in bf16, configuration, tokenizer and the card.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"winnow/filters"
	"winnow/internal/atomicfile"
	"winnow/pipeline"
	"winnow/train/weights"
)

func main() {
	runDir := flag.String("run", "runs/base", "run folder")
	out := flag.String("out", "train/base/model", "folder to write")
	note := flag.String("note", "", "remark for the card")
	flag.Parse()
	if err := pack(*runDir, *out, *note); err != nil {
		fmt.Fprintln(os.Stderr, "packbase:", err)
		os.Exit(1)
	}
}

// manifest is what the card needs of a run's files.
type manifest struct {
	Version string
	Machine struct {
		OS, Arch string
		Cores    int
	}
	Sources  []struct{ Name, License string }
	Training struct {
		Steps, Tokens, Parameters int64
		Seconds                   float64
		First_Loss                float64 `json:"first_loss"`
		Last_Loss                 float64 `json:"last_loss"`
	}
}

type results struct {
	Figures []struct {
		Name             string
		Value, Low, High float64
		N                int
	}
}

func pack(runDir, out, note string) error {
	m, err := weights.Load(filepath.Join(runDir, "model", "merged"))
	if err != nil {
		return err
	}
	if err := weights.Save(out, m, weights.SaveOptions{DType: weights.BF16, Tokenizer: filepath.Join(runDir, "model", "merged")}); err != nil {
		return err
	}
	if err := seen(runDir, filepath.Join(out, "seen-documents.txt")); err != nil {
		return err
	}
	var man manifest
	var res results
	if err := errors.Join(atomicfile.ReadJSON(filepath.Join(runDir, "manifest.json"), &man), atomicfile.ReadJSON(filepath.Join(runDir, "results.json"), &res)); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(out, "README.md"), []byte(card(man, res, note)))
}

// seen lists the statutes and the paragraphs of Wikipedia in the run's data set, so that examples can measure on what the model has not read.
func seen(runDir, path string) error {
	names := map[string]bool{}
	for row, err := range pipeline.Rows(context.Background(), ".", filepath.Join(runDir, "data", "*.parquet")) {
		if err != nil {
			return err
		}
		switch row.Source {
		case "wikipedia":
			names[row.ID] = true
		case "statutes":
			id := filters.DocumentID(row.ID)
			if i := strings.Index(id, "statutes-zh.tar.zst"); i >= 0 {
				id = id[i:]
			}
			names[id] = true
		}
	}
	return atomicfile.Write(path, []byte(strings.Join(slices.Sorted(maps.Keys(names)), "\n")+"\n"))
}

func card(m manifest, r results, note string) string {
	var b strings.Builder
	b.WriteString(`---
license: apache-2.0
language: [en, zh]
pipeline_tag: text-generation
---

# winnow base

A small bilingual (English, Chinese) language model of llama shape with a byte-level BPE tokenizer of its own. It is the default model of ` + "`winnow`" + `: small enough to tune in
minutes on two cores, so that a recipe can be tried whole before a larger model is taken. It writes plausible phrases, not true ones.

`)
	fmt.Fprintf(&b, "Trained from scratch by winnow %s on %d cores (%s/%s): %d parameters, %d steps, %d tokens, %.0f minutes, loss %.3f → %.3f nats a token. %s\n\n", m.Version, m.Machine.Cores, m.Machine.OS, m.Machine.Arch, m.Training.Parameters, m.Training.Steps, m.Training.Tokens, m.Training.Seconds/60, m.Training.First_Loss, m.Training.Last_Loss, note)
	b.WriteString("## Training data\n\n| source | licence |\n|---|---|\n")
	for _, s := range m.Sources {
		fmt.Fprintf(&b, "| %s | %s |\n", s.Name, s.License)
	}
	b.WriteString(`
Thirteen books of Project Gutenberg, speeches of US presidents to Congress, 95 % of the articles of a part of the Chinese Wikipedia (CMRC 2018, DRCD), classical Chinese poems, one half of a
collection of Chinese statutes, one half of the English–Chinese sentence pairs of Tatoeba. No medical, harm or bias sets, no inaugural speeches, and not the other halves, so that
adaptation and forgetting can be measured on them; seen-documents.txt lists the statutes and paragraphs that were read. Weights only, no text of the sources, are kept here.
The recipe is ` + "`train/base/recipe.yaml`; `make base`" + ` trains the model again.

## Held-out text (rows never trained on)

| figure | value | 95 % interval | rows |
|---|--:|---|--:|
`)
	for _, f := range r.Figures {
		fmt.Fprintf(&b, "| %s | %.4f | %.4f – %.4f | %d |\n", f.Name, f.Value, f.Low, f.High, f.N)
	}
	b.WriteString(`
## What it cannot do

It knows little of the world, writes in the voice of its sources (nineteenth-century prose, statutes, classical poems), and carries their views: its books say *he* far more often than
*she*. It has not been tuned to follow instructions or to refuse harmful ones. Do not use it for anything but trying out recipes and tests.
`)
	return b.String()
}
