package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"winnow/train/nn"
	"winnow/train/weights"
)

// checkpoints/ holds step-00000120/ (state.json, params.safetensors, moments.safetensors), the last two of them, and best-00000080/
// (params.safetensors) of the best evaluation. A folder is filled under a name that starts with a dot, synced, then renamed: what carries
// its final name is complete, wherever a run was killed.
const (
	stateFile   = "state.json"
	paramsFile  = "params.safetensors"
	momentsFile = "moments.safetensors"
	stepPrefix  = "step-"
	bestPrefix  = "best-"
	tmpPrefix   = ".tmp-"
	keptSteps   = 2
)

// state is everything of a run besides parameters and moments. The position in the data and every random decision follow from Step.
type state struct {
	Step         int               `json:"step"`
	Settings     map[string]string `json:"settings"` // Options.settings: a checkpoint belongs to a run with the same ones
	Tokens       int64             `json:"tokens"`
	FirstLoss    float64           `json:"first_loss"`
	LastLoss     float64           `json:"last_loss"`
	High         int               `json:"high"` // consecutive steps with a loss that looks like divergence
	BaseEval     *float64          `json:"base_eval,omitempty"`
	BestEval     *float64          `json:"best_eval,omitempty"`
	BestStep     int               `json:"best_step,omitempty"`
	Worse        int               `json:"worse,omitempty"` // evaluations since the best
	Stopped      string            `json:"stopped,omitempty"`
	MetricsBytes int64             `json:"metrics_bytes"`
	EventBytes   int64             `json:"event_bytes"`
	Seconds      float64           `json:"seconds"`
}

func stepName(prefix string, step int) string { return fmt.Sprintf("%s%08d", prefix, step) }

// saveCheckpoint writes one and removes those that are no longer kept.
func saveCheckpoint(dir string, s state, e engine) error {
	err := wholeFolder(dir, stepName(stepPrefix, s.Step), func(tmp string) error {
		if err := e.saveParams(filepath.Join(tmp, paramsFile)); err != nil {
			return err
		}
		if err := e.saveMoments(filepath.Join(tmp, momentsFile)); err != nil {
			return err
		}
		data, err := json.Marshal(s, json.Deterministic(true), jsontext.WithIndent("  "))
		if err != nil {
			return err
		}
		return writeSynced(filepath.Join(tmp, stateFile), append(data, '\n'))
	})
	if err != nil {
		return fmt.Errorf("write checkpoint of step %d: %w", s.Step, err)
	}
	return prune(dir, stepPrefix, keptSteps)
}

// saveBest writes the parameters of the best evaluation so far and removes the one before.
func saveBest(dir string, step int, e engine) error {
	err := wholeFolder(dir, stepName(bestPrefix, step), func(tmp string) error { return e.saveParams(filepath.Join(tmp, paramsFile)) })
	if err != nil {
		return fmt.Errorf("write best checkpoint of step %d: %w", step, err)
	}
	return prune(dir, bestPrefix, 1)
}

func paramSources(params []*nn.Param) []weights.Source {
	out := make([]weights.Source, len(params))
	for i, p := range params {
		out[i] = weights.FromSlice(p.Name, p.Shape, p.Data)
	}
	return out
}

// wholeFolder fills dir/name so that it is there complete or not at all. An older folder of the same name is replaced: it holds the same
// bytes, or is damaged.
func wholeFolder(dir, name string, fill func(tmp string) error) error {
	tmp, final := filepath.Join(dir, tmpPrefix+name), filepath.Join(dir, name)
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	if err := syncDir(tmp); err != nil {
		return err
	}
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	if err := os.Rename(tmp, final); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes renames inside a folder survive a power cut. Systems that cannot sync a folder say so; that is no failure.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

// folders lists dir's checkpoint folders of one kind, oldest first; names sort by step.
func folders(dir, prefix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, err
}

func prune(dir, prefix string, keep int) error {
	all, err := folders(dir, prefix)
	for _, name := range all[:max(0, len(all)-keep)] {
		gone := filepath.Join(dir, tmpPrefix+name) // renamed first: a kill halfway leaves no half folder under the true name
		err = errors.Join(err, os.RemoveAll(gone), os.Rename(filepath.Join(dir, name), gone), os.RemoveAll(gone))
	}
	return err
}

// tidy removes what a killed run left half done.
func tidy(dir string) error {
	half, err := folders(dir, tmpPrefix)
	for _, name := range half {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return errors.Join(err, prune(dir, stepPrefix, keptSteps), prune(dir, bestPrefix, 1))
}

// resume finds the newest checkpoint of a run with these settings and takes the engine back to it. found is false when there is none; then
// differs says what is different in the newest one of another run, if there is one.
func resume(dir string, settings map[string]string, e engine, notice func(string)) (s state, found bool, differs []string, err error) {
	if err := tidy(dir); err != nil {
		return s, false, nil, err
	}
	all, err := folders(dir, stepPrefix)
	if err != nil {
		return s, false, nil, err
	}
	for _, name := range slices.Backward(all) {
		s, err := readState(filepath.Join(dir, name))
		if err == nil {
			if differs = difference(settings, s.Settings); len(differs) > 0 {
				return state{}, false, differs, nil
			}
			err = e.restore(filepath.Join(dir, name), s.Step)
		}
		if err != nil {
			notice(fmt.Sprintf("checkpoint %s cannot be read and is passed over: %v", name, err))
			continue
		}
		return s, true, nil, nil
	}
	return state{}, false, nil, nil
}

func readState(dir string) (state, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return state{}, err
	}
	return parseState(data)
}

func parseState(data []byte) (state, error) {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return state{}, fmt.Errorf("%s: %w", stateFile, err)
	}
	if s.Step < 0 || s.MetricsBytes < 0 || s.EventBytes < 0 || s.BestStep < 0 || s.BestStep > s.Step {
		return state{}, fmt.Errorf("%s: a number is out of range", stateFile)
	}
	return s, nil
}

// difference lists the settings that are not the same, "what (before → now)".
func difference(now, before map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(keys(now)) {
		if before[k] != now[k] {
			out = append(out, fmt.Sprintf("%s (%s → %s)", k, or(before[k], "unset"), now[k]))
		}
	}
	for _, k := range slices.Sorted(keys(before)) {
		if _, ok := now[k]; !ok {
			out = append(out, fmt.Sprintf("%s (%s → unset)", k, before[k]))
		}
	}
	return out
}

// loadBest restores the parameters of the best evaluation.
func loadBest(dir string, step int, params []*nn.Param) error {
	values, err := readAll(filepath.Join(dir, stepName(bestPrefix, step), paramsFile), "", params)
	if err != nil {
		return fmt.Errorf("read the best checkpoint: %w", err)
	}
	setParams(params, values)
	return nil
}

func setParams(params []*nn.Param, values [][]float32) {
	for i, p := range params {
		copy(p.Data, values[i])
	}
}

func readAll(path, prefix string, params []*nn.Param) ([][]float32, error) {
	f, err := weights.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	out := make([][]float32, len(params))
	for i, p := range params {
		t, ok := f.Tensor(prefix + p.Name)
		if !ok || !slices.Equal(t.Shape, p.Shape) || t.DType != weights.F32 {
			return nil, fmt.Errorf("%s: tensor %q is missing, or not F32 of shape %v", path, prefix+p.Name, p.Shape)
		}
		if out[i], err = t.Float32s(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
