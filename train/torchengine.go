package train

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"winnow/train/nn"
	"winnow/train/torch"
	"winnow/train/weights"
)

// remote is the engine of package torch: parts go to a child process, losses and norms come back, and parameters and moments go through files
// in the format of our own checkpoints.
type remote struct {
	ctx     context.Context
	process *torch.Process
	options Options
	params  []*nn.Param
	dir     string // of the script, its log and what is handed over
	ready   ready
}

// The commands of engine.py; see there for what each does.
type (
	setupCommand struct {
		Do           string         `json:"do"`
		Model        string         `json:"model"`
		Reference    string         `json:"reference"` // dpo: folder of the reference; "" is the model with its adapter off
		LoRA         map[string]any `json:"lora"`      // arguments of peft.LoraConfig; null without
		Params       string         `json:"params"`    // file of the values that training starts from
		Trainable    []string       `json:"trainable"`
		Decay        []string       `json:"decay"`
		Objective    string         `json:"objective"`
		Beta         float64        `json:"beta"`
		LearningRate float64        `json:"learning_rate"`
		WeightDecay  float64        `json:"weight_decay"`
		Beta1        float64        `json:"beta1"`
		Beta2        float64        `json:"beta2"`
		Eps          float64        `json:"eps"`
		Clip         float64        `json:"clip"`
		Precision    string         `json:"precision"`
		Recompute    bool           `json:"recompute"`
		NEFTune      float64        `json:"neftune"`
		Sharded      bool           `json:"sharded"`
		CPU          bool           `json:"cpu"`
		Threads      int            `json:"threads"`
	}
	partsCommand struct {
		Do         string  `json:"do"`
		Parts      []part  `json:"parts"`
		Norm       float64 `json:"norm,omitempty"`
		Candidates []int32 `json:"candidates,omitempty"`
	}
	// part is a run of items laid flat; offsets of rows and documents are in it.
	part struct {
		Tokens  string    `json:"tokens"` // int32, little-endian, base64
		Targets string    `json:"targets"`
		Rows    []int32   `json:"rows"`
		Starts  []int32   `json:"starts"`
		Weights []float32 `json:"weights,omitempty"` // of each row
		At      []int     `json:"at,omitempty"`      // classified: the positions before the labels
		Truth   []int32   `json:"truth,omitempty"`   // classified: the labels' first tokens
	}
	beginCommand struct {
		Do   string `json:"do"`
		Seed int64  `json:"seed"`
	}
	updateCommand struct {
		Do   string  `json:"do"`
		Rate float64 `json:"rate"`
		Norm float64 `json:"norm"`
	}
	saveCommand struct {
		Do   string `json:"do"`
		Path string `json:"path"`
	}
	restoreCommand struct {
		Do      string `json:"do"`
		Params  string `json:"params"`
		Moments string `json:"moments"`
		Step    int    `json:"step"`
	}
	ready struct {
		Torch     string `json:"torch"`
		Device    string `json:"device"`
		Processes int    `json:"processes"`
	}
	sums struct {
		Sum torch.Number `json:"sum"`
		Won float64      `json:"won"`
	}
)

// newRemote starts the child and hands it the model: its folder, and the adapter's first values in a file, so that both engines start alike.
func newRemote(ctx context.Context, o Options, params []*nn.Param) (*remote, error) {
	e := &remote{ctx: ctx, options: o, params: params, dir: filepath.Join(o.Dir, "torch")}
	if err := os.MkdirAll(e.dir, 0o755); err != nil {
		return nil, err
	}
	c := setupCommand{Do: "setup", Objective: o.Objective, Beta: o.Beta, LearningRate: o.LearningRate, WeightDecay: o.WeightDecay, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps,
		Clip: o.Clip, Precision: o.Precision, Recompute: o.Memory == nn.MemoryLow, NEFTune: o.NEFTune, Sharded: o.Torch.Sharded, CPU: o.Torch.Processes > 0, Threads: o.Threads}
	for _, p := range params {
		c.Trainable = append(c.Trainable, p.Name)
		if p.Decay {
			c.Decay = append(c.Decay, p.Name)
		}
	}
	var err error
	c.Model, err = filepath.Abs(o.Torch.Model)
	if o.Torch.Model == "" {
		c.Model, err = e.handOver("start", o.Model)
	}
	if err == nil && o.Reference != nil {
		c.Reference, err = e.handOver("reference", o.Reference)
	}
	if err != nil {
		return nil, err
	}
	if o.Method == "lora" {
		l := (&run{Options: o}).adapterConfig()
		c.LoRA = map[string]any{"r": l.Rank, "lora_alpha": l.Alpha, "use_rslora": l.RSLoRA, "lora_dropout": l.Dropout, "target_modules": l.Targets}
		if c.Params, err = filepath.Abs(filepath.Join(e.dir, paramsFile)); err != nil {
			return nil, err
		}
		if err := weights.Write(c.Params, paramSources(params), weights.F32); err != nil {
			return nil, err
		}
	}
	if e.process, err = torch.Start(e.dir, *o.Torch, o.Threads); err != nil {
		return nil, err
	}
	if err := e.process.Call(ctx, c, &e.ready); err != nil {
		return nil, errors.Join(err, e.process.Close())
	}
	return e, nil
}

// handOver writes a model that is in memory only for transformers to load.
func (e *remote) handOver(name string, m *nn.Model) (string, error) {
	dir, err := filepath.Abs(filepath.Join(e.dir, name))
	if err != nil {
		return "", err
	}
	return dir, weights.Save(dir, m, weights.SaveOptions{})
}

