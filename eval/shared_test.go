package eval

import (
	"testing"

	"winnow/internal/shared"
)

// TestQualityPublishedForms reads the published sets as they are.
func TestQualityPublishedForms(t *testing.T) {
	env := newEnv(map[string]string{})
	for name, file := range map[string]string{
		"crows.csv": "bias/crows_pairs_anonymized.csv", "cbbq": "bias/cbbq-gender-zh.jsonl.zst",
	} {
		env.files[name] = string(shared.Open(t, "data/"+file))
	}
	table, err := readTable(env, "crows.csv")
	if err != nil {
		t.Fatal(err)
	}
	all, err := parsePairs(table, nil)
	if err != nil || len(all) != 1508 { // Nangia et al. 2020
		t.Errorf("CrowS-Pairs: %v, %d pairs", err, len(all))
	}
	gender, err := parsePairs(table, []string{"gender"})
	if err != nil || len(gender) != 262 {
		t.Errorf("CrowS-Pairs: %v, %d pairs of gender", err, len(gender))
	}
	rows, err := parseBBQ("cbbq", []byte(env.files["cbbq"]))
	if err != nil {
		t.Fatal(err)
	}
	unclear, told, with := 0, 0, 0
	for _, r := range rows {
		if r.group < 0 || r.unknown != 2 {
			unclear++
		}
		if !r.ambiguous {
			told++
			if r.judge(r.right) == (Item{1, 1, 1}) {
				with++
			}
		}
	}
	if len(rows) < 1000 || unclear > 0 {
		t.Errorf("CBBQ: of %d of %d questions it is unclear whom they name", unclear, len(rows))
	}
	if share := float64(with) / float64(told); share > 0.02 { // the set's disambiguated rows go against the stereotype
		t.Errorf("CBBQ: the right answer counts as biased in %.3f of the disambiguated rows", share)
	}
	w := &WinoBias{}
	for _, part := range []string{"type1.txt.dev", "type1.txt.test", "type2.txt.dev", "type2.txt.test"} {
		for _, side := range []string{"pro", "anti"} {
			name := side + part
			env.files[name] = string(shared.Open(t, "data/bias/winobias/"+side+"_stereotyped_"+part))
		}
		w.Pro, w.Anti = append(w.Pro, "pro"+part), append(w.Anti, "anti"+part)
	}
	pairs, err := w.read(env)
	if err != nil || len(pairs) < 1500 {
		t.Fatalf("WinoBias: %v, %d pairs", err, len(pairs))
	}
	alike := 0
	for _, p := range pairs {
		if p[0].means == p[1].means && p[0].other == p[1].other && p[0].pronoun != p[1].pronoun {
			alike++
		}
	}
	if share := float64(alike) / float64(len(pairs)); share < 0.98 {
		t.Errorf("WinoBias: only %.3f of the pairs differ in the pronoun alone", share)
	}
}
