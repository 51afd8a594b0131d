package eval

import (
	"math"
	"testing"
)

func TestIntervalIsTheSameEachTime(t *testing.T) {
	items := []Item{{1}, {2}, {4}, {8}, {16}}
	low, high := Interval(items, mean, 7)
	again, againHigh := Interval(items, mean, 7)
	if low != again || high != againHigh {
		t.Errorf("the same seed gave [%v, %v] and [%v, %v]", low, high, again, againHigh)
	}
	if other, _ := Interval(items, mean, 8); other == low {
		t.Errorf("another seed gave the same lower end %v", low)
	}
	if !(low >= 1 && low < mean(items) && mean(items) < high && high <= 16) {
		t.Errorf("[%v, %v] does not surround %v within the items", low, high, mean(items))
	}
}

// TestIntervalCovers draws samples of a known mean: about 95 % of the intervals must hold it. Percentile intervals of 40 items cover a little less.
func TestIntervalCovers(t *testing.T) {
	r := rng(11)
	const trials = 150
	held := 0
	for range trials {
		items := make([]Item, 40)
		for i := range items {
			for range 12 { // the sum of twelve uniform numbers less six is normal enough: mean 0, variance 1
				items[i][0] += float64(r.next()>>11) / (1 << 53)
			}
			items[i][0] -= 6
		}
		if low, high := Interval(items, mean, r.next()); low <= 0 && 0 <= high {
			held++
		}
	}
	if share := float64(held) / trials; share < 0.88 || share > 0.99 {
		t.Errorf("%.1f %% of the intervals hold the mean; about 95 %% should", 100*share)
	}
}

func TestPairedIntervalIsNarrower(t *testing.T) {
	r := rng(5)
	before, after := make([]Item, 60), make([]Item, 60)
	for i := range before {
		before[i][0] = 100 * float64(r.below(1000))
		after[i][0] = before[i][0] + 1 + float64(r.below(3))
	}
	low, high := PairedInterval(before, after, mean, 1)
	if low < 1 || high > 3 {
		t.Errorf("items that rise by 1 to 3 have an interval of the change of [%v, %v]", low, high)
	}
	alone, aloneHigh := Interval(before, mean, 1)
	if high-low > (aloneHigh-alone)/100 {
		t.Errorf("paired width %v, unpaired %v", high-low, aloneHigh-alone)
	}
}

func TestIntervalOfTooLittle(t *testing.T) {
	if low, high := Interval([]Item{{1}}, mean, 1); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("one item has the interval [%v, %v]", low, high)
	}
	if low, _ := PairedInterval([]Item{{1}, {2}}, []Item{{1}}, mean, 1); !math.IsNaN(low) {
		t.Errorf("lists of unequal length have an interval from %v", low)
	}
	f := figure(Figure{Name: "one", Items: []Item{{3}}, Combine: mean}, 1)
	if f.Low != 3 || f.High != 3 || f.N != 1 {
		t.Errorf("one item gave %+v", f)
	}
}

func TestPercentiles(t *testing.T) {
	values := make([]float64, 41)
	for i := range values {
		values[i] = float64(40 - i)
	}
	low, high := percentiles(values) // numpy.percentile(range(41), [2.5, 97.5])
	near(t, "low", low, 1, 1e-12)
	near(t, "high", high, 39, 1e-12)
}
