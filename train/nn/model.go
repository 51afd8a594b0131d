package nn

import (
	"fmt"

	"winnow/train/kernel"
)

// Model is a decoder-only language model with its activations and, when it has them, its LoRA adapters.
type Model struct {
	cfg    Config
	params []*Param // in the order transformers lists them

	embed  *Param // [vocab, hidden]
	head   *Param // [vocab, hidden]; embed itself when tied
	norm   *Param // [hidden], before the head
	layers []*layer
	rope   *ropeTable

	lora      []*Param
	adapterOn bool

	step      uint64 // of the optimiser, and batch within it: they seed the dropout masks
	batch     uint64
	training  bool // a LossGrad is under way
	recompute bool
	half      bool // see SetBF16
	noise     float64
	noiseSeed uint64 // see SetNEFTune

	acts      arena
	tapes     []layerTape
	docs      []span
	positions []int32     // of every token in its document
	picked    []int32     // tokens whose target carries loss
	rowLoss   []float64   // of each picked token
	scratch   [][]float32 // of each worker
}

// layer is one decoder layer.
type layer struct {
	inNorm, postNorm *Param // before attention, before the feed-forward layer
	qNorm, kNorm     *Param // [head_dim], nil without QKNorm
	q, k, v, o       linear
	gate, up, down   linear
	window           int
}

// New returns a model with all parameters allocated and zero. Give it values by Init or by copying into Params.
func New(c Config) (*Model, error) {
	c, err := c.complete()
	if err != nil {
		return nil, fmt.Errorf("model configuration: %w", err)
	}
	arch, err := findArch(c.Architecture)
	if err != nil {
		return nil, err
	}
	f := arch.Features(c)
	m := &Model{cfg: c, rope: newRopeTable(c), layers: make([]*layer, c.Layers)}
	add := func(name string, shape ...int) *Param {
		p := newParam(name, shape...)
		m.params = append(m.params, p)
		return p
	}
	m.embed = add("model.embed_tokens.weight", c.VocabSize, c.HiddenSize)
	m.head = m.embed
	for i := range m.layers {
		prefix := fmt.Sprintf("model.layers.%d.", i)
		project := func(name string, in, out int, bias bool) linear {
			l := linear{in: in, out: out, w: add(prefix+name+".weight", out, in)}
			if bias {
				l.bias = add(prefix+name+".bias", out)
			}
			return l
		}
		l := &layer{window: c.window(i)}
		q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
		l.q = project("self_attn.q_proj", c.HiddenSize, q, f.QKVBias)
		l.k = project("self_attn.k_proj", c.HiddenSize, kv, f.QKVBias)
		l.v = project("self_attn.v_proj", c.HiddenSize, kv, f.QKVBias)
		l.o = project("self_attn.o_proj", q, c.HiddenSize, f.OutBias)
		if f.QKNorm {
			l.qNorm = add(prefix+"self_attn.q_norm.weight", c.HeadDim)
			l.kNorm = add(prefix+"self_attn.k_norm.weight", c.HeadDim)
		}
		l.gate = project("mlp.gate_proj", c.HiddenSize, c.IntermediateSize, f.MLPBias)
		l.up = project("mlp.up_proj", c.HiddenSize, c.IntermediateSize, f.MLPBias)
		l.down = project("mlp.down_proj", c.IntermediateSize, c.HiddenSize, f.MLPBias)
		l.inNorm = add(prefix+"input_layernorm.weight", c.HiddenSize)
		l.postNorm = add(prefix+"post_attention_layernorm.weight", c.HiddenSize)
		m.layers[i] = l
	}
	m.norm = add("model.norm.weight", c.HiddenSize)
	if !c.TieEmbeddings {
		m.head = add("lm_head.weight", c.VocabSize, c.HiddenSize)
	}
	return m, nil
}

// Config returns the configuration, with what could be derived filled in.
func (m *Model) Config() Config { return m.cfg }

// Params returns the base parameters in the order of transformers; a tied head is the embedding and appears once.
func (m *Model) Params() []*Param { return m.params }

