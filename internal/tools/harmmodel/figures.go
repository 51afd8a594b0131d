package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"winnow/filters/harm"
	"winnow/internal/text"
)

// scored is a row with its probability.
type scored struct {
	p       float64
	harmful bool
	group   string
}

// macroF1 is the mean of the F1 of harmful and harmless rows at a threshold.
func macroF1(rows []scored, threshold float64) float64 {
	var tp, fp, fn, tn float64
	for _, r := range rows {
		switch {
		case r.harmful && r.p > threshold:
			tp++
		case r.harmful:
			fn++
		case r.p > threshold:
			fp++
		default:
			tn++
		}
	}
	return tp/(2*tp+fp+fn) + tn/(2*tn+fp+fn)
}

// auc is the share of pairs of a harmful and a harmless row that the scores put in order; equal scores count half.
func auc(rows []scored) float64 {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b scored) int {
		switch {
		case a.p < b.p:
			return -1
		case a.p > b.p:
			return 1
		}
		return 0
	})
	var sum, pos, neg float64
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j].p == sorted[i].p {
			j++
		}
		rank := float64(i+j+1) / 2
		for ; i < j; i++ {
			if sorted[i].harmful {
				sum += rank
				pos++
			} else {
				neg++
			}
		}
	}
	return (sum - pos*(pos+1)/2) / (pos * neg)
}

// calibrationError is the expected calibration error over ten bins of equal width.
func calibrationError(rows []scored) float64 {
	var n, p, y [10]float64
	for _, r := range rows {
		b := min(int(r.p*10), 9)
		n[b]++
		p[b] += r.p
		if r.harmful {
			y[b]++
		}
	}
	e := 0.0
	for b := range n {
		e += math.Abs(p[b] - y[b])
	}
	return e / float64(len(rows))
}

func groupsOf(rows []scored) (names []string) {
	for _, r := range rows {
		if !slices.Contains(names, r.group) {
			names = append(names, r.group)
		}
	}
	slices.Sort(names)
	return names
}

func within(rows []scored, group string) (out []scored) {
	for _, r := range rows {
		if r.group == group {
			out = append(out, r)
		}
	}
	return out
}

// report prints the figures of the rows that were kept apart, as the tables of the model's card.
func report(w io.Writer, examples []example, m *harm.Linear) {
	by := figuresOf(examples, m, testing, func(*example) bool { return true })
	var names []string
	for name := range by {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		rows := by[name]
		harmful := 0
		flagged := 0
		for _, r := range rows {
			if r.harmful {
				harmful++
			}
			if r.p > .5 {
				flagged++
			}
		}
		if harmful == 0 {
			fmt.Fprintf(w, "| %s | %d | flagged %.2f %% |\n", name, len(rows), 100*float64(flagged)/float64(len(rows)))
			continue
		}
		fmt.Fprintf(w, "| %s | %d | macro-F1 %.3f | AUC %.3f | calibration error %.3f |\n", name, len(rows), macroF1(rows, .5), auc(rows), calibrationError(rows))
		if name == "hatecheck" || name == "cold-test" {
			for _, g := range groupsOf(rows) {
				if sub := within(rows, g); g != "" {
					fmt.Fprintf(w, "|  %s | %d | macro-F1 %.3f | AUC %.3f |\n", g, len(sub), macroF1(sub, .5), auc(sub))
				}
			}
		}
	}
}

// reportTriggers prints how many windows of good text the trigger words let through to the classifier, and how many harmful texts hold one.
func reportTriggers(w io.Writer, examples []example, m *harm.Linear) {
	known := map[string]bool{}
	for _, t := range m.Triggers {
		known[t] = true
	}
	var doc text.Doc
	hits, all := map[bool]float64{}, map[bool]float64{}
	for i := range examples {
		x := &examples[i]
		if x.part != testing || !x.harmful && (x.set == "davidson" || x.set == "hatecheck" || x.set == "cold-dev" || x.set == "cold-test") {
			continue
		}
		doc.Reset([]byte(x.text))
		hit := 0.0
		harm.TriggerUnits(&doc, m.Lang == "zh", func(start, end int, _ uint64) {
			if known[lower(x.text[start:end])] {
				hit = 1
			}
		})
		hits[x.harmful] += hit
		all[x.harmful]++
	}
	fmt.Fprintf(w, "| trigger words: harmful texts that hold one %.3f, windows of good text %.3f |\n", hits[true]/all[true], hits[false]/all[false])
}

// leaveOneOut trains without each of HateCheck's kinds of sentence and measures how such sentences, all of them, are told from the test rows of the other label.
func leaveOneOut(w io.Writer, examples []example) {
	var kinds []string
	for i := range examples {
		if k := examples[i].kind; k != "" && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	sum := 0.0
	for _, kind := range kinds {
		m := train("en", examples, kind)
		s := m.NewScorer()
		var rows []scored
		harmful := false
		for i := range examples {
			if x := &examples[i]; x.kind == kind {
				rows = append(rows, scored{s.Score([]byte(x.text)), x.harmful, ""})
				harmful = x.harmful
			}
		}
		for i := range examples {
			if x := &examples[i]; x.set == "hatecheck" && x.kind != kind && x.part == testing && x.harmful != harmful {
				rows = append(rows, scored{s.Score([]byte(x.text)), x.harmful, ""})
			}
		}
		a := auc(rows)
		sum += a
		fmt.Fprintf(w, "| left out %s | %d | AUC %.3f |\n", kind, len(rows), a)
	}
	fmt.Fprintf(w, "| mean | | AUC %.3f |\n", sum/float64(len(kinds)))
}
