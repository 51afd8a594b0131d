package filters_test

import (
	"os"
	"path/filepath"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
)

func TestIDs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen.txt")
	if err := os.WriteFile(path, []byte("a.tar/one.md\n\n  b#7  \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ids, err := filters.ReadIDs(&filtertest.Env{}, path)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"a.tar/one.md": true, "a.tar/one.md#3": true, "a.tar/one.md#3#cf": true, "b#7": true, "b#8": false, "b": false, "": false} {
		row := filtertest.Row("text", nil)
		row.ID = id
		if ids.Has(row) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
	if filters.IDs(nil).Has(filtertest.Row("text", nil)) {
		t.Error("no list names no row")
	}
	if _, err := filters.ReadIDs(&filtertest.Env{}, path+".none"); err == nil {
		t.Error("a missing list must be an error")
	}
}
