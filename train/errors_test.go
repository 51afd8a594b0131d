package train

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOptionsAreChecked(t *testing.T) {
	data := countingRows(4, 1)
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Model = nil }, "no model"},
		{func(o *Options) { o.Dir = "" }, "no folder"},
		{func(o *Options) { o.Method = "half" }, `unknown method "half"`},
		{func(o *Options) { o.Method = "last:3" }, "last:1 to last:2"},
		{func(o *Options) { o.Objective = "rlhf" }, `unknown objective "rlhf"`},
		{func(o *Options) { o.Objective = "dpo" }, "trains on pairs"},
		{func(o *Options) { o.Schedule = "step" }, `unknown schedule "step"`},
		{func(o *Options) { o.LearningRate = -1 }, "learning rate"},
		{func(o *Options) { o.Steps = -1 }, "steps"},
		{func(o *Options) { o.Beta2 = 1 }, "beta"},
		{func(o *Options) { o.Warmup = 100 }, "warm-up of 100"},
		{func(o *Options) { o.Balance = []string{"age"} }, `no row has a column "age"; the columns are by, half`},
		{func(o *Options) { o.BalanceMode = "some" }, "balance mode"},
		{func(o *Options) { o.LoRA.Targets = []string{"q"} }, `LoRA target "q"`},
		{func(o *Options) { o.Tokenizer = "/nonexistent" }, "no tokenizer files"},
	} {
		o := Options{Model: tinyModel(t, 1), Dir: t.TempDir(), Steps: 2}
		c.change(&o)
		if _, err := Run(t.Context(), o, data, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, err := RunPreferences(t.Context(), Options{Model: tinyModel(t, 1), Dir: t.TempDir(), Method: "full"}, countingPairs{data}, nil); err == nil || !strings.Contains(err.Error(), "needs a reference") {
		t.Error(err)
	}
	if _, err := Run(t.Context(), Options{Model: tinyModel(t, 1), Dir: t.TempDir()}, sliceSamples{}, nil); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Error(err)
	}
}

// A loss that is not a number stops the run before it reaches the parameters, and the rows of the batch are named.
func TestNaNStopsTheRunAndNamesTheRows(t *testing.T) {
	m := tinyModel(t, 1)
	poison := m.Params()[0].Data[63*32 : 64*32] // the embedding of id 63, which one row alone holds
	rows := sliceSamples{{Tokens: []int32{4, 5, 6}, Rows: []string{"good-1"}}, {Tokens: []int32{4, 63, 6}, Rows: []string{"bad-1"}}}
	for i := range poison {
		poison[i] = float32(math.NaN())
	}
	clean := append([]float32{}, m.Params()[1].Data...)
	_, err := Run(t.Context(), Options{Model: m, Method: "full", Dir: t.TempDir(), Sequential: true, BatchRows: 2, Steps: 3}, rows, nil)
	if err == nil || !strings.Contains(err.Error(), `["good-1" "bad-1"]`) || !strings.Contains(err.Error(), "step 1: loss NaN") || !strings.Contains(err.Error(), "learning rate") {
		t.Fatal(err)
	}
	for i, v := range m.Params()[1].Data {
		if v != clean[i] {
			t.Fatal("the parameters were changed")
		}
	}
}

func TestDivergenceStopsTheRun(t *testing.T) {
	_, err := Run(t.Context(), Options{Model: tinyModel(t, 1), Method: "full", Dir: t.TempDir(), BatchRows: 4, Steps: 60, LearningRate: 3, Clip: NoDecay, Warmup: NoWarmup, Schedule: "constant"}, countingRows(30, 1), nil)
	if err == nil || !strings.Contains(err.Error(), "training diverged") || !strings.Contains(err.Error(), "Lower the learning rate") {
		t.Fatal(err)
	}
}

