package harm

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Linear is a linear classifier on hashed features: weights of one byte in one table, a bias and a calibration. It is read-only and may be shared; scoring
// goes through a Scorer, one a worker.
type Linear struct {
	Header
	weights []uint8      // codes
	values  [256]float32 // of the codes
}

// Header describes a model file.
type Header struct {
	Name     string     `json:"name"`
	Lang     string     `json:"lang"`
	Features FeatureSet `json:"features"`
	Scale    float64    `json:"scale"` // the largest weight
	Bias     float64    `json:"bias"`
	// Slope and Intercept turn the margin into a probability: 1/(1+exp(-(Slope·margin+Intercept))) (Platt 1999).
	Slope     float64 `json:"slope"`
	Intercept float64 `json:"intercept"`
	// Triggers are the words (in Chinese pairs of characters) without which no window of a long text is scored.
	Triggers []string `json:"triggers,omitempty"`
}

// A model file is the magic, the header's length (uint32, little endian), the header as JSON, and 2^Bits weights, one byte each.
const modelMagic = "WLIN\x01\x00\x00\x00"

// NewLinear makes a model of float weights, packed into one byte each.
func NewLinear(h Header, weights []float32) *Linear {
	top := 0.0
	for _, w := range weights {
		top = max(top, math.Abs(float64(w)))
	}
	if top == 0 {
		top = 1
	}
	m := &Linear{Header: h, weights: make([]uint8, len(weights))}
	m.Scale = top
	for i, w := range weights {
		code := math.RoundToEven(127 * math.Sqrt(math.Abs(float64(w))/top))
		m.weights[i] = uint8(int8(math.Copysign(code, float64(w))))
	}
	m.unpack()
	return m
}

// unpack fills the table of the values of the 256 codes: the sign and the square of code/127. Few features weigh much and many weigh little; equal steps would
// round those to nothing.
func (m *Linear) unpack() {
	for c := range m.values {
		x := float64(int8(c)) / 127
		m.values[c] = float32(x * math.Abs(x) * m.Scale)
	}
}

// ReadLinear reads a model file. It checks every length: a broken file is an error.
func ReadLinear(data []byte) (*Linear, error) {
	if len(data) < len(modelMagic)+4 || string(data[:len(modelMagic)]) != modelMagic {
		return nil, fmt.Errorf("not a linear model: it does not begin with %q", modelMagic[:4])
	}
	rest := data[len(modelMagic):]
	n := int(binary.LittleEndian.Uint32(rest))
	rest = rest[4:]
	if n > len(rest) {
		return nil, fmt.Errorf("linear model: a header of %d bytes in a file of %d", n, len(data))
	}
	m := &Linear{}
	if err := json.Unmarshal(rest[:n], &m.Header); err != nil {
		return nil, fmt.Errorf("linear model: header: %w", err)
	}
	f := m.Features
	if f.Bits < 8 || f.Bits > 26 || f.MinGram < 1 || f.MaxGram < f.MinGram || f.MaxGram > 8 || f.Words < 0 || f.Words > 8 || f.Pairs < 0 || f.Pairs > 8 {
		return nil, fmt.Errorf("linear model: features out of range: %+v", f)
	}
	rest = rest[n:]
	if len(rest) != 1<<f.Bits {
		return nil, fmt.Errorf("linear model: %d weights where the header promises %d", len(rest), 1<<f.Bits)
	}
	m.weights = rest
	m.unpack()
	return m, nil
}

// Bytes returns the model as a file.
func (m *Linear) Bytes() ([]byte, error) {
	head, err := json.Marshal(m.Header)
	if err != nil {
		return nil, err
	}
	out := append([]byte(modelMagic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[len(modelMagic):], uint32(len(head)))
	out = append(out, head...)
	return append(out, m.weights...), nil
}

// Probability turns a margin into a calibrated probability.
func (h *Header) Probability(margin float64) float64 {
	return 1 / (1 + math.Exp(-(h.Slope*margin + h.Intercept)))
}

// Scorer scores texts with a model. It belongs to one worker.
type Scorer struct {
	m *Linear
	e extractor
}

// NewScorer returns a scorer for a model.
func (m *Linear) NewScorer() *Scorer { return &Scorer{m: m, e: extractor{set: m.Features}} }

// Margin returns the signed distance of a text from the boundary; above zero leans to the class.
func (s *Scorer) Margin(text []byte) float64 {
	features := s.e.features(text)
	if len(features) == 0 {
		return s.m.Bias
	}
	sum := float32(0)
	weights, values := s.m.weights, &s.m.values
	for _, f := range features {
		sum += values[weights[f]]
	}
	return float64(sum)/math.Sqrt(float64(len(features))) + s.m.Bias
}

// Score returns the probability that a text belongs to the class, in (0, 1).
func (s *Scorer) Score(text []byte) float64 { return s.m.Probability(s.Margin(text)) }

// Features returns the buckets of a text's features, for training. The slice is valid until the next call.
func (s *Scorer) Features(text []byte) []uint32 { return s.e.features(text) }

// NewExtractor returns a Scorer without a model that only extracts features.
func NewExtractor(set FeatureSet) *Scorer { return &Scorer{e: extractor{set: set}} }

// Weight is what one run of characters adds to a text's margin.
type Weight struct {
	Text   string
	Weight float64
}

// Explain returns the n words or runs of Chinese characters whose removal would lower the text's margin most, heaviest first.
func (s *Scorer) Explain(text []byte, n int) []Weight {
	whole := s.Margin(text)
	var out []Weight
	for _, span := range explainUnits(text) {
		rest := append(append(append([]byte(nil), text[:span[0]]...), ' '), text[span[1]:]...)
		if w := whole - s.Margin(rest); w > 0 {
			out = append(out, Weight{string(text[span[0]:span[1]]), w})
		}
	}
	slices.SortStableFunc(out, func(a, b Weight) int {
		switch {
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		}
		return 0
	})
	// Overlapping runs say the same twice: a run inside one that is listed is left out.
	var kept []Weight
next:
	for _, w := range out {
		for _, k := range kept {
			if containsEither(k.Text, w.Text) {
				continue next
			}
		}
		if kept = append(kept, w); len(kept) == n {
			break
		}
	}
	return kept
}
