package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"winnow/train/nn"
)

// Sampling says how the next token is chosen. The zero value is greedy.
type Sampling struct {
	MaxTokens         int     // tokens to generate at most; 0 is 256
	Temperature       float64 // 0 is greedy; logits are divided by it otherwise
	TopK              int     // keep the k likeliest; 0 keeps all
	TopP              float64 // keep the fewest likeliest tokens that hold this probability (Holtzman et al. 2020); 0 keeps all
	RepetitionPenalty float64 // above 1 lowers tokens already in prompt or answer (Keskar et al. 2019); 0 or 1 is none
	Stop              []int32 // ids that end the answer; they are not returned. nil is the model's end-of-text ids
	Seed              uint64  // the token at each position is a function of seed and logits
}

// Generate continues prompt and returns the new tokens. each, when not nil, is called with every token as it comes and may end the answer by
// returning false. The answer also ends at a stop id, at MaxTokens and where the model's context is full.
func Generate(ctx context.Context, m *nn.Model, prompt []int32, s Sampling, each func(token int32) bool) ([]int32, error) {
	if err := s.check(m, prompt); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	stop := s.Stop
	if stop == nil {
		for _, id := range m.Config().EOS {
			stop = append(stop, int32(id))
		}
	}
	limit := min(or(s.MaxTokens, 256), m.Config().MaxPositions-len(prompt))
	cache := m.NewCache(len(prompt) + limit)
	seen := map[int32]bool{}
	for _, t := range prompt {
		seen[t] = true
	}
	var out []int32
	next := prompt
	for len(out) < limit {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		token, err := s.choose(m.Decode(cache, next), seen, len(prompt)+len(out))
		if err != nil {
			return out, fmt.Errorf("generate: token %d: %w", len(out), err)
		}
		if slices.Contains(stop, token) {
			break
		}
		out = append(out, token)
		seen[token] = true
		if each != nil && !each(token) {
			break
		}
		next = out[len(out)-1:]
	}
	return out, nil
}

func (s Sampling) check(m *nn.Model, prompt []int32) error {
	if len(prompt) == 0 {
		return fmt.Errorf("the prompt has no tokens; begin with the model's start-of-text id at least")
	}
	if len(prompt) >= m.Config().MaxPositions {
		return fmt.Errorf("the prompt has %d tokens, the model's context only %d", len(prompt), m.Config().MaxPositions)
	}
	for i, t := range prompt {
		if t < 0 || int(t) >= m.Config().VocabSize {
			return fmt.Errorf("prompt token %d is id %d, outside the model's vocabulary of %d", i, t, m.Config().VocabSize)
		}
	}
	if !(s.Temperature >= 0) || s.TopK < 0 || !(s.TopP >= 0 && s.TopP <= 1) || !(s.RepetitionPenalty >= 0) || s.MaxTokens < 0 {
		return fmt.Errorf("temperature, top-k and the repetition penalty must not be negative, top-p must lie in [0, 1]")
	}
	return nil
}

// choose picks the token at a position, in the order of transformers' processors: repetition penalty, temperature, top-k, top-p.
func (s Sampling) choose(logits []float32, seen map[int32]bool, position int) (int32, error) {
	type candidate struct {
		id int32
		p  float64
	}
	all := make([]candidate, len(logits))
	for i, l := range logits {
		v := float64(l)
		if penalty := s.RepetitionPenalty; penalty > 0 && seen[int32(i)] {
			if v > 0 {
				v /= penalty
			} else {
				v *= penalty
			}
		}
		if math.IsNaN(v) {
			return 0, fmt.Errorf("the logit of id %d is not a number: the model's weights are damaged", i)
		}
		all[i] = candidate{int32(i), v}
	}
	if s.Temperature == 0 {
		best := slices.MaxFunc(all, func(a, b candidate) int { return cmp.Compare(a.p, b.p) }) // the first of equals
		return best.id, nil
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.id, b.id)) })
	if s.TopK > 0 {
		all = all[:min(s.TopK, len(all))]
	}
	top, sum := all[0].p, 0.0
	for i := range all {
		all[i].p = math.Exp((all[i].p - top) / s.Temperature)
		sum += all[i].p
	}
	if s.TopP > 0 {
		kept := 0.0
		for i := range all {
			if kept += all[i].p; kept >= s.TopP*sum {
				all, sum = all[:i+1], kept
				break
			}
		}
	}
	at := unit(hash(s.Seed, "token", position)) * sum
	for _, c := range all {
		if at -= c.p; at < 0 {
			return c.id, nil
		}
	}
	return all[len(all)-1].id, nil
}
