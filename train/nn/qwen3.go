package nn

func init() {
	Register(Arch{
		Name:    "qwen3",
		Summary: "Qwen3: RMSNorm over each head of queries and keys, a head size of its own, no biases unless attention_bias says so",
		Class:   "Qwen3ForCausalLM",
		Defaults: Config{VocabSize: 151936, HiddenSize: 4096, IntermediateSize: 22016, Layers: 32, Heads: 32, KVHeads: 32, HeadDim: 128,
			MaxPositions: 32768, RMSNormEps: 1e-6, RopeTheta: 10000},
		Features: func(c Config) Features {
			return Features{QKVBias: c.AttentionBias, OutBias: c.AttentionBias, QKNorm: true}
		},
		Windows: upperLayers,
	})
}
