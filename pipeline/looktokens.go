package pipeline

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"winnow/tokenize"
	"winnow/tokenize/pack"
)

// LookTokens shows packed samples of a run token by token: the first limit ones, or random ones drawn by seed.
func LookTokens(dir, split string, random, limit int, seed uint64, color bool, show func(string)) error {
	if split == "" {
		split = "train"
	}
	shards, err := pack.Open(filepath.Join(dir, "tokens", split))
	if err != nil {
		return fmt.Errorf("%w; --tokens needs a run that got as far as tokenize", err)
	}
	t, err := tokenize.Load(filepath.Join(dir, "tokens", "tokenizer.json"))
	if err != nil {
		return err
	}
	rows := make([]int, shards.Len())
	for i := range rows {
		rows[i] = i
	}
	if random > 0 {
		hash := func(i int) uint64 { return mixHash(seed + uint64(i)*0x9E3779B97F4A7C15) }
		sort.Slice(rows, func(a, b int) bool { return hash(rows[a]) < hash(rows[b]) })
		limit = random
	}
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	for _, i := range rows {
		row, err := shards.Row(i)
		if err != nil {
			return err
		}
		var b strings.Builder
		fmt.Fprintf(&b, "row %d of %d: %d of %d tokens\n", i, shards.Len(), len(row.Tokens), shards.Index.Length)
		if err := pack.Look(&b, t, row, pack.LookOptions{Color: color}); err != nil {
			return err
		}
		show(b.String() + "\n")
	}
	return nil
}
