// Package linear trains the linear classifiers of the steps `classifier` and `harm` from two files of rows, for `winnow train-filter`. Start with Train.
package linear

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"winnow/filters/harm"
)

// Features that serve English and Chinese alike: runs of 2 to 4 characters and of 1 to 2 words, hashed into a table of 2^20 weights (1 MB).
var features = harm.FeatureSet{Bits: 20, MinGram: 2, MaxGram: 4, Words: 2, Binary: true}

const (
	trainBytes = 1500 // of a text; more says the same again and costs memory
	least      = 2    // texts that hold a feature, at least
	epochs     = 12
	cost       = .5
	heldOut    = 10 // one text of so many is measured on, not trained on
	leastRows  = 50 // of each file
)

// Report says how good a trained filter is on rows that it was not trained on.
type Report struct {
	Positive, Negative int     // rows of the two files
	HeldOut            int     // rows measured on
	Accuracy           float64 // share on the right side of one half
	AUC                float64 // probability that a row of the first file scores above one of the second
}

type row struct {
	buckets []uint32
	value   float64 // 1/√(number of buckets)
	y       float64 // +1 of the first file, −1 of the second
	text    string
}

// Train fits a classifier that tells the texts of the first list from those of the second: a support vector machine with squared hinge loss and features scaled by
// their naive-Bayes ratio (Wang and Manning 2012), solved by dual coordinate descent (Hsieh et al. 2008), calibrated by Platt's method on the held-out rows.
func Train(name string, positive, negative []string) (*harm.Linear, Report, error) {
	rep := Report{Positive: len(positive), Negative: len(negative)}
	if len(positive) < leastRows || len(negative) < leastRows {
		return nil, rep, fmt.Errorf("%d and %d rows are too few: each file needs at least %d", len(positive), len(negative), leastRows)
	}
	ex := harm.NewExtractor(features)
	var rows, held []row
	for i, list := range [][]string{positive, negative} {
		for _, text := range list {
			text = cut(text)
			r := row{y: 1 - 2*float64(i), text: text}
			if xxh3.HashString(text)%heldOut == 0 {
				held = append(held, r)
				continue
			}
			r.buckets = slices.Clone(ex.Features([]byte(text)))
			r.value = 1 / math.Sqrt(float64(max(len(r.buckets), 1)))
			rows = append(rows, r)
		}
	}
	// A fixed shuffle: descent over one class after the other would converge slowly.
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(xxh3.HashStringSeed(a.text, 7), xxh3.HashStringSeed(b.text, 7)) })
	scale := ratios(rows)
	w, bias := solve(rows, scale)
	for f := range w {
		w[f] *= scale[f]
	}
	m := harm.NewLinear(harm.Header{Name: name, Features: features, Bias: bias, Slope: 1}, w)
	rep.HeldOut = len(held)
	calibrate(m, held, &rep)
	return m, rep, nil
}

// cut takes the beginning of a text, at a border of characters.
func cut(s string) string {
	if len(s) <= trainBytes {
		return s
	}
	n := trainBytes
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// ratios returns the square root of each feature's naive-Bayes log ratio with its sign, 0 for features that too few texts hold.
func ratios(rows []row) []float32 {
	n := 1 << features.Bits
	pos, neg := make([]float64, n), make([]float64, n)
	var allPos, allNeg float64
	for _, r := range rows {
		side := neg
		if r.y > 0 {
			side = pos
			allPos++
		} else {
			allNeg++
		}
		for _, f := range r.buckets {
			side[f]++
		}
	}
	out := make([]float32, n)
	for f := range out {
		if pos[f]+neg[f] < least {
			continue
		}
		v := math.Log((pos[f] + 1) / (allPos + 2) * (allNeg + 2) / (neg[f] + 1))
		out[f] = float32(math.Copysign(math.Sqrt(math.Abs(v)), v))
	}
	return out
}

func solve(rows []row, scale []float32) (w []float32, bias float64) {
	w = make([]float32, len(scale))
	alpha, norm := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		norm[i] = 1 + 1/(2*cost) // the bias is a feature of value 1
		for _, f := range r.buckets {
			v := r.value * float64(scale[f])
			norm[i] += v * v
		}
	}
	for range epochs {
		for i, r := range rows {
			margin := bias
			for _, f := range r.buckets {
				margin += float64(w[f]) * r.value * float64(scale[f])
			}
			gradient := r.y*margin - 1 + alpha[i]/(2*cost)
			next := max(0, alpha[i]-gradient/norm[i])
			step := (next - alpha[i]) * r.y
			if alpha[i] = next; step == 0 {
				continue
			}
			bias += step
			for _, f := range r.buckets {
				w[f] += float32(step * r.value * float64(scale[f]))
			}
		}
	}
	return w, bias
}

// calibrate fits slope and intercept of the probability to the held-out rows by Newton steps, with Platt's softened targets, and fills the report.
func calibrate(m *harm.Linear, held []row, rep *Report) {
	s := m.NewScorer()
	margins := make([]float64, len(held))
	var nPos, nNeg float64
	for i, r := range held {
		margins[i] = s.Margin([]byte(r.text))
		if r.y > 0 {
			nPos++
		} else {
			nNeg++
		}
	}
	if nPos == 0 || nNeg == 0 {
		return
	}
	high, low := (nPos+1)/(nPos+2), 1/(nNeg+2)
	a, b := 1.0, math.Log((nPos+1)/(nNeg+1))
	for range 100 {
		var ga, gb, haa, hab, hbb float64
		for i, r := range held {
			t := low
			if r.y > 0 {
				t = high
			}
			p := 1 / (1 + math.Exp(-(a*margins[i] + b)))
			d, v := p-t, p*(1-p)
			ga, gb = ga+d*margins[i], gb+d
			haa, hab, hbb = haa+v*margins[i]*margins[i], hab+v*margins[i], hbb+v
		}
		haa, hbb = haa+1e-9, hbb+1e-9
		det := haa*hbb - hab*hab
		if det < 1e-12 {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a-da, b-db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	if a > 0 && !math.IsInf(a, 0) && !math.IsNaN(b) {
		m.Slope, m.Intercept = a, b
	}
	right := 0
	type scored struct{ x, y float64 }
	all := make([]scored, len(held))
	for i, r := range held {
		if (m.Probability(margins[i]) >= .5) == (r.y > 0) {
			right++
		}
		all[i] = scored{margins[i], r.y}
	}
	rep.Accuracy = float64(right) / float64(len(held))
	slices.SortFunc(all, func(p, q scored) int { return cmp.Or(cmp.Compare(p.x, q.x), cmp.Compare(p.y, q.y)) })
	below, pairs := 0.0, 0.0
	for _, x := range all {
		if x.y < 0 {
			below++
		} else {
			pairs += below
		}
	}
	rep.AUC = pairs / (nPos * nNeg)
}
