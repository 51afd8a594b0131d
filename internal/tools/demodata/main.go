// Command demodata makes the demo's data set: questions and answers about house plants in English and Chinese, with planted defects of known kinds. The same seed gives
// the same bytes. text.go holds the sentences, defects.go the defects.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// row is one line of the data set.
type row struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Topic    string `json:"topic"`
	Planted  string `json:"planted,omitempty"` // kind of defect, empty for a clean row
}

func main() {
	out := flag.String("out", "examples/demo/data", "folder to write")
	seed := flag.Uint64("seed", 7, "seed")
	clean := flag.Int("clean", 800, "clean rows a language")
	flag.Parse()
	if err := write(*out, *seed, *clean); err != nil {
		fmt.Fprintln(os.Stderr, "demodata:", err)
		os.Exit(1)
	}
}

func write(dir string, seed uint64, clean int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var test []row
	counts := map[string]int{}
	for _, l := range []*language{english, chinese} {
		g := &generator{language: l, rng: rand.New(rand.NewPCG(seed, uint64(len(l.code)+int(l.code[0]))))}
		rows, held := g.make(clean)
		test = append(test, held...)
		for _, r := range rows {
			if r.Planted != "" {
				counts[r.Planted]++
			}
		}
		if err := writeRows(filepath.Join(dir, l.code+".jsonl"), rows); err != nil {
			return err
		}
	}
	if err := writeRows(filepath.Join(dir, "test.jsonl"), test); err != nil {
		return err
	}
	data, err := json.MarshalIndent(counts, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "planted.json"), append(data, '\n'), 0o644)
}

func writeRows(path string, rows []row) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	enc.SetEscapeHTML(false)
	for _, r := range rows {
		if err := enc.Encode(r); err != nil {
			_ = f.Close()
			return err
		}
	}
	return f.Close()
}
