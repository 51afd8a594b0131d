package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/atomicfile"
	"winnow/tokenize"
	"winnow/tokenize/pack"
)

// Splits of a data set that have a meaning, in the order in which they are shown.
var splits = []string{"train", "validation", "test"}

// tokensDone is what work/tokens.json holds once the token shards are written.
type tokensDone struct {
	Digest string                 `json:"digest"`
	Index  map[string]*pack.Index `json:"index"`
}

// tokenize turns the data set's training and validation rows into token shards, unless that is done already.
func (r *run) tokenize(ctx context.Context) error {
	t := r.plan.Recipe.Tokenize
	if t == nil {
		return nil
	}
	begin := time.Now()
	objective, err := r.objective()
	if err != nil {
		return err
	}
	dir, err := r.tokenizerFolder(ctx)
	if err != nil {
		return err
	}
	codec, codecDigest, err := r.codecFor(dir, objective)
	if err != nil {
		return err
	}
	r.codec, r.tokenizerDir = codec, dir
	data, err := r.dataDigest()
	if err != nil {
		return err
	}
	digest, err := digestOf(data, codecDigest, t, objective, r.groupColumns())
	if err != nil {
		return err
	}
	r.tokensDigest = digest
	donePath := filepath.Join(r.opt.Dir, "work", "tokens.json")
	done := &tokensDone{}
	if err := atomicfile.ReadJSON(donePath, done); err == nil && done.Digest == digest {
		r.manifest.Tokens = done.Index
		return nil
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	done = &tokensDone{Digest: digest, Index: map[string]*pack.Index{}}
	r.opt.Progress.Begin("tokenize", r.manifest.Data.Rows["train"]+r.manifest.Data.Rows["validation"], "rows")
	for _, split := range []string{"train", "validation"} {
		if r.manifest.Data.Rows[split] == 0 {
			continue
		}
		o := r.packOptions(digest)
		o.MaxRejected = r.plan.Recipe.AllowedBad(r.manifest.Data.Rows[split])
		index, err := pack.Build(ctx, o, r.inputs(ctx, split), filepath.Join(r.opt.Dir, "tokens", split))
		if err != nil {
			return fmt.Errorf("tokenize %s: %w", split, err)
		}
		done.Index[split] = index
		if index.Rejected > 0 {
			r.plan.env.Warn("tokenize: %d of %d %s rows cannot be trained on (empty, or without an answer) and were left out; they are listed in tokens/%s/left_out.jsonl", index.Rejected, index.Samples, split, split)
		}
		if index.TooLong > 0 {
			r.plan.env.Warn("tokenize: %d of %d %s samples are longer than %d tokens and were left out (first: %s); raise tokenize.length, or set tokenize.long: split for plain text", index.TooLong, index.Samples, split, t.Length, index.LongIDs[0])
		}
	}
	if err := atomicfile.Write(filepath.Join(r.opt.Dir, "tokens", "tokenizer.json"), codec.Tokenizer().JSON()); err != nil {
		return err
	}
	train := done.Index["train"]
	if train == nil || train.Rows == 0 {
		return fmt.Errorf("tokenize: no sample is left for training: see the warnings above, and raise tokenize.length (%d)", t.Length)
	}
	r.opt.Progress.End(fmt.Sprintf("%d tokens in %d rows of %d, %.1f %% filled, %d carry loss, %s", train.Tokens, train.Rows, train.Length, 100*train.Filled, train.Labelled, time.Since(begin).Round(time.Millisecond)))
	r.manifest.Tokens = done.Index
	r.manifest.stage("tokenize", "", digest, begin)
	return atomicfile.WriteJSON(donePath, done)
}

// objective is what the rows are trained for.
func (r *run) objective() (string, error) {
	asked := "auto"
	if r.plan.Recipe.Train != nil {
		asked = r.plan.Recipe.Train.Objective
	}
	var shapes []datasets.Shape
	for _, s := range r.plan.Sources {
		shapes = append(shapes, s.Layout.Shapes...)
	}
	return objectiveOf(asked, shapes)
}

func (r *run) groupColumns() []string {
	if r.plan.Recipe.Train == nil {
		return nil
	}
	return r.plan.Recipe.Train.Batches.Balance
}

func (r *run) packOptions(digest string) pack.Options {
	t := r.plan.Recipe.Tokenize
	window := t.Window
	if t.Pack == "none" {
		window = 1
	}
	return pack.Options{Codec: r.codec.Codec, Length: t.Length, Window: window, SplitText: t.Long != "drop", Groups: r.groupColumns(), Workers: r.opt.Runner.N(), Digest: digest}
}

// inputs yields the rows of a split as packing takes them.
func (r *run) inputs(ctx context.Context, split string) iter.Seq2[pack.Input, error] {
	groups := r.groupColumns()
	return func(yield func(pack.Input, error) bool) {
		n := int64(0)
		err := r.eachRow(ctx, split, func(row *filters.Row) bool {
			in := r.codec.input(row)
			for _, g := range groups {
				in.Groups = append(in.Groups, row.String(g))
			}
			in.Text = append([]byte(nil), in.Text...)
			if n++; n%256 == 0 {
				r.opt.Progress.Advance(256, "")
			}
			return yield(in, nil)
		})
		if err != nil {
			yield(pack.Input{}, err)
		}
	}
}

// eachRow calls visit for every row of a split of the written data set, in order, until it returns false.
func (r *run) eachRow(ctx context.Context, split string, visit func(*filters.Row) bool) error {
	for row, err := range Rows(ctx, r.opt.Dir, filepath.Join(r.opt.Dir, "data", split+"-*.parquet")) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !visit(row) {
			return nil
		}
	}
	return nil
}

