package pack

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"winnow/tokenize/chat"
)

// Input is one row of the data set.
type Input struct {
	ID       string
	Text     []byte         // a plain text, when there are no messages; it must stay as it is until Build returns
	Messages []chat.Message // a conversation
	Chosen   []chat.Message // of a pair for DPO: the better conversation, from its first message on
	Rejected []chat.Message // and the worse one
	Plain    bool           // Chosen and Rejected are one plain text each, not conversations: no template, all of it carries loss
	Tools    []byte         // descriptions of tools that the conversation may call, a JSON list, or nil
	Groups   []string       // values of the group columns
	Weight   float32        // 0 stands for 1
}

// Options say how rows become shards.
type Options struct {
	Codec     *Codec
	Length    int      // tokens in a packed row
	Window    int      // samples among which packing looks for the best fit; 0 is DefaultWindow, 1 keeps each in a row of its own
	SplitText bool     // cut plain text longer than Length into pieces; else it is left out and counted, as long conversations always are
	Groups    []string // names of the group columns
	Workers   int      // goroutines that encode; the output is the same for any number
	Digest    string   // of all that the tokens depend on, kept in the index
	// MaxRejected is how many rows that cannot be encoded, or in which nothing would carry loss, are left out before Build fails. Negative is any number.
	MaxRejected int64
}

// batchRows is how many rows one goroutine encodes at a time.
const batchRows = 64

// longIDs is how many ids of rows that are too long the index itself names.
const longIDs = 20

// Build encodes and packs rows into dir, in their order. Every row is either in the shards or counted in the index and named in LeftOutFile. A row in
// which no token carries loss is an error that names it, unless MaxRejected allows for it.
func Build(ctx context.Context, o Options, rows iter.Seq2[Input, error], dir string) (*Index, error) {
	if o.Length < 2 {
		return nil, fmt.Errorf("tokenize.length is %d; rows need room for 2 tokens at least", o.Length)
	}
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	x := Index{Digest: o.Digest, Vocabulary: o.Codec.tokenizer.VocabSize(), Length: o.Length, Window: o.Window, Groups: o.Groups}
	x.Tokenizer, x.Template = o.Codec.digests()
	w, err := NewWriter(dir, x)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	b := &builder{Options: o, w: w, packer: &Packer{Length: o.Length, Window: o.Window}}
	if err := encodeAll(ctx, o, rows, b.add); err != nil {
		return nil, err
	}
	if err := w.Write(b.packer.Flush()); err != nil {
		return nil, err
	}
	return w.Close()
}

// builder takes encoded rows in order.
type builder struct {
	Options
	w      *Writer
	packer *Packer
}

func (b *builder) add(in Input, e []Encoded, err error) error {
	x := &b.w.index
	x.Samples++
	if in.Weight == 0 {
		in.Weight = 1
	}
	if err != nil {
		x.Rejected++
		if b.MaxRejected >= 0 && x.Rejected > b.MaxRejected {
			return fmt.Errorf("row %s: %w", in.ID, err)
		}
		return b.w.note(LeftOut{Row: in.ID, Outcome: OutcomeRejected, Reason: err.Error()})
	}
	longest := 0
	for _, one := range e {
		longest = max(longest, len(one.Tokens))
	}
	pair := len(e) == 2
	if longest > b.Length && (pair || in.Messages != nil || !b.SplitText) {
		x.TooLong++
		if len(x.LongIDs) < longIDs {
			x.LongIDs = append(x.LongIDs, in.ID)
		}
		return b.w.note(LeftOut{Row: in.ID, Outcome: OutcomeTooLong, Tokens: longest})
	}
	x.Kept++
	for _, one := range e {
		x.Bytes += int64(one.Bytes)
		x.Straddling += int64(one.Straddling)
		if one.Guarded {
			x.Guarded++
		}
	}
	if pair {
		return b.addPair(in, e)
	}
	return b.addSample(in, e[0])
}

