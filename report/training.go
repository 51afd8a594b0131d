package report

import (
	"fmt"
	"math"
	"strings"
)

// training is section 6.
type training struct {
	Summary *Training
	Charts  []chart
	Costs   []cost
	Facts   []fact
}

// cost is what one way of training takes.
type cost struct {
	Name, Note string
	FLOPs      float64
	Seconds    float64 // at the speed of this run
	Wide       float64 // of the bar, in percent
	Times      string  // against this run
}

type fact struct{ Name, Value string }

func newTraining(run *Run) *training {
	s := run.Manifest.Training
	if s == nil && len(run.Metrics) == 0 {
		return nil
	}
	t := &training{Summary: s, Charts: charts(run)}
	if s == nil {
		return t
	}
	t.Facts = []fact{
		{"model", s.Model}, {"method", s.Method}, {"objective", s.Objective},
		{"steps", count(int64(s.Steps))}, {"tokens seen", count(s.Tokens)}, {"time", duration(s.Seconds)},
		{"tokens a second", count(int64(math.Round(s.TokensPerSecond)))},
		{"training loss", figure(s.FirstLoss) + " → " + figure(s.LastLoss)},
		{"trained parameters", fmt.Sprintf("%s of %s (%s)", count(s.Trainable), count(s.Parameters), percent(share(s.Trainable, s.Parameters)))},
	}
	if s.Engine != "" {
		t.Facts = append(t.Facts, fact{"engine", s.Engine})
	}
	if s.BestValidation != 0 {
		t.Facts = append(t.Facts, fact{"best held-out loss", fmt.Sprintf("%s at step %s", figure(s.BestValidation), count(int64(s.BestStep)))})
	}
	t.costs(s)
	return t
}

// costs compares the run with tuning every weight and with training from scratch. Hours are this run's speed in FLOP a second held constant.
func (t *training) costs(s *Training) {
	if s.FLOPs <= 0 {
		return
	}
	list := []cost{{Name: "this run", Note: s.Method + ", as trained", FLOPs: s.FLOPs}}
	if s.FLOPsFull > 0 && s.FLOPsFull != s.FLOPs {
		list = append(list, cost{Name: "full tuning", Note: "the same steps on every weight", FLOPs: s.FLOPsFull})
	}
	if s.FLOPsScratch > 0 {
		list = append(list, cost{Name: "from scratch", Note: "20 tokens a parameter (Hoffmann et al. 2022)", FLOPs: s.FLOPsScratch})
	}
	most := 0.0
	for _, c := range list {
		most = math.Max(most, c.FLOPs)
	}
	for i := range list {
		c := &list[i]
		c.Seconds = s.Seconds * c.FLOPs / s.FLOPs
		c.Wide = math.Max(0.5, wide(c.FLOPs, most))
		if i > 0 {
			c.Times = figure(c.FLOPs/s.FLOPs) + " ×"
		}
	}
	t.Costs = list
}

func charts(run *Run) []chart {
	read := func(name string, ink int, value func(*Metric) *float64) series {
		s := series{Name: name, Ink: ink}
		for i := range run.Metrics {
			if v := value(&run.Metrics[i]); v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
				s.X, s.Y = append(s.X, float64(run.Metrics[i].Step)), append(s.Y, *v)
			}
		}
		return s
	}
	positive := func(x float64) *float64 {
		if x <= 0 {
			return nil
		}
		return &x
	}
	train := read("training", 0, func(m *Metric) *float64 { return m.Loss })
	held := read("held out", 1, func(m *Metric) *float64 { return m.EvalLoss })
	held.Dots = len(held.Y) <= 40
	plain := lineStyle{format: tick}
	zero := lineStyle{fromZero: true, format: func(x, _ float64) string { return short(x) }}
	var out []chart
	add := func(id, title, unit string, style lineStyle, list ...series) {
		var have []series
		for _, s := range list {
			if len(s.Y) > 0 {
				have = append(have, s)
			}
		}
		if len(have) == 0 {
			return
		}
		c := chart{Title: title, Unit: unit, Picture: drawLines("chart-"+id, title, have, style)}
		if len(have) > 1 {
			for _, s := range have {
				c.Legend = append(c.Legend, flowSource{Name: s.Name, Ink: s.Ink})
			}
		}
		out = append(out, c)
	}
	add("loss", "Loss", "nats a token", plain, train, held)
	add("rate", "Learning rate", "", lineStyle{fromZero: true, format: func(x, _ float64) string { return figure2(x) }}, read("learning rate", 2, func(m *Metric) *float64 { return m.LearningRate }))
	add("speed", "Speed", "tokens a second", zero, read("speed", 3, func(m *Metric) *float64 { return positive(m.TokensPerSec) }))
	add("memory", "Memory", "of the process", lineStyle{fromZero: true, format: func(x, _ float64) string { return strings.Replace(bytesText(math.Round(x)), ".0 ", " ", 1) }}, read("memory", 4, func(m *Metric) *float64 { return positive(m.Memory) }))
	add("gradient", "Gradient norm", "before clipping", lineStyle{fromZero: true, format: tick}, read("gradient norm", 5, func(m *Metric) *float64 { return m.GradNorm }))
	won, heldWon := read("training", 0, func(m *Metric) *float64 { return m.Won }), read("held out", 1, func(m *Metric) *float64 { return m.EvalWon })
	heldWon.Dots = true
	add("won", "Pairs won", "chosen answer ahead", percentStyle, won, heldWon)
	accuracy := read("held out", 1, func(m *Metric) *float64 { return m.EvalAccuracy })
	accuracy.Dots = true
	add("accuracy", "Accuracy", "held-out rows", percentStyle, accuracy)
	return out
}

// figure2 writes an axis value such as a learning rate: 2e-4 rather than 0.0002000.
func figure2(x float64) string {
	if x == 0 {
		return "0"
	}
	if math.Abs(x) >= 0.01 {
		return tick(x, math.Abs(x)/10)
	}
	exponent := int(math.Floor(math.Log10(math.Abs(x)) + 1e-9))
	mantissa := x / math.Pow(10, float64(exponent))
	return tick(math.Round(mantissa*100)/100, stepOf(mantissa)) + "e" + minus(fmt.Sprint(exponent))
}

func stepOf(mantissa float64) float64 {
	if math.Abs(mantissa-math.Round(mantissa)) < 0.005 {
		return 1
	}
	return 0.1
}