func TestEarlyStopKeepsTheBest(t *testing.T) {
	dir := t.TempDir()
	m := tinyModel(t, 1)
	o := Options{Model: m, Method: "full", Dir: dir, BatchRows: 4, Steps: 400, LearningRate: 2e-2, EvalEvery: 2, Patience: 3, Schedule: "constant"}
	data, validation := countingRows(6, 1), countingRows(20, 2) // six rows are soon learnt by heart
	res, err := Run(t.Context(), o, data, validation)
	if err != nil {
		t.Fatal(err)
	}
	if res.Stopped == "" || res.Steps == 400 || res.BestStep >= res.Steps {
		t.Fatalf("%+v", res)
	}
	r := run{Options: o, validation: rowSource{validation}, objective: nextToken{}, engine: &native{model: m, objective: nextToken{}}, ctx: t.Context()}
	r.MicroTokens = 2048
	e, err := r.evaluate()
	if err != nil || e.loss != res.EvalAfter {
		t.Fatalf("the model's loss is %v, the best was %v (%v)", e.loss, res.EvalAfter, err)
	}
	o.Model = tinyModel(t, 1)
	again, err := Run(t.Context(), o, data, validation)
	if err != nil || again.Steps != res.Steps || again.Resumed != res.Steps || again.Stopped != res.Stopped {
		t.Fatalf("started again after its end: %+v, %v", again, err)
	}
}

func TestCheckpointsOfAnotherRunAreKeptAside(t *testing.T) {
	dir := t.TempDir()
	var notices []string
	o := Options{Model: tinyModel(t, 1), Dir: dir, BatchRows: 4, Steps: 4, Notice: func(s string) { notices = append(notices, s) }}
	if _, err := Run(t.Context(), o, countingRows(20, 1), nil); err != nil {
		t.Fatal(err)
	}
	o.Model, o.LearningRate = tinyModel(t, 1), 1e-3
	res, err := Run(t.Context(), o, countingRows(20, 1), nil)
	if err != nil || res.Resumed != 0 || res.Steps != 4 {
		t.Fatalf("%+v, %v", res, err)
	}
	if len(notices) != 1 || !strings.Contains(notices[0], "learning rate (0.0002 → 0.001)") {
		t.Errorf("notices: %q", notices)
	}
	if kept, _ := folders(filepath.Join(dir, "checkpoints-before"), stepPrefix); len(kept) != 2 {
		t.Errorf("kept aside: %v", kept)
	}
	if lines := readMetrics(t, dir); len(lines) != 4 {
		t.Errorf("%d lines of metrics", len(lines))
	}
}

// A checkpoint that was damaged is passed over with a notice, and the one before it is taken.
func TestDamagedCheckpointIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	var notices []string
	o := Options{Model: tinyModel(t, 1), Dir: dir, BatchRows: 4, Steps: 6, CheckpointEvery: 2, Notice: func(s string) { notices = append(notices, s) }}
	if _, err := Run(t.Context(), o, countingRows(20, 1), nil); err != nil {
		t.Fatal(err)
	}
	want := remains(t, dir)
	if err := os.Truncate(filepath.Join(dir, "checkpoints", "step-00000006", momentsFile), 100); err != nil {
		t.Fatal(err)
	}
	o.Model = tinyModel(t, 1)
	res, err := Run(t.Context(), o, countingRows(20, 1), nil)
	if err != nil || res.Resumed != 4 || len(notices) != 1 || !strings.Contains(notices[0], "step-00000006") {
		t.Fatalf("%+v, %v, %q", res, err, notices)
	}
	sameRemains(t, want, remains(t, dir))
}

// failing is a data set whose reader fails.
type failing struct {
	sliceSamples
	err error
}

func (f failing) Sample(i int) (Sample, error) {
	if i == 2 {
		return Sample{}, f.err
	}
	return f.sliceSamples[i], nil
}

func TestReadErrorsAreReported(t *testing.T) {
	broken := errors.New("shard cut off")
	if _, err := Run(t.Context(), Options{Model: tinyModel(t, 1), Dir: t.TempDir()}, failing{countingRows(4, 1), broken}, nil); !errors.Is(err, broken) || !strings.Contains(err.Error(), "row 2") {
		t.Fatal(err)
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"step":3,"settings":{"seed":"1"},"tokens":9,"best_step":2,"best_eval":1.5,"metrics_bytes":10}`))
	f.Add([]byte(`{"step":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := parseState(data); err == nil && (s.Step < 0 || s.MetricsBytes < 0 || s.BestStep > s.Step) {
			t.Fatalf("%+v", s)
		}
	})
}
