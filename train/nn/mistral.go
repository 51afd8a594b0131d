package nn

func init() {
	Register(Arch{
		Name:    "mistral",
		Summary: "Mistral 7B and its likenesses: llama whose layers may attend to the last sliding_window tokens only",
		Class:   "MistralForCausalLM",
		Defaults: Config{VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 14336, Layers: 32, Heads: 32, KVHeads: 8, MaxPositions: 131072,
			RMSNormEps: 1e-6, RopeTheta: 10000, SlidingWindow: 4096},
		Features: func(Config) Features { return Features{} },
		Windows:  func(c Config, _ int) bool { return c.SlidingWindow > 0 },
	})
}
