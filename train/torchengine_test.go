package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"winnow/train/nn"
	"winnow/train/torch"
	"winnow/train/weights"
)

// pytorch finds an interpreter with what the torch engine needs, or skips: $WINNOW_PYTHON, else .venv at the repository's root. Each start of
// it takes seconds, so tests that use it are left out by -short.
func pytorch(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: starting PyTorch takes long")
	}
	python, err := torch.Find(os.Getenv("WINNOW_PYTHON"), "..")
	if err == nil {
		_, err = torch.Check(t.Context(), torch.Options{Python: python})
	}
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	return python
}

// packedRows are countingRows of three documents, which only a mask and restarted positions keep apart, with weights.
func packedRows(n int) sliceSamples {
	rows := countingRows(3*n, 4)
	var out sliceSamples
	for i := range n {
		s := Sample{Weight: 0.5 + float32(i%3)/2, Rows: []string{"row"}}
		for _, r := range rows[3*i : 3*i+3] {
			s.Starts = append(s.Starts, int32(len(s.Tokens)))
			s.Tokens, s.Labels = append(s.Tokens, r.Tokens...), append(s.Labels, r.Labels...)
		}
		out = append(out, s)
	}
	return out
}

// Both engines start alike, see the same batches and take the same steps: their losses stay together, and so do what they leave.
func TestTorchEngineTrainsAsOurs(t *testing.T) {
	python := pytorch(t)
	for _, c := range []struct {
		name  string
		arch  string
		steps int
		set   func(*Options)
	}{
		{"full", "llama", 100, func(o *Options) { o.Method, o.Objective = "full", "pretrain" }},
		{"lora", "qwen2", 100, func(o *Options) {
			o.Method, o.LoRA, o.LearningRate = "lora", nn.LoRAConfig{Rank: 4, RSLoRA: true}, 6e-3
		}},
		{"window", "mistral", 20, func(o *Options) { o.Method, o.Objective = "last:1", "classify" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			base := filepath.Join(root, "base")
			build := func() *nn.Model {
				m := tinyModel(t, 6)
				config := m.Config()
				config.Architecture = c.arch
				if c.arch == "mistral" {
					config.SlidingWindow = 5
				}
				m, err := nn.New(config)
				if err != nil {
					t.Fatal(err)
				}
				m.Init(6)
				return m
			}
			if err := weights.Save(base, build(), weights.SaveOptions{}); err != nil {
				t.Fatal(err)
			}
			train := func(name string, engine *torch.Options) (Result, []Metrics) {
				o := Options{Model: build(), Steps: c.steps, BatchRows: 6, MicroTokens: 80, LearningRate: 4e-3, EvalEvery: c.steps / 4, Seed: 9, Threads: 1, Dir: filepath.Join(root, name), Torch: engine}
				c.set(&o)
				res, err := Run(t.Context(), o, packedRows(40), packedRows(5))
				if err != nil {
					t.Fatal(err)
				}
				return res, readMetrics(t, o.Dir)
			}
			_, ours := train("ours", nil)
			res, theirs := train("theirs", &torch.Options{Python: python, Model: base})
			if len(ours) != c.steps+1 || len(theirs) != len(ours) {
				t.Fatalf("%d and %d lines of metrics", len(ours), len(theirs))
			}
			near := func(step int, what string, a, b *float64, share float64) {
				if (a == nil) != (b == nil) {
					t.Fatalf("step %d: one engine only has a %s", step, what)
				}
				if a != nil && !(math.Abs(*a-*b) <= share*math.Abs(*a)) {
					t.Errorf("step %d: %s %v and %v", step, what, *a, *b)
				}
			}
			worst := 0.0
			for i := range ours {
				near(i, "loss", ours[i].Loss, theirs[i].Loss, 0.01)
				near(i, "loss on validation data", ours[i].EvalLoss, theirs[i].EvalLoss, 0.01)
				near(i, "accuracy", ours[i].EvalAccuracy, theirs[i].EvalAccuracy, 0)
				near(i, "learning rate", ours[i].LearningRate, theirs[i].LearningRate, 0)
				if ours[i].Loss != nil {
					worst = max(worst, math.Abs(*ours[i].Loss / *theirs[i].Loss - 1))
				}
			}
			t.Logf("largest difference of the losses: %.1e; on validation data %.3f → %.3f by %s", worst, res.EvalBefore, res.EvalAfter, res.Engine)
			if !(res.EvalAfter < res.EvalBefore) {
				t.Errorf("loss on validation data %v → %v: nothing was learnt", res.EvalBefore, res.EvalAfter)
			}
			sameLogits(t, filepath.Join(root, "ours"), filepath.Join(root, "theirs"), base)
		})
	}
}

