package bias

import (
	"fmt"
	"math"
	"sort"
)

// SubgroupAUC are the areas under the ROC curve that say whether a classifier treats texts about a group as it treats others (Borkan et al. 2019).
type SubgroupAUC struct {
	Subgroup float64 `json:"subgroup"` // within the group
	BPSN     float64 `json:"bpsn"`     // background positives against the group's negatives: low when the group is flagged for being named
	BNSP     float64 `json:"bnsp"`     // background negatives against the group's positives: low when harm against the group is missed
}

// IdentityBias are the measures of all groups.
type IdentityBias struct {
	Overall float64                `json:"overall_auc"`
	ByGroup map[string]SubgroupAUC `json:"by_group"`
	Final   float64                `json:"final"` // a quarter each of the overall area and of the power means (exponent −5) over groups
}

// MeasureIdentityBias computes the measures for scores of rows with known truth; groups says for each group which rows speak of it. A group of which an area
// cannot be computed, because a side is empty, is left out.
func MeasureIdentityBias(truth []bool, score []float64, groups map[string][]bool) (IdentityBias, error) {
	if len(truth) != len(score) {
		return IdentityBias{}, fmt.Errorf("identity bias needs one truth and one score a row; got %d and %d", len(truth), len(score))
	}
	out := IdentityBias{ByGroup: map[string]SubgroupAUC{}}
	var ok bool
	if out.Overall, ok = AUC(truth, score); !ok {
		return out, fmt.Errorf("identity bias needs positive and negative rows")
	}
	var means [3][]float64
	for _, name := range sortedKeys(groups) {
		in := groups[name]
		if len(in) != len(truth) {
			return out, fmt.Errorf("identity bias: group %s says of %d rows whether they belong to it; there are %d", name, len(in), len(truth))
		}
		part := func(keep func(i int) bool) (float64, bool) {
			var t []bool
			var s []float64
			for i := range truth {
				if keep(i) {
					t, s = append(t, truth[i]), append(s, score[i])
				}
			}
			return AUC(t, s)
		}
		subgroup, ok1 := part(func(i int) bool { return in[i] })
		bpsn, ok2 := part(func(i int) bool { return in[i] != truth[i] })
		bnsp, ok3 := part(func(i int) bool { return in[i] == truth[i] })
		if !ok1 || !ok2 || !ok3 {
			continue
		}
		out.ByGroup[name] = SubgroupAUC{subgroup, bpsn, bnsp}
		for k, x := range []float64{subgroup, bpsn, bnsp} {
			means[k] = append(means[k], x)
		}
	}
	if len(out.ByGroup) > 0 {
		out.Final = out.Overall / 4
		for _, m := range means {
			out.Final += PowerMean(m, -5) / 4
		}
	}
	return out, nil
}

// AUC is the area under the ROC curve: the probability that a positive row has a higher score than a negative one, ties counting half. ok is false when one
// side is empty.
func AUC(truth []bool, score []float64) (area float64, ok bool) {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return score[order[a]] < score[order[b]] })
	var positives, negatives, ranks float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && score[order[j]] == score[order[i]] {
			j++
		}
		rank := float64(i+1+j) / 2 // mean of the ranks i+1 … j
		for _, k := range order[i:j] {
			if truth[k] {
				positives++
				ranks += rank
			} else {
				negatives++
			}
		}
		i = j
	}
	if positives == 0 || negatives == 0 {
		return 0, false
	}
	return (ranks - positives*(positives+1)/2) / (positives * negatives), true
}

// PowerMean is the generalised mean of positive numbers with the given exponent; with −5 the smallest weigh most.
func PowerMean(x []float64, exponent float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Pow(v, exponent)
	}
	return math.Pow(sum/float64(len(x)), 1/exponent)
}
