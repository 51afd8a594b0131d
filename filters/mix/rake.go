package mix

import (
	"fmt"
	"math"
	"slices"
)

// Cell is a combination of values, one of each column, with the number of rows that have it.
type Cell struct {
	Values []string
	Count  float64
}

// Limits of raking: it ends when no margin is off by more than rakeTolerance of its target, or after rakeRounds rounds.
const (
	rakeTolerance = 1e-13
	rakeRounds    = 10000
)

// Rake returns a weight for each cell by iterative proportional fitting (Deming and Stephan 1940), so that in every column d the weighted counts of value v add up to targets[d][v]. Values
// without a target keep what they have of the rest in proportion. Weighted counts add up to the sums of the targets. Cells without rows get weight 0. A target above zero for a value that has no
// row is an error.
func Rake(cells []Cell, targets []map[string]float64) ([]float64, error) {
	weights := make([]float64, len(cells))
	for i, c := range cells {
		if c.Count > 0 {
			weights[i] = 1
		}
	}
	for d, target := range targets {
		for _, v := range sortedNames(target) {
			if target[v] > 0 && !slices.ContainsFunc(cells, func(c Cell) bool { return c.Values[d] == v && c.Count > 0 }) {
				return nil, fmt.Errorf("no row has the value %q, so its target of %.4g cannot be reached", v, target[v])
			}
		}
	}
	for range rakeRounds {
		worst := 0.0
		for d, target := range targets {
			sums := map[string]float64{}
			for i, c := range cells {
				sums[c.Values[d]] += weights[i] * c.Count
			}
			for v, want := range target {
				if want > 0 {
					worst = math.Max(worst, math.Abs(sums[v]/want-1))
				}
			}
			for i, c := range cells {
				if want, ok := target[c.Values[d]]; ok && sums[c.Values[d]] > 0 {
					weights[i] *= want / sums[c.Values[d]]
				}
			}
		}
		if worst < rakeTolerance {
			break
		}
	}
	return weights, nil
}

// EffectiveShare is Kish's effective sample size as a share of the rows (Kish 1965): (Σw)² / (n Σw²).
func EffectiveShare(cells []Cell, weights []float64) float64 {
	var n, sum, squares float64
	for i, c := range cells {
		n += c.Count
		sum += c.Count * weights[i]
		squares += c.Count * weights[i] * weights[i]
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / squares / n
}

func sortedNames[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
