package train

import (
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"winnow/train/nn"
	"winnow/train/torch"
	"winnow/train/weights"
)

// Objectives and Methods name what can be trained for and which parameters can be.
var (
	Objectives = []string{"pretrain", "sft", "classify", "dpo", "orpo"}
	Methods    = []string{"lora", "full", "embeddings", "last:N"}
)

// Options describe one run. Only Model and Dir have no default.
type Options struct {
	Model  *nn.Model
	Method string        // which parameters change: "lora" (default), "full", "embeddings" (embedding and head), "last:N" (the last N layers and the final norm)
	LoRA   nn.LoRAConfig // rank 8, alpha 16, all linear layers where unset; ignored when the model brings an adapter to go on with

	// AdapterConfig is the configuration of the adapter that Model brings along, so that it can be saved again.
	AdapterConfig *nn.LoRAConfig

	Objective string    // "pretrain" (every token), "sft" (default; labelled tokens), "classify" (label tokens), "dpo", "orpo"
	Beta      float64   // dpo: strength of the pull to the reference, 0.1 (Rafailov et al. 2023); orpo: weight of the odds ratio, 0.1 (Hong et al. 2024)
	Reference *nn.Model // dpo: the reference; nil is Model with its adapter off

	Precision string  // "fp32" (default) or "bf16": see nn.Model.SetBF16; frozen matrices are stored as bf16 too
	Memory    string  // "full" (default) keeps every activation for the backward pass, "low" computes them again; the result is the same
	NEFTune   float64 // strength of the noise on the embeddings (see nn.Model.SetNEFTune); 0 is none. Not for dpo and orpo

	Steps       int     // optimiser steps; 0 follows from Epochs
	Epochs      float64 // passes over the data when Steps is 0; 1
	BatchTokens int     // tokens of a step at most, 4096; see BatchRows
	BatchRows   int     // rows (pairs) of a step; 0 is BatchTokens / the longest row, at least 1
	MicroTokens int     // tokens that are in memory at once, 2048; a step adds up its parts' gradients. A longer row is a part of its own

	LearningRate float64 // 2e-4 for lora, 2e-5 for the rest, a tenth of that for dpo and orpo
	MinLR        float64 // rate at the end as a fraction of LearningRate: 0.1; NoDecay for exactly 0
	WeightDecay  float64 // on matrices only; 0.01, NoDecay for exactly 0
	Beta1, Beta2 float64 // 0.9, 0.95
	Eps          float64 // 1e-8
	Clip         float64 // largest global gradient norm, 1; NoDecay for no clipping
	Warmup       int     // steps; 0 is 3 % of the run, NoWarmup is none
	Schedule     string  // "cosine" (default), "linear", "constant", "wsd"

	Balance       []string           // columns whose combinations of values ("en/female") each get a fixed quota in every window
	BalanceMode   string             // quotas: "equal" (default) or "data" (the shares of the data, held in every window)
	BalanceShares map[string]float64 // quotas by combination instead; they are scaled to add up to 1
	BalanceWindow int                // steps of a window; 0 is the fewest that give every group its quota in whole rows (equal), or one row (else)
	Sequential    bool               // take the rows in their order instead of shuffling each epoch
	Seed          uint64

	EvalEvery       int // steps between evaluations on the validation rows; 0 is a tenth of the run
	Patience        int // evaluations without improvement before the run stops early; 0 never stops early
	CheckpointEvery int // steps between checkpoints; 0 is a tenth of the run. One is always written at the end and on cancellation

	Dir        string        // the run folder's model/: checkpoints/, adapter/, merged/
	Logs       string        // folder of metrics.jsonl and the TensorBoard file; "" is Dir
	Base       string        // name or folder of the base model, for the adapter's configuration
	Tokenizer  string        // folder whose tokenizer files go into merged/; "" copies none
	SaveDType  weights.DType // storage type of merged/; "" is F32
	SkipMerged bool          // write no merged/ (lora only: the other methods have nothing else to write)

	Torch *torch.Options // train by PyTorch in a child process; nil is this package's own engine

	Threads  int              // kernel threads; 0 leaves them as they are. The result does not depend on it
	Progress func(Progress)   // called after every step
	Notice   func(msg string) // called for what a user should know but need not act on; nil drops it
}

// NoDecay and NoWarmup ask for a true zero where the zero value stands for the default.
const (
	NoDecay  = -1
	NoWarmup = -1
)