// dataDigest is the digest that work/data.json holds.
func (r *run) dataDigest() (string, error) {
	done := &dataDone{}
	err := atomicfile.ReadJSON(filepath.Join(r.opt.Dir, "work", "data.json"), done)
	return done.Digest, err
}

// specialTokens of a tokenizer that a run trains: the end of a text, then the two of chatml, then padding.
var specialTokens = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"}

// tokenizerFolder finds the folder with tokenizer.json: the model's, the one that the recipe names, or one that is trained on the data.
func (r *run) tokenizerFolder(ctx context.Context) (string, error) {
	t, train := r.plan.Recipe.Tokenize, r.plan.Recipe.Train
	if t.Vocabulary > 0 {
		return r.trainTokenizer(ctx)
	}
	name := t.Model
	if name == "" && train != nil {
		name = train.Model
	}
	if name == "" {
		name = "base"
	}
	if name == modelNew {
		return "", fmt.Errorf("train.model new needs a tokenizer: set tokenize.vocabulary to train one on the data, or tokenize.model to a folder with a tokenizer.json")
	}
	if path := r.plan.env.Resolve(name); filepath.Ext(path) == ".json" {
		return filepath.Dir(path), nil
	}
	return r.modelFolder(name)
}

// trainTokenizer trains a byte-level BPE tokenizer on the training rows.
func (r *run) trainTokenizer(ctx context.Context) (string, error) {
	begin := time.Now()
	size := r.plan.Recipe.Tokenize.Vocabulary
	data, err := r.dataDigest()
	if err != nil {
		return "", err
	}
	digest, err := digestOf(data, size, specialTokens)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(r.opt.Dir, "work", "tokenizer-"+digest[:12])
	if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); err == nil {
		return dir, nil
	}
	r.opt.Progress.Begin("train the tokenizer", r.manifest.Data.Rows["train"], "rows")
	var failed error
	texts := func(yield func([]byte) bool) {
		failed = r.eachRow(ctx, "train", func(row *filters.Row) bool {
			r.opt.Progress.Advance(1, "")
			for _, p := range row.Pieces() {
				if !yield(p.Text) {
					return false
				}
			}
			return true
		})
	}
	t, err := tokenize.TrainBPE(ctx, tokenize.TrainOptions{VocabSize: size, Special: specialTokens}, texts)
	if err = errors.Join(failed, err); err != nil {
		return "", fmt.Errorf("train the tokenizer: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", atomicfile.Explain(err)
	}
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "pad_token": "<|pad|>", "bos_token": nil,
		"model_max_length": r.plan.Recipe.Tokenize.Length, "clean_up_tokenization_spaces": false}
	if err := atomicfile.WriteJSON(filepath.Join(dir, "tokenizer_config.json"), config); err != nil {
		return "", err
	}
	if err := atomicfile.Write(filepath.Join(dir, "tokenizer.json"), t.JSON()); err != nil {
		return "", err
	}
	r.opt.Progress.End(fmt.Sprintf("%d tokens, %s", t.VocabSize(), time.Since(begin).Round(time.Millisecond)))
	return dir, nil
}