// sameLogits holds two runs' merged models, and adapter against merged model, side by side.
func sameLogits(t *testing.T, ours, theirs, base string) {
	t.Helper()
	b := join(packedRows(2), true)
	logits := func(dir string) []float32 {
		m, err := weights.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return m.Logits(b)
	}
	compare := func(what string, a, b []float32, limit float64) {
		largest, off := 0.0, 0.0
		for i := range a {
			largest, off = max(largest, math.Abs(float64(a[i]))), max(off, math.Abs(float64(a[i]-b[i])))
		}
		if !(off <= limit*largest) {
			t.Errorf("%s: logits differ by %v of %v", what, off, largest)
		}
	}
	merged := logits(filepath.Join(theirs, "merged"))
	compare("the engines", logits(filepath.Join(ours, "merged")), merged, 0.02)
	adapter := filepath.Join(theirs, "adapter")
	if _, err := os.Stat(adapter); err != nil {
		return
	}
	m, err := weights.Load(base)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := weights.ReadAdapter(adapter, m); err != nil {
		t.Fatal(err)
	}
	compare("adapter and merged model", m.Logits(b), merged, 1e-5)
}

// Pairs, too: the reference is the model without its adapter, or one that is handed over.
func TestTorchEngineTrainsOnPairsAsOurs(t *testing.T) {
	python := pytorch(t)
	for _, c := range []struct {
		name string
		set  func(*Options)
	}{
		{"dpo of an adapter", func(o *Options) { o.Objective, o.Method = "dpo", "lora" }},
		{"dpo against another model", func(o *Options) { o.Objective, o.Method, o.Reference = "dpo", "full", tinyModel(t, 8) }},
		{"orpo", func(o *Options) { o.Objective, o.Method = "orpo", "full" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			train := func(engine *torch.Options) []Metrics {
				o := Options{Model: tinyModel(t, 3), Steps: 8, BatchRows: 4, MicroTokens: 60, LearningRate: 2e-3, EvalEvery: 4, Seed: 2, Threads: 1, Dir: t.TempDir(), Torch: engine}
				c.set(&o)
				if _, err := RunPreferences(t.Context(), o, countingPairs{countingRows(40, 1)}, countingPairs{countingRows(8, 2)}); err != nil {
					t.Fatal(err)
				}
				return readMetrics(t, o.Dir)
			}
			ours, theirs := train(nil), train(&torch.Options{Python: python})
			for i := range ours {
				for _, pair := range [][2]*float64{{ours[i].Loss, theirs[i].Loss}, {ours[i].EvalLoss, theirs[i].EvalLoss}, {ours[i].Won, theirs[i].Won}, {ours[i].EvalWon, theirs[i].EvalWon}} {
					if pair[0] != nil && !(math.Abs(*pair[0]-*pair[1]) <= 1e-4*math.Abs(*pair[0])) {
						t.Errorf("step %d: %v and %v", i, *pair[0], *pair[1])
					}
				}
			}
		})
	}
}

// A run that was stopped goes on from the child's checkpoint with the same bytes, dropout and noise included.
func TestTorchEngineResumes(t *testing.T) {
	python := pytorch(t)
	options := func(dir string) Options {
		return Options{Model: tinyModel(t, 3), Method: "lora", LoRA: nn.LoRAConfig{Rank: 4, Dropout: 0.2}, NEFTune: 5, Memory: nn.MemoryLow, Precision: "bf16", Steps: 12, BatchRows: 6, MicroTokens: 60,
			LearningRate: 3e-3, CheckpointEvery: 3, EvalEvery: 4, Seed: 11, Threads: 1, Dir: dir, Torch: &torch.Options{Python: python}}
	}
	whole, parts := t.TempDir(), t.TempDir()
	if _, err := Run(t.Context(), options(whole), packedRows(20), packedRows(4)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := options(parts)
	o.Progress = func(p Progress) {
		if p.Step == 5 {
			cancel()
		}
	}
	if _, err := Run(ctx, o, packedRows(20), packedRows(4)); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped after step 5 of 12") {
		t.Fatal(err)
	}
	res, err := Run(t.Context(), options(parts), packedRows(20), packedRows(4))
	if err != nil || res.Resumed != 5 || res.Steps != 12 {
		t.Fatalf("%+v, %v", res, err)
	}
	for _, name := range []string{"adapter/adapter_model.safetensors", "merged/model.safetensors", "checkpoints/step-00000012/moments.safetensors"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		b, err2 := os.ReadFile(filepath.Join(parts, name))
		if err != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs after a stop (%v, %v)", name, err, err2)
		}
	}
	if left, err := os.ReadDir(filepath.Join(whole, "torch")); err != nil || len(left) != 2 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// Several processes, with a copy of the model each or with shares of one, take the steps of a single one.
