package nn

func init() {
	Register(Arch{
		Name:    "qwen2",
		Summary: "Qwen2 and Qwen2.5: llama with biases on the query, key and value projections",
		Class:   "Qwen2ForCausalLM",
		Defaults: Config{VocabSize: 151936, HiddenSize: 4096, IntermediateSize: 22016, Layers: 32, Heads: 32, KVHeads: 32, MaxPositions: 32768,
			RMSNormEps: 1e-6, RopeTheta: 10000},
		Features: func(Config) Features { return Features{QKVBias: true} },
		Windows:  upperLayers,
	})
}

// upperLayers is the rule of Qwen: with use_sliding_window the layers from max_window_layers on have the window.
func upperLayers(c Config, layer int) bool { return c.SlidingWindow > 0 && layer >= c.MaxWindowLayers }
