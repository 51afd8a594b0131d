// Package nn holds decoder-only language models, forward and hand-written backward side by side: llama, qwen2, qwen3 and mistral, with LoRA.
// Start at Model (model.go) and at forwardLayer and backwardLayer (block.go), which read as the story of a decoder layer; each kind of layer
// has a file (linear.go, norm.go, rope.go, attention.go, mlp.go, loss.go), each architecture has one (llama.go, …).
//
// Tensors are row-major float32 slices. Activations are [tokens, features]: a Batch is one row of tokens in which documents lie end to end,
// and only attention and position know where one ends. Activations live in an arena that is kept between steps.
//
// A Model must not be used by two goroutines at once; it computes on the threads of package kernel.
package nn

import "fmt"

// Param is one tensor of a model under its Hugging Face (or PEFT) name.
type Param struct {
	Name  string
	Shape []int
	// Data is the value, row-major. It is nil after StoreBF16, and BF16 holds the value instead.
	Data []float32
	BF16 []uint16
	// Grad accumulates the gradient; it is nil while the parameter is frozen and before the first ZeroGrad or LossGrad.
	Grad []float32
	// Decay says whether weight decay applies: matrices, not norms and biases.
	Decay bool
	// Trainable says whether LossGrad makes a gradient for it; see Model.Freeze.
	Trainable bool
}

// Len returns the number of elements.
func (p *Param) Len() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

func newParam(name string, shape ...int) *Param {
	p := &Param{Name: name, Shape: shape, Decay: len(shape) > 1, Trainable: true}
	p.Data = make([]float32, p.Len())
	return p
}

// Batch is one packed micro-batch: documents laid end to end, so that no token is padding.
type Batch struct {
	// Tokens are the ids of all documents.
	Tokens []int32
	// Targets holds for each token the id that should follow it, Ignore where nothing is to be learned.
	Targets []int32
	// Weights multiplies the loss of each target; nil stands for ones. Negative weights are allowed: DPO pushes the rejected answer down.
	Weights []float32
	// Starts holds the offset of each document, the first 0, rising; nil stands for one document. Positions restart there and attention
	// does not reach across.
	Starts []int32
}

// Ignore is the target that carries no loss, as in PyTorch and Hugging Face.
const Ignore = -100

// Validate says what is wrong with a batch for a model of this configuration.
func (b Batch) Validate(c Config) error {
	n := len(b.Tokens)
	if n == 0 {
		return fmt.Errorf("the batch is empty; give at least one token")
	}
	if b.Targets != nil && len(b.Targets) != n {
		return fmt.Errorf("the batch has %d tokens but %d targets; they must be as many", n, len(b.Targets))
	}
	if b.Weights != nil && len(b.Weights) != n {
		return fmt.Errorf("the batch has %d tokens but %d weights; they must be as many, or none", n, len(b.Weights))
	}
	for i, t := range b.Tokens {
		if t < 0 || int(t) >= c.VocabSize {
			return fmt.Errorf("token %d of the batch is %d, outside the vocabulary of %d; was it tokenized for another model?", i, t, c.VocabSize)
		}
	}
	for i, t := range b.Targets {
		if t != Ignore && (t < 0 || int(t) >= c.VocabSize) {
			return fmt.Errorf("target %d of the batch is %d, outside the vocabulary of %d and not %d (no loss)", i, t, c.VocabSize, Ignore)
		}
	}
	for i, s := range b.Starts {
		if i == 0 && s != 0 {
			return fmt.Errorf("the first document of the batch starts at token %d; it must start at 0", s)
		}
		if i > 0 && s <= b.Starts[i-1] || int(s) >= n {
			return fmt.Errorf("document %d of the batch starts at token %d; starts must rise and stay below the %d tokens", i, s, n)
		}
	}
	return nil
}

// span is one document of a batch: tokens [start, end).
type span struct{ start, end int }

// documents appends the spans of a batch to buf and returns them with the length of the longest.
func (b Batch) documents(buf []span) (docs []span, longest int) {
	docs = buf
	if len(b.Starts) == 0 {
		return append(docs, span{0, len(b.Tokens)}), len(b.Tokens)
	}
	for i, s := range b.Starts {
		end := len(b.Tokens)
		if i+1 < len(b.Starts) {
			end = int(b.Starts[i+1])
		}
		docs = append(docs, span{int(s), end})
		longest = max(longest, end-int(s))
	}
	return docs, longest
}