func TestTorchEngineInSeveralProcesses(t *testing.T) {
	python := pytorch(t)
	if runtime.GOOS != "linux" {
		t.Skip("skipped: torchrun on the CPU is tried on Linux only")
	}
	train := func(engine *torch.Options, method string) (Options, []Metrics) {
		o := Options{Model: tinyModel(t, 3), Method: method, Objective: "classify", Steps: 6, BatchRows: 6, MicroTokens: 60, LearningRate: 3e-3, EvalEvery: 3, Seed: 11, Threads: 1, Dir: t.TempDir(), Torch: engine}
		if engine != nil {
			engine.Python = python
		}
		if _, err := Run(t.Context(), o, packedRows(20), packedRows(5)); err != nil {
			t.Fatal(err)
		}
		return o, readMetrics(t, o.Dir)
	}
	for _, c := range []struct {
		method  string
		sharded bool
	}{{"full", false}, {"full", true}, {"lora", true}} {
		one, want := train(nil, c.method)
		several, got := train(&torch.Options{Processes: 2, Sharded: c.sharded}, c.method)
		for i := range want {
			for _, pair := range [][2]*float64{{want[i].Loss, got[i].Loss}, {want[i].GradNorm, got[i].GradNorm}, {want[i].EvalLoss, got[i].EvalLoss}, {want[i].EvalAccuracy, got[i].EvalAccuracy}} {
				if pair[0] != nil && !(math.Abs(*pair[0]-*pair[1]) <= 1e-4*math.Abs(*pair[0])) {
					t.Errorf("%s, sharded %v, step %d: %v alone, %v together", c.method, c.sharded, i, *pair[0], *pair[1])
				}
			}
		}
		for _, name := range []string{paramsFile, momentsFile} {
			a, err := weights.Open(filepath.Join(one.Dir, "checkpoints", "step-00000006", name))
			if err != nil {
				t.Fatal(err)
			}
			b, err := weights.Open(filepath.Join(several.Dir, "checkpoints", "step-00000006", name))
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range a.Tensors() {
				y, ok := b.Tensor(x.Name)
				if !ok || !slices.Equal(x.Shape, y.Shape) {
					t.Errorf("%s, sharded %v: %s has no %s of the same shape", c.method, c.sharded, name, x.Name)
				}
			}
			_, _ = a.Close(), b.Close()
		}
	}
}

// What goes wrong in the child is one error that says what it was.
func TestTorchEngineFailsWithReasons(t *testing.T) {
	python := pytorch(t)
	o := Options{Model: tinyModel(t, 1), Method: "full", Steps: 2, BatchRows: 4, Threads: 1, Dir: t.TempDir(), Torch: &torch.Options{Python: python, Model: filepath.Join(t.TempDir(), "none")}}
	if _, err := Run(t.Context(), o, countingRows(8, 1), nil); err == nil || !strings.Contains(err.Error(), "PyTorch: ") || !strings.Contains(err.Error(), "none") {
		t.Errorf("a model that is not there: %v", err)
	}
	o.Torch, o.LearningRate, o.Steps, o.Clip = &torch.Options{Python: python}, 1e30, 8, NoDecay
	if _, err := Run(t.Context(), o, countingRows(8, 1), nil); err == nil || !strings.Contains(err.Error(), "the first that is not finite") || !strings.Contains(err.Error(), `"row-`) {
		t.Errorf("a rate that explodes: %v", err)
	}
}
