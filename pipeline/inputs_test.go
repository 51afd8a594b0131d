package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"winnow/pipeline/recipe"
)

// TestInputsAreRemembered: what a measure has read and what a model folder holds count, whatever the names.
func TestInputsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("list.txt", "one\n")
	write("rows.jsonl", "{\"text\":\"one\"}\n")
	e := newEnvironment(&recipe.Recipe{Dir: dir})
	if _, err := e.ReadFile("list.txt"); err != nil {
		t.Fatal(err)
	}
	for _, err := range e.Rows(t.Context(), "rows.jsonl") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(e.read) != 2 || !unchanged(e.read) {
		t.Fatalf("just read: %v", e.read)
	}
	for _, name := range []string{"list.txt", "rows.jsonl"} {
		old, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, "two\n")
		if unchanged(e.read) {
			t.Errorf("%s has changed", name)
		}
		write(name, string(old))
		if !unchanged(e.read) {
			t.Errorf("%s is as it was", name)
		}
	}

	write("config.json", "{}")
	write("model.safetensors", "a")
	first, err := modelDigest(dir)
	if err != nil {
		t.Fatal(err)
	}
	write("README.md", "of no weight")
	if again, err := modelDigest(dir); err != nil || again != first {
		t.Errorf("a note beside the model changed its digest (%v)", err)
	}
	write("model.safetensors", "b")
	if again, err := modelDigest(dir); err != nil || again == first {
		t.Errorf("other weights have the same digest (%v)", err)
	}
}
