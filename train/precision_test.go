package train

import (
	"maps"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// Recomputing activations changes no byte of a run, in either precision, with dropout and noise.
func TestLowMemoryLeavesTheSameBytes(t *testing.T) {
	data, validation := countingRows(40, 1), countingRows(8, 2)
	for _, precision := range []string{"fp32", "bf16"} {
		for _, method := range []string{"full", "lora", "last:1"} {
			var want map[string]string
			for _, memory := range []string{"full", "low"} {
				o := resumable(t, method, t.TempDir())
				o.Precision, o.Memory, o.NEFTune = precision, memory, 5
				if _, err := Run(t.Context(), o, data, validation); err != nil {
					t.Fatal(err)
				}
				if got := remains(t, o.Dir); want == nil {
					want = got
				} else {
					sameRemains(t, want, got)
				}
			}
		}
	}
}

// lossCurve trains on counting rows and returns the loss of every step.
func lossCurve(t *testing.T, change func(*Options)) []float64 {
	t.Helper()
	var curve []float64
	o := Options{Model: tinyModel(t, 1), Method: "full", Steps: 200, BatchRows: 4, LearningRate: 2e-3, Dir: t.TempDir(), Seed: 5, CheckpointEvery: 200,
		Progress: func(p Progress) { curve = append(curve, p.Loss) }}
	change(&o)
	if _, err := Run(t.Context(), o, countingRows(60, 1), nil); err != nil {
		t.Fatal(err)
	}
	return curve
}

// The loss curve of mixed precision stays within 1 % of float32's over 200 steps, in means of ten steps.
func TestMixedPrecisionFollowsFloat32(t *testing.T) {
	for method, learnt := range map[string]float64{"full": 0.8, "lora": 0.95} {
		var curves [2][]float64
		for i, precision := range []string{"fp32", "bf16"} {
			curves[i] = lossCurve(t, func(o *Options) {
				o.Method, o.Precision = method, precision
				if method == "lora" {
					o.LearningRate = 1e-2
				}
			})
		}
		if curves[0][0] == curves[1][0] {
			t.Errorf("%s: precision changes nothing", method)
		}
		if first, last := curves[0][0], curves[0][199]; last > learnt*first {
			t.Errorf("%s: nothing was learnt: %.3f, then %.3f", method, first, last)
		}
		for from := 0; from < 200; from += 10 {
			var sums [2]float64
			for i := range curves {
				for _, l := range curves[i][from : from+10] {
					sums[i] += l / 10
				}
			}
			if math.Abs(sums[1]-sums[0]) > 0.01*sums[0] {
				t.Errorf("%s, steps %d to %d: mean loss %.4f in bf16, %.4f in fp32", method, from+1, from+10, sums[1], sums[0])
			}
		}
	}
}

// Noise changes the losses that training sees, and a checkpoint of another precision or noise belongs to another run.
func TestNEFTuneAndPrecisionAreSettings(t *testing.T) {
	clean, noisy := lossCurve(t, func(o *Options) { o.Steps = 3 }), lossCurve(t, func(o *Options) { o.Steps, o.NEFTune = 3, 5 })
	if clean[0] == noisy[0] {
		t.Errorf("the loss of step 1 is %v with and without noise", clean[0])
	}
	settings := func(change func(*Options)) map[string]string {
		o := Options{Model: tinyModel(t, 1), Dir: filepath.Join(t.TempDir(), "model")}
		change(&o)
		o, s, err := planned(o, rowSource{countingRows(4, 1)}, false)
		if err != nil {
			t.Fatal(err)
		}
		return o.settings(s, nil)
	}
	plain := settings(func(*Options) {})
	if maps.Equal(plain, settings(func(o *Options) { o.Precision = "bf16" })) || maps.Equal(plain, settings(func(o *Options) { o.NEFTune = 1 })) {
		t.Error("precision or noise is not among the settings")
	}
	if !maps.Equal(plain, settings(func(o *Options) { o.Memory = "low" })) {
		t.Error("memory changes nothing and must not be among the settings")
	}
}

// Low memory is foreseen as less.
func TestEstimateKnowsMemoryAndPrecision(t *testing.T) {
	memory := func(change func(*Options)) int64 {
		o := Options{Model: tinyModel(t, 1), Dir: t.TempDir(), BatchRows: 8}
		change(&o)
		e, err := NewEstimate(o, countingRows(40, 1))
		if err != nil {
			t.Fatal(err)
		}
		return e.Memory
	}
	full := memory(func(*Options) {})
	if low, half := memory(func(o *Options) { o.Memory = "low" }), memory(func(o *Options) { o.Precision = "bf16" }); low >= full || half >= full {
		t.Errorf("%d bytes, with low memory %d, in bf16 %d", full, low, half)
	}
}

func TestPrecisionOptionsAreChecked(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Precision = "fp8" }, "precision"},
		{func(o *Options) { o.Memory = "none" }, "memory"},
		{func(o *Options) { o.NEFTune = -1 }, "NEFTune"},
		{func(o *Options) { o.NEFTune = math.NaN() }, "NEFTune"},
	} {
		o := Options{Model: tinyModel(t, 1), Dir: t.TempDir(), Steps: 2}
		c.change(&o)
		if _, err := Run(t.Context(), o, countingRows(4, 1), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	o := Options{Model: tinyModel(t, 1), Dir: t.TempDir(), NEFTune: 5}
	if _, err := RunPreferences(t.Context(), o, countingPairs{countingRows(4, 1)}, nil); err == nil || !strings.Contains(err.Error(), "NEFTune") {
		t.Error(err)
	}
}
