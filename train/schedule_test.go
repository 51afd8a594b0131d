package train

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestScheduleValues(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		step int
		want float64
	}{
		{Schedule{"cosine", 2e-3, 2e-4, 2, 6}, 1, 1e-3},
		{Schedule{"cosine", 2e-3, 2e-4, 2, 6}, 2, 2e-3},
		{Schedule{"cosine", 2e-3, 2e-4, 2, 6}, 4, 1.1e-3}, // halfway
		{Schedule{"cosine", 2e-3, 2e-4, 2, 6}, 6, 2e-4},
		{Schedule{"linear", 1, 0, 0, 4}, 1, 0.75},
		{Schedule{"linear", 1, 0, 0, 4}, 4, 0},
		{Schedule{"constant", 1, 0.1, 2, 100}, 99, 1},
		{Schedule{"wsd", 1, 0, 0, 100}, 90, 1},
		{Schedule{"wsd", 1, 0, 0, 100}, 95, 0.5},
		{Schedule{"wsd", 1, 0.1, 0, 100}, 100, 0.1},
	} {
		if got := c.s.At(c.step); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v at step %d: %v, want %v", c.s, c.step, got, c.want)
		}
	}
}

func TestScheduleStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := Schedule{Kind: rapid.SampledFrom(Schedules).Draw(r, "kind"), Peak: rapid.Float64Range(1e-9, 10).Draw(r, "peak"), Steps: rapid.IntRange(1, 500).Draw(r, "steps")}
		s.Floor = s.Peak * rapid.Float64Range(0, 1).Draw(r, "floor")
		s.Warmup = rapid.IntRange(0, s.Steps).Draw(r, "warmup")
		if err := s.check(); err != nil {
			r.Fatal(err)
		}
		last := math.Inf(1)
		for i := 1; i <= s.Steps; i++ {
			v := s.At(i)
			if !(v > 0 || s.Floor == 0 && v >= 0) || v > s.Peak*(1+1e-12) {
				r.Fatalf("step %d of %+v: %v", i, s, v)
			}
			if i > s.Warmup {
				if v > last+1e-15 || v < s.Floor*(1-1e-12) {
					r.Fatalf("step %d of %+v: %v after %v", i, s, v, last)
				}
				last = v
			}
		}
	})
}

func TestScheduleRefuses(t *testing.T) {
	for _, s := range []Schedule{
		{"exponential", 1, 0, 0, 10}, {"cosine", 0, 0, 0, 10}, {"cosine", math.NaN(), 0, 0, 10}, {"cosine", 1, 2, 0, 10}, {"cosine", 1, 0, 11, 10}, {"cosine", 1, 0, -1, 10},
	} {
		if s.check() == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}
