package mix

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winnow/filters"
	"winnow/filters/filtertest"
)

func weighted(n int) []filtertest.Record {
	var out []filtertest.Record
	for i := range n {
		out = append(out, filtertest.Record{ID: fmt.Sprint("r", i), Source: "test", Text: "x", Values: map[string]any{"w": float64(i % 3), "lang": []string{"en", "zh"}[i%2]}})
	}
	return out
}

var drawColumns = []filters.Column{{Name: "w", Kind: filters.Float}, {Name: "lang", Kind: filters.String}}

func kept(out filtertest.Outcome) (ids []string) {
	for _, r := range out.Rows {
		if r.Reason == "" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func TestDraw(t *testing.T) {
	run := func(d Draw, rows []filtertest.Record, shards int) filtertest.Outcome {
		return filtertest.Survey(t, &d, filters.Whole, &filtertest.Env{}, filtertest.NewSet(t, drawColumns, shards, rows))
	}
	rows := weighted(3000)
	if got := kept(run(Draw{Rows: 100}, rows, 3)); len(got) != 100 {
		t.Errorf("%d rows were drawn, want 100", len(got))
	}
	out := run(Draw{Rows: 50, By: "lang"}, rows, 3)
	count := map[any]int{}
	for _, r := range out.Rows {
		if r.Reason == "" {
			count[r.Values["lang"]]++
		}
	}
	if count["en"] != 50 || count["zh"] != 50 {
		t.Errorf("drawn by language: %v", count)
	}
	count = map[any]int{}
	for _, r := range run(Draw{Rows: 300, Weight: "w"}, rows, 3).Rows {
		if r.Reason == "" {
			count[r.Values["w"]]++
		}
	}
	if ratio := float64(count[2.0]) / float64(count[1.0]); count[0.0] != 0 || math.Abs(ratio-2) > 0.6 {
		t.Errorf("drawn by weight: %v, want none of weight 0 and about twice as many of weight 2 as of 1", count)
	}
	out = run(Draw{Rows: 10}, weighted(4), 2)
	if len(kept(out)) != 4 || len(out.Warnings) != 1 {
		t.Errorf("of 4 rows %v were drawn, warnings %q", kept(out), out.Warnings)
	}
	if err := (&Draw{Rows: 1, Weight: "lang"}).UseColumns(drawColumns); err == nil || !strings.Contains(err.Error(), "holds text") {
		t.Errorf("a weight of text: %v", err)
	}
}

func TestDrawAnyShardingAndNested(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := weighted(rapid.IntRange(1, 60).Draw(rt, "rows"))
		n := rapid.IntRange(1, 40).Draw(rt, "n")
		run := func(n, shards int) []string {
			return kept(filtertest.Survey(t, &Draw{Rows: n, Weight: "w"}, filters.Whole, &filtertest.Env{}, filtertest.NewSet(t, drawColumns, shards, rows)))
		}
		one := run(n, 1)
		if many := run(n, rapid.IntRange(2, 7).Draw(rt, "shards")); fmt.Sprint(one) != fmt.Sprint(many) {
			rt.Fatalf("one shard %v, many %v", one, many)
		}
		larger := fmt.Sprint(run(n+5, 2))
		for _, id := range one {
			if !strings.Contains(strings.ReplaceAll(larger, "]", " "), id+" ") {
				rt.Fatalf("%s is drawn among %d and not among %d", id, n, n+5)
			}
		}
	})
}
