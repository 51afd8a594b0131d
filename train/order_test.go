package train

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Every window holds each group within one row of its quota; the run as a whole, too; the sequence depends on the seed alone.
func TestBalancedWindowsHoldTheirQuotas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(r, "groups")
		var groups []group
		of, rows, sum := map[int]int{}, 0, 0.0
		for g := range n {
			share := rapid.Float64Range(0.05, 1).Draw(r, "share")
			sum += share
			gr := group{name: fmt.Sprint(g), share: share}
			for range rapid.IntRange(1, 20).Draw(r, "rows") {
				of[rows] = g
				gr.rows = append(gr.rows, rows)
				rows++
			}
			groups = append(groups, gr)
		}
		for g := range groups {
			groups[g].share /= sum
		}
		seed := rapid.Uint64().Draw(r, "seed")
		window := rapid.IntRange(1, 40).Draw(r, "window")
		o := newOrder(seed, slices.Clone(groups), window, false)
		total := make([]int, n)
		var all []int
		for w := 1; w <= 12; w++ {
			counts := make([]int, n)
			got := o.take(window)
			all = append(all, got...)
			for _, row := range got {
				counts[of[row]]++
				total[of[row]]++
			}
			for g, c := range counts {
				if math.Abs(float64(c)-groups[g].share*float64(window)) >= 1 {
					r.Fatalf("window %d has %d rows of group %d, its quota is %.3f", w, c, g, groups[g].share*float64(window))
				}
				if d := math.Abs(float64(total[g]) - groups[g].share*float64(window*w)); d > float64(n) {
					r.Fatalf("after %d windows group %d is %.2f rows off its share", w, g, d)
				}
			}
		}
		// in other portions, the same sequence
		again := newOrder(seed, slices.Clone(groups), window, false)
		for at := 0; at < len(all); {
			k := min(rapid.IntRange(1, 9).Draw(r, "take"), len(all)-at)
			if !slices.Equal(again.take(k), all[at:at+k]) {
				r.Fatalf("rows %d to %d differ when taken in other portions", at, at+k)
			}
			at += k
		}
	})
}

// Each epoch holds every row once, in another order each time.
func TestEpochsAreReshuffled(t *testing.T) {
	rows := make([]int, 50)
	for i := range rows {
		rows[i] = i
	}
	o := newOrder(3, []group{{share: 1, rows: rows}}, 7, false)
	first, second := o.take(50), o.take(50)
	for _, epoch := range [][]int{first, second} {
		if sorted := slices.Sorted(slices.Values(epoch)); !slices.Equal(sorted, rows) {
			t.Fatalf("an epoch is no permutation: %v", sorted)
		}
	}
	if slices.Equal(first, second) || slices.Equal(first, rows) {
		t.Fatal("epochs are not shuffled anew")
	}
	if other := newOrder(4, []group{{share: 1, rows: rows}}, 7, false).take(50); slices.Equal(other, first) {
		t.Fatal("the seed has no influence")
	}
	if kept := newOrder(3, []group{{share: 1, rows: rows}}, 7, true).take(50); !slices.Equal(kept, rows) {
		t.Fatalf("sequential order: %v", kept)
	}
}

func TestStrata(t *testing.T) {
	data := rowSource{sliceSamples{
		{Tokens: []int32{1, 2}, Groups: map[string]string{"lang": "en", "gender": "f"}},
		{Tokens: []int32{1, 2}, Groups: map[string]string{"lang": "zh", "gender": "f"}},
		{Tokens: []int32{1, 2}, Groups: map[string]string{"lang": "en", "gender": "f"}},
		{Tokens: []int32{1, 2}, Groups: map[string]string{"lang": "en"}},
	}}
	s, err := look(data, 10, 10, false)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := s.strata([]string{"lang", "gender"}, "data", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []group{{name: "en/", share: 0.25, rows: []int{3}}, {name: "en/f", share: 0.5, rows: []int{0, 2}}, {name: "zh/f", share: 0.25, rows: []int{1}}}
	if fmt.Sprintf("%+v", groups) != fmt.Sprintf("%+v", want) {
		t.Fatalf("%+v", groups)
	}
	for _, c := range []struct {
		by     []string
		shares map[string]float64
	}{{by: []string{"topic"}}, {[]string{"lang"}, map[string]float64{"en": 1}}, {[]string{"lang"}, map[string]float64{"en": 1, "zh": 1, "fr": 1}}, {[]string{"lang"}, map[string]float64{"en": 1, "zh": -1}}} {
		if _, err := s.strata(c.by, "equal", c.shares); err == nil {
			t.Errorf("%v with %v was accepted", c.by, c.shares)
		}
	}
}

// sliceSamples are samples in memory.
type sliceSamples []Sample

func (s sliceSamples) Len() int                     { return len(s) }
func (s sliceSamples) Sample(i int) (Sample, error) { return s[i], nil }
