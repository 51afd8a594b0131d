package train

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
)

func TestSamplingKeepsToTheLikeliest(t *testing.T) {
	logits := []float32{0, 3, 1, 2, -5}
	for _, c := range []struct {
		name string
		s    Sampling
		want []int32
	}{
		{"greedy", Sampling{}, []int32{1}},
		{"top 2", Sampling{Temperature: 1, TopK: 2}, []int32{1, 3}},
		{"top p", Sampling{Temperature: 1, TopP: 0.8}, []int32{1, 3}}, // .64, .24, .09, .03
		{"top p of almost nothing", Sampling{Temperature: 1, TopP: 1e-9}, []int32{1}},
		{"all", Sampling{Temperature: 3}, []int32{0, 1, 2, 3, 4}},
	} {
		seen := map[int32]bool{}
		for seed := range uint64(2000) {
			c.s.Seed = seed
			id, err := c.s.choose(logits, nil, 7)
			if err != nil {
				t.Fatal(err)
			}
			seen[id] = true
		}
		var got []int32
		for id := range int32(5) {
			if seen[id] {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Frequencies follow the softmax of logits over temperature.
func TestSamplingFrequencies(t *testing.T) {
	logits, counts, n := []float32{0, 1, 2}, make([]int, 3), 40000
	for seed := range uint64(n) {
		id, _ := Sampling{Temperature: 2, Seed: seed}.choose(logits, nil, 3)
		counts[id]++
	}
	sum := 1 + math.Exp(0.5) + math.E
	for id, c := range counts {
		if want := math.Exp(float64(id)/2) / sum; math.Abs(float64(c)/float64(n)-want) > 0.01 {
			t.Errorf("id %d: share %v, want %v", id, float64(c)/float64(n), want)
		}
	}
}

func TestRepetitionPenalty(t *testing.T) {
	s := Sampling{RepetitionPenalty: 2}
	if id, _ := s.choose([]float32{3, 2}, map[int32]bool{0: true}, 0); id != 1 {
		t.Error("a positive logit is not divided")
	}
	if id, _ := s.choose([]float32{-2, -3}, map[int32]bool{0: true}, 0); id != 1 {
		t.Error("a negative logit is not multiplied")
	}
	if _, err := s.choose([]float32{0, float32(math.NaN())}, nil, 0); err == nil {
		t.Error("a logit that is not a number was accepted")
	}
}

func TestGenerateEnds(t *testing.T) {
	m := tinyModel(t, 1)
	all, err := Generate(t.Context(), m, []int32{1, 5}, Sampling{Stop: []int32{}, Temperature: 1, Seed: 3}, nil)
	if err != nil || len(all) != 30 { // the context of 32 is full
		t.Fatalf("%d tokens, %v", len(all), err)
	}
	again, _ := Generate(t.Context(), m, []int32{1, 5}, Sampling{Stop: []int32{}, Temperature: 1, Seed: 3, MaxTokens: 10}, nil)
	if !slices.Equal(again, all[:10]) {
		t.Errorf("the same seed gave %v, then %v", all[:10], again)
	}
	stopped, _ := Generate(t.Context(), m, []int32{1, 5}, Sampling{Stop: []int32{all[4]}, Temperature: 1, Seed: 3}, nil)
	if want := all[:slices.Index(all, all[4])]; !slices.Equal(stopped, want) {
		t.Errorf("stop id: %v, want %v", stopped, want)
	}
	three, _ := Generate(t.Context(), m, []int32{1, 5}, Sampling{Stop: []int32{}}, func() func(int32) bool {
		n := 0
		return func(int32) bool { n++; return n < 3 }
	}())
	if len(three) != 3 {
		t.Errorf("the callback did not end the answer: %v", three)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Generate(ctx, m, []int32{1}, Sampling{}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, prompt := range [][]int32{nil, {64}, {-1}, make([]int32, 32)} {
		if _, err := Generate(t.Context(), m, prompt, Sampling{}, nil); err == nil {
			t.Errorf("prompt %v was accepted", prompt)
		}
	}
	if _, err := Generate(t.Context(), m, []int32{1}, Sampling{TopP: 2}, nil); err == nil {
		t.Error("top-p 2 was accepted")
	}
}
