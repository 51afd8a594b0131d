package bias

import (
	"fmt"
	"math"
	"sort"
)

// Representation says how a set is shared out among groups.
type Representation struct {
	Counts            map[string]int64   `json:"counts"`
	Share             map[string]float64 `json:"share"`
	Target            map[string]float64 `json:"target,omitempty"`
	EntropyBits       float64            `json:"entropy_bits"`
	NormalisedEntropy float64            `json:"normalised_entropy"` // entropy over that of equal shares: 1 when all groups are equal
	KLBits            float64            `json:"kl_bits"`            // Kullback-Leibler divergence from the target; 0 without a target
	TotalVariation    float64            `json:"total_variation"`    // half the sum of the differences from the target
}

// Represent computes the representation of groups with the given counts. target may be nil; its shares are scaled to sum 1, and a group with rows but no
// share in the target makes the divergence infinite, which is reported as the largest number that JSON can hold.
func Represent(counts map[string]int64, target map[string]float64) Representation {
	r := Representation{Counts: counts, Share: map[string]float64{}}
	names := sortedKeys(counts)
	total, wanted := 0.0, 0.0
	for _, n := range names {
		total += float64(counts[n])
	}
	for _, n := range sortedKeys(target) {
		wanted += target[n]
	}
	if total == 0 {
		return r
	}
	for _, n := range names {
		p := float64(counts[n]) / total
		r.Share[n] = p
		if p > 0 {
			r.EntropyBits -= p * math.Log2(p)
		}
	}
	if len(names) > 1 {
		r.NormalisedEntropy = r.EntropyBits / math.Log2(float64(len(names)))
	}
	if wanted <= 0 {
		return r
	}
	r.Target = map[string]float64{}
	for _, n := range union(names, sortedKeys(target)) {
		p, q := r.Share[n], target[n]/wanted
		r.Target[n] = q
		r.TotalVariation += math.Abs(p-q) / 2
		switch {
		case p > 0 && q > 0:
			r.KLBits += p * math.Log2(p/q)
		case p > 0:
			r.KLBits = math.Inf(1)
		}
	}
	r.KLBits = min(r.KLBits, math.MaxFloat64)
	return r
}

// Parity says whether decisions fall alike on groups (definitions as in Fairlearn, worst case over groups).
type Parity struct {
	SelectionRate          map[string]float64 `json:"selection_rate"`
	DemographicParityDiff  float64            `json:"demographic_parity_difference"` // largest less smallest selection rate
	DemographicParityRatio float64            `json:"demographic_parity_ratio"`      // smallest over largest
	EqualizedOddsDiff      float64            `json:"equalized_odds_difference"`     // the larger of the differences of true and of false positive rates
	EqualizedOddsRatio     float64            `json:"equalized_odds_ratio"`          // the smaller of their ratios
	TruePositive           map[string]float64 `json:"true_positive_rate,omitempty"`
	FalsePositive          map[string]float64 `json:"false_positive_rate,omitempty"`
}

// MeasureParity computes the parity of decisions by group. truth may be nil when it is not known: the equalised odds are then left 0. All slices have the same
// length.
func MeasureParity(group []string, truth, decision []bool) (Parity, error) {
	if len(group) != len(decision) || truth != nil && len(truth) != len(group) {
		return Parity{}, fmt.Errorf("parity needs one group, one decision and one truth a row; got %d, %d and %d", len(group), len(decision), len(truth))
	}
	rate := func(of func(i int) bool) map[string]float64 {
		n, yes := map[string]float64{}, map[string]float64{}
		for i, g := range group {
			if of(i) {
				n[g]++
				if decision[i] {
					yes[g]++
				}
			}
		}
		for g := range n {
			n[g] = yes[g] / n[g]
		}
		return n
	}
	p := Parity{SelectionRate: rate(func(int) bool { return true })}
	p.DemographicParityDiff, p.DemographicParityRatio = spread(p.SelectionRate)
	if truth != nil {
		p.TruePositive = rate(func(i int) bool { return truth[i] })
		p.FalsePositive = rate(func(i int) bool { return !truth[i] })
		d1, r1 := spread(p.TruePositive)
		d2, r2 := spread(p.FalsePositive)
		p.EqualizedOddsDiff, p.EqualizedOddsRatio = max(d1, d2), min(r1, r2)
	}
	return p, nil
}

// spread returns the largest less the smallest rate, and the smallest over the largest (1 when all are 0).
func spread(rates map[string]float64) (difference, ratio float64) {
	if len(rates) == 0 {
		return 0, 1
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range rates {
		low, high = min(low, r), max(high, r)
	}
	if high == 0 {
		return 0, 1
	}
	return high - low, low / high
}

// Cell is a group together with an outcome.
type Cell struct{ Group, Outcome string }

// Reweigh returns the weight of each cell that makes the outcome independent of the group: expected over observed count (Kamiran and Calders 2012).
func Reweigh(group, outcome []string) (map[Cell]float64, error) {
	if len(group) != len(outcome) {
		return nil, fmt.Errorf("reweighing needs one group and one outcome a row; got %d and %d", len(group), len(outcome))
	}
	groups, outcomes, cells := map[string]float64{}, map[string]float64{}, map[Cell]float64{}
	for i := range group {
		groups[group[i]]++
		outcomes[outcome[i]]++
		cells[Cell{group[i], outcome[i]}]++
	}
	for c, n := range cells {
		cells[c] = groups[c.Group] * outcomes[c.Outcome] / (float64(len(group)) * n)
	}
	return cells, nil
}

// NPMI is the normalised pointwise mutual information of a group and an attribute (Bouma 2009): together counts the windows that hold both, group and
// attribute those that hold each, windows all. It is 1 when they only occur together, 0 when they are independent, −1 when they never meet.
func NPMI(together, group, attribute, windows float64) float64 {
	if windows <= 0 || group <= 0 || attribute <= 0 {
		return 0
	}
	if together <= 0 {
		return -1
	}
	if together >= windows {
		return 1
	}
	joint := together / windows
	return math.Log(joint/((group/windows)*(attribute/windows))) / -math.Log(joint)
}

// LogOdds compares how often an attribute stands with one group and with another: the difference of log odds with an informative Dirichlet prior, and its z
// (Monroe, Colaresi and Quinn 2008). a and b count windows of the attribute with each group, totalA and totalB all windows of each; the prior is the overall
// share of the attribute, scaled to prior windows. Above 0 the attribute leans to the first group.
func LogOdds(a, b, totalA, totalB, prior float64) (logOdds, z float64) {
	if totalA+totalB <= 0 || a+b <= 0 {
		return 0, 0
	}
	alpha := prior * (a + b) / (totalA + totalB)
	restA, restB := totalA+prior-a-alpha, totalB+prior-b-alpha
	if alpha <= 0 || restA <= 0 || restB <= 0 {
		return 0, 0
	}
	logOdds = math.Log((a+alpha)/restA) - math.Log((b+alpha)/restB)
	return logOdds, logOdds / math.Sqrt(1/(a+alpha)+1/(b+alpha))
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// union returns the names of both lists, sorted.
func union(a, b []string) []string {
	set := map[string]bool{}
	for _, n := range a {
		set[n] = true
	}
	for _, n := range b {
		set[n] = true
	}
	return sortedKeys(set)
}
