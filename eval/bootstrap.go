package eval

import (
	"math"
	"sort"
)

// resamples is how many bootstrap samples an interval is taken from (Efron and Tibshirani 1993 advise 1,000 for percentile intervals).
const resamples = 1000

// rng is SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	x := uint64(*r)
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// below returns a number in [0, n); the bias of the remainder is below n/2⁶⁴.
func (r *rng) below(n int) int { return int(r.next() % uint64(n)) }

// Interval returns the 95 % percentile interval of combine over samples of items drawn with replacement. With fewer than two items it is NaN.
func Interval(items []Item, combine func([]Item) float64, seed uint64) (low, high float64) {
	if len(items) < 2 {
		return math.NaN(), math.NaN()
	}
	r := rng(seed)
	drawn := make([]Item, len(items))
	values := make([]float64, 0, resamples)
	for range resamples {
		for i := range drawn {
			drawn[i] = items[r.below(len(items))]
		}
		if v := combine(drawn); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return percentiles(values)
}

// PairedInterval returns the 95 % interval of combine(after) − combine(before) over samples of item numbers drawn for both at once: the same items stand in the same
// places of both lists, so what they have in common falls out of the difference.
func PairedInterval(before, after []Item, combine func([]Item) float64, seed uint64) (low, high float64) {
	if len(before) != len(after) || len(before) < 2 {
		return math.NaN(), math.NaN()
	}
	r := rng(seed)
	a, b := make([]Item, len(before)), make([]Item, len(before))
	values := make([]float64, 0, resamples)
	for range resamples {
		for i := range a {
			k := r.below(len(before))
			a[i], b[i] = before[k], after[k]
		}
		if v := combine(b) - combine(a); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return percentiles(values)
}

func percentiles(values []float64) (low, high float64) {
	if len(values) < 2 {
		return math.NaN(), math.NaN()
	}
	sort.Float64s(values)
	at := func(q float64) float64 {
		x := q * float64(len(values)-1)
		i := int(x)
		if i+1 >= len(values) {
			return values[len(values)-1]
		}
		return values[i] + (x-float64(i))*(values[i+1]-values[i])
	}
	return at(0.025), at(0.975)
}

// figure fills in the value and its interval from the items.
func figure(f Figure, seed uint64) Figure {
	f.Value = f.Combine(f.Items)
	f.N = len(f.Items)
	if f.Low, f.High = Interval(f.Items, f.Combine, seed); math.IsNaN(f.Low) { // one item tells nothing about spread
		f.Low, f.High = f.Value, f.Value
	}
	return f
}

// ratio combines items as the sum of their first numbers over the sum of their second.
func ratio(items []Item) float64 {
	var a, b float64
	for _, i := range items {
		a += i[0]
		b += i[1]
	}
	return a / b
}
