package main

import (
	"fmt"
	"os"
	"path/filepath"

	"winnow/internal/atomicfile"
	"winnow/tokenize/pack"
)

// tokenForms are the forms in which token shards go to trainers of other projects.
var tokenForms = []string{"nanotron", "megatron"}

// exportTokens writes the token shards of a run, each split apart, for nanotron (SPLIT.ds with .index, .loss, .metadata) or Megatron-LM (SPLIT.bin and SPLIT.idx).
// The tokenizer goes along. It returns what it wrote.
func exportTokens(run, to, out string) ([]string, error) {
	tokenizer := filepath.Join(run, "tokens", "tokenizer.json")
	var wrote []string
	for _, split := range []string{"train", "validation"} {
		dir := filepath.Join(run, "tokens", split)
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			continue
		}
		shards, err := pack.Open(dir)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(out, split)
		if to == "nanotron" {
			err = pack.ExportNanotron(shards, path+".ds", "tokenizer.json")
			wrote = append(wrote, path+".ds")
		} else {
			err = pack.ExportMegatron(shards, path)
			wrote = append(wrote, path+".bin", path+".idx")
		}
		if cerr := shards.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
	if len(wrote) == 0 {
		return nil, fmt.Errorf("%s holds no token shards: add a section tokenize to the recipe and run it", run)
	}
	copied := filepath.Join(out, "tokenizer.json")
	return append(wrote, copied), copyFile(tokenizer, copied)
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return atomicfile.Write(to, data)
}
