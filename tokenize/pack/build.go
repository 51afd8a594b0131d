package pack

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/sync/errgroup"

	"winnow/tokenize/chat"
)

// Input is one row of the data set.
type Input struct {
	ID       string
	Text     []byte         // a plain text, when Messages is nil
	Messages []chat.Message // a conversation
	Chosen   []chat.Message // of a pair for DPO: the better conversation
	Rejected []chat.Message // and the worse one
	Groups   []string       // values of the group columns
	Weight   float32        // 0 stands for 1
}

// Options say how rows become shards.
type Options struct {
	Codec     *Codec
	Length    int      // tokens in a packed row
	Window    int      // samples among which packing looks for the best fit; 1 keeps each in a row of its own
	SplitText bool     // cut plain text longer than Length into pieces; else it is left out and counted, as long conversations are
	Groups    []string // names of the group columns
	Workers   int      // goroutines that encode; the output is the same for any number
	Digest    string   // of tokenizer and template, kept in the index
}

// batchRows is how many rows one goroutine encodes at a time.
const batchRows = 64

// Build encodes and packs rows into dir, in their order. A row without a token that carries loss is an error that names it.
func Build(ctx context.Context, o Options, rows iter.Seq2[Input, error], dir string) (*Index, error) {
	w, err := NewWriter(dir, o)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	packer := &Packer{Length: o.Length, Window: max(1, o.Window)}
	err = encodeAll(ctx, o, rows, func(in Input, e []Encoded, err error) error {
		if err != nil {
			return fmt.Errorf("row %s: %w", in.ID, err)
		}
		if len(e) == 2 {
			return w.addPair(in, e)
		}
		return w.add(packer, in, e[0], o)
	})
	if err != nil {
		return nil, err
	}
	if err := w.write(packer.Flush()); err != nil {
		return nil, err
	}
	return w.Close()
}

// job is a batch of rows under way.
type job struct {
	in   []Input
	out  [][]Encoded
	errs []error
	done chan struct{}
}

// encodeAll encodes rows by several goroutines and hands the results on in order.
func encodeAll(ctx context.Context, o Options, rows iter.Seq2[Input, error], take func(Input, []Encoded, error) error) error {
	g, ctx := errgroup.WithContext(ctx)
	workers := max(1, o.Workers)
	todo, order := make(chan *job), make(chan *job, 2*workers)
	g.Go(func() error {
		defer close(todo)
		defer close(order)
		send := func(j *job) error {
			select {
			case todo <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case order <- j:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		j := &job{done: make(chan struct{})}
		for in, err := range rows {
			if err != nil {
				return err
			}
			j.in = append(j.in, in)
			if len(j.in) == batchRows {
				if err := send(j); err != nil {
					return err
				}
				j = &job{done: make(chan struct{})}
			}
		}
		if len(j.in) == 0 {
			return nil
		}
		return send(j)
	})
	for range workers {
		g.Go(func() error {
			codec := o.Codec.Fork()
			for j := range todo {
				for _, in := range j.in {
					e, err := codec.encode(in)
					j.out, j.errs = append(j.out, e), append(j.errs, err)
				}
				close(j.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for j := range order {
			select {
			case <-j.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for i, in := range j.in {
				if err := take(in, j.out[i], j.errs[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

// encode turns a row into one sample, or two for a pair.
func (c *Codec) encode(in Input) ([]Encoded, error) {
	switch {
	case in.Chosen != nil || in.Rejected != nil:
		a, err := c.Chat(in.Chosen)
		if err != nil {
			return nil, fmt.Errorf("chosen: %w", err)
		}
		b, err := c.Chat(in.Rejected)
		if err != nil {
			return nil, fmt.Errorf("rejected: %w", err)
		}
		return []Encoded{lastAnswer(a), lastAnswer(b)}, nil
	case in.Messages != nil:
		e, err := c.Chat(in.Messages)
		return []Encoded{e}, err
	}
	e := c.Text(in.Text)
	if len(e.Tokens) == 0 {
		return nil, errors.New("the text is empty")
	}
	return []Encoded{e}, nil
}

// lastAnswer keeps the labels of the last answer alone: in a pair the turns before it are the same in both.
func lastAnswer(e Encoded) Encoded {
	i := len(e.Labels) - 1
	for i >= 0 && !e.Labels[i] {
		i--
	}
	for i >= 0 && e.Labels[i] {
		i--
	}
	for ; i >= 0; i-- {
		e.Labels[i] = false
	}
	return e
}
