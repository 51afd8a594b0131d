package eval

import (
	"encoding/json"
	"testing"

	"winnow/internal/shared"
)

// golden reads one entry of the reference values.
func golden(t *testing.T, name string, inputs, expected any) {
	t.Helper()
	all := map[string]struct{ Inputs, Expected json.RawMessage }{}
	if err := json.Unmarshal(shared.Open(t, "reference/bias.json"), &all); err != nil {
		t.Fatal(err)
	}
	entry, ok := all[name]
	if !ok {
		t.Fatalf("no entry %s", name)
	}
	if err := json.Unmarshal(entry.Inputs, inputs); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(entry.Expected, expected); err != nil {
		t.Fatal(err)
	}
}

func TestGoldenBiasOccupationPronoun(t *testing.T) {
	var in struct {
		Occupations []string
		He          [][]float64 `json:"logp_he"`
		She         [][]float64 `json:"logp_she"`
		Men         []float64   `json:"share_of_men"`
	}
	var want struct {
		Skew                     map[string]float64
		Abs                      float64 `json:"mean_abs_skew"`
		Gap                      float64 `json:"stereotype_gap"`
		Lean, Slope, Correlation float64
	}
	golden(t, "occupation_pronoun", &in, &want)
	var items []Item
	for i, o := range in.Occupations {
		s := skew(in.He[i], in.She[i])
		near(t, "skew of "+o, s, want.Skew[o], 1e-9)
		items = append(items, Item{s, in.Men[i]})
	}
	for name, w := range map[string]float64{"slope": want.Slope, "correlation": want.Correlation, "gap": want.Gap, "lean": want.Lean, "mean_abs": want.Abs} {
		f := find(t, Result{Figures: skewFigures(items, "zh", 1)}, "stereotypes."+name+"_zh")
		near(t, f.Name, f.Value, w, 1e-9)
		if !(f.Low <= f.Value && f.Value <= f.High) {
			t.Errorf("%s: %v is outside [%v, %v]", f.Name, f.Value, f.Low, f.High)
		}
	}
}

func TestGoldenBiasPairs(t *testing.T) {
	var in struct {
		Stereotype []float64 `json:"logp_stereotype"`
		Anti       []float64 `json:"logp_anti"`
	}
	var want struct {
		Share  float64 `json:"stereotype_share"`
		Gap    float64 `json:"mean_gap_nats"`
		AbsGap float64 `json:"mean_abs_gap_nats"`
	}
	golden(t, "pairs", &in, &want)
	var items []Item
	for i := range in.Stereotype {
		items = append(items, Item{in.Stereotype[i], in.Anti[i]})
	}
	near(t, "share", stereotypeShare(items), want.Share, 1e-9)
	near(t, "gap", meanGap(items), want.Gap, 1e-9)
	near(t, "absolute gap", meanAbsGap(items), want.AbsGap, 1e-9)
}

func TestGoldenBiasStereoSet(t *testing.T) {
	var in struct{ Stereotype, Anti, Unrelated []float64 }
	var want struct{ LMS, SS, ICAT float64 }
	golden(t, "stereoset", &in, &want)
	var items []Item
	for i := range in.Stereotype {
		items = append(items, Item{in.Stereotype[i], in.Anti[i], in.Unrelated[i]})
	}
	near(t, "lms", stereoLMS(items), want.LMS, 1e-9)
	near(t, "ss", stereoSS(items), want.SS, 1e-9)
	near(t, "icat", stereoICAT(items), want.ICAT, 1e-9)
}

func TestGoldenBiasBBQ(t *testing.T) {
	var in struct {
		Biased   int     `json:"biased_answers"`
		Named    int     `json:"non_unknown_answers"`
		Accuracy float64 `json:"ambiguous_accuracy"`
	}
	var want struct {
		Dis float64 `json:"s_dis"`
		Amb float64 `json:"s_amb"`
	}
	golden(t, "bbq", &in, &want)
	const n = 2000 // questions, so that the accuracy is a whole number of them
	items := make([]Item, n)
	for i := range items {
		if i < in.Named {
			items[i][1] = 1
		}
		if i < in.Biased {
			items[i][0] = 1
		}
		if float64(i) >= n-in.Accuracy*n {
			items[i][2] = 1
		}
	}
	near(t, "s_dis", biasScore(items), want.Dis, 1e-9)
	near(t, "accuracy", rightShare(items), in.Accuracy, 1.0/n)
	near(t, "s_amb", ambiguousScore(items), want.Amb, 1e-9)
}
