package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNothingOfTheTest: no occupation that the measure asks for stands in the text, so what the model says of it must have carried over.
func TestNothingOfTheTest(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, 400, 7); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join("..", "..", "..", "eval", "lists", "occupations.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"en.jsonl", "zh.jsonl", "pairs.csv", "task.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) < 1000 {
			t.Errorf("%s holds %d bytes", name, len(text))
		}
		words := strings.FieldsFunc(strings.ToLower(string(text)), func(r rune) bool { return !('a' <= r && r <= 'z') })
		slices.Sort(words)
		for _, o := range asked[1:] {
			_, found := slices.BinarySearch(words, o[1])
			if found || o[0] == "zh" && strings.Contains(string(text), o[1]) {
				t.Errorf("%s says %q, which the measure asks for", name, o[1])
			}
		}
	}
}
