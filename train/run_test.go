package train

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"winnow/train/kernel"
	"winnow/train/nn"
)

// tinyModel has two layers and a vocabulary of 64.
func tinyModel(t testing.TB, seed uint64) *nn.Model {
	t.Helper()
	m, err := nn.New(nn.Config{
		Architecture: "llama", VocabSize: 64, HiddenSize: 32, IntermediateSize: 48, Layers: 2, Heads: 4, KVHeads: 2, MaxPositions: 32,
		RMSNormEps: 1e-5, RopeTheta: 10000, TieEmbeddings: true, BOS: []int{1}, EOS: []int{2},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(seed)
	return m
}

// counting rows: sequences that step through the vocabulary, so that there is something to learn. Every third row is two packed documents.
func countingRows(n int, seed uint64) sliceSamples {
	var rows sliceSamples
	for i := range n {
		length := 8 + int(hash(seed, "length", i)%9)
		at, by := int(hash(seed, "start", i)%61), 1+int(hash(seed, "stride", i)%3)
		s := Sample{Rows: []string{fmt.Sprintf("row-%d", i)}, Groups: map[string]string{"by": fmt.Sprint(by), "half": fmt.Sprint(i % 2)}}
		for j := range length {
			s.Tokens = append(s.Tokens, int32(3+(at+j*by)%61))
			s.Labels = append(s.Labels, j > 1)
		}
		if i%3 == 0 {
			s.Starts = []int32{0, int32(length / 2)}
		}
		rows = append(rows, s)
	}
	return rows
}

func TestTrainingLearnsAndLogs(t *testing.T) {
	for _, method := range []string{"full", "lora", "embeddings", "last:1"} {
		t.Run(method, func(t *testing.T) {
			dir := t.TempDir()
			var steps []Progress
			res, err := Run(t.Context(), Options{
				Model: tinyModel(t, 1), Method: method, Steps: 40, BatchRows: 8, LearningRate: 5e-3, Warmup: 4, EvalEvery: 10, Dir: filepath.Join(dir, "model"), Logs: dir,
				Balance: []string{"by"}, Seed: 5, Progress: func(p Progress) { steps = append(steps, p) },
			}, countingRows(60, 1), countingRows(12, 2))
			if err != nil {
				t.Fatal(err)
			}
			if res.Steps != 40 || len(steps) != 40 || !(res.EvalAfter < res.EvalBefore-0.05) {
				t.Fatalf("%+v", res)
			}
			lines := readMetrics(t, dir)
			if len(lines) != 41 || lines[0].EvalLoss == nil || lines[10].EvalLoss == nil || lines[5].EvalLoss != nil {
				t.Fatalf("%d lines of metrics: %+v", len(lines), lines[0])
			}
			windows := 0
			for _, l := range lines {
				if l.Groups == nil {
					continue
				}
				windows++
				for value, share := range l.Groups["by"] { // three groups, windows of three steps: exact
					if l.Window == 3 && math.Abs(share-1.0/3) > 1e-9 {
						t.Errorf("step %d: group %s has a share of %v", l.Step, value, share)
					}
				}
			}
			if windows != 14 {
				t.Errorf("%d windows", windows)
			}
			if kept, _ := folders(filepath.Join(dir, "model", "checkpoints"), stepPrefix); !slices.Equal(kept, []string{"step-00000036", "step-00000040"}) {
				t.Errorf("checkpoints kept: %v", kept)
			}
			if _, err := os.Stat(filepath.Join(res.Merged, "config.json")); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "model", "adapter", "adapter_config.json")); (err == nil) != (method == "lora") {
				t.Errorf("adapter folder: %v", err)
			}
		})
	}
}

