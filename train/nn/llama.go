package nn

func init() {
	Register(Arch{
		Name:    "llama",
		Summary: "Llama 1 to 3 and its likenesses (SmolLM2, TinyLlama): RMSNorm, RoPE, grouped-query attention, SwiGLU",
		Class:   "LlamaForCausalLM",
		Defaults: Config{VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 11008, Layers: 32, Heads: 32, MaxPositions: 2048,
			RMSNormEps: 1e-6, RopeTheta: 10000},
		Features: func(c Config) Features {
			return Features{QKVBias: c.AttentionBias, OutBias: c.AttentionBias, MLPBias: c.MLPBias}
		},
		Windows: never,
	})
}
