package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"winnow/filters/harm"
)

// settings are fitted on calibration rows; figures in the card are of other rows.
type settings struct {
	features harm.FeatureSet
	c        float64 // cost of an error against the size of the weights
	power    float64 // of the naive-Bayes ratio that scales a feature: 1 is NB-SVM (Wang and Manning 2012), 0 a plain support vector machine
	epochs   int
	least    int32 // texts that hold a feature, at least
}

var settingsOf = map[string]settings{
	"en": {harm.FeatureSet{Bits: 21, MinGram: 2, MaxGram: 5, Words: 3, Pairs: 4, Binary: true}, 1, .5, 15, 2},
	"zh": {harm.FeatureSet{Bits: 21, MinGram: 1, MaxGram: 4, Binary: true}, .5, 1, 15, 2},
}

// row is a text as the solver sees it: buckets that occur, all with the same value.
type row struct {
	buckets []uint32
	value   float32 // 1/√(number of buckets)
	y       float32 // +1 harmful, −1 not
	cost    float64
}

// train fits a model on the training rows whose kind is not without, and calibrates it on the calibration rows.
func train(lang string, examples []example, without string) *harm.Linear {
	set := settingsOf[lang]
	e := harm.NewExtractor(set.features)
	var rows []row
	for i := range examples {
		x := &examples[i]
		if x.part != training || without != "" && x.kind == without {
			continue
		}
		r := row{buckets: slices.Clone(e.Features([]byte(x.text))), y: -1, cost: x.cost}
		if x.harmful {
			r.y = 1
		}
		r.value = float32(1 / math.Sqrt(float64(max(len(r.buckets), 1))))
		rows = append(rows, r)
	}
	scale := ratios(rows, set)
	weights, bias := solve(rows, scale, set)
	for f := range weights {
		weights[f] *= scale[f]
	}
	m := harm.NewLinear(harm.Header{Name: "harm", Lang: lang, Features: set.features, Bias: float64(bias), Slope: 1, Triggers: triggers(lang, examples)}, weights)
	calibrate(m, examples)
	return m
}

// ratios returns the factor of each bucket: the power of its naive-Bayes log ratio, 0 for buckets that too few texts hold.
func ratios(rows []row, set settings) []float32 {
	n := 1 << set.features.Bits
	texts := make([]int32, n)
	pos, neg := make([]float64, n), make([]float64, n)
	var allPos, allNeg float64
	for _, r := range rows {
		side := neg
		if r.y > 0 {
			side = pos
			allPos += r.cost
		} else {
			allNeg += r.cost
		}
		for _, f := range r.buckets {
			texts[f]++
			side[f] += r.cost
		}
	}
	out := make([]float32, n)
	for f := range out {
		if texts[f] < set.least {
			continue
		}
		v := math.Log((pos[f] + 1) / (allPos + 2) * (allNeg + 2) / (neg[f] + 1))
		out[f] = float32(math.Copysign(math.Pow(math.Abs(v), set.power), v))
	}
	return out
}

// solve fits a support vector machine with squared hinge loss by dual coordinate descent (Hsieh et al. 2008, algorithm 1).
func solve(rows []row, scale []float32, set settings) (w []float32, bias float32) {
	w = make([]float32, len(scale))
	alpha := make([]float64, len(rows))
	norm := make([]float64, len(rows))
	order := make([]int, len(rows))
	for i, r := range rows {
		order[i] = i
		norm[i] = 1
		for _, f := range r.buckets {
			v := float64(r.value * scale[f])
			norm[i] += v * v
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range set.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			r := &rows[i]
			margin := bias
			for _, f := range r.buckets {
				margin += w[f] * scale[f] * r.value
			}
			d := 1 / (2 * set.c * r.cost)
			gradient := float64(r.y*margin) - 1 + d*alpha[i]
			if alpha[i] == 0 && gradient >= 0 {
				continue
			}
			old := alpha[i]
			alpha[i] = max(0, old-gradient/(norm[i]+d))
			step := float32(alpha[i]-old) * r.y
			for _, f := range r.buckets {
				w[f] += step * r.value * scale[f]
			}
			bias += step
		}
	}
	return w, bias
}

// calibrationSets are posts and, in English, so that plain sentences pull their weight, translations.
var calibrationSets = []string{"davidson", "hatecheck", "tatoeba-en", "cold-test"}

// calibrate fits slope and intercept of the sigmoid on the calibration rows of the harm sets by Newton's method (Platt 1999, with his smoothed targets).
func calibrate(m *harm.Linear, examples []example) {
	s := m.NewScorer()
	var margins, targets []float64
	var pos, neg float64
	for i := range examples {
		x := &examples[i]
		if x.part != calibration || !slices.Contains(calibrationSets, x.set) {
			continue
		}
		margins = append(margins, s.Margin([]byte(x.text)))
		if x.harmful {
			targets = append(targets, 1)
			pos++
		} else {
			targets = append(targets, 0)
			neg++
		}
	}
	high, low := (pos+1)/(pos+2), 1/(neg+2)
	a, b := 1.0, 0.0
	for range 50 {
		var ga, gb, haa, hab, hbb float64
		for i, x := range margins {
			t := low
			if targets[i] == 1 {
				t = high
			}
			p := 1 / (1 + math.Exp(-(a*x + b)))
			w := p * (1 - p)
			ga += (p - t) * x
			gb += p - t
			haa += w * x * x
			hab += w * x
			hbb += w
		}
		haa, hbb = haa+1e-9, hbb+1e-9
		det := haa*hbb - hab*hab
		a -= (hbb*ga - hab*gb) / det
		b -= (haa*gb - hab*ga) / det
	}
	m.Slope, m.Intercept = a, b
}
