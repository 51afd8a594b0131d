package mix

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/shared"
)

func TestCases(t *testing.T) { filtertest.Cases(t, "filter") }

// TestGoldenRaking holds Rake to the reference values of ipfn.
func TestGoldenRaking(t *testing.T) {
	var ref struct {
		Raking struct {
			Inputs struct {
				Table        [][]float64 `json:"table"`
				RowTotals    []float64   `json:"row_totals"`
				ColumnTotals []float64   `json:"column_totals"`
			}
			Expected struct {
				Weight [][]float64 `json:"weight"`
				Kish   float64     `json:"kish_effective_share"`
			}
		}
	}
	if err := json.Unmarshal(shared.Open(t, "reference/bias.json"), &ref); err != nil {
		t.Fatal(err)
	}
	in := ref.Raking.Inputs
	name := func(i int) string { return string(rune('a' + i)) }
	var cells []Cell
	targets := []map[string]float64{{}, {}}
	for i, line := range in.Table {
		targets[0][name(i)] = in.RowTotals[i]
		for j, n := range line {
			cells = append(cells, Cell{[]string{name(i), name(j)}, n})
			targets[1][name(j)] = in.ColumnTotals[j]
		}
	}
	weights, err := Rake(cells, targets)
	if err != nil {
		t.Fatal(err)
	}
	k := 0
	for i := range in.Table {
		for j := range in.Table[i] {
			if want := ref.Raking.Expected.Weight[i][j]; math.Abs(weights[k]-want) > 1e-9 {
				t.Errorf("cell %d,%d: weight %.12f, want %.12f", i, j, weights[k], want)
			}
			k++
		}
	}
	if got := EffectiveShare(cells, weights); math.Abs(got-ref.Raking.Expected.Kish) > 1e-9 {
		t.Errorf("effective share %.12f, want %.12f", got, ref.Raking.Expected.Kish)
	}
}

// TestRakeReachesItsTargets on any table without empty margins.
func TestRakeReachesItsTargets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cells []Cell
		total := 0.0
		for _, a := range []string{"x", "y", "z"} {
			for _, b := range []string{"p", "q"} {
				n := float64(rapid.IntRange(1, 200).Draw(t, a+b))
				cells = append(cells, Cell{[]string{a, b}, n})
				total += n
			}
		}
		targets := []map[string]float64{{"x": total / 2, "y": total / 3, "z": total / 6}, {"p": total * 0.4, "q": total * 0.6}}
		weights, err := Rake(cells, targets)
		if err != nil {
			t.Fatal(err)
		}
		for d := range targets {
			sums := map[string]float64{}
			for i, c := range cells {
				sums[c.Values[d]] += c.Count * weights[i]
			}
			for v, want := range targets[d] {
				if math.Abs(sums[v]/want-1) > 1e-9 {
					t.Fatalf("%s: %g, want %g", v, sums[v], want)
				}
			}
		}
	})
}

func TestRakeSaysWhatCannotBe(t *testing.T) {
	_, err := Rake([]Cell{{[]string{"en"}, 5}}, []map[string]float64{{"en": 2, "zh": 3}})
	if err == nil {
		t.Error("a target without rows was reached")
	}
}

// TestBalance: the step's conclusion weighs rows so that the columns have equal shares.
func TestBalance(t *testing.T) {
	b := &Balance{By: []string{"k"}, Method: "rake", MaxWeight: 5}
	tally := &balanceTally{Counts: map[string]int64{"a": 90, "b": 10}}
	c, err := b.Conclude(tally)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Findings.(BalanceFindings)
	if v := f.Columns[0].Values[1]; math.Abs(v.After-0.5) > 1e-9 || math.Abs(v.Before-0.1) > 1e-9 {
		t.Errorf("shares of b: %+v", v)
	}
	b.MaxWeight = 2
	if c, err = b.Conclude(tally); err != nil || len(c.Warnings) == 0 {
		t.Errorf("a cap that bites is not said: %v %v", c.Warnings, err)
	}
	b = &Balance{By: []string{"k"}, Method: "resample", Quota: map[string]map[string]float64{"k": {"a": 20}}}
	if c, err = b.Conclude(tally); err != nil {
		t.Fatal(err)
	}
	w := c.Next.(*weigher)
	if got := 90 * w.keep["a"]; math.Abs(got-10) > 1e-6 || w.keep["b"] != 1 {
		t.Errorf("resample keeps %.3f of a and %.3f of b", w.keep["a"], w.keep["b"])
	}
}

// TestSampleByContent: a content column, such as text or source_text, can be what is drawn; rows with the same words share their fate.
func TestSampleByContent(t *testing.T) {
	var texts []string
	for i := range 200 {
		texts = append(texts, fmt.Sprint("sentence ", i), fmt.Sprint("sentence ", i))
	}
	kept := 0
	results := filtertest.RunAll(t, &Sample{Share: 0.5, By: "text"}, filters.Whole, texts...)
	for i := 0; i < len(results); i += 2 {
		if results[i].Reason != results[i+1].Reason {
			t.Errorf("%q once kept, once dropped", results[i].Text)
		}
		if results[i].Reason == "" {
			kept++
		}
	}
	if kept < 70 || kept > 130 {
		t.Errorf("%d of 200 sentences drawn", kept)
	}
}
