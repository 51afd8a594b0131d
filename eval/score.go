package eval

import (
	"context"

	"winnow/train/nn"
)

// scoreTokens is how many tokens are scored in one packed batch: enough to keep the matrix products busy, few enough for a small machine.
const scoreTokens = 2048

// continuation is a stretch of tokens whose likelihood after a context is asked for.
type continuation struct {
	context, tokens []int32
}

// fit cuts a continuation to what the model sees at once: the context loses its beginning, and only then the continuation its end.
func (c continuation) fit(length int) continuation {
	length = max(length, 2)
	if len(c.tokens) >= length {
		c.tokens = c.tokens[:length-1]
	}
	if room := length - len(c.tokens); len(c.context) > room {
		c.context = c.context[len(c.context)-room:]
	}
	return c
}

// logLikelihoods returns ln p(tokens | context) in nats for each of list. Many are scored in one pass, packed end to end; each is a document of its own, so
// what stands beside it does not matter. Without a context the first token has no likelihood and counts nothing.
func logLikelihoods(ctx context.Context, m Model, list []continuation) ([]float64, error) {
	out := make([]float64, len(list))
	for first := 0; first < len(list); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var b nn.Batch
		var owner []int
		next := first
		for ; next < len(list); next++ {
			c := list[next].fit(m.Length)
			n := len(c.context) + len(c.tokens)
			if len(b.Tokens) > 0 && len(b.Tokens)+n > scoreTokens {
				break
			}
			if n < 2 || len(c.tokens) == 0 {
				continue
			}
			b.Starts = append(b.Starts, int32(len(b.Tokens)))
			b.Tokens = append(append(b.Tokens, c.context...), c.tokens...)
			for i := range n {
				target, of := int32(nn.Ignore), -1
				if k := i + 1 - len(c.context); k >= 0 && k < len(c.tokens) {
					target, of = c.tokens[k], next
				}
				b.Targets, owner = append(b.Targets, target), append(owner, of)
			}
		}
		if len(b.Tokens) > 0 {
			for i, lp := range m.Net.TokenLogProbs(b) {
				if owner[i] >= 0 {
					out[owner[i]] += float64(lp)
				}
			}
		}
		first = next
	}
	return out, nil
}

// question is a prompt with the answers a model may choose from.
type question struct {
	prompt  []int32
	answers [][]int32
}

// choose returns for each question the number of the answer with the highest log-likelihood per token; of equal ones the first.
func choose(ctx context.Context, m Model, questions []question) ([]int, error) {
	var list []continuation
	for _, q := range questions {
		for _, a := range q.answers {
			list = append(list, continuation{q.prompt, a})
		}
	}
	scores, err := logLikelihoods(ctx, m, list)
	if err != nil {
		return nil, err
	}
	out := make([]int, len(questions))
	at := 0
	for i, q := range questions {
		best := 0.0
		for k, a := range q.answers {
			if s := scores[at] / float64(max(1, len(a))); k == 0 || s > best {
				best, out[i] = s, k
			}
			at++
		}
	}
	return out, nil
}

// opening returns the tokens that plain text begins after, so that its first token has a likelihood too: the tokenizer's own first token, or where there is
// none the one that ends the text before. It is empty when the tokenizer has neither.
func opening(c Codec) []int32 {
	if b := c.Begin(); b >= 0 {
		return []int32{b}
	}
	if s := c.Stop(); len(s) > 0 {
		return s[:1]
	}
	return nil
}

// plain returns text as the model meets it at the beginning of a document.
func plain(c Codec, text string) []int32 {
	return append(append([]int32(nil), opening(c)...), c.Text(text)...)
}

// sentence asks for the likelihood of a whole sentence.
func sentence(c Codec, text string) continuation {
	return continuation{opening(c), c.Text(text)}
}

// branches returns the continuations that set texts apart which begin alike: what all have in common is the context, so that a tokenizer may cut a word and
// the space before it in any way.
func branches(c Codec, texts ...string) []continuation {
	tokens := make([][]int32, len(texts))
	shortest := 0
	for i, t := range texts {
		tokens[i] = c.Text(t)
		if len(tokens[i]) < len(tokens[shortest]) {
			shortest = i
		}
	}
	common := 0
	for common < len(tokens[shortest])-1 && alike(tokens, common) {
		common++
	}
	start := opening(c)
	out := make([]continuation, len(texts))
	for i, t := range tokens {
		out[i] = continuation{append(append([]int32(nil), start...), t[:common]...), t[common:]}
	}
	return out
}

// alike says whether all lists have the same token at a place.
func alike(lists [][]int32, at int) bool {
	for _, l := range lists {
		if l[at] != lists[0][at] {
			return false
		}
	}
	return true
}

// spread returns up to limit entries of a list, evenly spread, in order.
func spread[T any](list []T, limit int) []T {
	if len(list) <= limit {
		return list
	}
	out := make([]T, limit)
	for i := range out {
		out[i] = list[i*len(list)/limit]
	}
	return out
}
