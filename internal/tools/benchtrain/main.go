// Benchtrain runs our training steps and PyTorch's in turn, each in a process of its own, and prints the ratios: bench/train.sh and `make
// bench-train` start it. Read main for the plan of a run, ours.go for what one of our processes does, peer.go for PyTorch's.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// figure is what one process reports. Tokens per second are the median and the best step's.
type figure struct {
	Shape   string  `json:"shape"`
	Mode    string  `json:"mode"`
	DType   string  `json:"dtype"`
	Threads int     `json:"threads"`
	Median  float64 `json:"tok_s_median"`
	Best    float64 `json:"tok_s_best"`
	TokS    float64 `json:"tok_s"` // of generation
	Peak    float64 `json:"peak_rss_mb"`
	Planned float64 `json:"planned_mb,omitempty"` // ours: what nn.Model.Memory foresees of it
}

// goal is what issue 6 asks of a mode: our speed and memory as multiples of PyTorch's.
type goal struct{ speed, memory float64 }

var goals = map[string]goal{"full": {1.8, 0.6}, "lora8": {2.3, 0.35}, "eval": {1.8, 0}, "gen": {15, 0}}

type settings struct {
	python, peers, work string
	threads, tokens     int
	steps               map[string]int // by shape
	bf16                bool
}

func main() {
	var s settings
	child := flag.String("child", "", "SHAPE/MODE: run our steps in this process and print one JSON object")
	only := flag.String("only", "", "run only SHAPE/MODE pairs that contain this, such as tiny or smol135/full")
	model := flag.String("model", "", "with -child: model folder in bf16 for lora8 and gen")
	memory := flag.String("memory", "full", "with -child: train.memory")
	precision := flag.String("precision", "fp32", "with -child: train.precision")
	steps := flag.Int("steps", 0, "steps of each process after a first that is not counted; 0: 3 of tiny, 1 of the others")
	peer := flag.Bool("peer", true, "run PyTorch beside ours")
	bf16 := flag.String("bf16", "auto", "PyTorch in bf16 too: yes, no, or auto where the processor has AVX-512 bf16")
	flag.IntVar(&s.threads, "threads", 2, "of both")
	flag.IntVar(&s.tokens, "tokens", 0, "with -child: one document of so many tokens instead of the peer's batch, for a look at memory")
	flag.StringVar(&s.python, "python", ".venv/bin/python", "with torch, transformers and peft (bench/requirements-check.txt)")
	flag.StringVar(&s.peers, "peers", "../shared/bench/peers", "folder of torch_steps.py and torch_matmul.py")
	flag.Parse()
	s.steps = map[string]int{"tiny": 3, "smol135": 1, "qwen05": 1}
	if *steps > 0 {
		for shape := range s.steps {
			s.steps[shape] = *steps
		}
	}
	s.bf16 = *bf16 == "yes" || *bf16 == "auto" && hasBF16()
	err := func() error {
		if *child != "" {
			return runChild(*child, *model, *memory, *precision, s)
		}
		return compare(s, *only, *peer)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchtrain:", err)
		os.Exit(1)
	}
}

// compare runs every pair in turn.
func compare(s settings, only string, peer bool) error {
	var err error
	if s.work, err = os.MkdirTemp("", "benchtrain"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(s.work) }()
	if peer && !s.bf16 {
		fmt.Println("PyTorch's bf16 is left out: this processor has no AVX-512 bf16, and there PyTorch emulates it at a thirtieth of its fp32 speed (-bf16 yes runs it)")
	}
	fmt.Printf("%d threads; a cell is median (best) tokens/s of the steps after the first\n\n", s.threads)
	fmt.Println("| shape | mode | ours | PyTorch | speed, median (best) | goal | memory MB, ours / PyTorch | ratio | goal | planned |")
	fmt.Println("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, pair := range []string{"tiny/full", "tiny/lora8", "tiny/eval", "smol135/full", "smol135/lora8", "smol135/eval", "smol135/gen"} {
		if only != "" && !strings.Contains(pair, only) {
			continue
		}
		if err := compareOne(s, pair, peer); err != nil {
			return fmt.Errorf("%s: %w", pair, err)
		}
	}
	if only == "" || strings.Contains("products", only) {
		return compareProducts(s, peer)
	}
	return nil
}

func compareOne(s settings, pair string, peer bool) error {
	shape, mode, _ := strings.Cut(pair, "/")
	ours, err := s.ours(shape, mode)
	if err != nil {
		return err
	}
	var theirs figure
	if peer {
		for _, dtype := range []string{"fp32", "bf16"} {
			if dtype == "bf16" && (!s.bf16 || mode == "gen") {
				continue
			}
			f, err := s.torch(shape, mode, dtype)
			if err != nil {
				return err
			}
			if f.speed() > theirs.speed() {
				f.Peak = less(f.Peak, theirs.Peak)
				theirs = f
			}
		}
	}
	g := goals[mode]
	fmt.Printf("| %s | %s | %s | %s | %s | %g | %.0f / %.0f | %s | %s | %s |\n", shape, mode, ours.cell(), theirs.cell(),
		ratios(ours, theirs), g.speed, ours.Peak, theirs.Peak, ratio(ours.Peak, theirs.Peak), orDash(g.memory), orDash(ours.Planned))
	return nil
}

func (f figure) speed() float64 { return max(f.Median, f.TokS) }

func (f figure) cell() string {
	if f.TokS > 0 {
		return fmt.Sprintf("%.1f", f.TokS)
	}
	return fmt.Sprintf("%.0f (%.0f)", f.Median, f.Best)
}

func ratios(ours, theirs figure) string {
	if ours.TokS > 0 {
		return ratio(ours.TokS, theirs.TokS)
	}
	return ratio(ours.Median, theirs.Median) + " (" + ratio(ours.Best, theirs.Best) + ")"
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", a/b)
}

func orDash(x float64) string {
	if x == 0 {
		return "–"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// less returns the smaller of two peaks, of which a missing one is 0.
func less(a, b float64) float64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// ours runs one of our processes. Adapters and generation start from a bf16 model folder, as users have them; it is made once.
func (s settings) ours(shape, mode string) (figure, error) {
	args := []string{"-threads", strconv.Itoa(s.threads), "-steps", strconv.Itoa(s.steps[shape])}
	if mode == "lora8" || mode == "gen" {
		dir := filepath.Join(s.work, shape)
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			if _, err := s.self("-child", shape+"/prepare", "-model", dir); err != nil {
				return figure{}, err
			}
		}
		args = append(args, "-model", dir)
	}
	return s.self(append(args, "-child", shape+"/"+mode)...)
}

func (s settings) self(args ...string) (figure, error) {
	me, err := os.Executable()
	if err != nil {
		return figure{}, err
	}
	return report(exec.Command(me, args...))
}

// report runs a command and reads the JSON object on its last line.
func report(cmd *exec.Cmd) (f figure, err error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return f, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return f, json.Unmarshal([]byte(lines[len(lines)-1]), &f)
}
