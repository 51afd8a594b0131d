package train

import (
	"fmt"
	"math"

	"winnow/train/nn"
)

// Samples is a fixed, indexable set of packed training rows. Sample must give the same row for the same index in every run.
type Samples interface {
	Len() int
	Sample(i int) (Sample, error)
}

// Sample is one row of token ids: one document, or several packed one after the other.
type Sample struct {
	Tokens []int32
	Labels []bool            // whether a token carries loss when it is predicted; nil is all. A document's first token never does
	Starts []int32           // offset of each document in Tokens, the first 0; nil is one document
	Weight float32           // importance of the row's tokens in the loss; 0 is 1
	Groups map[string]string // column → value: what batches are balanced by and shares are reported of
	Rows   []string          // ids of the rows inside, for messages
}

// Preferences is a fixed, indexable set of pairs for DPO and ORPO.
type Preferences interface {
	Len() int
	Preference(i int) (Preference, error)
}

// Preference is one prompt answered twice. Both rows begin with the prompt; Labels mark the answer. Groups and Weight are the chosen row's.
type Preference struct{ Chosen, Rejected Sample }

// item is what one position of the order holds: a row, or a pair of rows.
type item struct {
	row      Sample
	rejected *Sample
}

func (it item) tokens() int {
	n := len(it.row.Tokens)
	if it.rejected != nil {
		n += len(it.rejected.Tokens)
	}
	return n
}

// source hides whether the data are rows or pairs.
type source interface {
	Len() int
	item(i int) (item, error)
}

type rowSource struct{ Samples }

func (s rowSource) item(i int) (item, error) {
	row, err := s.Sample(i)
	return item{row: row}, err
}

type pairSource struct{ Preferences }

func (s pairSource) item(i int) (item, error) {
	p, err := s.Preference(i)
	return item{row: p.Chosen, rejected: &p.Rejected}, err
}

// ignored marks a position without loss, as in PyTorch and Transformers.
const ignored = -100

// check tells what is wrong with a row, before any model sees it.
func (s Sample) check(vocabulary, positions int) error {
	if len(s.Tokens) == 0 {
		return fmt.Errorf("it has no tokens")
	}
	if s.Labels != nil && len(s.Labels) != len(s.Tokens) {
		return fmt.Errorf("it has %d labels for %d tokens", len(s.Labels), len(s.Tokens))
	}
	if !(s.Weight >= 0) || math.IsInf(float64(s.Weight), 0) {
		return fmt.Errorf("its weight %v is not a number from 0 up", s.Weight)
	}
	for i, id := range s.Tokens {
		if id < 0 || int(id) >= vocabulary {
			return fmt.Errorf("token %d is id %d, but the model's vocabulary has only %d entries: tokenizer and model do not belong together", i, id, vocabulary)
		}
	}
	starts := s.starts()
	if starts[0] != 0 {
		return fmt.Errorf("its first document starts at %d, not at 0", starts[0])
	}
	for i, from := range starts {
		to := int32(len(s.Tokens))
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		if from >= to {
			return fmt.Errorf("document %d spans tokens %d to %d", i, from, to)
		}
		if int(to-from) > positions {
			return fmt.Errorf("document %d has %d tokens, the model's context only %d: cut it, or lower tokenize.length", i, to-from, positions)
		}
	}
	return nil
}

func (s Sample) starts() []int32 {
	if len(s.Starts) == 0 {
		return []int32{0}
	}
	return s.Starts
}

func (s Sample) weight() float32 {
	if s.Weight == 0 {
		return 1
	}
	return s.Weight
}

// targets appends the id that each position predicts: its successor where that lies in the same document and is labelled, else ignored.
func (s Sample) targets(dst []int32, all bool) []int32 {
	starts := s.starts()
	next := 1 // index in starts of the following document
	for t := range s.Tokens {
		target := int32(ignored)
		if t+1 < len(s.Tokens) {
			switch {
			case next < len(starts) && int(starts[next]) == t+1:
				next++
			case all || s.Labels == nil || s.Labels[t+1]:
				target = s.Tokens[t+1]
			}
		}
		dst = append(dst, target)
	}
	return dst
}

// labelled counts the positions that carry loss.
func (s Sample) labelled(all bool) int {
	n := 0
	for _, t := range s.targets(make([]int32, 0, len(s.Tokens)), all) {
		if t != ignored {
			n++
		}
	}
	return n
}

// join lays rows one after the other into one batch; attention and positions restart at each document. Weights are set only when a row's
// differs from 1.
func join(rows []Sample, all bool) nn.Batch {
	var b nn.Batch
	weighted := false
	for _, r := range rows {
		base := int32(len(b.Tokens))
		for _, s := range r.starts() {
			b.Starts = append(b.Starts, base+s)
		}
		b.Tokens = append(b.Tokens, r.Tokens...)
		b.Targets = r.targets(b.Targets, all)
		weighted = weighted || r.weight() != 1
	}
	if weighted {
		for _, r := range rows {
			for range r.Tokens {
				b.Weights = append(b.Weights, r.weight())
			}
		}
	}
	return b
}
