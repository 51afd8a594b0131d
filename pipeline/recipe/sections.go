package recipe

// Head holds the recipe's plain keys.
type Head struct {
	Name       string   `param:"name" doc:"name of the run and its folder; default: the name of the file"`
	Seed       uint64   `param:"seed" default:"7" doc:"every random decision is a hash of it: the same seed, the same bytes"`
	Seeds      []uint64 `param:"seeds" doc:"of recipes with arms: every arm is run once with each seed, and figures have intervals over them; default: seed alone"`
	Languages  []string `param:"languages" default:"en,zh" doc:"languages that the data should hold, as ISO 639-1 codes"`
	RunFolder  string   `param:"run_folder" doc:"where the run is written; default: runs/NAME beside the recipe"`
	MaxBadRows float64  `param:"max_bad_rows" default:"0.01" min:"0" doc:"rows that may be unreadable before the run stops: a share when below 1, a number from 1 on; each is quarantined with file, position and reason"`
	Memory     int64    `param:"memory" default:"536870912" min:"67108864" unit:"bytes" doc:"what surveys may hold before they spill to disk; write 512MB or 2GB"`
}

// Common holds the parameters that every step has besides its own.
type Common struct {
	As   string   `param:"as" doc:"what the ledger and the report call the step; default: its name"`
	Only []string `param:"only" doc:"sources whose rows the step looks at; default: all"`
}

// Audit counts what the steps do to rows that a column marks, for example defects planted into test data.
type Audit struct {
	Column string            `param:"column" doc:"column that says what is known of a row, such as the kind of a planted defect; rows without a value are not counted"`
	Expect map[string]string `param:"expect" doc:"value of the column to the label of the step that should find such rows: drop, edit or copy them"`
}

// Output says how the data set is written.
type Output struct {
	Compression string `param:"compression" default:"zstd" enum:"zstd,fastest,snappy,none" doc:"of the Parquet pages"`
	ShardSize   int64  `param:"shard_size" default:"268435456" min:"1048576" unit:"bytes" doc:"text in one Parquet file before the next begins"`
	RowGroup    int64  `param:"row_group" default:"8388608" min:"65536" unit:"bytes" doc:"text in one row group"`
}

// Tokenize says how rows become tokens.
type Tokenize struct {
	Model      string `param:"model" default:"" doc:"whose tokenizer: a model folder, a tokenizer.json, or base; default: that of train.model"`
	Template   string `param:"template" default:"auto" doc:"chat template: a built-in name or a .jinja file; auto takes the one that comes with the model, else chatml"`
	Length     int    `param:"length" default:"512" min:"16" unit:"tokens" doc:"tokens in a packed row"`
	Pack       string `param:"pack" default:"best_fit" enum:"best_fit,none" doc:"best_fit lays several samples into one row, kept apart by position and attention; none pads"`
	Long       string `param:"long" default:"auto" enum:"auto,split,drop" doc:"what happens to a sample longer than length: split cuts plain text into pieces, drop counts and leaves it out; auto splits text and drops chat rows"`
	Vocabulary int    `param:"vocabulary" default:"0" min:"0" unit:"tokens" doc:"train a byte-level BPE tokenizer of this size on the run's own training rows; 0 uses the model's"`
	Window     int    `param:"window" default:"2000" min:"1" unit:"rows" doc:"rows among which packing looks for the best fit"`
}

