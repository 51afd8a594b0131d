package tokenize

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"
)

// TrainOptions says what vocabulary [TrainBPE] makes.
type TrainOptions struct {
	// VocabSize is the number of ids wanted, special tokens and the 256 bytes included. Fewer result when the texts hold too few pairs.
	VocabSize int
	// MinCount is the least number of times a pair must occur to be merged; 0 means 2, Hugging Face's usual setting for real text.
	MinCount int
	// Special tokens take the first ids, in this order.
	Special []string
	// Pattern names the pre-tokenizer: "gpt2", or "gpt4" (also "" and "gpt4-like"), Llama-3's form of cl100k_base.
	Pattern string
	// Digits makes every digit a token of its own (otherwise gpt4 takes up to three, gpt2 any number of them).
	Digits bool
}

// TrainBPE trains a byte-level BPE vocabulary on texts. Merges, their order and ids equal those of Hugging Face's BpeTrainer with the 256 byte
// characters as initial alphabet: the most frequent pair first, among equals the one with the lower left id, then the lower right id. Invalid UTF-8
// counts as U+FFFD. The result's JSON loads in Hugging Face tokenizers.
//
// Pair counts are kept up to date while words are merged, and a heap is corrected lazily when a count in it is found stale (as in Hugging Face's
// trainer, whose treatment of tokens that two different pairs make is followed to the letter).
func TrainBPE(ctx context.Context, opts TrainOptions, texts iter.Seq[[]byte]) (*Tokenizer, error) {
	initClasses()
	pre, scan, err := trainingPattern(opts)
	if err != nil {
		return nil, err
	}
	if opts.MinCount == 0 {
		opts.MinCount = 2
	}
	if least := 256 + len(opts.Special); opts.VocabSize < least {
		return nil, fmt.Errorf("train tokenizer: vocab size %d is too small: the 256 bytes and %d special tokens need %d", opts.VocabSize, len(opts.Special), least)
	}
	words, counts, err := countWords(ctx, scan, texts)
	if err != nil {
		return nil, err
	}
	tr, err := newTrainer(opts, words, counts)
	if err != nil {
		return nil, err
	}
	if err := tr.run(ctx); err != nil {
		return nil, err
	}
	t, err := Parse(trainedJSON(opts, pre, tr.tokens, tr.merges))
	if err != nil {
		return nil, fmt.Errorf("train tokenizer: %w", err)
	}
	return t, nil
}

// countWords cuts the texts into words and counts each different word.
func countWords(ctx context.Context, scan scanner, texts iter.Seq[[]byte]) (words [][]byte, counts []int64, err error) {
	index := map[string]int32{}
	var clean []byte
	for text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("train tokenizer: stopped while counting words: %w", err)
		}
		if !utf8.Valid(text) {
			clean = appendValid(clean[:0], text)
			text = clean
		}
		for i := 0; i < len(text); {
			end := scan.next(text, i)
			word := text[i:end]
			i = end
			if at, ok := index[string(word)]; ok {
				counts[at]++
				continue
			}
			word = slices.Clone(word)
			index[string(word)] = int32(len(words))
			words = append(words, word)
			counts = append(counts, 1)
		}
	}
	if len(words) == 0 {
		return nil, nil, errors.New("train tokenizer: the texts hold no words")
	}
	return words, counts, nil
}

// trainer is the state of the merge loop.
type trainer struct {
	want, minCount int
	tokens         []string // by id, as written in tokenizer.json
	ids            map[string]uint32
	merges         [][2]uint32

	symbols []uint32 // all words, one after the other; a word shrinks in place
	start   []int32  // of each word in symbols
	length  []int32  // of each word, in symbols
	counts  []int64  // of each word

	pairs   pairIndex
	pair    []pairCount
	touched []int32 // pairs with pending words
	heap    []pairEntry
}

// pairCount is a pair's number of occurrences, and the words in which it appeared since the last look.
type pairCount struct {
	key     uint64
	count   int64
	pending []int32
}

// pairEntry is a candidate merge: the pair, its count when it was entered, and the words that held it then.
type pairEntry struct {
	count int64
	key   uint64 // left<<32 | right, so that order by key is order by left, then right id
	pair  int32
	words []int32
}

func newTrainer(opts TrainOptions, words [][]byte, counts []int64) (*trainer, error) {
	t := &trainer{want: opts.VocabSize, minCount: opts.MinCount, counts: counts, ids: map[string]uint32{}}
	for _, s := range opts.Special {
		if s == "" || !utf8.ValidString(s) {
			return nil, fmt.Errorf("train tokenizer: special token %q is empty or not UTF-8", s)
		}
		if _, ok := t.ids[s]; ok {
			return nil, fmt.Errorf("train tokenizer: special token %q is given twice", s)
		}
		t.add(s)
	}
	var byteID [256]uint32
	for _, r := range sortedByteRunes() {
		byteID[runeByte(r)] = t.add(string(r))
	}
	total := 0
	for _, w := range words {
		total += len(w)
	}
	if int64(total) > 1<<31-1 {
		return nil, fmt.Errorf("train tokenizer: the different words hold %d bytes, over the limit of 2 GiB: train on a sample", total)
	}
	t.symbols = make([]uint32, 0, total)
	for _, w := range words {
		t.start = append(t.start, int32(len(t.symbols)))
		t.length = append(t.length, int32(len(w)))
		for _, b := range w {
			t.symbols = append(t.symbols, byteID[b])
		}
	}
	return t, nil
}

