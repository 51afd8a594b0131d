// Package torch runs PyTorch and PEFT in a child process that does the arithmetic of a training run. [Check] says beforehand whether a Python
// interpreter can; [Start] launches engine.py, which the binary carries, with it, under torchrun for several GPUs; [Process.Call] gives it one
// command. The package knows processes and their messages, nothing of batches, schedules or files of a run: those stay with package train.
package torch

import (
	_ "embed"
	"strings"
)

//go:embed engine.py
var script []byte

// Requirements are the Python packages that the engine was tested with, as a requirements file.
//
//go:embed requirements.txt
var Requirements string

// Options say which interpreter runs and on what.
type Options struct {
	Python  string // interpreter; see Find
	GPUs    int    // as many GPUs exactly; 0 is one where the machine has one, else the CPU
	Sharded bool   // share weights, gradients and moments out among the processes (FSDP) instead of keeping a copy in each (DDP)
	Model   string // folder of the base model, as transformers loads it; "" hands over what is in memory

	Processes int // on the CPU instead of GPUs, so many processes; 0 leaves it to GPUs
}

// processes is how many Python processes train.
func (o Options) processes() int { return max(o.Processes, o.GPUs, 1) }

// Required lists the packages of Requirements with their tested versions, in their order.
func Required() (names, versions []string) {
	for line := range strings.Lines(Requirements) {
		if name, version, ok := strings.Cut(strings.TrimSpace(line), "=="); ok && !strings.HasPrefix(name, "#") {
			names, versions = append(names, name), append(versions, version)
		}
	}
	return names, versions
}