// addSample packs one sample, in pieces where it is too long.
func (b *builder) addSample(in Input, e Encoded) error {
	s := Sample{ID: in.ID, Tokens: e.Tokens, Labels: e.Labels, Groups: in.Groups, Weight: in.Weight}
	if len(s.Tokens) <= b.Length {
		return b.w.Write(b.packer.Add(s))
	}
	b.w.index.Split++
	if err := b.w.note(LeftOut{Row: in.ID, Outcome: OutcomeSplit, Tokens: len(e.Tokens)}); err != nil {
		return err
	}
	from := 0
	for _, to := range pieces(len(e.Tokens), b.Length) {
		piece := s
		piece.ID = fmt.Sprintf("%s[%d:%d]", in.ID, from, to)
		piece.Tokens, piece.Labels = e.Tokens[from:to], e.Labels[from:to]
		piece.Labels[0] = false // nothing stands before it in its row
		if err := b.w.Write(b.packer.Add(piece)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// addPair writes chosen and rejected one after the other, each in a row of its own.
func (b *builder) addPair(in Input, e []Encoded) error {
	if !b.w.index.Pairs && b.w.index.Rows+int64(len(b.packer.held)) > 0 {
		return fmt.Errorf("row %s is a pair, rows before it are not: pairs and other rows cannot be trained on together; filter one kind out", in.ID)
	}
	b.w.index.Pairs = true
	var rows []Row
	for _, one := range e {
		rows = append(rows, Row{Tokens: one.Tokens, Labels: one.Labels, Starts: []int32{0}, IDs: []string{in.ID}, Groups: in.Groups, Weight: in.Weight})
	}
	return b.w.Write(rows)
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
		return cutIntoJobs(ctx, rows, todo, order)
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

// cutIntoJobs sends rows in batches to both channels.
func cutIntoJobs(ctx context.Context, rows iter.Seq2[Input, error], todo, order chan<- *job) error {
	send := func(j *job) error {
		for _, c := range []chan<- *job{todo, order} {
			select {
			case c <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	j := &job{done: make(chan struct{})}
	for in, err := range rows {
		if err != nil {
			return err
		}
		j.in = append(j.in, in)
		if len(j.in) < batchRows {
			continue
		}
		if err := send(j); err != nil {
			return err
		}
		j = &job{done: make(chan struct{})}
	}
	if len(j.in) == 0 {
		return nil
	}
	return send(j)
}

// encode turns a row into one sample, or two for a pair. What goes wrong in a row, a crash included, is that row's error.
func (c *Codec) encode(in Input) (out []Encoded, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("the encoder crashed on this row; please report it: %v\n%s", p, debug.Stack())
		}
	}()
	switch {
	case in.Chosen != nil || in.Rejected != nil:
		return c.pair(in)
	case in.Messages != nil:
		e, err := c.chat(in.Messages, in.Tools, 0)
		return []Encoded{e}, err
	}
	e := c.Text(in.Text)
	if len(in.Text) == 0 {
		return nil, errors.New("the text is empty")
	}
	if len(e.Tokens) < 2 {
		return nil, errors.New("the text is a single token, which nothing before it foretells")
	}
	return []Encoded{e}, nil
}

// pair encodes both conversations; only what comes after the messages that they have in common carries loss.
func (c *Codec) pair(in Input) ([]Encoded, error) {
	if in.Plain {
		if len(in.Chosen) != 1 || len(in.Rejected) != 1 {
			return nil, errors.New("a pair of plain texts has one text on each side")
		}
		return []Encoded{c.Text([]byte(in.Chosen[0].Content)), c.Text([]byte(in.Rejected[0].Content))}, nil
	}
	known := 0
	for known < min(len(in.Chosen), len(in.Rejected)) && same(in.Chosen[known], in.Rejected[known]) {
		known++
	}
	chosen, err := c.chat(in.Chosen, in.Tools, known)
	if err != nil {
		return nil, fmt.Errorf("chosen: %w", err)
	}
	rejected, err := c.chat(in.Rejected, in.Tools, known)
	if err != nil {
		return nil, fmt.Errorf("rejected: %w", err)
	}
	return []Encoded{chosen, rejected}, nil
}

func same(a, b chat.Message) bool {
	return a.Role == b.Role && a.Content == b.Content && string(a.JSON) == string(b.JSON)
}