// withDefaults fills in what is unset, all but what depends on the data, and checks the rest.
func (o Options) withDefaults(pairs bool) (Options, error) {
	if o.Model == nil {
		return o, fmt.Errorf("no model was given")
	}
	if o.Dir == "" {
		return o, fmt.Errorf("no folder was given for the model and its checkpoints")
	}
	o.Method = or(o.Method, "lora")
	o.Objective = or(o.Objective, map[bool]string{false: "sft", true: "dpo"}[pairs])
	if !slices.Contains(Objectives, o.Objective) {
		return o, fmt.Errorf("unknown objective %q: write one of %s", o.Objective, strings.Join(Objectives, ", "))
	}
	if wants := o.Objective == "dpo" || o.Objective == "orpo"; wants != pairs {
		return o, fmt.Errorf("objective %s trains on %s, the data hold %s", o.Objective, map[bool]string{true: "pairs (chosen, rejected)", false: "rows"}[wants], map[bool]string{true: "pairs", false: "rows"}[pairs])
	}
	if o.Objective == "dpo" && o.Method != "lora" && o.Reference == nil {
		return o, fmt.Errorf("objective dpo with method %s needs a reference model; with method lora the reference is the same model, adapter off", o.Method)
	}
	o.LoRA.Rank = or(o.LoRA.Rank, 8)
	o.LoRA.Alpha = or(o.LoRA.Alpha, 2*float64(o.LoRA.Rank))
	o.LoRA.Seed = or(o.LoRA.Seed, hash(o.Seed, "lora"))
	if len(o.LoRA.Targets) == 0 {
		o.LoRA.Targets = nn.LoRATargets
	}
	if pairs { // the log-probabilities that weigh a pair and the gradient must see the same network (TRL does the same)
		o.LoRA.Dropout = 0
	}
	o.Precision = or(o.Precision, "fp32")
	o.Memory = or(o.Memory, nn.MemoryFull)
	o.Beta = or(o.Beta, 0.1)
	o.Epochs = or(o.Epochs, 1)
	o.BatchTokens = or(o.BatchTokens, 4096)
	o.MicroTokens = or(o.MicroTokens, 2048)
	rate := 2e-5
	if o.Method == "lora" {
		rate = 2e-4
	}
	if pairs {
		rate /= 10
	}
	o.LearningRate = or(o.LearningRate, rate)
	o.MinLR = max(0, or(o.MinLR, 0.1))
	o.WeightDecay = max(0, or(o.WeightDecay, 0.01))
	o.Beta1, o.Beta2, o.Eps = or(o.Beta1, 0.9), or(o.Beta2, 0.95), or(o.Eps, 1e-8)
	o.Clip = max(0, or(o.Clip, 1))
	o.Schedule = or(o.Schedule, "cosine")
	o.BalanceMode = or(o.BalanceMode, "equal")
	o.Logs = or(o.Logs, o.Dir)
	o.SaveDType = or(o.SaveDType, weights.F32)
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	return o, o.check()
}

func (o Options) check() error {
	for _, c := range []struct {
		wrong bool
		what  string
	}{
		{o.Steps < 0 || !(o.Epochs > 0), "steps and epochs must be above 0"},
		{o.BatchTokens < 0 || o.BatchRows < 0 || o.MicroTokens < 0, "batch sizes must be above 0"},
		{o.EvalEvery < 0 || o.CheckpointEvery < 0 || o.Patience < 0 || o.BalanceWindow < 0, "intervals of evaluations, checkpoints and windows must be above 0"},
		{!(o.Beta1 >= 0 && o.Beta1 < 1 && o.Beta2 >= 0 && o.Beta2 < 1), "beta1 and beta2 must lie in [0, 1)"},
		{!(o.Eps > 0), "eps must be above 0"},
		{!(o.MinLR <= 1), "the lowest learning rate is a fraction of the learning rate and must lie in [0, 1]"},
		{!(o.Beta > 0), "beta must be above 0"},
		{o.Precision != "fp32" && o.Precision != "bf16", `precision must be "fp32" or "bf16"`},
		{o.Memory != nn.MemoryFull && o.Memory != nn.MemoryLow, `memory must be "full" or "low"`},
		{!(o.NEFTune >= 0) || math.IsInf(o.NEFTune, 0), "NEFTune noise must not be negative"},
		{o.NEFTune > 0 && (o.Objective == "dpo" || o.Objective == "orpo"), "NEFTune noise would blur the log-probabilities that dpo and orpo compare: leave it at 0"},
		{o.BalanceMode != "equal" && o.BalanceMode != "data", `balance mode must be "equal" or "data"`},
		{o.Warmup < NoWarmup, "warm-up must not be negative"},
	} {
		if c.wrong {
			return fmt.Errorf("%s", c.what)
		}
	}
	return nil
}

