package bias

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"winnow/internal/shared"
)

// reference reads one entry of the reference values.
func reference(t *testing.T, name string, inputs, expected any) {
	t.Helper()
	var all map[string]struct{ Inputs, Expected json.RawMessage }
	if err := json.Unmarshal(shared.Open(t, "reference/bias.json"), &all); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		raw  json.RawMessage
		into any
	}{{all[name].Inputs, inputs}, {all[name].Expected, expected}} {
		if err := json.Unmarshal(p.raw, p.into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func equal(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

func TestGoldenBiasRepresentation(t *testing.T) {
	var in struct {
		Counts map[string]int64
		Target map[string]float64
	}
	var want struct {
		Share             map[string]float64
		EntropyBits       float64 `json:"entropy_bits"`
		NormalisedEntropy float64 `json:"normalised_entropy"`
		KLBits            float64 `json:"kl_bits"`
		TotalVariation    float64 `json:"total_variation"`
	}
	reference(t, "representation", &in, &want)
	got := Represent(in.Counts, in.Target)
	for g, p := range want.Share {
		equal(t, "share of "+g, got.Share[g], p)
	}
	equal(t, "entropy", got.EntropyBits, want.EntropyBits)
	equal(t, "normalised entropy", got.NormalisedEntropy, want.NormalisedEntropy)
	equal(t, "divergence", got.KLBits, want.KLBits)
	equal(t, "total variation", got.TotalVariation, want.TotalVariation)
}

func bools(x []int) []bool {
	out := make([]bool, len(x))
	for i, v := range x {
		out[i] = v != 0
	}
	return out
}

func TestGoldenBiasParity(t *testing.T) {
	var in struct {
		Group           []string
		Truth, Decision []int
	}
	var want Parity
	reference(t, "parity", &in, &want)
	got, err := MeasureParity(in.Group, bools(in.Truth), bools(in.Decision))
	if err != nil {
		t.Fatal(err)
	}
	for g, r := range want.SelectionRate {
		equal(t, "selection rate of "+g, got.SelectionRate[g], r)
	}
	equal(t, "demographic parity difference", got.DemographicParityDiff, want.DemographicParityDiff)
	equal(t, "demographic parity ratio", got.DemographicParityRatio, want.DemographicParityRatio)
	equal(t, "equalised odds difference", got.EqualizedOddsDiff, want.EqualizedOddsDiff)
	equal(t, "equalised odds ratio", got.EqualizedOddsRatio, want.EqualizedOddsRatio)
}

func TestGoldenBiasReweighing(t *testing.T) {
	var in struct{ S, Y []int }
	var want struct {
		Weight map[string]float64 `json:"weight_by_s_and_y"`
	}
	reference(t, "reweighing", &in, &want)
	var s, y []string
	for i := range in.S {
		s, y = append(s, strconv.Itoa(in.S[i])), append(y, strconv.Itoa(in.Y[i]))
	}
	got, err := Reweigh(s, y)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want.Weight) {
		t.Errorf("%d cells, want %d", len(got), len(want.Weight))
	}
	for c, w := range got {
		equal(t, "weight of "+c.Group+","+c.Outcome, w, want.Weight[c.Group+","+c.Outcome])
	}
}

func TestGoldenBiasAssociation(t *testing.T) {
	var in struct {
		Cooccurrence map[string]struct{ Female, Male, Total float64 }
		Female       float64 `json:"female_total"`
		Male         float64 `json:"male_total"`
		Windows      float64
		Prior        float64 `json:"prior_total"`
	}
	var want struct {
		NPMI map[string]struct{ Female, Male float64 }
		Odds map[string]struct {
			LogOdds float64 `json:"log_odds"`
			Z       float64
		} `json:"log_odds_dirichlet"`
	}
	reference(t, "association", &in, &want)
	for word, c := range in.Cooccurrence {
		equal(t, "NPMI of "+word+", female", NPMI(c.Female, in.Female, c.Total, in.Windows), want.NPMI[word].Female)
		equal(t, "NPMI of "+word+", male", NPMI(c.Male, in.Male, c.Total, in.Windows), want.NPMI[word].Male)
		odds, z := LogOdds(c.Female, c.Male, in.Female, in.Male, in.Prior)
		equal(t, "log odds of "+word, odds, want.Odds[word].LogOdds)
		equal(t, "z of "+word, z, want.Odds[word].Z)
	}
}

func TestGoldenBiasNuanced(t *testing.T) {
	var in struct {
		Truth  []int
		Score  []float64
		Groups map[string][]int
	}
	var want IdentityBias
	reference(t, "nuanced", &in, &want)
	groups := map[string][]bool{}
	for name, m := range in.Groups {
		groups[name] = bools(m)
	}
	got, err := MeasureIdentityBias(bools(in.Truth), in.Score, groups)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "overall", got.Overall, want.Overall)
	equal(t, "final", got.Final, want.Final)
	for name, w := range want.ByGroup {
		equal(t, name+" subgroup", got.ByGroup[name].Subgroup, w.Subgroup)
		equal(t, name+" bpsn", got.ByGroup[name].BPSN, w.BPSN)
		equal(t, name+" bnsp", got.ByGroup[name].BNSP, w.BNSP)
	}
}

func TestMeasuresOfEmptySides(t *testing.T) {
	if r := Represent(nil, map[string]float64{"a": 1}); r.EntropyBits != 0 || r.KLBits != 0 {
		t.Errorf("no rows: %+v", r)
	}
	if r := Represent(map[string]int64{"a": 1, "b": 1}, map[string]float64{"a": 1}); r.KLBits != math.MaxFloat64 || r.TotalVariation != 0.5 {
		t.Errorf("a group without a share in the target: %+v", r)
	}
	p, err := MeasureParity([]string{"a", "b"}, nil, []bool{false, false})
	if err != nil || p.DemographicParityDiff != 0 || p.DemographicParityRatio != 1 {
		t.Errorf("nobody selected: %+v, %v", p, err)
	}
	if odds, z := LogOdds(0, 0, 10, 10, 500); odds != 0 || z != 0 {
		t.Errorf("a word that is not there leans by %g, %g", odds, z)
	}
	if x := NPMI(0, 5, 5, 10); x != -1 {
		t.Errorf("NPMI of what never meets is %g", x)
	}
	if x := NPMI(3, 3, 3, 3); x != 1 {
		t.Errorf("NPMI of what always meets is %g", x)
	}
}