// projections lists the linear layers of the decoder in the order of Params.
func (m *Model) projections() []*linear {
	var list []*linear
	for _, l := range m.layers {
		list = append(list, &l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down)
	}
	return list
}

// Freeze makes the base parameters for which keep returns true trainable and freezes the others, whose gradients are dropped.
func (m *Model) Freeze(keep func(name string) bool) {
	for _, p := range m.params {
		p.Trainable = keep(p.Name)
		if !p.Trainable {
			p.Grad = nil
		}
	}
}

// SetStep tells the model which optimiser step it works for; dropout masks follow from it and from the number of LossGrad calls since.
func (m *Model) SetStep(step uint64) { m.step, m.batch = step, 0 }

// SetRecompute chooses between keeping the activations of every layer (false) and keeping only each layer's input and computing the rest
// again in the backward pass (true, `memory: low`): a third more arithmetic for a tenth of the activations. Results are the same.
func (m *Model) SetRecompute(on bool) { m.recompute = on }

// StoreBF16 rounds the frozen matrices to bf16 and lets their float32 values go: half the memory, and twice the speed where reading weights is
// the cost, as in Decode. Weights that came as bf16 lose nothing. Freeze must not make them trainable again.
func (m *Model) StoreBF16() {
	for _, p := range m.params {
		if !p.Trainable && len(p.Shape) > 1 && p.Data != nil {
			p.storeBF16()
		}
	}
}

func (p *Param) storeBF16() {
	p.BF16 = make([]uint16, len(p.Data))
	kernel.ToBF16(p.BF16, p.Data)
	p.Data = nil
}

// Float32 returns a copy of the value in float32, however it is stored.
func (p *Param) Float32() []float32 {
	out := make([]float32, p.Len())
	if p.BF16 != nil {
		kernel.FromBF16(out, p.BF16)
	} else {
		copy(out, p.Data)
	}
	return out
}

// trainable returns every parameter with a gradient, base and adapters.
func (m *Model) trainable() []*Param {
	var list []*Param
	for _, p := range m.params {
		if p.Trainable {
			list = append(list, p)
		}
	}
	for _, p := range m.lora {
		if p.Trainable {
			list = append(list, p)
		}
	}
	return list
}

// ZeroGrad sets the gradients of all trainable parameters to zero, allocating them the first time.
func (m *Model) ZeroGrad() {
	for _, p := range m.params {
		p.zeroGrad()
	}
	for _, p := range m.lora {
		p.zeroGrad()
	}
}

func (p *Param) zeroGrad() {
	switch {
	case !p.Trainable:
	case p.Grad == nil:
		p.Grad = make([]float32, p.Len())
	default:
		forParts(len(p.Grad), func(lo, hi int) { clear(p.Grad[lo:hi]) })
	}
}

func (m *Model) ensureGrads() {
	for _, list := range [][]*Param{m.params, m.lora} {
		for _, p := range list {
			if p.Trainable && p.Grad == nil {
				p.Grad = make([]float32, p.Len())
			}
			if p.Trainable && p.Data == nil {
				panic("nn: " + p.Name + " is stored as bf16 and cannot train; load it in float32")
			}
		}
	}
}

// begin readies the model for a pass over b.
func (m *Model) begin(b Batch) {
	if err := b.Validate(m.cfg); err != nil {
		panic("nn: " + err.Error())
	}
	m.acts.release(mark{})
	var longest int
	m.docs, longest = b.documents(m.docs[:0])
	m.rope.grow(longest)
	m.positions = m.positions[:0]
	for _, d := range m.docs {
		for p := range d.end - d.start {
			m.positions = append(m.positions, int32(p))
		}
	}
	m.readyScratch(attentionScratch(longest, m.cfg.HeadDim))
}

// readyScratch gives every worker n floats of scratch.
func (m *Model) readyScratch(n int) {
	for len(m.scratch) < kernel.Threads() {
		m.scratch = append(m.scratch, nil)
	}
	for i := range m.scratch {
		if len(m.scratch[i]) < n {
			m.scratch[i] = make([]float32, n)
		}
	}
}

