package pack

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// numpy reads an export with the interpreter of WINNOW_PYTHON, else of .venv at the repository's root; without one that has numpy the test is skipped.
func numpy(t *testing.T, form, path string, into any) {
	t.Helper()
	exe := os.Getenv("WINNOW_PYTHON")
	if exe == "" {
		exe, _ = filepath.Abs(filepath.Join("..", "..", ".venv", "bin", "python"))
	}
	if exec.Command(exe, "-c", "import numpy").Run() != nil {
		t.Skipf("skipped: no Python with numpy at %s (set WINNOW_PYTHON)", exe)
	}
	out, err := exec.Command(exe, filepath.Join("testdata", "readtokens.py"), form, path).Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok {
			t.Fatalf("%s: %v\n%s", form, err, e.Stderr)
		}
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}

// TestExportsReadByNumpy: what is written reads back by the layouts that the trainers' own readers follow.
func TestExportsReadByNumpy(t *testing.T) {
	documents := [][]uint32{{1, 2, 3}, {7, 8}, {9, 4}}
	for _, vocabulary := range []int{1000, 1 << 17} {
		dir := t.TempDir()
		s := exportable(t, vocabulary, exported)
		if err := ExportNanotron(s, filepath.Join(dir, "x.ds"), "org/name|v1"); err != nil {
			t.Fatal(err)
		}
		if err := ExportMegatron(s, filepath.Join(dir, "x")); err != nil {
			t.Fatal(err)
		}
		var docs [][2][]uint32
		numpy(t, "nanotron", filepath.Join(dir, "x.ds"), &docs)
		var sequences [][]uint32
		numpy(t, "megatron", filepath.Join(dir, "x"), &sequences)
		if len(docs) != 3 || len(sequences) != 3 {
			t.Fatalf("%d and %d documents, want 3", len(docs), len(sequences))
		}
		for i, want := range documents {
			for k, id := range want {
				loss := uint32(1)
				if k == 0 {
					loss = 0 // nothing before it foretells the first
				}
				if len(docs[i][0]) != len(want) || docs[i][0][k] != id || docs[i][1][k] != loss || len(sequences[i]) != len(want) || sequences[i][k] != id {
					t.Errorf("vocabulary %d, document %d: nanotron %v, Megatron %v, want %v", vocabulary, i, docs[i], sequences[i], want)
				}
			}
		}
	}
}
