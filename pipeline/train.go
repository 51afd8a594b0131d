package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"winnow/internal/atomicfile"
	"winnow/pipeline/recipe"
	"winnow/tokenize/pack"
	"winnow/train"
	"winnow/train/kernel"
	"winnow/train/nn"
	"winnow/train/weights"
)

// shardSamples gives token shards to the training loop.
type shardSamples struct{ *pack.Shards }

func (s shardSamples) Sample(i int) (train.Sample, error) {
	row, err := s.Row(i)
	if err != nil {
		return train.Sample{}, err
	}
	out := train.Sample{Tokens: signed(row.Tokens), Labels: row.Labels, Starts: row.Starts, Weight: row.Weight, Rows: row.IDs, Groups: map[string]string{}}
	for k, name := range s.Index.Groups {
		if k < len(row.Groups) {
			out.Groups[name] = row.Groups[k]
		}
	}
	return out, nil
}

// shardPairs gives token shards of pairs to the training loop: rows 2i and 2i+1 belong together.
type shardPairs struct{ shardSamples }

func (s shardPairs) Len() int { return s.Shards.Len() / 2 }

func (s shardPairs) Preference(i int) (train.Preference, error) {
	chosen, err := s.Sample(2 * i)
	if err != nil {
		return train.Preference{}, err
	}
	rejected, err := s.Sample(2*i + 1)
	return train.Preference{Chosen: chosen, Rejected: rejected}, err
}

// trainDone is what work/train.json holds once the model is trained.
type trainDone struct {
	Digest  string        `json:"digest"`
	Summary *TrainSummary `json:"summary"`
}

