package train

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestJoinShiftsInsideDocumentsOnly(t *testing.T) {
	rows := []Sample{
		{Tokens: []int32{5, 6, 7, 8, 9}, Starts: []int32{0, 3}, Labels: []bool{true, false, true, true, true}},
		{Tokens: []int32{3, 4}, Weight: 2},
	}
	b := join(rows, false)
	if want := []int32{-100, 7, -100, 9, -100, 4, -100}; !slices.Equal(b.Targets, want) {
		t.Errorf("targets %v, want %v", b.Targets, want)
	}
	if want := []int32{0, 3, 5}; !slices.Equal(b.Starts, want) {
		t.Errorf("starts %v, want %v", b.Starts, want)
	}
	if want := []float32{1, 1, 1, 1, 1, 2, 2}; !slices.Equal(b.Weights, want) {
		t.Errorf("weights %v", b.Weights)
	}
	if b := join(rows, true); !slices.Equal(b.Targets, []int32{6, 7, -100, 9, -100, 4, -100}) {
		t.Errorf("pretrain targets %v", b.Targets)
	}
	if b := join(rows[:1], false); b.Weights != nil {
		t.Errorf("weights of ones are written out: %v", b.Weights)
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	good := Sample{Tokens: []int32{1, 2, 3}}
	for _, c := range []struct {
		bad  Sample
		want string
	}{
		{Sample{}, "no tokens"},
		{Sample{Tokens: []int32{1, 99}}, "vocabulary has only 10"},
		{Sample{Tokens: []int32{1, -1}}, "id -1"},
		{Sample{Tokens: make([]int32, 9)}, "context only 8"},
		{Sample{Tokens: make([]int32, 9), Starts: []int32{0, 4}, Labels: make([]bool, 9)}, "no token of it carries loss"},
		{Sample{Tokens: []int32{1, 2}, Labels: []bool{true}}, "1 labels for 2 tokens"},
		{Sample{Tokens: []int32{1, 2}, Starts: []int32{1}}, "starts at 1"},
		{Sample{Tokens: []int32{1, 2, 3}, Starts: []int32{0, 2, 2}}, "document 1 spans"},
		{Sample{Tokens: []int32{1, 2}, Starts: []int32{0, 2}}, "spans tokens 2 to 2"},
		{Sample{Tokens: []int32{1, 2}, Weight: float32(math.NaN())}, "weight NaN"},
	} {
		c.bad.Rows = []string{"doc-7"}
		_, err := look(rowSource{sliceSamples{good, c.bad}}, 10, 8, false)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "row 1 (doc-7)") {
			t.Errorf("%+v: error %v, want one with %q", c.bad, err, c.want)
		}
	}
	if _, err := look(rowSource{sliceSamples{}}, 10, 8, false); err == nil || !strings.Contains(err.Error(), "data set is empty") {
		t.Errorf("empty: %v", err)
	}
}

func TestPartsCoverAllItems(t *testing.T) {
	var items []item
	for _, n := range []int{3, 4, 9, 1, 1, 1} {
		items = append(items, item{row: Sample{Tokens: make([]int32, n)}})
	}
	var got []int
	for _, p := range parts(items, 7) {
		got = append(got, len(p))
	}
	if !slices.Equal(got, []int{2, 1, 3}) {
		t.Fatalf("parts %v", got)
	}
}