func readMetrics(t testing.TB, dir string) []Metrics {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []Metrics
	for s := bufio.NewScanner(f); s.Scan(); {
		var m Metrics
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// resumable are the options of the runs that are stopped and killed below.
func resumable(t testing.TB, method, dir string) Options {
	return Options{
		Model: tinyModel(t, 3), Method: method, LoRA: nn.LoRAConfig{Rank: 4, Dropout: 0.1}, Steps: 24, BatchRows: 6, MicroTokens: 40, LearningRate: 3e-3, CheckpointEvery: 5, EvalEvery: 4,
		Balance: []string{"half"}, BalanceWindow: 3, Dir: dir, Seed: 11,
	}
}

// remains reads everything that a run leaves, metrics without times and memory.
func remains(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		data, err := os.ReadFile(path)
		switch filepath.Base(path) {
		case EventsFile, stateFile: // times
		case MetricsFile:
			for _, m := range readMetrics(t, dir) {
				m.TokensPerSec, m.Memory = 0, 0
				line, err := json.Marshal(m)
				if err != nil {
					return err
				}
				out[name] += string(line) + "\n"
			}
		default:
			out[name] = string(data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sameRemains(t testing.TB, want, got map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs from the uninterrupted run's", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s was left behind", name)
		}
	}
}

// A run that is cancelled at any steps, any number of times, and started again leaves the same bytes, with another number of threads too.
func TestCancelledRunsResumeBitExact(t *testing.T) {
	data, validation := countingRows(40, 1), countingRows(8, 2)
	defer kernel.SetThreads(kernel.Threads())
	for _, method := range []string{"full", "lora"} {
		whole := t.TempDir()
		if _, err := Run(t.Context(), resumable(t, method, whole), data, validation); err != nil {
			t.Fatal(err)
		}
		want := remains(t, whole)
		for try := range uint64(8) {
			dir := t.TempDir()
			var stops []int
			for i := range int(hash(try, "stops") % 4) {
				stops = append(stops, 1+int(hash(try, method, i)%23))
			}
			slices.Sort(stops)
			for i, stop := range append(slices.Compact(stops), 0) {
				ctx, cancel := context.WithCancel(t.Context())
				o := resumable(t, method, dir)
				o.Threads = 1 + int(hash(try, "threads", i)%3)
				o.Progress = func(p Progress) {
					if p.Step == stop {
						cancel()
					}
				}
				_, err := Run(ctx, o, data, validation)
				cancel()
				if stop > 0 && !errors.Is(err, context.Canceled) || stop == 0 && err != nil {
					t.Fatalf("stop at %d: %v", stop, err)
				}
			}
			got := remains(t, dir)
			for name := range want {
				if strings.Contains(name, "step-") && got[name] == "" {
					continue // which checkpoints are left depends on where it was stopped
				}
				if got[name] != want[name] {
					t.Fatalf("%s (%s) stopped at %v: differs from the uninterrupted run's", name, method, stops)
				}
			}
		}
	}
}

const killedDir = "WINNOW_TEST_KILLED_RUN"

// A run that is killed outright, wherever it happens to be, goes on from its last checkpoint and leaves the same bytes.
func TestKilledRunsResumeBitExact(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: there is no SIGKILL on Windows")
	}
	data, validation := countingRows(40, 1), countingRows(8, 2)
	if dir := os.Getenv(killedDir); dir != "" { // the child
		o := resumable(t, "full", dir)
		o.CheckpointEvery = 1
		o.Progress = func(Progress) { time.Sleep(3 * time.Millisecond) }
		if _, err := Run(t.Context(), o, data, validation); err != nil {
			t.Fatal(err)
		}
		return
	}
	o := resumable(t, "full", t.TempDir())
	o.CheckpointEvery = 1
	if _, err := Run(t.Context(), o, data, validation); err != nil {
		t.Fatal(err)
	}
	want, dir, kills := remains(t, o.Dir), t.TempDir(), 0
	patience, at := 40.0, "" // ms; grows while kills come before the first step, on a busy machine
	for try := range 60 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledRunsResumeBitExact$")
		cmd.Env = append(os.Environ(), killedDir+"="+dir)
		done := make(chan error, 1)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("the child failed: %v", err)
			}
			sameRemains(t, want, remains(t, dir))
			if kills >= 5 {
				t.Logf("killed %d times", kills)
				return
			}
			dir, at = t.TempDir(), "" // once more from the start
		case <-time.After(time.Duration(patience*(1+2*unit(hash(uint64(try), "kill")))) * time.Millisecond):
			_ = cmd.Process.Kill() // it may have ended by itself
			if <-done != nil {
				kills++
			}
			if all, _ := folders(filepath.Join(dir, "checkpoints"), stepPrefix); len(all) > 0 && all[len(all)-1] != at {
				at = all[len(all)-1]
			} else {
				patience *= 1.3
			}
		}
	}
	t.Fatalf("after 60 tries the run was killed %d times; five kills and an end were asked for", kills)
}

// Gradients added up over parts equal those of the whole step, however it is cut.
func TestAccumulationEqualsTheLargeBatch(t *testing.T) {
	data := countingRows(12, 7)
	for i := range data {
		data[i].Weight = 0.5 + float32(i%4)/2
	}
	for _, objective := range []string{"pretrain", "sft", "dpo", "orpo"} {
		t.Run(objective, func(t *testing.T) {
			m := tinyModel(t, 2)
			reference := tinyModel(t, 9)
			var items []item
			for i := 0; i < len(data); i += 2 {
				it := item{row: data[i]}
				if objective == "dpo" || objective == "orpo" {
					it.rejected = &data[i+1]
				}
				items = append(items, it)
			}
			o := newObjective(Options{Objective: objective, Beta: 0.1, Reference: reference})
			gradients := func(limit int) (float64, [][]float32) {
				m.ZeroGrad()
				var sum outcome
				for _, part := range parts(items, limit) {
					sum.add(o.lossGrad(m, part, o.norm(items)))
				}
				var out [][]float32
				for _, p := range m.Params() {
					out = append(out, slices.Clone(p.Grad))
				}
				return sum.sum / o.norm(items), out
			}
			wantLoss, want := gradients(1 << 30)
			for _, limit := range []int{1, 25, 60} {
				loss, got := gradients(limit)
				if math.Abs(loss-wantLoss) > 1e-6*wantLoss {
					t.Errorf("parts of %d tokens: loss %v, want %v", limit, loss, wantLoss)
				}
				for i, p := range m.Params() {
					largest := 0.0
					for _, w := range want[i] {
						largest = max(largest, math.Abs(float64(w)))
					}
					for j, w := range want[i] {
						if d := math.Abs(float64(got[i][j] - w)); d > 1e-6*largest {
							t.Fatalf("parts of %d tokens: gradient of %s[%d] is %v, want %v", limit, p.Name, j, got[i][j], w)
						}
					}
				}
			}
		})
	}
}
