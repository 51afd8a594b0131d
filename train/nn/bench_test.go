package nn

import (
	"fmt"
	"testing"

	"winnow/train/kernel"
)

// tinyConfig is the shape of a small base model, smolConfig that of SmolLM2-135M.
func tinyConfig() Config {
	return Config{Architecture: "llama", VocabSize: 8192, HiddenSize: 256, IntermediateSize: 768, Layers: 8, Heads: 8, KVHeads: 4, TieEmbeddings: true}
}

func smolConfig() Config {
	return Config{Architecture: "llama", VocabSize: 49152, HiddenSize: 576, IntermediateSize: 1536, Layers: 30, Heads: 9, KVHeads: 3, TieEmbeddings: true}
}

// randomBatch makes docs documents of length tokens each, every token but the last of a document with a target.
func randomBatch(c Config, docs, length int, seed uint64) Batch {
	var b Batch
	for d := range docs {
		b.Starts = append(b.Starts, int32(d*length))
		for i := range length {
			b.Tokens = append(b.Tokens, int32(mix(seed+uint64(d*length+i))%uint64(c.VocabSize)))
			b.Targets = append(b.Targets, int32(mix(seed+uint64(d*length+i+1))%uint64(c.VocabSize)))
			if i == length-1 {
				b.Targets[len(b.Targets)-1] = Ignore
			}
		}
	}
	return b
}

// BenchmarkStep measures the shapes of the performance goals: forward, backward, clipping norm and AdamW.
func BenchmarkStep(b *testing.B) {
	for _, s := range []struct {
		name         string
		config       Config
		docs, length int
	}{{"tiny", tinyConfig(), 8, 256}, {"smol", smolConfig(), 4, 256}} {
		for _, mode := range []string{"full", "lora", "forward"} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%s/threads=%d", s.name, mode, threads), func(b *testing.B) {
					kernel.SetThreads(threads)
					defer kernel.SetThreads(0)
					m, err := New(s.config)
					if err != nil {
						b.Fatal(err)
					}
					m.Init(1)
					if mode == "lora" {
						if err := m.AddLoRA(LoRAConfig{Rank: 8, Alpha: 16, Seed: 1}); err != nil {
							b.Fatal(err)
						}
						m.StoreBF16()
					}
					batch := randomBatch(s.config, s.docs, s.length, 1)
					params := m.trainable()
					moments := map[*Param][2][]float32{}
					step := func() {
						if mode == "forward" {
							m.Loss(batch)
							return
						}
						m.ZeroGrad()
						m.LossGrad(batch, 1/float32(len(batch.Tokens)))
						var squares float64
						for _, p := range params {
							squares += kernel.SumSquares(p.Grad)
							if _, ok := moments[p]; !ok {
								moments[p] = [2][]float32{make([]float32, p.Len()), make([]float32, p.Len())}
							}
							kernel.AdamW(p.Data, p.Grad, moments[p][0], moments[p][1], 1e-4, 0.9, 0.95, 1e-8, 0.1, 1)
						}
					}
					step()
					b.ReportAllocs()
					for b.Loop() {
						step()
					}
					seconds := b.Elapsed().Seconds() / float64(b.N)
					b.ReportMetric(float64(len(batch.Tokens))/seconds, "tok/s")
					b.ReportMetric(m.FLOPs(len(batch.Tokens), mode != "forward")/seconds/1e9, "GFLOP/s")
				})
			}
		}
	}
}

// BenchmarkDecode measures greedy generation, which reads every weight once a token.
func BenchmarkDecode(b *testing.B) {
	for _, half := range []bool{false, true} {
		b.Run(fmt.Sprintf("smol/bf16=%v", half), func(b *testing.B) {
			m, err := New(smolConfig())
			if err != nil {
				b.Fatal(err)
			}
			m.Init(1)
			if half {
				m.Freeze(func(string) bool { return false })
				m.StoreBF16()
			}
			c := m.NewCache(256)
			m.Decode(c, []int32{1, 2, 3, 4, 5, 6, 7, 8})
			token := []int32{9}
			for b.Loop() {
				c.Truncate(c.Len() % 200)
				token[0] = argmax(m.Decode(c, token))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tok/s")
		})
	}
}
