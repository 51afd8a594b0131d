package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"winnow/train"
	"winnow/train/kernel"
	"winnow/train/nn"
	"winnow/train/weights"
)

// shape is a model with the batch that torch_steps.py gives it.
type shape struct {
	config       nn.Config
	docs, length int
}

func llama(vocabulary, hidden, intermediate, layers, heads, kv int) nn.Config {
	return nn.Config{Architecture: "llama", VocabSize: vocabulary, HiddenSize: hidden, IntermediateSize: intermediate, Layers: layers, Heads: heads, KVHeads: kv, MaxPositions: 2048, TieEmbeddings: true}
}

var shapes = map[string]shape{
	"tiny":    {llama(8192, 256, 768, 8, 8, 4), 8, 256},
	"smol135": {llama(49152, 576, 1536, 30, 9, 3), 4, 256},
	"qwen05":  {llama(151936, 896, 4864, 24, 14, 2), 1, 512},
}

// runChild does what pair says in this process and prints a figure.
func runChild(pair, folder, memory, precision string, s settings) error {
	name, mode, _ := strings.Cut(pair, "/")
	sh, ok := shapes[name]
	if !ok {
		return fmt.Errorf("unknown shape %q", name)
	}
	if s.tokens > 0 {
		sh.docs, sh.length = 1, s.tokens
	}
	kernel.SetThreads(s.threads)
	f := figure{Shape: name, Mode: mode, DType: precision, Threads: s.threads}
	m, err := childModel(sh, mode, folder)
	if err != nil {
		return err
	}
	switch mode {
	case "prepare":
		if err := weights.Save(folder, m, weights.SaveOptions{DType: weights.BF16}); err != nil {
			return err
		}
	case "gen":
		f.TokS = generate(m)
	default:
		o := train.Options{Model: m, Method: map[string]string{"full": "full", "lora8": "lora", "eval": "lora"}[mode], LoRA: nn.LoRAConfig{Rank: 8, Alpha: 16, Seed: 1}, Memory: memory, Precision: precision}
		if mode != "eval" {
			if err := train.Ready(o); err != nil {
				return err
			}
			f.Planned = float64(m.Memory(sh.docs*sh.length, memory) >> 20)
		}
		f.Median, f.Best = steps(m, sh, mode, s.steps[name])
	}
	f.Peak = peakMB()
	return json.NewEncoder(os.Stdout).Encode(f)
}

func childModel(sh shape, mode, folder string) (*nn.Model, error) {
	if mode == "lora8" || mode == "gen" {
		m, _, err := weights.LoadFrozen(folder) // mapped until the process ends
		return m, err
	}
	m, err := nn.New(sh.config)
	if err == nil {
		m.Init(1)
	}
	return m, err
}

// steps times forward passes, or forward, backward, clipping and AdamW.
func steps(m *nn.Model, sh shape, mode string, n int) (median, best float64) {
	b := randomBatch(sh)
	var params []*nn.Param
	for _, p := range append(slices.Clone(m.Params()), m.LoRAParams()...) {
		if p.Trainable {
			params = append(params, p)
		}
	}
	var adam *train.AdamW
	if mode != "eval" {
		adam = train.NewAdamW(params, 0.9, 0.999, 1e-8, 0.01, 1)
	}
	var speeds []float64
	for i := range n + 1 {
		began := time.Now()
		if mode == "eval" {
			m.Loss(b)
		} else {
			m.SetStep(uint64(i + 1))
			m.ZeroGrad()
			m.LossGrad(b, 1/float32(len(b.Tokens)))
			adam.Step(i+1, 1e-4, adam.GradNorm())
		}
		if i > 0 {
			speeds = append(speeds, float64(len(b.Tokens))/time.Since(began).Seconds())
		}
	}
	slices.Sort(speeds)
	return speeds[(len(speeds)-1)/2], speeds[len(speeds)-1]
}

// randomBatch makes documents of random tokens; the last of each has no target.
func randomBatch(sh shape) nn.Batch {
	var b nn.Batch
	state := uint64(1)
	next := func() int32 {
		state = state*6364136223846793005 + 1442695040888963407 // Knuth's MMIX
		return int32(state >> 33 % uint64(sh.config.VocabSize))
	}
	for range sh.docs {
		b.Starts = append(b.Starts, int32(len(b.Tokens)))
		id := next()
		for i := range sh.length {
			b.Tokens = append(b.Tokens, id)
			if id = next(); i == sh.length-1 {
				b.Targets = append(b.Targets, nn.Ignore)
			} else {
				b.Targets = append(b.Targets, id)
			}
		}
	}
	return b
}

// generate reads 32 tokens and generates 64 greedily, as the peer does after a warm-up; the prompt counts in the time.
func generate(m *nn.Model) float64 {
	prompt := randomBatch(shape{m.Config(), 1, 32}).Tokens
	run := func(n int) float64 {
		began := time.Now()
		c := m.NewCache(len(prompt) + n)
		logits := m.Decode(c, prompt)
		for range n - 1 {
			best := 0
			for i, l := range logits {
				if l > logits[best] {
					best = i
				}
			}
			logits = m.Decode(c, []int32{int32(best)})
		}
		return float64(n) / time.Since(began).Seconds()
	}
	run(8)
	return run(64)
}

// peakMB is the largest resident size so far, 0 where the system does not say.
func peakMB() float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return float64(int(kb / 1024))
		}
	}
	return 0
}