// forwardBase runs the embedding and all layers and returns the residual stream before the last norm, [tokens, hidden]. With tape it keeps
// what backwardBase needs.
func (m *Model) forwardBase(b Batch, tape bool) []float32 {
	n, width := len(b.Tokens), m.cfg.HiddenSize
	x := m.acts.take(n * width)
	m.embedForward(x, b.Tokens)
	if m.training && m.noise > 0 {
		m.addNoise(x)
	}
	if !tape {
		out := m.acts.take(n * width)
		for _, l := range m.layers {
			at := m.acts.mark()
			t := m.newTape(l, n, x)
			m.forwardLayer(l, &t, out)
			x, out = out, x
			m.acts.release(at)
		}
		return x
	}
	m.tapes = m.tapes[:0]
	for _, l := range m.layers {
		out := m.acts.take(n * width)
		at := m.acts.mark()
		t := m.keptTape(l, n, x)
		if m.packs() {
			at = m.acts.mark()
		}
		m.takeWide(l, &t)
		m.forwardLayer(l, &t, out)
		if m.packs() {
			t.pack()
		}
		if m.recompute || m.packs() {
			m.acts.release(at)
		}
		m.tapes = append(m.tapes, t)
		x = out
	}
	return x
}

// backwardBase takes the gradient dx of the residual stream before the last norm down to the lowest parameter that trains.
func (m *Model) backwardBase(b Batch, dx []float32) {
	lowest := m.lowest()
	for i := len(m.layers) - 1; i >= max(0, lowest); i-- {
		l := m.layers[i]
		at := m.acts.mark()
		t := &m.tapes[i]
		if m.recompute {
			*t = m.newTape(l, len(b.Tokens), t.x)
			m.forwardLayer(l, t, nil)
			if m.half {
				t.round()
			}
		} else if m.packs() {
			m.takeWide(l, t)
			t.unpack()
		}
		m.backwardLayer(l, t, dx, i > lowest || l.inNorm.Trainable)
		m.acts.release(at)
	}
	if m.embed.Trainable {
		m.embedBackward(dx, b.Tokens)
	}
}

// lowest returns the first layer with a parameter that trains, -1 when the embedding trains, the number of layers when none does.
func (m *Model) lowest() int {
	if m.embed.Trainable {
		return -1
	}
	for i, l := range m.layers {
		if l.trains() {
			return i
		}
	}
	return len(m.layers)
}

func (l *layer) trains() bool {
	for _, p := range []*Param{l.inNorm, l.postNorm, l.qNorm, l.kNorm} {
		if p != nil && p.Trainable {
			return true
		}
	}
	for _, p := range [...]*linear{&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down} {
		if p.w.Trainable || p.lora != nil || p.bias != nil && p.bias.Trainable {
			return true
		}
	}
	return false
}

// embedForward looks up the rows of the embedding.
func (m *Model) embedForward(x []float32, tokens []int32) {
	width := m.cfg.HiddenSize
	forRows(len(tokens), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			row, at := x[r*width:(r+1)*width], int(tokens[r])*width
			if m.embed.BF16 != nil {
				kernel.FromBF16(row, m.embed.BF16[at:at+width])
			} else {
				copy(row, m.embed.Data[at:at+width])
			}
		}
	})
}

// embedColumns is how many columns of the embedding's gradient a task adds to; it walks all tokens in order.
const embedColumns = 64

// embedBackward adds each token's gradient to its row of the embedding.
func (m *Model) embedBackward(dx []float32, tokens []int32) {
	width := m.cfg.HiddenSize
	kernel.For((width+embedColumns-1)/embedColumns, func(_, i int) {
		lo, hi := i*embedColumns, min(width, (i+1)*embedColumns)
		for r, t := range tokens {
			kernel.Add(m.embed.Grad[int(t)*width+lo:int(t)*width+hi], dx[r*width+lo:r*width+hi])
		}
	})
}
