package pipeline

import (
	"math"
	"strings"
	"testing"

	"winnow/eval"
	"winnow/pipeline/recipe"
)

// TestArmLimits: figures best at zero are compared by their distance from it, others as they are, and a limit must be kept in every seed.
func TestArmLimits(t *testing.T) {
	a := &Arms{Seeds: []uint64{1, 2, 3}, Figures: []ArmFigure{
		{Name: "s.slope", Better: eval.Zero, Values: []ArmValue{{Arm: "untrained", Each: []float64{0, 0, 0}}, {Arm: "plain", Each: []float64{1, -2, 4}}, {Arm: "corrected", Each: []float64{-0.1, 0.2, 0.4}}}},
		{Name: "p", Better: eval.Lower, Values: []ArmValue{{Arm: "plain", Each: []float64{100, 100, 100}}, {Arm: "corrected", Each: []float64{100.5, 101, 102}}}},
	}}
	a.judge([]recipe.Comparison{
		{Figure: "s.slope", Arm: "corrected", Of: "plain", Is: "<= 10%"},
		{Figure: "p", Arm: "corrected", Of: "plain", Is: "<= 101%"},
		{Figure: "s.slope", Arm: "plain", Is: ">= -2"},
		{Figure: "s.slope", Arm: "plain", Of: "untrained", Is: "<= 100%"},
		{Figure: "q", Arm: "plain", Is: "<= 1"},
	})
	want := []bool{true, false, true, false, false}
	for i, v := range a.Limits {
		if v.Met != want[i] {
			t.Errorf("%s of %s: met %v; %s", v.Figure, v.Arm, v.Met, v.Why)
		}
	}
	if got := a.Limits[0].Value.Mean; math.Abs(got-10) > 1e-12 {
		t.Errorf("corrected slope is %v %% of plain's, want 10", got)
	}
	if len(a.Missed()) != 3 || !strings.Contains(a.Limits[4].Why, "no measure gave this figure") {
		t.Errorf("missed: %v", a.Missed())
	}
}

// TestOverSeeds: the interval is that of Student's t; for 1, 2, 3 it is 2 ± 4.303 · 1/√3.
func TestOverSeeds(t *testing.T) {
	m, low, high := overSeeds([]float64{1, 2, 3})
	if m != 2 || math.Abs(high-(2+4.303/math.Sqrt(3))) > 1e-12 || math.Abs(low+high-4) > 1e-12 {
		t.Errorf("got %v, %v … %v", m, low, high)
	}
	if _, low, high = overSeeds([]float64{5}); low != 5 || high != 5 {
		t.Errorf("one value has the interval %v … %v", low, high)
	}
}