// Train says how the model is tuned.
type Train struct {
	Model        string   `param:"model" default:"base" doc:"base (the embedded model), a Hugging Face model folder, owner/name[@revision] of a model that winnow pull fetched, a run's model/merged, or new (random weights of the shape that new says)"`
	New          NewModel `param:"new" doc:"shape of a model that is trained from scratch; used when model is new"`
	Engine       string   `param:"engine" default:"winnow" enum:"winnow,torch" doc:"what does the arithmetic: winnow's own code for CPUs, or PyTorch with PEFT in a child process, for GPUs; both see the same batches"`
	Python       string   `param:"python" doc:"interpreter of engine torch; default: .venv/bin/python beside the recipe or in the working directory, else python3"`
	GPUs         int      `param:"gpus" default:"0" min:"0" doc:"of engine torch: how many GPUs train together under torchrun; 0: one where there is one, else the CPU"`
	Sharded      bool     `param:"sharded" default:"false" doc:"of engine torch with several GPUs: share weights, gradients and moments out among them (FSDP), for models that one GPU cannot hold, instead of a copy on each (DDP)"`
	Method       string   `param:"method" default:"lora" enum:"lora,full,embeddings,last" doc:"what changes: a small adapter beside frozen weights (lora), every weight (full), the embedding and the head (embeddings), or the layers nearest the output (last)"`
	Layers       int      `param:"layers" default:"2" min:"1" doc:"how many layers method last trains, with the final norm"`
	Precision    string   `param:"precision" default:"fp32" enum:"fp32,bf16" doc:"bf16: matrix products of values rounded to bf16 with float32 sums; frozen weights and kept activations take half the memory, weights that train stay float32"`
	Memory       string   `param:"memory" default:"full" enum:"full,low" doc:"low keeps only each layer's input and computes its other activations again: about a third more time, a fraction of the activations, the same result"`
	Rank         int      `param:"rank" default:"16" min:"1" max:"1024" doc:"rank of the adapter"`
	Alpha        float64  `param:"alpha" default:"32" min:"0" doc:"scale of the adapter: its output counts alpha / rank"`
	RSLoRA       bool     `param:"rslora" default:"false" doc:"scale by alpha / √rank instead (Kalajdzievski 2023)"`
	Dropout      float64  `param:"dropout" default:"0" min:"0" max:"0.9" doc:"share of the adapter's inputs that a step leaves out"`
	Targets      []string `param:"targets" default:"q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj" doc:"layers that get an adapter"`
	Objective    string   `param:"objective" default:"auto" enum:"auto,pretrain,sft,dpo,orpo,classify" doc:"what carries loss: every token (pretrain), the assistant's tokens (sft), pairs against the untuned model (dpo) or without it (orpo), labels (classify); auto takes it from the rows' shape"`
	Beta         float64  `param:"beta" default:"0.1" min:"0" doc:"of DPO: how strongly the tuned model is held to the base; of ORPO: weight of the odds ratio"`
	Neftune      float64  `param:"neftune" default:"0" min:"0" doc:"noise on the embeddings while training (NEFTune, Jain et al. 2023, who use 5 to 15); not with pairs"`
	Batches      Batches  `param:"batches" doc:"how rows are put together"`
	Steps        int      `param:"steps" default:"0" min:"0" doc:"optimiser steps; 0: as many as epochs asks for"`
	Epochs       float64  `param:"epochs" default:"1" min:"0" doc:"passes over the data when steps is 0"`
	LearningRate float64  `param:"learning_rate" default:"0" min:"0" doc:"peak; 0: 2e-4 for lora and 5e-5 for the rest, ten times that on models under 100 M parameters; a tenth with pairs"`
	Schedule     string   `param:"schedule" default:"cosine" enum:"cosine,linear,constant,wsd" doc:"of the learning rate after the warm-up"`
	Warmup       float64  `param:"warmup" default:"0.05" min:"0" max:"1" doc:"share of the steps in which the learning rate rises from zero"`
	MinLR        float64  `param:"min_lr" default:"0.1" min:"0" max:"1" doc:"where the schedule ends, as a share of the peak"`
	WeightDecay  float64  `param:"weight_decay" default:"0.01" min:"0" doc:"of matrices only"`
	Clip         float64  `param:"clip" default:"1" min:"0" doc:"largest norm of the whole gradient; 0: no limit"`
	EvalEvery    int      `param:"eval_every" default:"0" min:"0" unit:"steps" doc:"how often held-out loss is measured; 0: ten times a run"`
	SaveEvery    int      `param:"save_every" default:"0" min:"0" unit:"steps" doc:"how often a checkpoint is written; 0: ten times a run"`
	Patience     int      `param:"patience" default:"0" min:"0" doc:"stop after so many evaluations without a better held-out loss; 0: never"`
}

// NewModel is the shape of a model trained from scratch. Its vocabulary is the tokenizer's.
type NewModel struct {
	Architecture string `param:"architecture" default:"llama" doc:"as winnow list architecture names it"`
	Layers       int    `param:"layers" default:"4" min:"1" max:"512"`
	Hidden       int    `param:"hidden" default:"256" min:"16" max:"65536" doc:"width of the residual stream"`
	Intermediate int    `param:"intermediate" default:"768" min:"16" doc:"width of the feed-forward layers"`
	Heads        int    `param:"heads" default:"8" min:"1" doc:"of attention"`
	KVHeads      int    `param:"kv_heads" default:"4" min:"1" doc:"key and value heads, shared by the heads"`
	Positions    int    `param:"positions" default:"1024" min:"16" unit:"tokens" doc:"longest context that the configuration allows"`
}

// Batches says how rows become batches.
type Batches struct {
	Tokens  int      `param:"tokens" default:"4096" min:"16" unit:"tokens" doc:"in one optimiser step"`
	Micro   int      `param:"micro" default:"2048" min:"16" unit:"tokens" doc:"that are in memory at once; gradients of several micro-batches add up to those of the whole"`
	Balance []string `param:"balance" doc:"columns whose groups every window of batches holds in equal shares"`
}

// Gate is a limit on a figure of eval; a run that misses one ends with exit code 3.
type Gate struct {
	Figure string // as eval names it, for example perplexity.validation
	Change string `param:"change" doc:"limit on the change from before to after, such as \"<= -10%\" or \"<= 0.05\"; of figures that are best at zero, on the change of their distance from zero"`
	Before string `param:"before" doc:"limit on the figure before training, such as \"<= 40\""`
	After  string `param:"after" doc:"limit on the figure after training, such as \">= 0.8\""`
	Line   int
}

// Test is a small test inside a recipe: what a step does to a text. `winnow check` runs it.
type Test struct {
	Step    string  `param:"step" required:"true" doc:"the step, by its label in this recipe, else by name with default parameters"`
	In      string  `param:"in" required:"true" doc:"a text"`
	Out     *string `param:"out" doc:"what the step makes of it; without out and dropped the text must stay as it is"`
	Dropped string  `param:"dropped" doc:"the reason for which the row is dropped"`
	Line    int
}