// train tunes the model on the token shards, unless that is done already.
func (r *run) train(ctx context.Context) error {
	t := r.plan.Recipe.Train
	if t == nil {
		return nil
	}
	begin := time.Now()
	modelDir, err := r.baseFolder()
	if err != nil {
		return err
	}
	start, err := modelDigest(modelDir)
	if err != nil {
		return err
	}
	settings := *t
	settings.Memory, settings.Python = "", "" // change no byte of the result
	digest, err := digestOf(r.tokensDigest, settings, start, r.plan.Recipe.Seed)
	if err != nil {
		return err
	}
	r.trainDigest = digest
	donePath := filepath.Join(r.opt.Dir, "work", "train.json")
	done := &trainDone{}
	if err := atomicfile.ReadJSON(donePath, done); err == nil && done.Digest == digest {
		r.manifest.Training = done.Summary
		return nil
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if r.opt.Threads > 0 {
		kernel.SetThreads(r.opt.Threads)
	}
	m, release, err := r.startModel(modelDir)
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	data, validation, err := r.openShards()
	if err != nil {
		return err
	}
	o := r.trainOptions(t, m, modelDir, data.Len())
	if o.Objective == "dpo" && o.Method != "lora" { // with an adapter the reference is the model without it
		reference, release, err := r.startModel(modelDir)
		if err != nil {
			return err
		}
		defer func() { _ = release() }()
		o.Reference = reference
	}
	if o.Torch, err = torchOptions(r.plan.Recipe); err != nil {
		return err
	}
	if o.Torch != nil {
		o.Torch.Model = modelDir
	}
	parameters := count(m.Params())
	r.opt.Progress.Begin("training", int64(o.Steps), "steps")
	o.Progress = func(p train.Progress) {
		note := fmt.Sprintf("loss %.3f, %.0f tokens/s", p.Loss, p.TokensPerSecond)
		r.opt.Progress.Advance(1, note)
	}
	o.Notice = func(message string) { r.plan.env.Warn("train: %s", message) }
	var res train.Result
	if data.Index.Pairs {
		res, err = train.RunPreferences(ctx, o, shardPairs{shardSamples{data}}, pairsOf(validation))
	} else {
		res, err = train.Run(ctx, o, shardSamples{data}, samplesOf(validation))
	}
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	s := summarize(res, o, m, parameters)
	s.Model = t.Model
	r.opt.Progress.End(fmt.Sprintf("%d steps, %d tokens, loss %.3f → %.3f, %s by %s", s.Steps, s.Tokens, s.FirstLoss, s.LastLoss, res.Time.Round(time.Second), res.Engine))
	r.manifest.Training = s
	r.manifest.stage("train", "", digest, begin)
	return atomicfile.WriteJSON(donePath, trainDone{digest, s})
}

// baseFolder is the folder of the model that training starts from, "" for one that starts from scratch.
func (r *run) baseFolder() (string, error) {
	if r.plan.Recipe.Train.Model == modelNew {
		return "", nil
	}
	return r.modelFolder(r.plan.Recipe.Train.Model)
}

// startModel loads the model to be tuned, or makes one with random weights. release must wait until the model is no longer used.
func (r *run) startModel(dir string) (m *nn.Model, release func() error, err error) {
	if dir != "" {
		return loadFor(dir, r.plan.Recipe.Train)
	}
	n := r.plan.Recipe.Train.New
	if m, err = nn.New(newConfig(n, r.codec.Tokenizer().VocabSize(), r.codec.Stop())); err != nil {
		return nil, nil, fmt.Errorf("train.new: %w", err)
	}
	m.Init(r.plan.Recipe.Seed)
	return m, nothing, nil
}

func nothing() error { return nil }

// loadFor loads a model as its training needs it: a base that an adapter leaves alone stays in its file.
func loadFor(dir string, t *recipe.Train) (*nn.Model, func() error, error) {
	if methodOf(t) == "lora" {
		return weights.LoadFrozen(dir)
	}
	m, err := weights.Load(dir)
	return m, nothing, err
}

// methodOf is what of the model changes, as package train names it. A new model has nothing to leave alone.
func methodOf(t *recipe.Train) string {
	switch {
	case t.Model == modelNew:
		return "full"
	case t.Method == "last":
		return fmt.Sprintf("last:%d", t.Layers)
	}
	return t.Method
}

func newConfig(n recipe.NewModel, vocabulary int, stop []int32) nn.Config {
	c := nn.Config{Architecture: n.Architecture, VocabSize: vocabulary, HiddenSize: n.Hidden, IntermediateSize: n.Intermediate, Layers: n.Layers, Heads: n.Heads, KVHeads: n.KVHeads,
		MaxPositions: n.Positions, RMSNormEps: 1e-5, RopeTheta: 10000, TieEmbeddings: true}
	for _, s := range stop {
		c.EOS = append(c.EOS, int(s))
	}
	return c
}

func (r *run) openShards() (data, validation *pack.Shards, err error) {
	if data, err = pack.Open(filepath.Join(r.opt.Dir, "tokens", "train")); err != nil {
		return nil, nil, err
	}
	dir := filepath.Join(r.opt.Dir, "tokens", "validation")
	if r.manifest.Data.Rows["validation"] == 0 {
		return data, nil, nil
	}
	validation, err = pack.Open(dir)
	return data, validation, err
}

func samplesOf(s *pack.Shards) train.Samples {
	if s == nil || s.Len() == 0 {
		return nil
	}
	return shardSamples{s}
}

func pairsOf(s *pack.Shards) train.Preferences {
	if s == nil || s.Len() == 0 {
		return nil
	}
	return shardPairs{shardSamples{s}}
}

func loraOf(t *recipe.Train) nn.LoRAConfig {
	return nn.LoRAConfig{Rank: t.Rank, Alpha: t.Alpha, RSLoRA: t.RSLoRA, Dropout: t.Dropout, Targets: t.Targets}
}

// smallModel is the number of parameters below which a model takes the higher learning rates of TrainOptions.
const smallModel = 100e6

func (r *run) trainOptions(t *recipe.Train, m *nn.Model, modelDir string, rows int) train.Options {
	objective, _ := r.objective() // checked by tokenize
	o := train.Options{Model: m, Method: methodOf(t), Objective: objective, Beta: t.Beta, Precision: t.Precision, Memory: t.Memory, NEFTune: t.Neftune, Steps: t.Steps, Epochs: t.Epochs, BatchTokens: t.Batches.Tokens, MicroTokens: t.Batches.Micro,
		LearningRate: t.LearningRate, MinLR: orNone(t.MinLR), WeightDecay: orNone(t.WeightDecay), Clip: orNone(t.Clip), Schedule: t.Schedule, Balance: t.Batches.Balance,
		Seed: r.plan.Recipe.Seed, EvalEvery: t.EvalEvery, CheckpointEvery: t.SaveEvery, Patience: t.Patience, Dir: filepath.Join(r.opt.Dir, "model"), Logs: r.opt.Dir,
		Base: t.Model, Tokenizer: r.tokenizerDir, Threads: r.opt.Threads,
		LoRA: loraOf(t)}
	if o.LearningRate == 0 {
		o.LearningRate = defaultRate(o.Method, objective, float64(count(m.Params())))
	}
	o.BatchRows = max(1, t.Batches.Tokens/r.plan.Recipe.Tokenize.Length)
	if r.plan.Recipe.Tokenize.Pack == "none" {
		o.BatchRows = max(o.BatchRows, 1)
	}
	if o.Steps == 0 {
		o.Steps = max(1, int(math.Ceil(t.Epochs*float64(rows)/float64(o.BatchRows))))
	}
	if o.Warmup = int(math.Ceil(t.Warmup * float64(o.Steps))); o.Warmup == 0 {
		o.Warmup = train.NoWarmup
	}
	return o
}

// defaultRate is the peak learning rate where the recipe names none: small models bear ten times the rate of large ones, and pairs want a tenth.
func defaultRate(method, objective string, parameters float64) float64 {
	rate := 2e-4
	if method != "lora" {
		rate = 5e-5
	}
	if parameters < smallModel {
		rate *= 10
	}
	if objective == "dpo" || objective == "orpo" {
		rate /= 10
	}
	return rate
}

func orNone(x float64) float64 {
	if x == 0 {
		return train.NoDecay
	}
	return x
}

func count(params []*nn.Param) int64 {
	var n int64
	for _, p := range params {
		k := int64(1)
		for _, d := range p.Shape {
			k *= int64(d)
		}
		n += k
	}
	return n
}

func summarize(res train.Result, o train.Options, m *nn.Model, parameters int64) *TrainSummary {
	s := &TrainSummary{Engine: res.Engine, Method: o.Method, Objective: o.Objective, Steps: res.Steps, Tokens: res.Tokens, Seconds: res.Time.Seconds(), FirstLoss: res.FirstLoss, LastLoss: res.LastLoss,
		BestStep: res.BestStep, Parameters: parameters, Trainable: parameters}
	if !math.IsNaN(res.EvalAfter) {
		s.BestValidation = res.EvalAfter
	}
	_, s.Trainable = m.Parameters()
	if s.Seconds > 0 {
		s.TokensPerSecond = float64(s.Tokens) / s.Seconds
	}
	n, tokens := float64(parameters), float64(s.Tokens)
	s.FLOPsFull = 6 * n * tokens // forward, and twice that backward (Kaplan et al. 2020)
	s.FLOPs = s.FLOPsFull
	trained := float64(s.Trainable)
	switch { // no gradients of weights that stay
	case o.Method == "lora":
		s.FLOPs = 4*n*tokens + 6*trained*tokens
	case o.Method == "embeddings":
		s.FLOPs = 4*n*tokens + 2*trained*tokens
	case strings.HasPrefix(o.Method, "last:"): // nor of activations below them
		s.FLOPs = 2*n*tokens + 4*trained*tokens
	}
	s.FLOPsScratch = 6 * n * 20 * n // 20 tokens a parameter (Hoffmann et al. 2022)
	return s
}

// estimateTraining foresees what a training will cost on this machine.
func (p *Plan) estimateTraining(e *Estimate) (*TrainEstimate, error) {
	t, tok := p.Recipe.Train, p.Recipe.Tokenize
	r := &run{plan: p, opt: Options{Dir: e.Dir}}
	var m *nn.Model
	var err error
	if t.Model == modelNew {
		vocabulary := tok.Vocabulary
		if vocabulary == 0 {
			vocabulary = 32000
		}
		m, err = nn.New(newConfig(t.New, vocabulary, nil))
	} else {
		var dir string
		if dir, err = r.modelFolder(t.Model); err == nil {
			var release func() error
			if m, release, err = loadFor(dir, t); err == nil {
				defer func() { _ = release() }()
			}
		}
	}
	if err != nil {
		return nil, err
	}
	o := train.Options{Model: m, Method: methodOf(t), LoRA: loraOf(t), Precision: t.Precision, Memory: t.Memory, NEFTune: t.Neftune, MicroTokens: t.Batches.Micro}
	if err := train.Ready(o); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	out := &TrainEstimate{Engine: t.Engine, Method: o.Method, Steps: t.Steps, BatchTokens: t.Batches.Tokens}
	out.Parameters, out.Trainable = m.Parameters()
	if out.Steps == 0 { // about three bytes of text a token in our own vocabulary, four in large ones
		out.Steps = max(1, int(t.Epochs*float64(e.TextBytes)/3.5/float64(t.Batches.Tokens)))
	}
	if t.Engine == engineTorch { // its speed shows when it runs, its memory is the device's
		return out, nil
	}
	out.MemoryBytes = train.PeakMemory(o, max(t.Batches.Micro, tok.Length))
	out.Seconds = float64(out.Steps) * timeStep(m, min(t.Batches.Micro, tok.Length)) * float64(t.Batches.Tokens) / float64(min(t.Batches.Micro, tok.Length))
	return out, nil
}

// timeStep times one forward and backward pass over n tokens.
func timeStep(m *nn.Model, n int) float64 {
	b := nn.Batch{Tokens: make([]int32, n), Targets: make([]int32, n), Starts: []int32{0}}
	m.LossGrad(b, 1) // the first pass allocates
	begin := time.Now()
	m.LossGrad(b, 1)
	return time.Since(begin).Seconds()
}
