package nn

import (
	"fmt"
	"math"

	"winnow/train/kernel"
)

// Cache holds the keys and values of the tokens a model has read, so that each further token costs one pass over the weights. It belongs
// to one model and one sequence.
type Cache struct {
	tokens, limit int
	k, v          [][]float32 // of each layer, [limit, kv heads·dim]
}

// NewCache returns an empty cache for up to maxTokens tokens. It takes layers · 2 · maxTokens · kv heads · head_dim · 4 bytes.
func (m *Model) NewCache(maxTokens int) *Cache {
	c := &Cache{limit: maxTokens}
	width := m.cfg.KVHeads * m.cfg.HeadDim
	for range m.layers {
		c.k = append(c.k, make([]float32, maxTokens*width))
		c.v = append(c.v, make([]float32, maxTokens*width))
	}
	return c
}

// Len returns how many tokens the cache holds.
func (c *Cache) Len() int { return c.tokens }

// Truncate forgets all but the first n tokens; n = 0 empties the cache for another sequence.
func (c *Cache) Truncate(n int) { c.tokens = min(c.tokens, max(0, n)) }

// Decode reads tokens after those in the cache, adds them to it and returns the logits [vocab] that follow the last one. The slice is
// overwritten by the model's next pass. It panics when the tokens do not fit in the cache or the vocabulary.
func (m *Model) Decode(c *Cache, tokens []int32) (logits []float32) {
	n := len(tokens)
	if c.tokens+n > c.limit {
		panic(fmt.Sprintf("nn.Decode: %d tokens after %d do not fit in a cache of %d", n, c.tokens, c.limit))
	}
	if err := (Batch{Tokens: tokens}).Validate(m.cfg); err != nil {
		panic("nn.Decode: " + err.Error())
	}
	m.acts.release(mark{})
	m.rope.grow(c.tokens + n)
	m.positions = m.positions[:0]
	for i := range n {
		m.positions = append(m.positions, int32(c.tokens+i))
	}
	m.docs = append(m.docs[:0], span{0, n})
	m.readyScratch(attentionScratch(c.tokens+n, m.cfg.HeadDim))
	x := m.acts.take(n * m.cfg.HiddenSize)
	m.embedForward(x, tokens)
	for i, l := range m.layers {
		at := m.acts.mark()
		m.decodeLayer(l, c, i, x, n)
		m.acts.release(at)
	}
	c.tokens += n
	last := x[(n-1)*m.cfg.HiddenSize:]
	normed := m.acts.take(len(last))
	kernel.RMSNorm(normed, last, m.norm.Data, m.cfg.RMSNormEps)
	logits = m.acts.take(m.cfg.VocabSize)
	kernel.MulVec(logits, normed, m.mat(m.head), m.cfg.VocabSize, m.cfg.HiddenSize, false)
	return logits
}

// promptBlock is from how many new tokens on attention in blocks pays for packing the cached keys and values.
const promptBlock = 12

// decodeLayer is forwardLayer on n new tokens with the cache, in place on x.
func (m *Model) decodeLayer(l *layer, c *Cache, i int, x []float32, n int) {
	cfg, take := m.cfg, m.acts.take
	qw, kw := cfg.Heads*cfg.HeadDim, cfg.KVHeads*cfg.HeadDim
	k, v := c.k[i][c.tokens*kw:(c.tokens+n)*kw], c.v[i][c.tokens*kw:(c.tokens+n)*kw]
	normed, q, attn := take(len(x)), take(n*qw), take(n*qw)
	normForward(normed, x, l.inNorm, nil, cfg.RMSNormEps)
	m.linearForward(&l.q, q, normed, n, false, nil)
	m.linearForward(&l.k, k, normed, n, false, nil)
	m.linearForward(&l.v, v, normed, n, false, nil)
	if l.qNorm != nil {
		normForward(q, q, l.qNorm, nil, cfg.RMSNormEps)
		normForward(k, k, l.kNorm, nil, cfg.RMSNormEps)
	}
	m.ropeForward(q)
	m.ropeForward(k)
	if n < promptBlock {
		kernel.For(n*cfg.Heads, func(worker, j int) {
			m.attendCached(l, c, i, j%cfg.Heads, c.tokens+j/cfg.Heads, q[j*cfg.HeadDim:][:cfg.HeadDim], attn[j*cfg.HeadDim:][:cfg.HeadDim], m.scratch[worker])
		})
	} else {
		h := m.heads(l, &layerTape{q: q, k: c.k[i], v: c.v[i], attn: attn}, n)
		h.past = c.tokens
		kernel.For(h.count, func(worker, j int) { h.forward(j, m.scratch[worker]) })
	}
	m.linearForward(&l.o, x, attn, n, true, nil)
	normForward(normed, x, l.postNorm, nil, cfg.RMSNormEps)
	gate, up := take(n*cfg.IntermediateSize), take(n*cfg.IntermediateSize)
	m.linearForward(&l.gate, gate, normed, n, false, nil)
	m.linearForward(&l.up, up, normed, n, false, nil)
	forParts(len(gate), func(lo, hi int) { kernel.SwiGLU(gate[lo:hi], gate[lo:hi], up[lo:hi]) })
	m.linearForward(&l.down, x, gate, n, true, nil)
}

// attendCached computes one head of one query at position pos over the cached keys and values.
func (m *Model) attendCached(l *layer, c *Cache, layer, head, pos int, q, out, scores []float32) {
	d := m.cfg.HeadDim
	kw := m.cfg.KVHeads * d
	at := head / (m.cfg.Heads / m.cfg.KVHeads) * d
	first := 0
	if l.window > 0 {
		first = max(0, pos-l.window+1)
	}
	scores = scores[:pos+1-first]
	for i := range scores {
		scores[i] = kernel.Dot(q, c.k[layer][(first+i)*kw+at:][:d])
	}
	scale := float32(1 / math.Sqrt(float64(d)))
	sum := kernel.ExpSum(scores, scale, kernel.Max(scores)*scale)
	clear(out)
	for i, p := range scores {
		kernel.Axpy(out, c.v[layer][(first+i)*kw+at:][:d], p/sum)
	}
}