// plan fills in what depends on the data: rows of a step, steps, warm-up, intervals and the window.
func (o Options) plan(s *survey) Options {
	if o.BatchRows == 0 {
		o.BatchRows = max(1, o.BatchTokens/s.longest)
	}
	if o.Steps == 0 {
		o.Steps = max(1, int(math.Ceil(o.Epochs*float64(s.rows)/float64(o.BatchRows))))
	}
	switch o.Warmup {
	case 0:
		o.Warmup = (3*o.Steps + 99) / 100
	case NoWarmup:
		o.Warmup = 0
	}
	o.EvalEvery = or(o.EvalEvery, max(1, o.Steps/10))
	o.CheckpointEvery = or(o.CheckpointEvery, max(1, o.Steps/10))
	return o
}

func (o Options) schedule() Schedule {
	return Schedule{Kind: o.Schedule, Peak: o.LearningRate, Floor: o.MinLR * o.LearningRate, Warmup: o.Warmup, Steps: o.Steps}
}

// settings lists everything that the result of a run depends on, for the digest and for saying what changed. Threads and intervals of
// checkpoints are left out: they change nothing. Patience and EvalEvery decide which weights are kept.
func (o Options) settings(data, validation *survey) map[string]string {
	f := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	set := map[string]string{
		"method": o.Method, "objective": o.Objective, "steps": strconv.Itoa(o.Steps), "rows of a batch": strconv.Itoa(o.BatchRows),
		"tokens of a part": strconv.Itoa(o.MicroTokens), "learning rate": f(o.LearningRate), "lowest learning rate": f(o.MinLR),
		"weight decay": f(o.WeightDecay), "beta1": f(o.Beta1), "beta2": f(o.Beta2), "eps": f(o.Eps), "clip": f(o.Clip),
		"warm-up": strconv.Itoa(o.Warmup), "schedule": o.Schedule, "seed": strconv.FormatUint(o.Seed, 10), "sequential": strconv.FormatBool(o.Sequential),
		"balance": strings.Join(o.Balance, ",") + " " + o.BalanceMode + " " + strconv.Itoa(o.BalanceWindow), "evaluation interval": strconv.Itoa(o.EvalEvery),
		"patience": strconv.Itoa(o.Patience), "data": strconv.FormatUint(data.digest, 16), "base model": modelDigest(o.Model),
	}
	for _, name := range slices.Sorted(maps.Keys(o.BalanceShares)) {
		set["balance"] += " " + name + "=" + f(o.BalanceShares[name])
	}
	if o.Method == "lora" {
		set["lora"] = fmt.Sprintf("%+v", o.LoRA)
	}
	if o.Precision != "fp32" {
		set["precision"] = o.Precision
	}
	if o.NEFTune > 0 {
		set["neftune"] = f(o.NEFTune)
	}
	if o.Objective == "dpo" || o.Objective == "orpo" {
		set["beta"] = f(o.Beta)
	}
	if o.Torch != nil {
		set["engine"] = "torch"
	}
	if o.Reference != nil {
		set["reference model"] = modelDigest(o.Reference)
	}
	if validation != nil {
		set["validation data"] = strconv.FormatUint(validation.digest, 16)
	}
	return set
}

// modelDigest hashes every parameter's name, shape and values.
func modelDigest(m *nn.Model) string {
	h := xxh3.New()
	buf := make([]byte, 0, 1<<16)
	for _, p := range parameters(m) {
		_, _ = h.WriteString(fmt.Sprintf("%s %v\n", p.Name, p.Shape))
		for half := range slices.Chunk(p.BF16, cap(buf)/2) {
			buf = buf[:0]
			for _, v := range half {
				buf = binary.LittleEndian.AppendUint16(buf, v)
			}
			_, _ = h.Write(buf)
		}
		for part := range slices.Chunk(p.Data, cap(buf)/4) {
			buf = buf[:0]
			for _, v := range part {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
			_, _ = h.Write(buf)
		}
	}
	return strconv.FormatUint(h.Sum64(), 16)
}

// or returns v, or the default when v is the zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