// add gives a token its id; a token that exists keeps its own.
func (t *trainer) add(token string) uint32 {
	if id, ok := t.ids[token]; ok {
		return id
	}
	id := uint32(len(t.tokens))
	t.tokens = append(t.tokens, token)
	t.ids[token] = id
	return id
}

func (t *trainer) run(ctx context.Context) error {
	for w := range t.counts {
		word := t.symbols[t.start[w]:][:t.length[w]]
		for i := 1; i < len(word); i++ {
			t.change(word[i-1], word[i], t.counts[w], int32(w))
		}
	}
	t.enter()
	for len(t.tokens) < t.want && len(t.heap) > 0 {
		top := t.pop()
		if now := t.pair[top.pair].count; now != top.count {
			if now > 0 {
				top.count = now
				t.push(top)
			}
			continue
		}
		if top.count < int64(t.minCount) {
			break
		}
		if len(t.merges)%256 == 0 && ctx.Err() != nil {
			return fmt.Errorf("train tokenizer: stopped after %d merges: %w", len(t.merges), ctx.Err())
		}
		left, right := uint32(top.key>>32), uint32(top.key)
		id := t.add(t.tokens[left] + t.tokens[right])
		t.merges = append(t.merges, [2]uint32{left, right})
		for _, w := range top.words {
			t.mergeIn(w, left, right, id)
		}
		t.enter()
	}
	return nil
}

// mergeIn replaces every left,right of word w by id, from left to right, and updates the counts of the pairs around them.
func (t *trainer) mergeIn(w int32, left, right, id uint32) {
	word := t.symbols[t.start[w]:][:t.length[w]]
	count := t.counts[w]
	// The write position trails the read position; before the first merge nothing moves.
	at := 0
	for ; at+1 < len(word); at++ {
		if word[at] == left && word[at+1] == right {
			break
		}
	}
	if at+1 >= len(word) {
		return
	}
	write := at
	for read := at; read < len(word); {
		if word[read] != left || read+1 == len(word) || word[read+1] != right {
			word[write] = word[read]
			write++
			read++
			continue
		}
		if write > 0 {
			t.change(word[write-1], left, -count, w)
			t.change(word[write-1], id, count, w)
		}
		read += 2
		if read < len(word) {
			t.change(right, word[read], -count, w)
			t.change(id, word[read], count, w)
		}
		word[write] = id
		write++
	}
	t.length[w] = int32(write)
}

// change adds to the count of a pair; a growing pair remembers the word.
func (t *trainer) change(left, right uint32, by int64, w int32) {
	key := uint64(left)<<32 | uint64(right)
	at, fresh := t.pairs.find(key, int32(len(t.pair)))
	if fresh {
		t.pair = append(t.pair, pairCount{key: key})
	}
	p := &t.pair[at]
	p.count += by
	if by > 0 {
		if n := len(p.pending); n == 0 {
			t.touched = append(t.touched, at)
		} else if p.pending[n-1] == w {
			return
		}
		p.pending = append(p.pending, w)
	}
}

// enter puts the pairs that grew since the last call into the heap.
func (t *trainer) enter() {
	for _, at := range t.touched {
		p := &t.pair[at]
		if p.count > 0 {
			t.push(pairEntry{count: p.count, key: p.key, pair: at, words: p.pending})
		}
		p.pending = nil
	}
	t.touched = t.touched[:0]
}

func (e *pairEntry) before(o *pairEntry) bool {
	return e.count > o.count || e.count == o.count && e.key < o.key
}

func (t *trainer) push(e pairEntry) {
	t.heap = append(t.heap, e)
	i := len(t.heap) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&t.heap[up]) {
			break
		}
		t.heap[i] = t.heap[up]
		i = up
	}
	t.heap[i] = e
}

func (t *trainer) pop() pairEntry {
	top := t.heap[0]
	n := len(t.heap) - 1
	e := t.heap[n]
	t.heap[n] = pairEntry{}
	t.heap = t.heap[:n]
	if n == 0 {
		return top
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		best := child
		for c := child + 1; c < min(child+4, n); c++ {
			if t.heap[c].before(&t.heap[best]) {
				best = c
			}
		}
		if !t.heap[best].before(&e) {
			break
		}
		t.heap[i] = t.heap[best]
		i = best
	}
	t.heap[i] = e
	return top
}

// pairIndex maps a pair to a dense index by open addressing.
type pairIndex struct {
	keys  []uint64 // key+1; 0 is free
	at    []int32
	used  int
	shift uint
}

// find returns the index of key, or enters it with the index next.
func (x *pairIndex) find(key uint64, next int32) (at int32, fresh bool) {
	if 2*x.used >= len(x.keys) {
		x.grow()
	}
	mask := len(x.keys) - 1
	for i := int((key * 0x9E3779B97F4A7C15) >> x.shift); ; i = (i + 1) & mask {
		switch x.keys[i] {
		case key + 1:
			return x.at[i], false
		case 0:
			x.keys[i], x.at[i] = key+1, next
			x.used++
			return next, true
		}
	}
}

func (x *pairIndex) grow() {
	keys, at := x.keys, x.at
	n := max(1<<14, 2*len(keys))
	x.keys, x.at, x.used = make([]uint64, n), make([]int32, n), 0
	x.shift = 64
	for ; n > 1; n >>= 1 {
		x.shift--
	}
	for i, k := range keys {
		if k != 0 {
			x.find(k-1, at[i])
		}
	}
}
