package local

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winnow/datasets"
	"winnow/filters"
)

// someNotes are n notes spread over all partitions, some with values beyond a block.
func someNotes(n int) []filters.Note {
	out := make([]filters.Note, n)
	for i := range out {
		out[i] = filters.Note{Key: uint64(i%(n/2+1)) * 0x9E3779B97F4A7C15, Row: datasets.Ref(i), Value: []byte(strings.Repeat("v", i%7))}
		if i == n/2 {
			out[i].Value = make([]byte, blockBytes+5)
		}
	}
	return out
}

func writeNotes(t testing.TB, dir string, budget int64, notes []filters.Note) []string {
	w := noteWriter{prefix: filepath.Join(dir, "00000"), budget: budget}
	for _, n := range notes {
		if err := w.add(n.Key, n.Row, n.Value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	for i := range w.runs {
		w.runs[i] = filepath.Join(dir, w.runs[i])
	}
	return w.runs
}

func readNotes(runs []string, p int) (out []filters.Note, err error) {
	for n, err := range merge(runs, p) {
		if err != nil {
			return out, err
		}
		out = append(out, n)
	}
	return out, nil
}

// TestRunsReadBack: notes come back sorted, as a whole and by partition, from one run and from many.
func TestRunsReadBack(t *testing.T) {
	notes := someNotes(5000)
	want := slices.Clone(notes)
	slices.SortFunc(want, compareNotes)
	equal := func(a, b filters.Note) bool { return compareNotes(a, b) == 0 }
	for _, budget := range []int64{1 << 30, 20000} {
		runs := writeNotes(t, t.TempDir(), budget, notes)
		if (len(runs) > 1) != (budget < 1<<30) {
			t.Errorf("budget %d: %d runs", budget, len(runs))
		}
		got, err := readNotes(runs, -1)
		if err != nil || !slices.EqualFunc(got, want, equal) {
			t.Errorf("budget %d: %d notes, want %d; %v", budget, len(got), len(want), err)
		}
		got = nil
		for p := range partitions {
			part, err := readNotes(runs, p)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, part...)
		}
		if !slices.EqualFunc(got, want, equal) {
			t.Errorf("budget %d: the partitions hold %d notes, want %d", budget, len(got), len(want))
		}
	}
}

// TestFlippedBits: any flipped bit and any cut of a run is an error that names the file; no note is different from what was written.
func TestFlippedBits(t *testing.T) {
	run := writeNotes(t, t.TempDir(), 1<<30, someNotes(40)[:19])[0]
	whole, err := os.ReadFile(run)
	if err != nil {
		t.Fatal(err)
	}
	want, err := readNotes([]string{run}, -1)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, data []byte) {
		if err := os.WriteFile(run, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readNotes([]string{run}, -1)
		if err == nil || !strings.Contains(err.Error(), run) || !strings.Contains(err.Error(), "run again") {
			t.Fatalf("%s: %d notes, error %v", what, len(got), err)
		}
		for i, n := range got {
			if compareNotes(n, want[i]) != 0 {
				t.Fatalf("%s: note %d is another one", what, i)
			}
		}
	}
	for i := range whole {
		bad := slices.Clone(whole)
		bad[i] ^= 1 << (i % 8)
		try(fmt.Sprintf("byte %d flipped", i), bad)
		try(fmt.Sprintf("cut at %d", i), whole[:i])
	}
}

func FuzzRun(f *testing.F) {
	dir := f.TempDir()
	run := writeNotes(f, dir, 1<<30, someNotes(10))[0]
	whole, err := os.ReadFile(run)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:100])
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.run")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for p := -1; p < partitions; p++ {
			_, _ = readNotes([]string{path}, p)
		}
	})
}
