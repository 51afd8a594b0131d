package nn

import "fmt"

// Memory modes of Model.Memory.
const (
	MemoryFull    = "full"    // training, all activations kept
	MemoryLow     = "low"     // training, activations computed again; see SetRecompute
	MemoryForward = "forward" // Loss, TokenLogProbs
)

// MemoryModes lists the modes.
var MemoryModes = []string{MemoryFull, MemoryLow, MemoryForward}

// Memory estimates the bytes a model takes with batches of up to tokensPerBatch tokens: its parameters as they are stored now and, in the
// training modes, the gradients and the two moments of AdamW for those that train, and the activations. An unknown mode counts as MemoryFull.
func (m *Model) Memory(tokensPerBatch int, mode string) (bytes int64) {
	c := m.cfg
	n := int64(tokensPerBatch)
	h, f := int64(c.HiddenSize), int64(c.IntermediateSize)
	q, kv := int64(c.Heads*c.HeadDim), int64(c.KVHeads*c.HeadDim)
	for _, list := range [][]*Param{m.params, m.lora} {
		for _, p := range list {
			size := int64(4)
			if p.BF16 != nil {
				size = 2
			}
			bytes += size * int64(p.Len())
			if p.Trainable && mode != MemoryForward {
				bytes += 12 * int64(p.Len())
			}
		}
	}
	wide, kept := int64(c.wideWidth(m.layers[0].qNorm != nil)), int64(c.Heads)+h+2 // one token's tape: see takeWide and keptTape
	if m.layers[0].qNorm != nil {
		kept += int64(c.Heads + c.KVHeads)
	}
	ranks := int64(0)
	for _, l := range m.projections() {
		if l.lora != nil {
			ranks += int64(l.lora.rank)
		}
	}
	kept += ranks / int64(c.Layers)
	layer, inner, residual := n*(wide+kept), n*(h+f), n*h // a tape, what forwardLayer needs besides, one [tokens, hidden]
	backward := n * (2*h + max(f, 4*q+2*kv))
	rows := min(n, int64(logitRows(c.VocabSize)))
	head := rows * (int64(c.VocabSize) + 2*h + 17)
	var acts int64
	switch mode {
	case MemoryForward:
		acts = 2*residual + max(layer+inner, head)
	case MemoryLow:
		acts = int64(c.Layers+2)*residual + max(layer+max(inner, backward), head)
	default:
		if m.half {
			acts = residual + int64(c.Layers)*(residual+n*(kept+wide/2)) + max(n*wide+inner, residual+max(head, n*wide+backward))
			break
		}
		acts = residual + int64(c.Layers)*(residual+layer) + max(inner, residual+max(head, backward))
	}
	return bytes + 4*acts
}

// FLOPs returns the floating-point operations of one pass over tokens tokens in documents of up to MaxPositions: 2 per weight and token
// forward and, when training, as many again for the gradients of activations and for those of weights that train, plus attention.
func (m *Model) FLOPs(tokens int, training bool) float64 {
	var weights, trained float64
	count := func(p *Param) {
		if len(p.Shape) < 2 || p == m.embed && p != m.head {
			return
		}
		weights += float64(p.Len())
		if p.Trainable {
			trained += float64(p.Len())
		}
	}
	for _, p := range m.params {
		count(p)
	}
	if m.adapterOn {
		for _, p := range m.lora {
			count(p)
		}
	}
	n := float64(tokens)
	// Causal attention: each query meets half the document on average; scores and values are two products of 2·heads·dim each.
	seen := float64(min(tokens, m.cfg.MaxPositions)) / 2
	if w := m.cfg.SlidingWindow; w > 0 {
		seen = min(seen, float64(w))
	}
	attention := 4 * float64(m.cfg.Layers*m.cfg.Heads*m.cfg.HeadDim) * seen * n
	forward := 2*weights*n + attention
	if !training {
		return forward
	}
	return 2*forward + 2*trained*n + 0.5*attention // the backward pass of attention is five products to the forward's two
}

// Parameters returns how many base parameters the model has, and how many parameters, adapters included, train.
func (m *Model) Parameters() (base, training int64) {
	for _, p := range m.params {
		base += int64(p.Len())
	}
	for _, p := range m.trainable() {
		training += int64(p.Len())
	}
	return base, training
}

// String describes the model in one line.
func (m *Model) String() string {
	base, training := m.Parameters()
	c := m.cfg
	return fmt.Sprintf("%s, %d layers, hidden %d, %d/%d heads of %d, vocabulary %d, %d parameters, %d of them or of adapters training",
		c.Architecture, c.Layers, c.HiddenSize, c.Heads, c.KVHeads, c.HeadDim, c.VocabSize, base, training)
}