func (e *remote) name() string {
	if e.ready.Processes > 1 {
		return fmt.Sprintf("PyTorch %s on %s, %d processes", e.ready.Torch, e.ready.Device, e.ready.Processes)
	}
	return fmt.Sprintf("PyTorch %s on %s", e.ready.Torch, e.ready.Device)
}

func (e *remote) parallel() int { return max(1, e.options.Torch.Processes, e.options.Torch.GPUs) }

func (e *remote) begin(step int) error {
	seed := int64(hash(e.options.Seed, "torch", step) >> 16) // torch.manual_seed takes 64 bits; room for the number of the process is left
	return e.process.Call(e.ctx, beginCommand{Do: "begin", Seed: seed}, &struct{}{})
}

func (e *remote) gradient(parts [][]item, norm float64) (outcome, error) {
	c := partsCommand{Do: "gradient", Norm: norm}
	for _, p := range parts {
		c.Parts = append(c.Parts, e.flat(p, true))
	}
	return e.sum(c)
}

func (e *remote) loss(parts [][]item) (outcome, error) {
	c := partsCommand{Do: "loss"}
	for _, p := range parts {
		c.Parts = append(c.Parts, e.flat(p, false))
	}
	return e.sum(c)
}

func (e *remote) sum(c partsCommand) (outcome, error) {
	var s sums
	err := e.process.Call(e.ctx, c, &s)
	return outcome{sum: float64(s.Sum), won: s.Won}, err
}

func (e *remote) classified(parts [][]item, candidates []int32) (right, of int, err error) {
	c := partsCommand{Do: "classified", Candidates: candidates}
	for _, p := range parts {
		f := e.flat(p, false)
		base := 0
		for _, it := range p {
			for _, d := range labelledDocuments(it.row) {
				f.At, f.Truth = append(f.At, base+d.label-1), append(f.Truth, it.row.Tokens[d.label])
			}
			base += len(it.row.Tokens)
		}
		of += len(f.At)
		c.Parts = append(c.Parts, f)
	}
	o, err := e.sum(c)
	return int(o.sum), of, err
}

// flat lays a part out for the child.
func (e *remote) flat(items []item, weighted bool) part {
	rows := rowsOf(items)
	b := join(rows, e.options.Objective == "pretrain")
	p := part{Tokens: packed(b.Tokens), Targets: packed(b.Targets), Starts: b.Starts}
	at := int32(0)
	for _, r := range rows {
		p.Rows = append(p.Rows, at)
		at += int32(len(r.Tokens))
	}
	if b.Weights != nil && weighted {
		for _, it := range items {
			p.Weights = append(p.Weights, it.row.weight())
			if it.rejected != nil {
				p.Weights = append(p.Weights, it.row.weight())
			}
		}
	}
	return p
}

func packed(ids []int32) string {
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (e *remote) gradNorm() (float64, error) {
	var answer struct {
		Norm torch.Number `json:"norm"`
	}
	err := e.process.Call(e.ctx, map[string]string{"do": "norm"}, &answer)
	return float64(answer.Norm), err
}

func (e *remote) nonFinite() string {
	var answer struct {
		Name string `json:"name"`
	}
	if err := e.process.Call(e.ctx, map[string]string{"do": "nonfinite"}, &answer); err != nil {
		return ""
	}
	return answer.Name
}

func (e *remote) update(_ int, rate, norm float64) error {
	return e.process.Call(e.ctx, updateCommand{Do: "update", Rate: rate, Norm: norm}, &struct{}{})
}

func (e *remote) saveParams(path string) error { return e.save("save_params", path) }

func (e *remote) saveMoments(path string) error { return e.save("save_moments", path) }

// save has the child write a file. A cancelled run still saves, hence the context without its end.
func (e *remote) save(do, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return e.process.Call(context.WithoutCancel(e.ctx), saveCommand{Do: do, Path: path}, &struct{}{})
}

// restore looks through the files before the child takes them, so that a damaged one changes nothing.
func (e *remote) restore(dir string, step int) error {
	c := restoreCommand{Do: "restore", Step: step}
	for _, f := range []struct {
		to   *string
		name string
		of   []string
	}{{&c.Params, paramsFile, []string{""}}, {&c.Moments, momentsFile, []string{"m/", "v/"}}} {
		path, err := filepath.Abs(filepath.Join(dir, f.name))
		if err != nil {
			return err
		}
		for _, prefix := range f.of {
			if _, err := readAll(path, prefix, e.params); err != nil {
				return err
			}
		}
		*f.to = path
	}
	return e.process.Call(e.ctx, c, &struct{}{})
}

// conclude reads back what the child has trained, and removes what was handed over.
func (e *remote) conclude() error {
	path := filepath.Join(e.dir, paramsFile)
	if err := e.saveParams(path); err != nil {
		return err
	}
	values, err := readAll(path, "", e.params)
	if err != nil {
		return fmt.Errorf("read what PyTorch trained: %w", err)
	}
	for i, p := range e.params {
		if at := slices.IndexFunc(values[i], func(v float32) bool { return !finite(float64(v)) }); at >= 0 {
			return fmt.Errorf("PyTorch left %s[%d] = %v", p.Name, at, values[i][at])
		}
	}
	setParams(e.params, values)
	return errors.Join(os.Remove(path), os.RemoveAll(filepath.Join(e.dir, "start")), os.RemoveAll(filepath.Join(e.dir, "reference")))
}

func (e *remote) close() error { return e.process.Close() }
