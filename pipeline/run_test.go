package pipeline_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "winnow/filters/all"
	"winnow/pipeline"
	"winnow/pipeline/local"
	"winnow/pipeline/recipe"
)

const testRecipe = `
name: test
seed: 3
sources:
  a: {path: "a/*.jsonl"}
  b: {path: b.csv, map: {text: body}}
steps:
  - quality: {min_words: 5}
  - pii: {action: redact}
  - dedup
  - sample: {share: 0.9}
  - dedup: {method: exact, as: again}
  - split: {validation: 0.1}
max_bad_rows: 20
`

// writeInputs makes a few hundred rows in several files, with copies, addresses, short rows and broken lines among them.
func writeInputs(t testing.TB, dir string) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the water of a river runs down from hills to fields and towns where people have built mills bridges with stone wood iron over many years in that country")
	text := func() string {
		n := 5 + r.IntN(60)
		if r.IntN(10) == 0 {
			n = 2
		}
		var w []string
		for range n {
			w = append(w, words[r.IntN(len(words))])
		}
		s := strings.Join(w, " ") + "."
		if r.IntN(8) == 0 {
			s += fmt.Sprintf(" Write to anna%d@example.org.", r.IntN(50))
		}
		return s
	}
	var old []string
	next := func() string {
		if len(old) > 10 && r.IntN(6) == 0 {
			return old[r.IntN(len(old))]
		}
		s := text()
		old = append(old, s)
		return s
	}
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	for f := range 4 {
		var b strings.Builder
		for i := range 60 + 20*f {
			if i == 17 {
				b.WriteString("{\"text\": \"cut in half\n")
			}
			fmt.Fprintf(&b, "{\"text\": %q, \"n\": %d}\n", next(), i)
		}
		write(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jsonl", f)), b.String())
	}
	var b strings.Builder
	b.WriteString("body,kind\n")
	for i := range 150 {
		fmt.Fprintf(&b, "\"%s\",k%d\n", next(), i%3)
	}
	write(t, filepath.Join(dir, "b.csv"), b.String())
	path := filepath.Join(dir, "recipe.yaml")
	write(t, path, testRecipe)
	return path
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runOnce runs the recipe into a fresh run folder.
func runOnce(ctx context.Context, path, dir string, workers, batchRows int, sets ...string) (*pipeline.Manifest, error) {
	r, err := recipe.Load(path, sets)
	if err != nil {
		return nil, err
	}
	p, err := pipeline.NewPlan(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	return pipeline.Run(ctx, p, pipeline.Options{Dir: dir, Runner: local.Runner{Workers: workers, Budget: 2 << 20}, BatchRows: batchRows})
}

// digest hashes the data set and the dropped rows of a run folder.
func digest(t testing.TB, dir string) string {
	t.Helper()
	h := sha256.New()
	n := 0
	for _, part := range []string{"data", "dropped", "quarantine.jsonl"} {
		err := filepath.WalkDir(filepath.Join(dir, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			rel, _ := filepath.Rel(dir, path)
			fmt.Fprintf(h, "%s %d\n", rel, len(data))
			h.Write(data)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 5 {
		t.Fatalf("only %d files in %s", n, dir)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestSameBytes: any number of workers and any size of batches give the same bytes.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	path := writeInputs(t, dir)
	want := ""
	for i, c := range []struct{ workers, rows int }{{1, 0}, {2, 1}, {5, 100}, {1, 10000}, {2, 7}} {
		run := filepath.Join(dir, fmt.Sprint("run", i))
		m, err := runOnce(t.Context(), path, run, c.workers, c.rows)
		if err != nil {
			t.Fatal(err)
		}
		if m.Data.Rows["train"] == 0 || m.Data.Rows["validation"] == 0 {
			t.Fatalf("rows by split: %v", m.Data.Rows)
		}
		got := digest(t, run)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d workers and batches of %d rows give other bytes", c.workers, c.rows)
		}
	}
}

// TestLedger: the accounts name every reason, and what went in is what came out.
func TestLedger(t *testing.T) {
	dir := t.TempDir()
	path := writeInputs(t, dir)
	m, err := runOnce(t.Context(), path, filepath.Join(dir, "run"), 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Ledger.Check(); err != nil {
		t.Error(err)
	}
	var bad, rows int64
	for _, s := range m.Ledger.Sources {
		bad += s.Bad
		rows += s.Rows
	}
	if bad != 4 || rows != 510 {
		t.Errorf("%d rows and %d bad ones were read, want 510 and 4", rows, bad)
	}
	steps := map[string]*pipeline.StepAccount{}
	for i := range m.Ledger.Steps {
		steps[m.Ledger.Steps[i].Label] = &m.Ledger.Steps[i]
	}
	if steps["dedup"].Dropped["exact copy"] == 0 || steps["pii"].Edited == 0 || steps["quality"].DroppedTotal() == 0 {
		t.Errorf("the planted defects were not found: %+v", steps)
	}
	if steps["again"].DroppedTotal() != 0 {
		t.Errorf("copies were left over: %v", steps["again"].Dropped)
	}
}

// TestResumeSkipsWhatIsDone: a second run does nothing anew, a changed step runs itself and what follows.
func TestResumeSkipsWhatIsDone(t *testing.T) {
	dir := t.TempDir()
	path := writeInputs(t, dir)
	run := filepath.Join(dir, "run")
	if _, err := runOnce(t.Context(), path, run, 2, 0); err != nil {
		t.Fatal(err)
	}
	before := digest(t, run)
	times := stageTimes(t, run)
	if _, err := runOnce(t.Context(), path, run, 2, 0); err != nil {
		t.Fatal(err)
	}
	if digest(t, run) != before {
		t.Error("the second run changed bytes")
	}
	for name, when := range stageTimes(t, run) {
		if !when.Equal(times[name]) {
			t.Errorf("%s was made again", name)
		}
	}
	if _, err := runOnce(t.Context(), path, run, 2, 0, "steps.split.validation=0.2"); err != nil {
		t.Fatal(err)
	}
	after := stageTimes(t, run)
	kept, changed := 0, 0
	for name, when := range after {
		if when.Equal(times[name]) {
			kept++
		} else {
			changed++
		}
	}
	if kept == 0 || changed == 0 || digest(t, run) == before {
		t.Errorf("%d files kept and %d made anew after a change of the last step", kept, changed)
	}
}

func stageTimes(t *testing.T, run string) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	paths, err := filepath.Glob(filepath.Join(run, "work", "*", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no accounts in %s (%v)", run, err)
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = info.ModTime()
	}
	return out
}

// TestCancel: a cancelled run ends with the context's error and goes on to the same bytes.
func TestCancel(t *testing.T) {
	dir := t.TempDir()
	path := writeInputs(t, dir)
	clean := filepath.Join(dir, "clean")
	if _, err := runOnce(t.Context(), path, clean, 2, 0); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	for i := range 6 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*i)*3*time.Millisecond)
		_, err := runOnce(ctx, path, run, 2, 0)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if _, err := runOnce(t.Context(), path, run, 2, 0); err != nil {
		t.Fatal(err)
	}
	if digest(t, run) != digest(t, clean) {
		t.Error("a run that was stopped and started again gives other bytes")
	}
}

// TestKilledAnywhere: SIGKILL at random moments, started again each time, ends with the bytes of an undisturbed run.
func TestKilledAnywhere(t *testing.T) {
	if path := os.Getenv("WINNOW_TEST_RUN"); path != "" {
		if _, err := runOnce(t.Context(), path, os.Getenv("WINNOW_TEST_DIR"), 2, 0); err != nil {
			t.Fatal(err)
		}
		return
	}
	if testing.Short() {
		t.Skip("skipped: starts and kills ten processes")
	}
	dir := t.TempDir()
	path := writeInputs(t, dir)
	clean := filepath.Join(dir, "clean")
	begin := time.Now()
	if _, err := runOnce(t.Context(), path, clean, 2, 0); err != nil {
		t.Fatal(err)
	}
	full := time.Since(begin) + 200*time.Millisecond
	run := filepath.Join(dir, "run")
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledAnywhere$")
		cmd.Env = append(os.Environ(), "WINNOW_TEST_RUN="+path, "WINNOW_TEST_DIR="+run)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	for range 10 {
		cmd := start()
		time.Sleep(time.Duration(r.Int64N(int64(full))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if err := start().Wait(); err != nil {
		t.Fatal(err)
	}
	if digest(t, run) != digest(t, clean) {
		t.Error("a run that was killed ten times gives other bytes")
	}
}

// TestNothingLeft: a recipe that drops every row says which step did.
func TestNothingLeft(t *testing.T) {
	dir := t.TempDir()
	path := writeInputs(t, dir)
	_, err := runOnce(t.Context(), path, filepath.Join(dir, "run"), 2, 0, "steps.quality.min_words=100000")
	if err == nil || !strings.Contains(err.Error(), "quality dropped") {
		t.Errorf("got %v", err)
	}
}

// TestTooManyBadRows: more unreadable rows than allowed stop the run with the first of them.
func TestTooManyBadRows(t *testing.T) {
	dir := t.TempDir()
	path := writeInputs(t, dir)
	_, err := runOnce(t.Context(), path, filepath.Join(dir, "run"), 2, 0, "max_bad_rows=2")
	if err == nil || !strings.Contains(err.Error(), "4 of 514 rows cannot be read") || !strings.Contains(err.Error(), ".jsonl") {
		t.Errorf("got %v", err)
	}
}

// TestUnwritableFolder: a folder without permission is said plainly.
func TestUnwritableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("skipped: root may write everywhere")
	}
	dir := t.TempDir()
	path := writeInputs(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o555); err != nil {
		t.Fatal(err)
	}
	_, err := runOnce(t.Context(), path, filepath.Join(dir, "run"), 2, 0)
	if err == nil || !strings.Contains(err.Error(), "permissions") {
		t.Errorf("got %v", err)
	}
}
