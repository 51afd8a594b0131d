package filtertest

import (
	"testing"

	"winnow/filters"
	"winnow/internal/spec"
)

// cutter drops texts longer than a limit and cuts the others.
type cutter struct {
	Limit int                           `param:"limit" default:"5" doc:"bytes kept"`
	Kinds []string                      `param:"kinds" doc:"kinds"`
	By    map[string]map[string]float64 `param:"by" doc:"limits"`
	Mode  string                        `param:"mode" default:"cut" enum:"cut,drop" doc:"what happens"`
}

func (c *cutter) Apply(row *filters.Row) error {
	if b := row.Text(); len(b) > c.Limit {
		if c.Mode == "drop" {
			row.Drop("too long")
		} else {
			row.SetText(b[:c.Limit])
		}
	}
	return nil
}

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{Name: "filtertest_cutter", Group: "clean", Summary: "cuts", Doc: "Cuts.", Example: "filtertest_cutter", Short: "limit",
		New: func() any { return new(cutter) },
		Cases: []spec.Case{
			{In: "1234567", Out: "12345"},
			{Params: "3", In: "1234567", Out: "123"},
			{Params: "{mode: drop}", In: "1234567", Reason: "too long"},
			{Params: "{mode: drop, limit: 7}", In: "1234567", Out: "="},
		}}})
}

func TestCases(t *testing.T) { Cases(t, "filtertest_cutter") }

func TestParams(t *testing.T) {
	s := &filters.Lookup("filtertest_cutter").Spec
	p, err := Params(s, "{kinds: [a, b], by: {zh: {min: 2}}}")
	if err != nil {
		t.Fatal(err)
	}
	if c := p.(*cutter); c.Limit != 5 || len(c.Kinds) != 2 || c.By["zh"]["min"] != 2 {
		t.Fatalf("%+v", c)
	}
	for _, bad := range []string{"{limt: 3}", "{limit: x}", "{mode: keep}", "{by: 3}"} {
		if _, err := Params(s, bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestRowColumns(t *testing.T) {
	r := Row("hello", map[string]string{"lang": "de", "id": "7"})
	if r.Lang() != "de" || r.ID != "7" || string(r.Text()) != "hello" {
		t.Fatalf("lang %q, id %q, text %q", r.Lang(), r.ID, r.Text())
	}
}
